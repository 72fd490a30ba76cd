"""Leads shoppers to the address that the mall has chosen."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseRedirect

from saas.accounts.requests import Request
from tenants.isolation.addresses import mall_url
from tenants.registry import names

# What answers at every address of the mall: where people work, come in, or machines ask.
EVERYWHERE = (
    "/manage/",
    "/counter/",
    "/enter/",
    "/visit/",
    "/account/reauthenticate/",
    "/account/second-factor/reauthenticate/",
    "/account/second-factor/webauthn/reauthenticate/",
    "/media/",
    "/static/",
    "/healthz",
    "/.well-known/",
    "/internal/",
)
# How long a browser may remember where it was led: a mall may give its domain up, or lose it.
REMEMBERED_S = 3600


class PrimaryDomainMiddleware:
    """
    Redirects what shoppers read (GET, HEAD) from the mall's other addresses to its primary one. Costs no query.

    It stands after MallMiddleware, which has found the mall.
    """

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        primary = request.tenant.primary_host if request.tenant else ""
        if not primary or request.method not in ("GET", "HEAD") or getattr(request, "is_dummy", False):
            return self.get_response(request)
        host = names.host_in(request.get_host())
        if host == primary or request.path.startswith(EVERYWHERE):
            return self.get_response(request)
        # Not for ever: a browser that remembered it would lead on to whoever has the domain after this mall, orders' addresses too.
        moved = HttpResponseRedirect(mall_url(primary, request.get_full_path()))
        moved.headers["Cache-Control"] = f"max-age={REMEMBERED_S}"
        return moved
