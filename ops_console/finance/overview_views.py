"""The first page of finance: what is held, what needs a person, and the course of the weeks."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.ui.charts import Chart
from saas.ui.formats import format_money

from . import overview
from .overview import Weeks


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show what needs a person, then what is held where, then the weeks."""
    now = clock.now()
    context = {
        "needs": overview.needs(now=now),
        "held": overview.held(),
        "health": overview.health(),
        "charts": [_chart(weeks) for weeks in overview.weeks(now=now)],
        "tab": "overview",
    }
    return render(request, "finance/overview.html", context)


def _chart(weeks: Weeks) -> Chart:
    def shown(values: list[int]) -> list[str]:
        return [format_money(value, weeks.currency) for value in values]

    return Chart(
        title=_("Paid by shoppers, earned by merchants and paid out, by week, %(code)s")
        % {"code": weeks.currency.upper()},
        labels=[date_format(day, "AXIS_DAY_FORMAT") for day in weeks.mondays],
        values=weeks.paid,
        shown=shown(weeks.paid),
        kind="line",
        names=(_("Week from"), _("Paid by shoppers")),
        second=weeks.earned,
        second_shown=shown(weeks.earned),
        second_name=_("Earned by merchants"),
        third=weeks.paid_out,
        third_shown=shown(weeks.paid_out),
        third_name=_("Paid out to banks"),
        axis_divisor=weeks.divisor,
    )
