"""Opening hours: their shape, whether a place is open, and how the week is written for people."""

import itertools
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS as DAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from saas.kernel.errors import DomainError

from . import moments
from .models import WEEKDAYS

Hours = dict[str, list[list[str]]]
MAXIMUM_PAIRS = 4
_MINUTES_OF_DAY = 24 * 60


class HoursRefused(DomainError):
    """The opening hours have no meaning."""

    code = "hours_refused"
    message = gettext_lazy("These opening hours cannot be read.")


@dataclass(frozen=True)
class Day:
    """One day of the week as a page shows it: its name, its hours as text."""

    day: str
    text: str
    today: bool
    closed: bool


@dataclass(frozen=True)
class Opening:
    """Whether a place is open, and until when, or when it opens next (aware instants in the mall's zone; None: not within a week)."""

    is_open: bool
    until_at: datetime | None = None
    opens_at: datetime | None = None


def check(value: object) -> Hours:
    """
    Return the hours in their stored shape: known weekdays, pairs of "HH:MM" in order, none overlapping.

    A pair that closes at or before its opening runs past midnight; "00:00" to "24:00" is the whole day.

    :raises HoursRefused: another shape, a time that does not exist, more than four pairs in a day, or pairs that overlap
    """
    if not isinstance(value, dict) or set(value) - set(WEEKDAYS):
        raise HoursRefused
    checked = {day: [_pair(pair) for pair in _pairs(value[day])] for day in WEEKDAYS if value.get(day)}
    for pairs in checked.values():
        pairs.sort()
    _refuse_overlaps(checked)
    return checked


def _pairs(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > MAXIMUM_PAIRS:
        raise HoursRefused(
            _("A day has at most %(count)d pairs of opening and closing times.") % {"count": MAXIMUM_PAIRS}
        )
    return value


def _pair(pair: object) -> list[str]:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise HoursRefused
    opens, closes = (str(text).strip() for text in pair)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", opens) or not re.fullmatch(
        r"(([01]\d|2[0-3]):[0-5]\d)|24:00", closes
    ):
        raise HoursRefused(
            _("“%(opens)s–%(closes)s” is not a pair of times like 11:00–21:30.")
            % {"opens": opens[:10], "closes": closes[:10]}
        )
    if opens == closes:
        raise HoursRefused(
            _("A place that opens and closes at %(time)s: write 00:00–24:00 for the whole day.") % {"time": opens}
        )
    return [opens, closes]


def _refuse_overlaps(hours: Hours) -> None:
    spans = sorted(span for number, day in enumerate(WEEKDAYS) for span in _minutes(number, hours.get(day, [])))
    week = 7 * _MINUTES_OF_DAY
    spans += [(spans[0][0] + week, spans[0][1] + week)] if spans else []
    for (_start, end), (start, _end) in itertools.pairwise(spans):
        if start < end:
            raise HoursRefused(
                _("Two of the opening hours overlap on %(day)s.") % {"day": DAY_NAMES[start // _MINUTES_OF_DAY % 7]}
            )


def _minutes(day_number: int, pairs: list[list[str]]) -> list[tuple[int, int]]:
    """Return pairs as minutes from the start of the week; what runs past midnight ends after its day."""
    spans = []
    for opens, closes in pairs:
        start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
        base = day_number * _MINUTES_OF_DAY
        spans.append((base + start, base + end + (_MINUTES_OF_DAY if end <= start else 0)))
    return spans


def lengths(pairs: list[list[str]]) -> tuple[int, ...]:
    """Return how many minutes each opening of a day lasts; one that runs past midnight counts whole for its day."""
    return tuple(end - start for start, end in _minutes(0, pairs))


def opening_at(hours: Hours, *, at: datetime, zone: str) -> Opening:
    """Tell whether a place with these hours is open at `at`; the closing minute is exclusive. `zone` is the mall's time zone."""
    local = at.astimezone(ZoneInfo(zone))
    spans = sorted(span for offset in range(-1, 8) for span in _instants(hours, local, offset))
    for start, end in spans:
        if start <= local < end:
            return Opening(is_open=True, until_at=_joined(spans, end))
    return Opening(is_open=False, opens_at=next((start for start, _end in spans if start > local), None))


def _instants(hours: Hours, local: datetime, offset: int) -> list[tuple[datetime, datetime]]:
    date = local.date() + timedelta(days=offset)
    midnight = datetime.combine(date, time(), tzinfo=local.tzinfo)
    return [
        (midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
        for start, end in _minutes(0, hours.get(WEEKDAYS[date.weekday()], []))
    ]


def _joined(spans: list[tuple[datetime, datetime]], end: datetime) -> datetime:
    """Follow spans that begin where the last one ends, as around midnight of a place that never closes."""
    for start, later in spans:
        if start == end:
            end = later
    return end


def week(hours: Hours, *, at: datetime, zone: str) -> tuple[Day, ...]:
    """Write the week from Monday in the active language; `today` is the day in the mall's zone at `at`."""
    today = at.astimezone(ZoneInfo(zone)).weekday()
    return tuple(
        Day(
            day=str(DAY_NAMES[number]),
            text=", ".join(f"{_clock(opens)}\u2060–\u2060{_clock(closes)}" for opens, closes in hours.get(name, []))
            or pgettext("store", "closed"),
            today=number == today,
            closed=not hours.get(name),
        )
        for number, name in enumerate(WEEKDAYS)
    )


def _clock(text: str) -> str:
    return moments.time_of_day(time(int(text[:2]) % 24, int(text[3:])))


def status(opening: Opening, *, at: datetime, zone: str) -> str:
    """Write whether a place is open: "Open until 9 p.m.", "Closed, opens tomorrow at 11 a.m."."""
    if opening.is_open:
        if opening.until_at is None or opening.until_at - at > timedelta(hours=30):
            return _("Open around the clock")
        return _("Open until %(time)s") % {"time": moments.time_of_day(opening.until_at.time())}
    if opening.opens_at is None:
        return pgettext("store", "Closed")
    days = (opening.opens_at.date() - at.astimezone(ZoneInfo(zone)).date()).days
    words = {"time": moments.time_of_day(opening.opens_at.time()), "day": DAY_NAMES[opening.opens_at.weekday()]}
    if days == 0:
        return _("Closed, opens at %(time)s") % words
    if days == 1:
        return _("Closed, opens tomorrow at %(time)s") % words
    return _("Closed, opens on %(day)s at %(time)s") % words
