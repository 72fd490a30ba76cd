"""The payments inbox and the audit."""

import json

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.gateway.models import StripeEvent
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock

from . import operations, queries
from .forms import AuditFilterForm, EventFilterForm

PER_PAGE = 50


@never_cache
@roles.staff_only()
@require_safe
def payments(request: SignedInRequest) -> HttpResponse:
    """List Stripe's events with what became of them."""
    form = EventFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    page = Paginator(queries.stripe_events(state=wanted["state"], words=wanted["q"]), PER_PAGE).get_page(
        request.GET.get("page")
    )
    malls = queries.names_of({event.tenant_schema for event in page if event.tenant_schema})
    events = [(event, malls.get(event.tenant_schema)) for event in page]
    context = {"form": form, "page": page, "events": events, "is_filtered": any(wanted.values())}
    return render(request, "portfolio/payments.html", context)


@never_cache
@roles.staff_only()
@require_safe
def payment_event(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one of Stripe's events as it came."""
    event = get_object_or_404(StripeEvent, pk=pk)
    context = {
        "event": event,
        "mall": None,
        "tenant": queries.names_of({event.tenant_schema}).get(event.tenant_schema),
        "payload": json.dumps(event.payload, indent=2, ensure_ascii=False),
        "may_replay": roles.has_role(request.user, roles.MAY_REPLAY),
    }
    return render(request, "portfolio/payment_event.html", context)


@roles.staff_only(*roles.MAY_REPLAY)
@require_POST
def replay(request: SignedInRequest, pk: int) -> HttpResponse:
    """Handle one of Stripe's events again."""
    operations.replay(event=get_object_or_404(StripeEvent, pk=pk), by=request.actor, now=clock.now())
    return redirect("portfolio:payment_event", pk)


@never_cache
@roles.staff_only()
@require_safe
def audit(request: SignedInRequest) -> HttpResponse:
    """List who did what on the platform, and in malls on their behalf."""
    form = AuditFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    filtered = queries.AuditFilter(
        words=wanted.get("q", ""), action=wanted.get("action", ""), since=wanted.get("since"), until=wanted.get("until")
    )
    page = Paginator(queries.trail(filtered), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "portfolio/audit.html", {"form": form, "page": page, "is_filtered": any(wanted.values())})
