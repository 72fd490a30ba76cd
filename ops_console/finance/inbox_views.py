"""The payments inbox: what Stripe told us, what became of it, and what a person does about the rest."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.gateway import inbox
from billing.gateway.models import StripeEvent
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.audit import queries as audit
from saas.kernel import clock
from saas.kernel.errors import DomainError

from . import queries
from .forms import CloseEventForm, EventFilterForm
from .masking import masked
from .naming import page_of_rows, with_malls


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List Stripe's events with what became of them."""
    form = EventFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.events(wanted))
    context = {
        "form": form,
        "page": page,
        "rows": with_malls(page),
        "is_filtered": any(wanted.values()),
        "counts": queries.event_counts(),
        "may_replay": roles.has_role(request.user, roles.MAY_REPLAY),
    }
    return render(request, "finance/inbox.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def event(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one of Stripe's events."""
    return _event_page(request, get_object_or_404(StripeEvent, pk=pk), CloseEventForm())


def _event_page(request: SignedInRequest, found: StripeEvent, form: CloseEventForm) -> HttpResponse:
    context = {
        "event": found,
        "tenant": with_malls([found])[0][1],
        "is_trouble": found.state in inbox.TROUBLE,
        "payload": json.dumps(masked(found.payload), indent=2, ensure_ascii=False),
        "trail": audit.of_subject("event", found.event_id[:40]),
        "others": queries.same_object(found),
        "form": form,
        "may_replay": roles.has_role(request.user, roles.MAY_REPLAY),
    }
    return render(request, "finance/event.html", context, status=422 if form.errors else 200)


@roles.staff_only(*roles.MAY_REPLAY)
@require_POST
def replay(request: SignedInRequest, pk: int) -> HttpResponse:
    """Handle one of Stripe's events again, now."""
    get_object_or_404(StripeEvent, pk=pk)
    inbox.replay(event_pk=pk, by=request.actor, now=clock.now())
    return redirect("finance:event", pk)


@roles.staff_only(*roles.MAY_REPLAY)
@require_POST
def replay_many(request: SignedInRequest) -> HttpResponse:
    """Have the chosen events handled again by the workers."""
    chosen = [int(value) for value in request.POST.getlist("event") if value.isdecimal() and len(value) < 19]
    try:
        count = inbox.replay_many(event_pks=chosen, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        said = ngettext("%(n)d event is handled again.", "%(n)d events are handled again.", count) % {"n": count}
        messages.success(request, said) if count else messages.info(request, _("Choose events first."))
    back = request.POST.get("back", "")
    is_ours = back.startswith("/ops/payments/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if is_ours else "finance:inbox")


@never_cache
@roles.staff_only(*roles.MAY_REPLAY)
@require_http_methods(["POST"])
def close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close an event that is not ours, with a reason."""
    found = get_object_or_404(StripeEvent, pk=pk)
    form = CloseEventForm(request.POST)
    if not form.is_valid():
        return _event_page(request, found, form)
    try:
        inbox.close(event_pk=pk, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:event", pk)
