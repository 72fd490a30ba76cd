"""What the banner of a visit shows."""

from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from saas.accounts.requests import Request
from saas.kernel import clock
from tenants.isolation.addresses import platform_url

from . import mandated


def agency_visit(request: Request) -> dict[str, object]:
    """
    Return `agency_visit` with agent, mall_name, reason, until, minutes_left, end_url; has_contract, and where one stands by right of which
    clauses, for which task, and `may`, what that allows in plain words. None outside a visit.
    """
    visit = getattr(request, "agency_visit", None)
    if visit is None:
        return {"agency_visit": None}
    given = visit.permissions_now or {}
    clauses = mandated.in_order(
        clause for key, text in given.items() if key != mandated.LOOK for clause in text.split(", ")
    )
    minutes_left = max(0, int((visit.ends_at - clock.now()).total_seconds() // 60))
    until = date_format(timezone.localtime(visit.ends_at, ZoneInfo(request.tenant.time_zone)), "TIME_FORMAT")
    return {
        "agency_visit": {
            "agent": visit.person_name,
            "mall_name": request.tenant.name,
            "reason": visit.reason,
            "until": _("%(clock)s (%(minutes)d min left)") % {"clock": until, "minutes": minutes_left},
            "minutes_left": minutes_left,
            "end_url": reverse("entry:end"),
            "clauses": ", ".join(clauses),
            "task_url": platform_url(f"/ops/tasks/{visit.task}/") if visit.task else "",
            "has_contract": visit.permissions_now is not None,
            "may": [mandated.label(key) for key in given],
        }
    }
