"""The mall's money: states, lines, export."""

from collections.abc import Callable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cms.backoffice import frame
from cms.backoffice.access import needs
from cms.backoffice.exports import csv_response, sheet_response
from saas.kernel import clock, money
from storefront.vouchers.models import Voucher

from . import queries
from .forms import LinesFilter
from .queries import MoneyLine


def _major(minor: int | None, currency: str) -> str:
    return "" if minor is None else str(money.to_major(minor, currency))


COLUMNS: list[tuple[object, Callable[[MoneyLine], object]]] = [
    (gettext_lazy("When"), lambda line: line.happened_at),
    (gettext_lazy("What"), lambda line: line.word),
    (gettext_lazy("For"), lambda line: line.title),
    (gettext_lazy("Order"), lambda line: line.order_number),
    (pgettext_lazy("account", "From"), lambda line: line.source),
    (pgettext_lazy("account", "To"), lambda line: line.target),
    (gettext_lazy("Amount"), lambda line: _major(line.signed_minor, line.currency)),
    (gettext_lazy("Commission"), lambda line: _major(line.commission_minor, line.currency)),
    (gettext_lazy("Rule"), lambda line: line.rule),
    (gettext_lazy("Rate %"), lambda line: line.rate_percent),
    (gettext_lazy("Currency"), lambda line: line.currency.upper()),
    (gettext_lazy("By"), lambda line: line.by),
    (gettext_lazy("Reason"), lambda line: line.reason),
]


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """Show what is prepaid, pending and available, and every line that made it so."""
    form = LinesFilter(request.GET)
    wanted = form.wanted()
    page = Paginator(range(queries.count(wanted)), frame.ROWS).get_page(request.GET.get("page"))
    lines = queries.lines(wanted, limit=frame.ROWS, offset=frame.ROWS * (page.number - 1))
    balances, paid_minor = queries.balances(), queries.paid_minor()
    by_month = request.GET.get("by") == "month"
    return frame.page(
        request,
        "backoffice/money/index.html",
        _("Money"),
        form=form,
        page=page,
        lines=lines,
        balances=balances,
        states=queries.states(balances, paid_minor=paid_minor),
        paid_minor=paid_minor,
        figure=queries.chart(at=clock.now(), by_month=by_month),
        by_month=by_month,
        account=wanted.account,
        is_filtered=any(request.GET.get(name) for name in form.fields),
    )


@require_safe
@needs("payments.view_payment")
def export(request: HttpRequest) -> HttpResponse:
    """Answer with the lines that match as CSV, amounts in major units."""
    lines = queries.lines(LinesFilter(request.GET).wanted(), limit=queries.EXPORT_LINES)
    return csv_response(
        "money.csv", [label for label, _read in COLUMNS], ([read(line) for _label, read in COLUMNS] for line in lines)
    )


@require_safe
@needs("payments.view_payment")
def workbook(request: HttpRequest) -> HttpResponse:
    """Answer with the same lines as a spreadsheet."""
    lines = queries.lines(LinesFilter(request.GET).wanted(), limit=queries.EXPORT_LINES)
    rows = [[read(line) for _label, read in COLUMNS] for line in lines]
    return sheet_response("money.xlsx", [label for label, _read in COLUMNS], rows)


@require_safe
@needs("payments.view_payment")
def voucher(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a voucher's money, step by step."""
    found = get_object_or_404(Voucher.objects.select_related("line__order"), public_id=public_id)
    order = found.line.order
    crumbs = [("backoffice:money", _("Money"))]
    steps = queries.voucher_steps(voucher=public_id, order=order.public_id)
    title = _("Money of a voucher")
    return frame.page(request, "backoffice/money/voucher.html", title, crumbs, voucher=found, order=order, steps=steps)
