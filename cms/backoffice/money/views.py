"""The mall's money: states, lines, export."""

from collections.abc import Callable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cms.backoffice import frame
from cms.backoffice.access import needs
from cms.backoffice.exports import csv_response
from saas.kernel import money

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
    (gettext_lazy("From"), lambda line: line.source),
    (gettext_lazy("To"), lambda line: line.target),
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
    balances = queries.balances()
    return frame.page(
        request,
        "backoffice/money/index.html",
        _("Money"),
        form=form,
        page=page,
        lines=lines,
        balances=balances,
        states=queries.states(balances),
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
