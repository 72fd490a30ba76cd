"""Words about tasks: `{% load work %}`."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ops_console.work.models import Task

register = template.Library()
KINDS = {
    Task.State.OPEN: "",
    Task.State.DOING: "info",
    Task.State.WAITING: "warning",
    Task.State.DONE: "success",
    Task.State.MISSED: "danger",
    Task.State.EXCUSED: "",
    Task.State.CANCELLED: "",
}
ICONS = {"picture": "image", "link": "link", "text": "file-text", "figure": "hash", "trail": "scroll-text"}


@register.filter
def state_kind(task: Task) -> str:
    """Return the kind of badge for a task's state."""
    return str(KINDS[Task.State(task.state)])


@register.filter
def evidence_icon(kind: str) -> str:
    """Return the icon of a kind of evidence."""
    return ICONS[kind]


@register.simple_tag
def local(instant: datetime | None, zone: str) -> str:
    """Write an instant as the mall's clock shows it."""
    return date_format(instant.astimezone(ZoneInfo(zone)), "WEEKDAY_TIME_FORMAT") if instant else "–"


@register.simple_tag
def distance(instant: datetime, now: datetime) -> str:
    """Say how far an instant is from now: "in 3 hours", "2 days ago"."""
    away = abs(instant - now)
    if away < timedelta(hours=1):
        count = round(away.total_seconds() / 60)
        words = ngettext("%(n)d minute", "%(n)d minutes", count) % {"n": count}
    elif away < timedelta(days=2):
        count = round(away.total_seconds() / 3600)
        words = ngettext("%(n)d hour", "%(n)d hours", count) % {"n": count}
    else:
        count = away.days
        words = ngettext("%(n)d day", "%(n)d days", count) % {"n": count}
    return (_("%(time)s ago") if instant < now else _("in %(time)s")) % {"time": words}


@register.filter
def clock_words(minutes: int | None) -> str:
    """Write minutes as "1 h 30 min"."""
    if minutes is None:
        return "–"
    hours, rest = divmod(minutes, 60)
    parts = [_("%(n)d h") % {"n": hours}] if hours else []
    return " ".join([*parts, _("%(n)d min") % {"n": rest}] if rest or not hours else parts)
