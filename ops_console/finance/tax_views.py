"""The tax on commissions: by month and kind, as a file, and its way to the tax office by two persons."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.ledger import taxes
from billing.ledger.models import TaxPayment
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError

from . import exports, tax_queries
from .forms import TaxFilterForm, TaxPaymentForm
from .naming import page_of_rows


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show the tax to pay by month and kind, and its payments, or write the months as a file."""
    return _tax_page(request, TaxPaymentForm(currencies=tax_queries.currencies()))


def _tax_page(request: SignedInRequest, form: TaxPaymentForm) -> HttpResponse:
    filters = TaxFilterForm(request.GET)
    wanted = filters.cleaned_data if filters.is_valid() else {}
    since, until = tax_queries.months(wanted.get("since"), wanted.get("until"), now=clock.now())
    lines = taxes.lines(since=since, until=until)
    if request.method == "GET" and request.GET.get("format") in ("csv", "xlsx"):
        name = f"commission-tax-{since:%Y%m%d}-{until:%Y%m%d}"
        return exports.file_response(name, request.GET["format"], exports.TAX_HEAD, exports.tax_rows(lines))
    page = page_of_rows(request, taxes.payments())
    context = {
        "filters": filters,
        "form": form,
        "months": tax_queries.by_month(lines),
        "standing": taxes.standing(),
        "page": page,
        "rows": tax_queries.payment_rows(page, person=request.user.public_id),
        "is_filtered": any(wanted.values()),
        "tab": "books",
    }
    return render(request, "finance/tax.html", context, status=422 if form.errors or filters.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def pay(request: SignedInRequest) -> HttpResponse:
    """Write down that tax was paid to the tax office."""
    form = TaxPaymentForm(request.POST, currencies=tax_queries.currencies())
    if form.is_valid():
        try:
            taxes.ask(draft=form.draft(), by=request.actor, now=clock.now())
        except taxes.TaxPaymentRefused as refusal:
            form.add_error(str(refusal.data["field"]), str(refusal))
        else:
            messages.success(request, _("A second person has to book it. Nothing is booked until then."))
            return redirect("finance:tax")
    return _tax_page(request, form)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def decide(request: SignedInRequest, public_id: str, verb: str) -> HttpResponse:
    """Book a payment to the tax office as second person, or leave it."""
    get_object_or_404(TaxPayment, public_id=public_id)
    act = taxes.book if verb == "book" else taxes.refuse
    try:
        act(payment=public_id, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:tax")
