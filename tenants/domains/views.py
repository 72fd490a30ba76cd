"""What the TLS proxy asks."""

import ipaddress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from saas.kernel import rates

from . import queries

RATE = "600/minute"


@never_cache
@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """
    Tell the proxy whether a host is ours (200) or not (404), before it gets a certificate for it. Writes nothing.

    Answers only to a machine of the operator's own network that asks for itself: what was passed on for somebody is refused.
    """
    if not _is_neighbour(request):
        return HttpResponse(status=404)
    if not rates.spend("tls-ask", request.META["REMOTE_ADDR"], rate=RATE):
        return HttpResponse(status=429)
    domain = request.GET.get("domain", "")[:253]
    is_ours = bool(domain) and queries.is_ours(domain)
    return HttpResponse("ours" if is_ours else "not ours", status=200 if is_ours else 404, content_type="text/plain")


def _is_neighbour(request: HttpRequest) -> bool:
    if any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or address.is_private
