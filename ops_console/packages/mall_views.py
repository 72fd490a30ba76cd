"""The service package of one mall: offered, running, billed, credited, ended."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.packages import crediting, files, invoicing, queries, selling
from billing.packages.crediting import CreditDraft
from billing.packages.models import Invoice, Subscription
from ops_console.mandates import roles
from ops_console.portfolio.mall_views import page_of
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id as new_id
from tenants.registry.models import Tenant

from .forms import AmountForm, OfferForm

MAY_BILL = (roles.FINANCE, roles.ADMIN)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def index(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show the mall's package, its invoices, and earlier ones."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    found = queries.of_mall(tenant.schema_name)
    still_open = [row for row in found if row.state in queries.OPEN_STATES]
    context = {
        "current": next(iter(still_open), None),
        "upcoming": still_open[1:],
        "former": [row for row in found if row.state not in queries.OPEN_STATES],
        "may_sell": roles.has_role(request.user, roles.MAY_SELL),
        "may_bill": roles.has_role(request.user, MAY_BILL),
    }
    return render(request, "console_packages/mall.html", page_of(request, tenant, "services") | context)


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def paper(request: SignedInRequest, public_id: str, kind: str, number: str) -> HttpResponse:
    """Lead to the PDF of an invoice or a credit note, which Stripe has."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    try:
        url = files.address_of(kind, number, schema=tenant.schema_name)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect("console_packages:mall", public_id)
    if not url:
        raise Http404
    return redirect(url)


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Offer a package."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    form = OfferForm(request.POST if request.method == "POST" else None, currency=tenant.currency)
    if form.is_valid():
        try:
            selling.offer(tenant=tenant, **form.cleaned_data, by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("console_packages:mall", public_id)
    context = {"form": form, "title": _("Offer a package"), "has_packages": bool(queries.offerable(tenant.currency))}
    status = 422 if form.errors else 200
    return render(
        request, "console_packages/mall_form.html", page_of(request, tenant, "services") | context, status=status
    )


@roles.staff_only(*roles.MAY_SELL)
@require_POST
def act(request: SignedInRequest, public_id: str, subscription: str, verb: str) -> HttpResponse:
    """Withdraw an offer, give notice, or take the notice back."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    get_object_or_404(Subscription, public_id=subscription, tenant_schema=tenant.schema_name)
    acts: dict[str, Callable[..., object]] = {
        "withdraw": selling.withdraw,
        "end": selling.give_notice,
        "keep": selling.take_back_notice,
    }
    try:
        acts[verb](subscription=subscription, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("console_packages:mall", public_id)


@never_cache
@roles.staff_only(*MAY_BILL)
@require_http_methods(["GET", "HEAD", "POST"])
def add_item(request: SignedInRequest, public_id: str, subscription: str) -> HttpResponse:
    """Put a single item on the next invoice."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    get_object_or_404(Subscription, public_id=subscription, tenant_schema=tenant.schema_name)
    form = _amount_form(request, tenant)
    if form.is_valid():
        data = form.cleaned_data
        try:
            invoicing.bill_by_hand(
                subscription=subscription,
                amount_minor=data["amount_minor"],
                what=data["reason"],
                key=data["key"],
                by=request.actor,
                now=clock.now(),
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It stands on the next invoice."))
            return redirect("console_packages:mall", public_id)
    return _amount_page(request, tenant, form, _("Single item"))


@never_cache
@roles.staff_only(*MAY_BILL)
@require_http_methods(["GET", "HEAD", "POST"])
def credit(request: SignedInRequest, public_id: str, invoice: str) -> HttpResponse:
    """Credit part of an invoice."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    get_object_or_404(Invoice, public_id=invoice, subscription__tenant_schema=tenant.schema_name)
    form = _amount_form(request, tenant)
    if form.is_valid():
        data = form.cleaned_data
        draft = CreditDraft(invoice, data["amount_minor"], data["reason"], data["key"])
        try:
            crediting.credit(draft=draft, by=request.actor, now=clock.now())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The credit is made."))
            return redirect("console_packages:mall", public_id)
    return _amount_page(request, tenant, form, _("Credit"))


def _amount_form(request: SignedInRequest, tenant: Tenant) -> AmountForm:
    posted = request.POST if request.method == "POST" else None
    return AmountForm(posted, currency=tenant.currency, initial={"key": new_id()})


def _amount_page(request: SignedInRequest, tenant: Tenant, form: AmountForm, title: str) -> HttpResponse:
    context = page_of(request, tenant, "services") | {"form": form, "title": title, "has_packages": True}
    return render(request, "console_packages/mall_form.html", context, status=422 if form.errors else 200)
