"""Opening hours: their shape, whether a place is open, how they are written."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from storefront.stores import hours

ZONE = "America/Los_Angeles"
WEEK = {"fri": [["11:00", "14:30"], ["17:00", "02:00"]], "sat": [["17:00", "02:00"]], "mon": [["00:00", "24:00"]]}


def at(text: str) -> datetime:
    """Return an instant given on the mall's clock; 20 November 2026 is a Friday."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T10:59", False),
        ("2026-11-20T11:00", True),
        ("2026-11-20T14:29", True),
        ("2026-11-20T14:30", False),
        ("2026-11-20T23:59", True),
        ("2026-11-21T01:59", True),  # Saturday night still belongs to Friday
        ("2026-11-21T02:00", False),
        ("2026-11-22T01:00", True),
        ("2026-11-22T12:00", False),
        ("2026-11-23T00:00", True),
        ("2026-11-23T23:59", True),
        ("2026-11-24T00:00", False),
    ],
)
def test_whether_a_place_is_open(moment: str, is_open: bool) -> None:
    assert hours.opening_at(WEEK, at=at(moment), zone=ZONE).is_open is is_open


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-20T12:00", "Open until 2:30\xa0PM"),
        ("2026-11-20T22:00", "Open until 2:00\xa0AM"),
        ("2026-11-20T09:00", "Closed, opens at 11:00\xa0AM"),
        ("2026-11-22T12:00", "Closed, opens tomorrow at 12:00\xa0AM"),
        ("2026-11-24T12:00", "Closed, opens on Friday at 11:00\xa0AM"),
    ],
)
def test_how_it_is_said(moment: str, words: str) -> None:
    opening = hours.opening_at(WEEK, at=at(moment), zone=ZONE)
    assert hours.status(opening, at=at(moment), zone=ZONE) == words


def test_a_place_that_never_closes_says_so() -> None:
    always: hours.Hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    moment = at("2026-11-20T12:00")
    opening = hours.opening_at(always, at=moment, zone=ZONE)
    assert hours.status(opening, at=moment, zone=ZONE) == "Open around the clock"


def test_a_place_without_hours_opens_never() -> None:
    opening = hours.opening_at({}, at=at("2026-11-20T12:00"), zone=ZONE)
    assert (opening.is_open, opening.opens_at) == (False, None)


def test_the_week_is_written_from_monday_in_the_language_of_the_reader() -> None:
    days = hours.week(WEEK, at=at("2026-11-20T12:00"), zone=ZONE)
    assert [day.day for day in days][:2] == ["Monday", "Tuesday"]
    assert days[4].text == "11:00\xa0AM\u2060–\u20602:30\xa0PM, 5:00\xa0PM\u2060–\u20602:00\xa0AM"
    assert (days[4].today, days[1].closed, days[1].text) == (True, True, "closed")
    with override("zh-hans"):
        assert (
            hours.week(WEEK, at=at("2026-11-20T12:00"), zone=ZONE)[4].text
            == "11:00\u2060–\u206014:30, 17:00\u2060–\u206002:00"
        )


def test_hours_are_put_into_their_stored_shape() -> None:
    assert hours.check({"fri": [("17:00", " 22:00"), ["11:00", "14:30"]], "sat": []}) == {
        "fri": [["11:00", "14:30"], ["17:00", "22:00"]]
    }


@pytest.mark.parametrize(
    "value",
    [
        None,
        "fri",
        {"friday": []},
        {"fri": "11-14"},
        {"fri": [["11:00"]]},
        {"fri": [["11:00", "25:00"]]},
        {"fri": [["24:00", "25:00"]]},
        {"fri": [["11", "14"]]},
        {"fri": [["11:00", "11:00"]]},
        {"fri": [["11:00", "14:00"], ["13:59", "15:00"]]},
        {"fri": [["17:00", "02:00"]], "sat": [["01:00", "03:00"]]},
        {"sun": [["22:00", "03:00"]], "mon": [["02:00", "04:00"]]},
        {"fri": [[f"0{n}:00", f"0{n}:30"] for n in range(5)]},
        {"fri": [["١١:٠٠", "14:00"]]},
    ],
    ids=str,
)
def test_hours_without_meaning_are_refused(value: Any) -> None:
    with pytest.raises(hours.HoursRefused):
        hours.check(value)


def test_hours_that_touch_are_no_overlap() -> None:
    assert hours.check(
        {"fri": [["11:00", "14:00"], ["14:00", "15:00"]], "sun": [["22:00", "02:00"]], "mon": [["02:00", "04:00"]]}
    )
