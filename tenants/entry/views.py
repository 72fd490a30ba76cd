"""Coming in by a ticket, and leaving."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from saas.accounts.requests import Request
from saas.kernel import clock, rates
from tenants.isolation.addresses import platform_url

from . import tickets, visits
from .middleware import SESSION_KEY

TRIES = "30/minute"


@require_GET
@never_cache
def enter(request: Request, token: str) -> HttpResponse:
    """Use a ticket and go on, signed in. The link is never passed on as a referrer."""
    now = clock.now()
    try:
        if not rates.spend("tickets", request.META.get("REMOTE_ADDR", ""), rate=TRIES):
            raise tickets.TicketRefused
        ticket = tickets.use(token=token, now=now)
    except tickets.TicketRefused as refusal:
        context = {"refusal": refusal, "console_url": platform_url("/")}
        response = render(request, "entry/refused.html", context, status=403)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
    logout(request)
    login(request, ticket.person, backend=settings.AUTHENTICATION_BACKENDS[0])
    if ticket.visit:
        request.session[SESSION_KEY] = ticket.visit.public_id
        request.session.set_expiry(0)
    return HttpResponseRedirect(ticket.next_path, headers={"Referrer-Policy": "no-referrer"})


@require_POST
def end(request: Request) -> HttpResponse:
    """End the visit of this session and say goodbye."""
    visit = request.agency_visit
    if visit is None:
        return redirect("/")
    visits.end(visit=visit.public_id, by=request.actor, now=clock.now())
    logout(request)
    return render(request, "entry/left.html", {"visit": visit, "console_url": platform_url("/ops/visits/")})
