"""Work that needs a person, told on the console's overview: what is late, and what is nobody's."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ops_console.portfolio.queries import Waits
from saas.kernel import clock

from .models import Task
from .queries import COMING_DAYS, by_tab

# Where the most urgent of what is nobody's stands.
_TABS = ("late", "due", "coming")


def on_overview() -> list[Waits]:
    """Return that tasks are late in all malls, and that tasks of the next seven days are nobody's, each with how many. One query."""
    now = clock.now()
    soon = Task.objects.filter(state__in=Task.STANDING, opens_at__lt=now + timedelta(days=COMING_DAYS)).order_by()
    nobodys = {f"nobody_{tab}": Count("pk", filter=by_tab(tab, now) & Q(assignee=None)) for tab in _TABS}
    late = by_tab("late", now)
    counted = soon.aggregate(late=Count("pk", filter=late), lost_at=Min("lapses_at", filter=late), **nobodys)
    return [*_late(counted), *_nobodys(counted)]


def _late(counted: dict[str, Any]) -> list[Waits]:
    if not counted["late"]:
        return []
    words = ngettext("%(count)d task is late", "%(count)d tasks are late", counted["late"]) % {"count": counted["late"]}
    text = _("the next is missed after %(at)s UTC") % {"at": _when(counted["lost_at"])}
    return [Waits("warning", words, text, f"{reverse('work:mine')}?tab=late&whose=all")]


def _nobodys(counted: dict[str, Any]) -> list[Waits]:
    count = sum(counted[f"nobody_{tab}"] for tab in _TABS)
    if not count:
        return []
    tab = next(tab for tab in _TABS if counted[f"nobody_{tab}"])
    words = ngettext("%(count)d task is nobody’s", "%(count)d tasks are nobody’s", count) % {"count": count}
    text = _("who does it is away or has left, and nobody covers")
    return [Waits("warning", words, text, f"{reverse('work:mine')}?tab={tab}&whose=nobody")]


def _when(at: datetime) -> str:
    return date_format(at.astimezone(UTC), "MONTH_DAY_TIME_FORMAT")
