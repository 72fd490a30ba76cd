"""Which weeks and months of a contract are over, in days of the mall's calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .models import Report

Kind = Report.Kind
# No report is made of what is longer ago than this, however long the machine was down.
LOOK_BACK = {Kind.WEEKLY: 8, Kind.MONTHLY: 6}
# The local hour at which a report is made at the earliest.
HOUR = time(6)


@dataclass(frozen=True)
class Period:
    """A week or month: from `first` to before `until`."""

    kind: str
    first: date
    until: date

    def before(self) -> "Period":
        """Return the week or month before."""
        return Period(self.kind, _begin(self.kind, self.first - timedelta(days=1)), self.first)

    def following(self) -> "Period":
        """Return the week or month that follows."""
        return Period(self.kind, self.until, _next(self.kind, self.until))


def over(kind: str, *, starts_on: date, ends_on: date | None, time_zone: str, now: datetime) -> list[Period]:
    """
    Return the weeks (from Monday) or months that are over, with at least one day of the contract's `starts_on` to before `ends_on`.

    Oldest first, at most `LOOK_BACK`.
    """
    zone = ZoneInfo(time_zone)
    local = now.astimezone(zone)
    today = local.date() if local.time() >= HOUR else local.date() - timedelta(days=1)
    found: list[Period] = []
    until = _begin(kind, today)
    while until > starts_on and len(found) < LOOK_BACK[Kind(kind)]:
        first = _begin(kind, until - timedelta(days=1))
        if ends_on is None or first < ends_on:
            found.append(Period(kind, first, until))
        elif (today - first).days > 31 * LOOK_BACK[Kind(kind)]:
            break
        until = first
    return found[::-1]


def end_of(period: Period, time_zone: str) -> datetime:
    """Return the instant at which a period ended."""
    return datetime.combine(period.until, time.min, tzinfo=ZoneInfo(time_zone))


def _begin(kind: str, day: date) -> date:
    return day.replace(day=1) if kind == Kind.MONTHLY else day - timedelta(days=day.weekday())


def _next(kind: str, first: date) -> date:
    return _begin(kind, first + timedelta(days=32)) if kind == Kind.MONTHLY else first + timedelta(days=7)
