"""The months of a mall's calendar as windows of instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Month:
    """A month: its first day, and its window [starts_at, ends_at) in the mall's time zone."""

    first_day: date
    starts_at: datetime
    ends_at: datetime


def month_of(at: datetime, zone: ZoneInfo) -> Month:
    """Return the month that an instant falls into on the mall's clock."""
    return month(at.astimezone(zone).date(), zone)


def month(day: date, zone: ZoneInfo) -> Month:
    """Return the month of a day."""
    first = day.replace(day=1)
    return Month(first, _midnight(first, zone), _midnight(first + relativedelta(months=1), zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def complete_months(*, since: date, zone: ZoneInfo, before: datetime) -> Iterator[Month]:
    """Yield the months from that of `since` on that have ended at `before`, oldest first."""
    found = month(since, zone)
    while found.ends_at <= before:
        yield found
        found = month(found.first_day + relativedelta(months=1), zone)
