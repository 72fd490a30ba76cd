"""Instants as people in the mall read them: in its time zone and the active language."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton

from saas.ui.formats import babel_locale
from tenants.isolation.current import mall


def zone() -> ZoneInfo:
    """Return the current mall's time zone."""
    return ZoneInfo(mall().time_zone)


def local(at: datetime) -> datetime:
    """Return the instant on the mall's clock."""
    return at.astimezone(zone())


def when(at: datetime) -> str:
    """Write an instant with its weekday, to the minute: "Fri, Nov 20, 2026, 12:30"."""
    return _write("yMMMEdHm", at)


def day(at: datetime) -> str:
    """Write the day of an instant: "Fri, Nov 20, 2026"."""
    return _write("yMMMEd", at)


def clock(at: datetime) -> str:
    """Write the time of day: "12:30"."""
    return _write("Hm", at)


def soon(at: datetime) -> str:
    """Write an instant of the next days without its year: "Fri 12:30"."""
    return _write("EHm", at)


def end(at: datetime) -> str:
    """Write an exclusive end: as the last whole day when it is a midnight, else to the minute."""
    there = local(at)
    is_midnight = (there.hour, there.minute, there.second) == (0, 0, 0)
    return day(at - timedelta(microseconds=1)) if is_midnight else when(at)


def _write(skeleton: str, at: datetime) -> str:
    return str(format_skeleton(skeleton, local(at), locale=babel_locale()))
