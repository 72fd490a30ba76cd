"""Instants as people in the mall read them: in its time zone and the active language."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time

from saas.ui.formats import babel_locale
from tenants.isolation.current import mall


def zone() -> ZoneInfo:
    """Return the current mall's time zone."""
    return ZoneInfo(mall().time_zone)


def local(at: datetime) -> datetime:
    """Return the instant on the mall's clock."""
    return at.astimezone(zone())


def when(at: datetime) -> str:
    """Write an instant with its weekday, to the minute: "Fri, Nov 20, 2026, 12:30 PM"."""
    return _joined(day(at), clock(at))


def day(at: datetime) -> str:
    """Write the day of an instant: "Fri, Nov 20, 2026"."""
    return str(format_skeleton("yMMMEd", local(at), locale=babel_locale()))


def clock(at: datetime) -> str:
    """Write the time of day: "12:30 PM"."""
    return time_of_day(local(at).time())


def time_of_day(clock_time: time) -> str:
    """Write a time of day as the language does: "9:30 PM", "21:30"."""
    return _time_of_day(clock_time.replace(tzinfo=None), babel_locale())


@lru_cache(maxsize=4096)
def _time_of_day(clock_time: time, locale: Locale) -> str:
    return str(format_time(clock_time, "short", locale=locale)).replace("\u202f", "\u00a0")


def soon(at: datetime) -> str:
    """Write an instant of the next days without its year: "Fri, Nov 20, 12:30 PM"."""
    return _joined(str(format_skeleton("MMMEd", local(at), locale=babel_locale())), clock(at))


def end(at: datetime) -> str:
    """Write an exclusive end: as the last whole day when it is a midnight, else to the minute."""
    there = local(at)
    is_midnight = (there.hour, there.minute, there.second) == (0, 0, 0)
    return day(at - timedelta(microseconds=1)) if is_midnight else when(at)


def _joined(date: str, clock_time: str) -> str:
    pattern = str(babel_locale().datetime_formats["medium"])
    return pattern.replace("'", "").replace("{1}", date).replace("{0}", clock_time)
