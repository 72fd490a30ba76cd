"""What a shop can serve and earn: the known case, the arithmetic by hand, and what must hold for every input (practice row 8)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storefront.deals.capacity import Examination, Kind, Offer, Rival, Shop, examine, weekdays

MONDAY = date(2026, 11, 23)
TEN_HOURS = (600,)
# Closed on Sunday.
SALON = Shop("Hillside Salon", 2, (TEN_HOURS,) * 6 + ((),))
MANICURE = Offer(
    units=3000,
    price_minor=1900,
    currency="usd",
    from_date=MONDAY,
    until_date=MONDAY + timedelta(days=90),
    service_minutes=60,
    cost_minor=900,
    commission_bp=300,
)


def kinds(found: Examination) -> list[tuple[str, str]]:
    """Return findings as (kind, field)."""
    return [(one.kind, one.field) for one in found.findings]


def test_thousands_of_manicures_are_not_sold_for_a_shop_with_two_stations() -> None:
    """The known case: 2 stations, 10 hours, 6 days a week, an hour each, 90 days: 78 open days × 20 = 1,560; four fifths are 1,248."""
    found = examine(MANICURE, [SALON])
    assert (found.slots, found.usable, found.servable) == (1560, 1248, 1248)
    assert kinds(found) == [(Kind.STOP, "units_total")]
    assert "3000 units are offered, and the shop can serve 1248" in found.findings[0].text
    assert (found.unit_margin_minor, found.total_margin_minor) == (1900 - 57 - 900, 943 * 3000)


@pytest.mark.parametrize(("units", "expected"), [(1248, []), (1249, [(Kind.STOP, "units_total")])])
def test_the_last_unit_that_can_be_served_is_let_through_and_the_next_is_not(
    units: int, expected: list[tuple[str, str]]
) -> None:
    found = examine(replace(MANICURE, units=units), [SALON])
    assert [one for one in kinds(found) if one[0] == Kind.STOP] == expected


def test_a_service_that_does_not_fit_into_an_opening_is_not_begun() -> None:
    half_days = Shop("Salon", 1, ((240, 210),) * 7)
    assert (
        examine(replace(MANICURE, service_minutes=70, until_date=MONDAY + timedelta(days=1)), [half_days]).slots
        == 3 + 3
    )


def test_other_deals_of_the_same_stations_take_their_part_of_the_days_that_both_share() -> None:
    rival = Rival("Haircut", 100, 45, MONDAY - timedelta(days=10), MONDAY + timedelta(days=10))
    found = examine(replace(MANICURE, units=1210), [SALON], [rival])
    assert found.taken == 38  # half of 100 × 45 minutes are 2,250, in whole hours 38
    assert found.servable == 1248 - 38
    assert kinds(found) == [(Kind.THINK, "units_total")]
    assert examine(replace(MANICURE, units=1211), [SALON], [rival]).is_stopped


def test_a_unit_that_loses_money_is_stopped_and_a_thin_margin_is_said() -> None:
    losing = examine(replace(MANICURE, units=10, cost_minor=1844), [SALON])
    assert (losing.unit_margin_minor, kinds(losing)) == (-1, [(Kind.STOP, "price_minor")])
    thin = examine(replace(MANICURE, units=10, cost_minor=1800), [SALON])
    assert (thin.unit_margin_minor, kinds(thin)) == (43, [(Kind.THINK, "price_minor")])


def test_what_nobody_has_said_is_asked_and_stops_nothing() -> None:
    unknown = replace(MANICURE, service_minutes=None, cost_minor=None)
    found = examine(unknown, [replace(SALON, stations=None)])
    assert kinds(found) == [(Kind.ASK, "service_minutes"), (Kind.ASK, "cost_minor"), (Kind.ASK, "stores")]
    assert (found.slots, found.unit_margin_minor, found.is_stopped) == (None, None, False)


def test_a_store_without_hours_is_asked_for_them() -> None:
    found = examine(MANICURE, [replace(SALON, openings=((),) * 7)])
    assert (kinds(found), found.slots) == ([(Kind.ASK, "stores")], None)


def test_a_shop_without_any_station_serves_nobody() -> None:
    assert examine(replace(MANICURE, units=1), [replace(SALON, stations=0)]).is_stopped


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-5, 800))
@settings(max_examples=200, deadline=None)
def test_weekdays_are_counted_as_a_calendar_counts_them(start: date, days: int) -> None:
    counted = [0] * 7
    for ahead in range(days):
        counted[(start + timedelta(days=ahead)).weekday()] += 1
    assert weekdays(start, start + timedelta(days=days)) == tuple(counted)


OPENINGS = st.lists(st.lists(st.integers(1, 700), max_size=2).map(tuple), min_size=7, max_size=7).map(tuple)
SHOPS = st.lists(st.builds(Shop, st.just("A"), st.integers(0, 20), OPENINGS), min_size=1, max_size=3)
OFFERS = st.builds(
    Offer,
    units=st.integers(1, 50_000),
    price_minor=st.integers(1, 1_000_000),
    currency=st.just("usd"),
    from_date=st.just(MONDAY),
    until_date=st.integers(1, 400).map(lambda days: MONDAY + timedelta(days=days)),
    service_minutes=st.integers(1, 800),
    cost_minor=st.integers(0, 1_000_000),
    commission_bp=st.integers(0, 10_000),
)
RIVALS = st.lists(
    st.builds(
        Rival,
        st.just("B"),
        st.integers(0, 5_000),
        st.integers(1, 400),
        st.integers(-60, 60).map(lambda days: MONDAY + timedelta(days=days)),
        st.integers(61, 300).map(lambda days: MONDAY + timedelta(days=days)),
    ),
    max_size=3,
)


@given(OFFERS, SHOPS, RIVALS)
@settings(max_examples=300, deadline=None)
def test_nobody_is_promised_more_time_than_the_stations_have(
    offer: Offer, shops: list[Shop], rivals: list[Rival]
) -> None:
    found = examine(offer, shops, rivals)
    if found.slots is None:
        assert any(not any(shop.openings) for shop in shops)
        return
    assert offer.service_minutes is not None
    days = [(MONDAY + timedelta(days=ahead)).weekday() for ahead in range(found.days)]
    minutes = sum((shop.stations or 0) * sum(shop.openings[day]) for shop in shops for day in days)
    assert found.slots * offer.service_minutes <= minutes
    assert found.usable is not None
    assert found.usable <= found.slots
    assert found.servable is not None
    assert 0 <= found.servable <= found.usable
    stopped = any(one.field == "units_total" for one in found.of(Kind.STOP))
    assert stopped == (offer.units > found.servable)


@given(OFFERS, SHOPS, RIVALS)
@settings(max_examples=200, deadline=None)
def test_more_stations_or_fewer_rivals_never_serve_fewer_and_the_margin_adds_up(
    offer: Offer, shops: list[Shop], rivals: list[Rival]
) -> None:
    found = examine(offer, shops, rivals)
    more = examine(offer, [replace(shop, stations=(shop.stations or 0) + 1) for shop in shops], rivals)
    alone = examine(offer, shops)
    if found.servable is not None:
        assert more.servable is not None
        assert alone.servable is not None
        assert found.servable <= more.servable
        assert found.servable <= alone.servable
    assert found.unit_margin_minor is not None
    assert found.commission_minor is not None
    assert offer.cost_minor is not None
    assert found.unit_margin_minor + found.commission_minor + offer.cost_minor == offer.price_minor
    assert found.total_margin_minor == found.unit_margin_minor * offer.units
