"""
When work recurs: days by a rule of RFC 5545, read in the mall's own time zone, with its place's public holidays.

Only a part of the standard is taken: days, weeks, months, years, and what chooses days in them. Everything that is taken is
bounded, so that a rule which never fires is found out in milliseconds and refused (`check`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as holiday_calendars
from babel.core import get_global
from dateutil.rrule import rrule, rrulestr
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.kernel.errors import DomainError

# The longest step of each frequency, and what may choose days in it.
_INTERVALS = {"DAILY": 366, "WEEKLY": 52, "MONTHLY": 12, "YEARLY": 1}
_CHOOSING = {
    "DAILY": {"BYDAY", "BYMONTHDAY", "BYMONTH"},
    "WEEKLY": {"BYDAY", "BYMONTH"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"},
}
# How the values of each part are written.
_VALUES = {
    "WEEKDAY": re.compile("MO|TU|WE|TH|FR|SA|SU"),
    "BYDAY": re.compile("([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)"),
    "BYMONTHDAY": re.compile("-?([1-9]|[12][0-9]|3[01])"),
    "BYMONTH": re.compile("[1-9]|1[0-2]"),
    "BYSETPOS": re.compile("-?[1-9][0-9]?"),
}
# The rule has to fire within so long of its start.
WITHIN = timedelta(days=366)
# How people call the days of a rule.
DAY_NAMES = {
    "MO": gettext_lazy("Mon"), "TU": gettext_lazy("Tue"), "WE": gettext_lazy("Wed"), "TH": gettext_lazy("Thu"), "FR": gettext_lazy("Fri"),
    "SA": gettext_lazy("Sat"), "SU": gettext_lazy("Sun"),
}  # fmt: skip
# A holiday's work is done at most so many days later.
FURTHEST_MOVE = 6
_LONGEST_MONTHS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


class Policy(models.TextChoices):
    """What becomes of work on a public holiday."""

    KEEP = "keep", gettext_lazy("Done all the same")
    SKIP = "skip", gettext_lazy("Left out")
    MOVE = "move", gettext_lazy("Done on the next free day")


class CadenceRefused(DomainError):
    """A rule that cannot be read, or that never fires."""

    code = "cadence_refused"


@dataclass(frozen=True)
class Window:
    """When one task opens, is due, and is lost, as instants."""

    opens_at: datetime
    due_at: datetime
    lapses_at: datetime


@dataclass(frozen=True)
class Cadence:
    """A rule that began on `starts_on`; `region` is the country whose holidays count ("" for none)."""

    rule: str
    starts_on: date
    holidays: str = Policy.KEEP
    region: str = ""


def check(rule: str, *, holidays: str, starts_on: date) -> None:
    """
    Refuse a rule that cannot be read or does not fire within a year of `starts_on`.

    :raises CadenceRefused: with `field` "rrule" or "holidays"
    """
    if holidays not in Policy.values:
        raise CadenceRefused(_("Say what becomes of work on a holiday."), field="holidays")
    _refuse_unbounded(_parts(rule))
    try:
        first = next(iter(_rule(rule, starts_on)), None)
    except (ValueError, TypeError) as error:
        raise CadenceRefused(_("This rule cannot be read: %(rule)s") % {"rule": rule}, field="rrule") from error
    if first is None or first.date() > starts_on + WITHIN:
        raise CadenceRefused(_("This rule never fires within a year. Nothing would ever be done."), field="rrule")


def days(cadence: Cadence, *, first: date, until: date) -> list[date]:
    """
    Return the days from `first` to before `until` on which there is work, in order, each once.

    A moved day goes to the next day, at most `FURTHEST_MOVE` later, that is no holiday and has no work of this rule; where there is none
    it is left out. What is returned does not depend on how a longer span is cut into pieces.
    """
    if not cadence.rule:
        return [cadence.starts_on] if first <= cadence.starts_on < until else []
    if cadence.holidays == Policy.KEEP or not cadence.region:
        return list(_nominal(cadence, first=first, until=until))
    far = until + timedelta(days=FURTHEST_MOVE + 1)
    nominal = list(_nominal(cadence, first=cadence.starts_on, until=far))
    if cadence.holidays == Policy.SKIP:
        kept = [day for day in nominal if not is_holiday(day, cadence.region)]
    else:
        kept = _moved(nominal, cadence.region)
    return sorted(day for day in kept if first <= day < until)


def window(day: date, *, at: time, hours: tuple[int, int], time_zone: str) -> Window:
    """
    Return the instants of a day's work: it opens at the wall time `at` of `time_zone`; `hours` are those until due, and those of grace.

    A wall time that the night of a clock change leaves out is moved forward; of one that comes twice the first counts.
    """
    return opened_at(datetime.combine(day, at, tzinfo=ZoneInfo(time_zone)).astimezone(UTC), hours=hours)


def opened_at(opens_at: datetime, *, hours: tuple[int, int]) -> Window:
    """Return the instants of work that opens at an instant; `hours` as in `window`."""
    due_at = opens_at + timedelta(hours=hours[0])
    return Window(opens_at, due_at, due_at + timedelta(hours=hours[1]))


def today(time_zone: str, *, now: datetime) -> date:
    """Return the day that it is at a place."""
    return now.astimezone(ZoneInfo(time_zone)).date()


def region_of(time_zone: str) -> str:
    """Return the country of a time zone as two letters; "" for UTC and the like, which belong to none."""
    country = str(get_global("zone_territories").get(time_zone, ""))
    return country if len(country) == 2 and country in holiday_calendars.list_supported_countries() else ""


def is_holiday(day: date, region: str) -> bool:
    """Tell whether a day is a public holiday of a country."""
    return day in _holidays(region, day.year)


@lru_cache(maxsize=512)
def _holidays(region: str, year: int) -> frozenset[date]:
    """Return a year's public holidays, computed by the library's tables."""
    return frozenset(holiday_calendars.country_holidays(region, years=year))


def _moved(nominal: list[date], region: str) -> list[date]:
    taken, kept = set(nominal), []
    for day in nominal:
        found: date | None = day
        if is_holiday(day, region):
            later = (day + timedelta(days=step) for step in range(1, FURTHEST_MOVE + 1))
            found = next((one for one in later if one not in taken and not is_holiday(one, region)), None)
        if found:
            taken.add(found)
            kept.append(found)
    return kept


def _nominal(cadence: Cadence, *, first: date, until: date) -> Iterator[date]:
    start = datetime.combine(max(first, cadence.starts_on), time.min)
    for instant in _rule(cadence.rule, cadence.starts_on).xafter(start, inc=True):
        if instant.date() >= until:
            return
        yield instant.date()


def _rule(rule: str, starts_on: date) -> rrule:
    found = rrulestr(rule, dtstart=datetime.combine(starts_on, time.min), cache=False)
    if not isinstance(found, rrule):
        raise CadenceRefused(_("Only one rule is possible."), field="rrule")
    return found


def _parts(rule: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in rule.upper().split(";")]
    found = {name: value for name, _equals, value in pairs if value}
    if len(found) != len(pairs) or found.get("FREQ") not in _INTERVALS:
        raise CadenceRefused(_("This rule cannot be read: %(rule)s") % {"rule": rule}, field="rrule")
    return found


def _refuse_unbounded(parts: dict[str, str]) -> None:
    """Refuse what is not taken of the standard, so that looking for the first day always ends soon."""
    frequency = parts["FREQ"]
    choosing = set(parts) - {"FREQ", "INTERVAL", "WKST"}
    interval = parts.get("INTERVAL", "1")
    if (
        not choosing <= _CHOOSING[frequency]
        or not interval.isdecimal()
        or not 1 <= int(interval) <= _INTERVALS[frequency]
    ):
        raise CadenceRefused(
            _("A task recurs by days, weeks, months or years, and ends with its contract."), field="rrule"
        )
    if frequency == "DAILY" and choosing and int(interval) > 1:
        raise CadenceRefused(_("Every so many days takes no choice of days beside it."), field="rrule")
    if not all(_names(value, name, frequency) for name, value in parts.items() if name in _VALUES):
        raise CadenceRefused(_("This rule names a day or a month that there is not."), field="rrule")
    if "BYMONTHDAY" in parts and "BYMONTH" in parts and not _has_day(parts["BYMONTHDAY"], parts["BYMONTH"]):
        raise CadenceRefused(_("No month has such a day. Nothing would ever be done."), field="rrule")


def _names(value: str, name: str, frequency: str) -> bool:
    """Tell whether all of a part's values are days, months or places; only a month's or year's days have a place ("1MO")."""
    pattern = _VALUES["WEEKDAY" if name == "BYDAY" and frequency in ("DAILY", "WEEKLY") else name]
    return all(pattern.fullmatch(one) for one in value.split(","))


def _has_day(month_days: str, months: str) -> bool:
    try:
        wanted = min(abs(int(day)) for day in month_days.split(","))
        return any(wanted <= _LONGEST_MONTHS[int(month)] for month in months.split(","))
    except (ValueError, KeyError):
        return True  # the rule's own reader refuses it
