"""The home page: the day in one sentence, on the mall's clock; numbers by permission; what is left to set up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cms.backoffice.today import queries
from saas.accounts.middleware import actor_for
from saas.kernel.ids import public_id
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tests.factories import shop

from .making import a_paid_order, get, queries_of, text_of

# Los Angeles: 11:00 on 20 November.
NOON = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)


def test_the_day_is_said_in_one_sentence(mall: Any, bo: Any) -> None:
    assert queries.sentence(queries.figures(at=NOON)) == "Nothing sold and nothing redeemed yet today"
    deal = shop.a_deal(now=NOON - timedelta(days=3), price_minor=4200)
    order = a_paid_order(deal, now=NOON, units=2)
    assert queries.sentence(queries.figures(at=NOON)) == "You sold $84.00 today, 0 vouchers redeemed"
    for voucher in Voucher.objects.filter(line__order=order):
        vouchers.redeem(
            voucher_public_id=voucher.public_id,
            store_id=deal.stores.get().pk,
            request_key=public_id(),
            by=actor_for(bo),
            staff=bo,
            now=NOON,
        )
    assert queries.sentence(queries.figures(at=NOON)) == "You sold $84.00 today, 2 vouchers redeemed"


def test_the_day_begins_at_the_malls_midnight(mall: Any) -> None:
    deal = shop.a_deal(now=NOON - timedelta(days=3))
    midnight = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    a_paid_order(deal, now=midnight - timedelta(seconds=1))
    assert queries.figures(at=NOON).orders == 0
    a_paid_order(deal, now=midnight, email="sam@example.com")
    assert (queries.figures(at=NOON).orders, queries.figures(at=NOON).day) == (1, "2026-11-20")
    chart = queries.chart(at=NOON)
    assert (len(chart.values), chart.values[-2:], chart.shown[-1]) == (14, [2400, 2400], "$24.00")


def test_alerts_name_what_runs_out_or_ends(mall: Any) -> None:
    shop.a_deal(now=NOON, title="Few", units_total=3)
    shop.a_deal(now=NOON, title="Ending", sale_ends_at=NOON + timedelta(hours=5))
    shop.a_deal(now=NOON, title="Fine")
    titles = [alert.title for alert in queries.alerts(at=NOON, of_hosting=True)]
    assert titles[0] == "“Few” has only 3 left."
    assert titles[1].startswith("The sale of “Ending” ends")
    assert len(titles) == 2


def test_the_home_page_has_numbers_for_the_owner_and_none_for_an_editor(
    owner: Client, person: Callable[[str], Client]
) -> None:
    page = text_of(get(owner, "/manage/"))
    for text in ("Sold today", "Prepaid", "Set up your mall", "Connect payouts", "Latest redemptions"):
        assert text in page
    page = text_of(get(person("Editor"), "/manage/"))
    assert "What would you like to change?" in page
    for text in ("Sold today", "Prepaid", "Latest redemptions", "Connect payouts"):
        assert text not in page


def test_the_home_page_costs_a_bounded_number_of_queries(owner: Client) -> None:
    assert queries_of(owner, "/manage/") <= 33


def test_the_feed_is_asked_for_alone(owner: Client) -> None:
    answer = get(owner, "/manage/today/feed/")
    assert "<html" not in text_of(answer)


def test_steps_are_done_when_they_are(mall: Any) -> None:
    assert {step.title: step.state for step in queries.steps()}["Add a store"] == "todo"
    shop.a_deal(now=NOON)
    states = {step.title: step.state for step in queries.steps()}
    assert (states["Add a store"], states["Publish a first deal"]) == ("done", "done")
    assert states["Connect payouts"] == "todo"


@pytest.mark.usefixtures("mall")
def test_the_feed_holds_undone_redemptions_too(bo: Any) -> None:
    deal = shop.a_deal(now=NOON - timedelta(days=3))
    order = a_paid_order(deal, now=NOON)
    voucher = Voucher.objects.get(line__order=order)
    done = vouchers.redeem(
        voucher_public_id=voucher.public_id,
        store_id=deal.stores.get().pk,
        request_key=public_id(),
        by=actor_for(bo),
        staff=bo,
        now=NOON,
    )
    vouchers.undo(
        redemption_public_id=done.public_id, reason="Wrong table", by=actor_for(bo), now=NOON + timedelta(minutes=1)
    )
    [(row, when)] = queries.latest(at=NOON + timedelta(minutes=2))
    assert (row.undone_by, when.startswith("Fri")) == ("Bo", True)
