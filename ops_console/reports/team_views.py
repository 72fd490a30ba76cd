"""The manager's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.ui.charts import Chart

from . import team
from .team import Margin, Person


@never_cache
@roles.staff_only(*roles.MAY_MANAGE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """Show accounts at risk, the load of each person, and the margin of each contract."""
    now, words = clock.now(), request.GET.get("q", "").strip().lower()[:100]
    people, margins = team.load(now=now), team.margins(now=now)
    risks = team.at_risk(margins, now=now)
    context = {
        "q": request.GET.get("q", "")[:100],
        "chart": _chart(people),
        "people": [one for one in people if words in one.name.lower()],
        "margins": [one for one in margins if words in f"{one.mall} {one.title} {one.number}".lower()],
        "risks": [one for one in risks if words in one.tenant.name.lower()],
        "lead": _lead(people, margins, len(risks)),
        "is_admin": roles.has_role(request.user, (roles.ADMIN,)),
    }
    return render(request, "console_reports/team.html", context)


def _lead(people: list[Person], margins: list[Margin], risks: int) -> str:
    facts = {
        "full": sum(one.percent > 100 for one in people),
        "people": len(people),
        "risks": risks,
        "contracts": len(margins),
    }
    return (
        _(
            "%(risks)d of %(contracts)d accounts are at risk, and %(full)d of %(people)d people have more planned than they can do."
        )
        % facts
    )


def _chart(people: list[Person]) -> Chart:
    planned, capacity = [one.planned // 60 for one in people], [one.capacity // 60 for one in people]
    return Chart(
        title=_("Hours planned in the next seven days, and what each person can do"),
        labels=[one.name.partition(" ")[0] for one in people],
        values=planned,
        shown=[f"{value} h" for value in planned],
        names=(_("Person"), _("Planned")),
        second=capacity,
        second_shown=[f"{value} h" for value in capacity],
        second_name=_("Can do"),
        empty=_("Nothing is planned for the next seven days."),
    )
