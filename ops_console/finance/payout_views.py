"""Payouts of all malls, and how one mall is paid: stopped, going on, with which hold."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.payouts import operations
from billing.payouts.models import Payout
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from tenants.registry.models import Tenant

from . import queries
from .forms import HoldForm, PayoutFilterForm, PayoutMallFilterForm, StopForm
from .naming import page_of_rows, with_malls


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the payouts of all malls, newest first."""
    form = PayoutFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.payouts(wanted))
    context = {
        "form": form,
        "page": page,
        "rows": with_malls(page),
        "is_filtered": any(wanted.values()),
        "State": Payout.State,
        "tab": "payouts",
    }
    return render(request, "finance/payouts.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def payout(request: SignedInRequest, payout_id: str) -> HttpResponse:
    """Show a payout, and what to do when the bank sent it back."""
    found = get_object_or_404(Payout, payout_id=payout_id)
    tenant = with_malls([found])[0][1]
    context = {"payout": found, "tenant": tenant, "lines": queries.payout_lines(found), "tab": "payouts"}
    return render(request, "finance/payout.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def malls(request: SignedInRequest) -> HttpResponse:
    """List the malls with how each is paid."""
    form = PayoutMallFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.payable_tenants(wanted))
    context = {
        "form": form,
        "page": page,
        "rows": queries.paid_malls(page),
        "is_filtered": any(wanted.values()),
        "tab": "payouts",
    }
    return render(request, "finance/payout_malls.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def mall(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how a mall is paid: account, schedule, hold, balances, newest payouts."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    found = queries.paid_mall(tenant)
    payouts = Payout.objects.filter(tenant_schema=tenant.schema_name)
    context = {
        "found": found,
        "tenant": tenant,
        "payouts": payouts.order_by("-created_at", "-pk")[:10],
        "tab": "payouts",
    }
    return render(request, "finance/payout_mall.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask why, and send the mall nothing from now on."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    form = StopForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        operations.stop(
            schema=tenant.schema_name, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now()
        )
        return redirect("finance:payout_mall", public_id)
    context = {"form": form, "tenant": tenant, "title": _("Stop payouts"), "is_danger": True, "tab": "payouts"}
    return render(request, "finance/payout_form.html", context, status=422 if form.errors else 200)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def go_on(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Pay the mall again."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    operations.go_on(schema=tenant.schema_name, by=request.actor, now=clock.now())
    messages.success(request, _("The next run pays this mall again."))
    return redirect("finance:payout_mall", public_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["GET", "HEAD", "POST"])
def hold(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Set how long the mall's later earnings wait."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    days = queries.paid_mall(tenant).terms.hold_days
    form = HoldForm(request.POST if request.method == "POST" else None, initial={"days": days})
    if form.is_valid():
        try:
            operations.set_hold(schema=tenant.schema_name, **form.cleaned_data, by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error("days", str(refusal))
        else:
            return redirect("finance:payout_mall", public_id)
    context = {"form": form, "tenant": tenant, "title": _("Change the hold"), "tab": "payouts"}
    return render(request, "finance/payout_form.html", context, status=422 if form.errors else 200)
