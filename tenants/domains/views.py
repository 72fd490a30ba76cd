"""What the TLS proxy asks."""

import ipaddress

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from saas.accounts.requests import Request
from saas.kernel import rates
from tenants.isolation.entrance import on_platform

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


@never_cache
@require_safe
def proof_file(request: Request) -> HttpResponse:
    """
    Say that this mall's domain still leads here: the proof of a domain that was proved by a file on the server it led to before.

    Only for a domain that the mall has. A claim that waits is answered by its owner's server, never by ours, or whoever claims
    a domain that was left pointing here would have it.
    """
    if request.tenant is None:
        return HttpResponse(status=404)
    with on_platform():
        text = queries.proof_of(request.tenant, request.get_host())
    return HttpResponse(text, status=200 if text else 404, content_type="text/plain; charset=utf-8")


def _is_neighbour(request: HttpRequest) -> bool:
    if any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or address.is_private
