"""Refunds of all malls that do not get through, the longest held first; one of them: sent again, paid another way, come back."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ops_console.finance.naming import page_of_rows, with_malls
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.ui import tabs
from storefront.refunds import wording
from storefront.refunds.models import Refund
from storefront.refunds.refusals import NotDecidable
from tenants.registry.models import Tenant

from . import operations, queries
from .forms import BackForm, FilterForm, PayForm
from .models import HeldRefund

TABS = [("", gettext_lazy("Held up")), ("solved", gettext_lazy("Under way or paid")), ("all", gettext_lazy("All"))]


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the refunds of all malls that are held up, the longest first."""
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.matching(wanted))
    context = {
        "form": form,
        "page": page,
        "rows": [
            (row, tenant, *wording.BADGES[Refund.State(row.state)], _why(row)) for row, tenant in with_malls(page)
        ],
        "tabs": tabs.by_state(TABS, path=request.path, state=wanted.get("state") or "", counts={"": queries.waiting()}),
        "is_filtered": bool(wanted.get("q")),
        "tab": "refunds",
    }
    return render(request, "console_refunds/index.html", context)


def _why(row: HeldRefund) -> str:
    return str(wording.FAILURES.get(row.detail, row.detail))


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one refund: how it stands, why it is held up, who did what."""
    return _detail(request, _row(public_id))


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def buyer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how to reach who bought."""
    row = _row(public_id)
    _shown(row)
    try:
        found = operations.buyer(row, by=request.actor, now=clock.now())
    except NotDecidable as refusal:
        messages.error(request, str(refusal))
        return redirect("console_refunds:detail", row.public_id)
    return _detail(request, row, buyer=found)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def pay(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Note that it was paid another way."""
    row, form = _row(public_id), PayForm(request.POST)
    if not form.is_valid():
        return _detail(request, row, status=422, pay_form=form)

    def act() -> None:
        operations.pay(row, way=form.cleaned_data["way"], by=request.actor, now=clock.now())

    return _done(request, row, act, _("Noted. The voucher is refunded, and the shopper is told."))


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def came_back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Note that what was paid another way did not arrive."""
    row, form = _row(public_id), BackForm(request.POST)
    if not form.is_valid():
        return _detail(request, row, status=422, back_form=form)

    def act() -> None:
        operations.came_back(row, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now())

    return _done(request, row, act, _("Noted. It is owed to the shopper again."))


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def send_again(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask Stripe for it again."""
    row = _row(public_id)

    def act() -> None:
        operations.send_again(row, by=request.actor, now=clock.now())

    return _done(request, row, act, _("The refund is sent again."))


def _detail(request: SignedInRequest, row: HeldRefund, *, status: int = 200, **more: object) -> HttpResponse:
    shown = _shown(row)
    kind, word = wording.BADGES[Refund.State(shown.refund.state)]
    context = {
        "row": row,
        "tenant": with_malls([row])[0][1],
        "shown": shown,
        "kind": kind,
        "word": word,
        "why": wording.trouble(shown.refund),
        "pay_form": PayForm(),
        "back_form": BackForm(),
        "tab": "refunds",
        **more,
    }
    return render(request, "console_refunds/detail.html", context, status=status)


def _row(public_id: str) -> HeldRefund:
    found = get_object_or_404(HeldRefund, public_id=public_id)
    get_object_or_404(Tenant, schema_name=found.tenant_schema)
    return found


def _shown(row: HeldRefund) -> operations.Shown:
    try:
        return operations.shown(row)
    except Refund.DoesNotExist as error:
        raise Http404 from error


def _done(request: SignedInRequest, row: HeldRefund, act: Callable[[], None], words: str) -> HttpResponse:
    """Do it and say so; say why not."""
    _shown(row)
    try:
        act()
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, words)
    return redirect("console_refunds:detail", row.public_id)
