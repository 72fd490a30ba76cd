"""The mall's money: states, lines, export."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from saas.kernel import money

from .. import frame
from ..access import needs
from ..exports import csv_response
from . import queries
from .forms import LinesFilter


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
        request, "backoffice/money/index.html", _("Money"), form=form, page=page, lines=lines, balances=balances,
        states=queries.states(balances), account=wanted.account, is_filtered=any(request.GET.get(name) for name in form.fields),
    )  # fmt: skip


@require_safe
@needs("payments.view_payment")
def export(request: HttpRequest) -> HttpResponse:
    """Answer with the lines that match as CSV, amounts in major units."""
    wanted = LinesFilter(request.GET).wanted()
    header = [_("When"), _("What"), _("For"), _("Order"), _("From"), _("To"), _("Amount"), _("Commission"), _("Rule"), _("Rate %"), _("Currency"), _("By"), _("Reason")]

    def major(minor: int | None, currency: str) -> str:
        return "" if minor is None else str(money.to_major(minor, currency))

    rows = [
        (line.happened_at, line.word, line.title, line.order_number, line.source, line.target, major(line.signed_minor, line.currency),
         major(line.commission_minor, line.currency), line.rule, line.rate_percent, line.currency.upper(), line.by, line.reason)
        for line in queries.lines(wanted, limit=queries.EXPORT_LINES)
    ]  # fmt: skip
    return csv_response("money.csv", header, rows)
