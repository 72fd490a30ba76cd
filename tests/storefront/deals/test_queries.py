"""Deals as pages show them: state, cards, badges and rules from data, validity."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from storefront.catalog.models import Category
from storefront.deals import queries, wording
from storefront.deals.models import Deal
from storefront.deals.validity import Rule, rule_of, words
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")
LOS_ANGELES = "America/Los_Angeles"


def test_the_end_of_the_sale_is_exclusive(now: datetime) -> None:
    deal = shop.a_deal(now=now, sale_ends_at=now + timedelta(hours=1))
    assert queries.sale_state(deal, at=now + timedelta(hours=1) - timedelta(microseconds=1)) == "on_sale"
    assert queries.sale_state(deal, at=now + timedelta(hours=1)) == "ended"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "on_sale"),
        ({"state": "draft"}, "draft"),
        ({"state": "ended"}, "ended"),
        ({"sale_starts_at": timedelta(seconds=1)}, "not_started"),
        ({"units_total": 2, "units_held": 1, "units_sold": 1}, "sold_out"),
    ],
)
def test_a_deals_state(now: datetime, fields: dict[str, Any], state: str) -> None:
    fields = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    view = queries.deal_view(shop.a_deal(now=now, **fields).slug, now)
    assert view is not None
    assert view.state == state
    assert bool(view.units_to_choose) == (state == "on_sale")


def test_an_unknown_deal_has_no_view(now: datetime) -> None:
    assert queries.deal_view("nothing", now) is None


def test_quantities_to_choose_follow_what_is_left_and_the_limit(now: datetime) -> None:
    assert queries.view_of(shop.a_deal(now=now, units_total=3), at=now).units_to_choose == (1, 2, 3)
    assert queries.view_of(shop.a_deal(now=now, units_per_person=2), at=now).units_to_choose == (1, 2)
    assert queries.view_of(shop.a_deal(now=now), at=now).units_to_choose[-1] == queries.MAXIMUM_UNITS_OF_ORDER


def test_a_list_of_deals_costs_two_queries_however_long(now: datetime) -> None:
    for wanted in (1, 6):
        while Deal.objects.on_sale(at=now).count() < wanted:
            shop.a_deal(now=now)
        with CaptureQueriesContext(connection) as asked:
            assert len(queries.on_sale(at=now)) == wanted
        assert sum(not one["sql"].startswith("SET search_path") for one in asked) == 2


def test_lists_leave_out_what_is_not_on_sale_and_keep_what_is_sold_out(now: datetime) -> None:
    shop.a_deal(now=now, state="draft")
    shop.a_deal(now=now, sale_starts_at=now + timedelta(days=1))
    shop.a_deal(now=now, title="Gone", units_total=1, units_sold=1)
    assert [(card.title, card.gone) for card in queries.on_sale(at=now)] == [("Gone", True)]


def test_deals_of_a_category_and_chosen_ones_in_their_order(now: datetime) -> None:
    lunch = Category.objects.create(name="Midday", slug="midday")
    first, second = shop.a_deal(now=now, category=lunch), shop.a_deal(now=now)
    assert [card.public_id for card in queries.on_sale(at=now, category="midday")] == [first.public_id]
    ids = [second.public_id, "nothing", first.public_id]
    assert [card.public_id for card in queries.by_public_ids(ids, at=now)] == [second.public_id, first.public_id]


@pytest.mark.parametrize(
    ("fields", "marks"),
    [
        ({}, ["Refundable any time", "30 days from purchase"]),
        ({"refund_policy": "final", "needs_booking": True}, ["Final sale", "30 days from purchase", "Booking needed"]),
        ({"refund_policy": "until_expiry", "units_per_person": 2},
         ["Refundable until expiry", "30 days from purchase", "At most 2 for each person"]),
    ],
)  # fmt: skip
def test_badges_are_made_from_data_x1(now: datetime, fields: dict[str, Any], marks: list[str]) -> None:
    assert [badge.text for badge in wording.badges(shop.a_deal(now=now, **fields))] == marks


def test_rules_begin_with_what_the_data_says_and_end_with_the_merchants_own(now: datetime) -> None:
    deal = shop.a_deal(now=now, refund_policy="final", rules=[{"label": "Dogs", "text": "Welcome"}])
    rows = wording.rule_rows(deal)
    assert [row.label for row in rows] == ["Valid", "Refund", "Vouchers", "Dogs"]
    assert [row.kind for row in rows if row.label == "Refund"] == ["warning"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"valid_days": 89}, ()),
        ({"valid_days": 100}, ("Alipay takes money back for 90 days. After",)),
        (
            {"valid_days": 200},
            ("Alipay takes money back for 90 days, WeChat Pay takes money back for 180 days. After",),
        ),
        ({"valid_days": 200, "refund_policy": "final"}, ()),
    ],
)
def test_a_deal_says_when_a_wallet_takes_no_money_back_any_more(
    now: datetime, fields: dict[str, Any], said: tuple[str, ...]
) -> None:
    rows = wording.rule_rows(shop.a_deal(now=now, **fields))
    texts = [row.text for row in rows if row.label == "Way back"]
    assert [text.startswith(start) for text, start in zip(texts, said, strict=True)] == [True] * len(said)


@pytest.mark.parametrize(
    ("fields", "text", "kind"),
    [
        ({"units_total": 10}, "Only 10 left", "urgent"),
        ({"units_total": 11}, "", ""),
        ({"units_sold": 10}, "10 sold", ""),
        ({"needs_booking": True}, "Booking needed", ""),
        ({"sale_ends_at": timedelta(hours=4)}, "Ends Fri, Nov 20, 4:00\xa0PM", "urgent"),
        ({"sale_ends_at": timedelta(days=3)}, "", ""),
    ],
)
def test_a_card_has_one_fact(now: datetime, fields: dict[str, Any], text: str, kind: str) -> None:
    fields = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    fact = wording.fact(shop.a_deal(now=now, **fields), at=now)
    assert (fact.text, fact.kind) == (text, kind)


@pytest.mark.parametrize(
    ("issued", "days", "until"),
    [
        ("2026-03-07T20:00", 1, "2026-03-09T07:00"),  # the clocks go forward on the 8th: its end is at 7:00 UTC
        ("2026-10-31T20:00", 1, "2026-11-02T08:00"),  # and back on 1 November
        ("2026-11-21T07:59", 1, "2026-11-22T08:00"),  # still the 20th in Los Angeles
        ("2026-11-21T08:00", 1, "2026-11-23T08:00"),  # already the 21st
        ("2028-02-28T20:00", 1, "2028-03-01T08:00"),  # a leap day
    ],
)
def test_days_are_counted_in_the_malls_calendar_x10(issued: str, days: int, until: str) -> None:
    issued_at = datetime.fromisoformat(issued).replace(tzinfo=UTC)
    starts_at, ends_at = Rule(None, None, days).span(issued_at=issued_at, zone=LOS_ANGELES)
    assert (starts_at, ends_at) == (issued_at, datetime.fromisoformat(until).replace(tzinfo=UTC))


def test_fixed_dates_stand_and_a_later_first_day_is_kept_x10(now: datetime) -> None:
    rule = Rule(now + timedelta(days=5), now + timedelta(days=9), None)
    assert rule.span(issued_at=now, zone=LOS_ANGELES) == (now + timedelta(days=5), now + timedelta(days=9))
    assert rule.span(issued_at=now + timedelta(days=6), zone=LOS_ANGELES)[0] == now + timedelta(days=6)
    assert rule.leaves_time(issued_at=now + timedelta(days=9) - timedelta(seconds=1), zone=LOS_ANGELES)
    assert not rule.leaves_time(issued_at=now + timedelta(days=9), zone=LOS_ANGELES)


def test_the_rule_survives_being_frozen_x10(now: datetime) -> None:
    for rule in (Rule(None, None, 30), Rule(now, now + timedelta(days=1), None)):
        assert rule_of(rule.as_json()) == rule


def test_a_validity_in_words() -> None:
    midnight = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert words(Rule(None, None, 1)) == "1 day from purchase"
    assert words(Rule(None, midnight, None)) == "Until Mon, Nov 30, 2026"
    assert (
        words(Rule(midnight, midnight + timedelta(hours=12), None))
        == "From Tue, Dec 1, 2026, until Tue, Dec 1, 2026, 12:00\xa0PM"
    )


def test_the_database_refuses_to_oversell(now: datetime) -> None:
    from django.db import IntegrityError, transaction

    deal = shop.a_deal(now=now, units_total=1)
    with pytest.raises(IntegrityError, match="deal_never_oversold"), transaction.atomic():
        Deal.objects.filter(pk=deal.pk).update(units_sold=2)
