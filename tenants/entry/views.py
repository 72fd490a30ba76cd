"""Coming in by a ticket, and leaving."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from saas.accounts.languages import remember
from saas.accounts.requests import Request
from saas.kernel import clock, rates
from tenants.isolation.addresses import platform_url

from . import tickets, visits
from .middleware import SESSION_KEY
from .models import AgencyVisit

TRIES = "30/minute"
# The merchant's people with the log see visits; who decides over staff ends them.
MAY_SEE, MAY_END = "audit.view_auditentry", "accounts.change_user"


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
    response = HttpResponseRedirect(ticket.next_path, headers={"Referrer-Policy": "no-referrer"})
    if language := ticket.person.language:
        remember(response, language)
    return response


@never_cache
@login_required
@permission_required(MAY_SEE, raise_exception=True)
@require_GET
def show_visits(request: Request) -> HttpResponse:
    """Show the merchant's people who from the agency was here, why and how long."""
    page = Paginator(AgencyVisit.objects.order_by("-started_at"), 30).get_page(request.GET.get("page"))
    with timezone.override(ZoneInfo(request.tenant.time_zone)):
        context = {"page": page, "now": clock.now(), "may_end": request.user.has_perm(MAY_END)}
        return render(request, "entry/visits.html", context)


@login_required
@permission_required(MAY_END, raise_exception=True)
@require_POST
def put_out(request: Request, public_id: str) -> HttpResponse:
    """End a visit on the merchant's word."""
    visit = get_object_or_404(AgencyVisit, public_id=public_id)
    visits.end(visit=visit.public_id, by=request.actor, now=clock.now())
    return redirect("entry:visits")


@require_POST
def end(request: Request) -> HttpResponse:
    """End the visit of this session and say goodbye."""
    visit = request.agency_visit
    if visit is None:
        return redirect("/")
    visits.end(visit=visit.public_id, by=request.actor, now=clock.now())
    logout(request)
    return render(request, "entry/left.html", {"visit": visit, "console_url": platform_url("/ops/visits/")})
