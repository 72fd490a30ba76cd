"""When work recurs: days, holidays, nights of clock changes, rules that never fire."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from ops_console.work import cadence
from ops_console.work.cadence import Cadence

MONDAY = date(2026, 11, 2)


def days(rule: str, *, weeks: int = 4, **more: str) -> list[date]:
    return cadence.days(Cadence(rule, MONDAY, **more), first=MONDAY, until=MONDAY + timedelta(weeks=weeks))


def test_three_posts_a_week_are_twelve_in_four_weeks() -> None:
    found = days("FREQ=WEEKLY;BYDAY=MO,WE,FR")
    assert len(found) == 12
    assert {day.weekday() for day in found} == {0, 2, 4}


def test_a_rule_without_a_repeat_happens_once_at_the_start() -> None:
    assert days("") == [MONDAY]
    assert cadence.days(Cadence("", MONDAY), first=MONDAY + timedelta(days=1), until=MONDAY + timedelta(days=9)) == []


def test_every_second_week_counts_from_the_start_and_not_from_where_one_looks() -> None:
    rule = Cadence("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", MONDAY)
    whole = cadence.days(rule, first=MONDAY, until=MONDAY + timedelta(weeks=8))
    assert whole == [MONDAY + timedelta(weeks=week) for week in (0, 2, 4, 6)]
    assert cadence.days(rule, first=MONDAY + timedelta(weeks=1), until=MONDAY + timedelta(weeks=8)) == whole[1:]


def test_a_holiday_is_kept_left_out_or_moved_to_the_next_free_day() -> None:
    """26 November 2026 is Thanksgiving, a Thursday."""
    thanksgiving = date(2026, 11, 26)
    rule = "FREQ=WEEKLY;BYDAY=TU,TH"
    assert thanksgiving in days(rule, holidays="keep", region="US")
    assert thanksgiving not in days(rule, holidays="skip", region="US")
    moved = days(rule, holidays="move", region="US")
    assert thanksgiving not in moved
    assert thanksgiving + timedelta(days=1) in moved
    assert len(moved) == len(days(rule))


def test_a_moved_day_never_doubles_another_and_is_left_out_where_no_day_is_free() -> None:
    found = days("FREQ=DAILY", holidays="move", region="US")
    assert len(found) == len(set(found)) == len(days("FREQ=DAILY", holidays="skip", region="US"))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=1000",
        "FREQ=SECONDLY",
        "FREQ=WEEKLY;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20260101T000000Z",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTH=3,13",
        "FREQ=WEEKLY\nRRULE:FREQ=DAILY",
        "every day",
        "FREQ=",
    ],
)
def test_a_rule_that_never_fires_or_cannot_be_read_is_refused(rule: str) -> None:
    starts_on = date(2026, 2, 2) if "INTERVAL=12" in rule else MONDAY
    with pytest.raises(cadence.CadenceRefused):
        cadence.check(rule, holidays="keep", starts_on=starts_on)


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=14"])
def test_a_rule_that_fires_is_taken(rule: str) -> None:
    cadence.check(rule, holidays="move", starts_on=MONDAY)


@pytest.mark.parametrize(
    ("day", "at", "opens_at"),
    [
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # left out: 03:30 summer time
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
        (date(2026, 3, 28), time(10, 0), datetime(2026, 3, 28, 9, 0, tzinfo=UTC)),
        (date(2026, 3, 30), time(10, 0), datetime(2026, 3, 30, 8, 0, tzinfo=UTC)),
    ],
)
def test_a_wall_time_in_a_night_of_clock_change_is_defined(day: date, at: time, opens_at: datetime) -> None:
    window = cadence.window(day, at=at, hours=(8, 24), time_zone="Europe/Berlin")
    assert window.opens_at == opens_at
    assert (window.due_at - window.opens_at, window.lapses_at - window.due_at) == (
        timedelta(hours=8),
        timedelta(days=1),
    )


def test_the_place_of_a_time_zone_says_whose_holidays_count() -> None:
    assert [cadence.region_of(zone) for zone in ("Europe/Berlin", "Asia/Shanghai", "America/New_York", "UTC")] == [
        "DE", "CN", "US", "",
    ]  # fmt: skip
