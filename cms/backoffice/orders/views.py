"""Orders and vouchers in the back office."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cms.backoffice import fields, frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from storefront.orders import queries as orders
from storefront.orders.models import Order
from storefront.refunds import operations as refunds
from storefront.vouchers.models import Voucher

from . import operations, queries


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for."""

    words: str
    since: datetime | None
    state: str


class SearchForm(forms.Form):
    """What people say of an order or voucher. `state` is kept while searching."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    since = fields.DayField(label=pgettext_lazy("day", "Since"), required=False)
    state = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def read(self, states: list[tuple[str, object]]) -> Wanted:
        """Return words, since and state; what cannot be read filters nothing."""
        self.is_valid()
        data = self.cleaned_data
        state = data.get("state") or ""
        return Wanted(
            data.get("q") or "", fields.start_of_day(data.get("since")), state if state in dict(states) else ""
        )


@require_safe
@needs("orders.view_order")
def index(request: HttpRequest) -> HttpResponse:
    """List the orders."""
    form = SearchForm(request.GET)
    form.fields["q"].help_text = _("Order number, e-mail, last four of the phone, or a voucher’s code.")
    wanted = form.read(queries.TABS)
    now = clock.now()
    page = frame.paginate(
        request, queries.matching(state=wanted.state, words=wanted.words, since=wanted.since).distinct()
    )
    rows = orders.rows(Order.objects.filter(pk__in=[order.pk for order in page.object_list]), at=now)
    tabs = queries.tabs(Order.objects.all(), queries.TABS, wanted.state, request.path)
    return frame.page(
        request,
        "backoffice/orders/index.html",
        _("Orders"),
        form=form,
        page=page,
        rows=rows,
        tabs=tabs,
        is_filtered=bool(wanted.words or wanted.since),
    )


@require_safe
@needs("orders.view_order")
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show an order: what was bought, what happened, and how the money is split."""
    order = get_object_or_404(Order, public_id=public_id)
    view = orders.order_view(order, at=clock.now())
    return frame.page(
        request,
        "backoffice/orders/detail.html",
        order.number,
        [("backoffice:orders", _("Orders"))],
        order=order,
        view=view,
        splits=queries.splits(order),
        timeline=queries.timeline(order),
        can_resend=request.user.has_perm("orders.change_order"),
    )


@require_POST
@needs("orders.change_order")
def resend(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send the vouchers' mail again."""
    get_object_or_404(Order, public_id=public_id)
    try:
        operations.resend(order_public_id=public_id, by=actor(request), now=clock.now())
    except operations.NothingToSend as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The vouchers are on their way to the shopper again."))
    return redirect("backoffice:order", public_id)


@require_POST
@needs("orders.change_order")
def refund(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send an unused voucher's money back, with a reason."""
    voucher = get_object_or_404(Voucher, public_id=request.POST.get("voucher", ""), line__order__public_id=public_id)
    reason = request.POST.get("reason", "")
    try:
        refunds.request(
            voucher_public_id=voucher.public_id, reason=reason, by=actor(request), now=clock.now(), beyond_policy=True
        )
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The money is on its way back to the shopper."))
    return redirect("backoffice:order", public_id)


@require_safe
@needs("vouchers.view_voucher")
def vouchers(request: HttpRequest) -> HttpResponse:
    """List the vouchers."""
    form = SearchForm(request.GET)
    form.fields["q"].help_text = _("A voucher’s code, an order number or a deal’s title.")
    form.fields["since"].label = _("Used since")
    wanted = form.read(queries.VOUCHER_TABS)
    now = clock.now()
    page = frame.paginate(
        request, queries.vouchers_matching(state=wanted.state, words=wanted.words, since=wanted.since, at=now)
    )
    lines = queries.voucher_lines(list(page.object_list), at=now)
    tabs = [
        {**tab, "count": None}
        for tab in queries.tabs(Voucher.objects.none(), queries.VOUCHER_TABS, wanted.state, request.path)
    ]
    return frame.page(
        request,
        "backoffice/orders/vouchers.html",
        _("Vouchers"),
        form=form,
        page=page,
        lines=lines,
        tabs=tabs,
        is_filtered=bool(wanted.words or wanted.since),
    )
