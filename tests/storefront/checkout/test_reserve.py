"""Holding units: what is frozen, what is refused, and that a refusal changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.audit.models import AuditEntry
from saas.kernel.actors import GUEST
from saas.kernel.ids import public_id
from storefront.checkout import operations, refusals
from storefront.deals import wording
from storefront.deals.models import Deal
from storefront.orders.models import Order, OrderLine
from storefront.terms.models import CommissionTerm
from storefront.terms.queries import NoTerms
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")


def state() -> tuple[Any, ...]:
    """Return everything that a purchase may change."""
    deals = list(Deal.objects.order_by("pk").values_list("pk", "units_held", "units_sold", "state"))
    orders = list(Order.objects.order_by("pk").values_list("pk", "state", "held_until_at"))
    return deals, orders, OrderLine.objects.count(), AuditEntry.objects.count()


def refused(purchase: operations.Purchase, error: type[Exception], *, now: datetime) -> Any:
    """Reserve, expect the refusal, and check that nothing changed."""
    before = state()
    with pytest.raises(error) as caught:
        operations.reserve(purchase=purchase, by=GUEST, now=now)
    assert state() == before
    return caught.value


def test_reserving_holds_units_and_asks_for_the_sum(now: datetime, settings: Any) -> None:
    deal = shop.a_deal(now=now, units_total=5)
    order = shop.an_order(deal, now=now, units=2)
    deal.refresh_from_db()
    assert (deal.units_held, deal.units_sold, deal.units_left) == (2, 0, 3)
    assert (order.state, order.total_minor, order.currency) == ("pending", 4800, "usd")
    assert order.held_until_at == now + timedelta(minutes=settings.CHECKOUT_HOLD_MINUTES)


def test_the_commission_is_frozen_with_the_name_of_the_rule_that_won_m3_m4(now: datetime) -> None:
    deal = shop.a_deal(now=now)
    shop.a_term(now=now, scope="deal", scope_id=deal.public_id, name="Friends", rate_bp=150, maximum_minor=500)
    line = shop.an_order(deal, now=now).lines.get()
    CommissionTerm.objects.update(rate_bp=9000, maximum_minor=None)
    line.refresh_from_db()
    assert (line.commission_rate_bp, line.commission_minimum_minor, line.commission_maximum_minor) == (150, 0, 500)
    assert line.commission_rule == f"Friends: One deal {deal.public_id}, 1.5 %"


def test_what_was_promised_is_frozen_m3(now: datetime) -> None:
    rules = [{"label": "Dogs", "text": "Welcome"}]
    deal = shop.a_deal(now=now, rules=rules, refund_policy="final", valid_days=10)
    line = shop.an_order(deal, now=now).lines.get()
    Deal.objects.update(rules=[], refund_policy="any_time", valid_days=5, title="Other", price_minor=1)
    line.refresh_from_db()
    assert (line.title, line.unit_price_minor) == ("Noodles for two", 2400)
    assert line.offer == {
        "summary": "", "contents": [], "rules": rules, "refund_policy": "final", "withdrawal_days": 0,
        "valid_from_at": None, "valid_until_at": None, "valid_days": 10, "stores": [deal.stores.get().public_id],
    }  # fmt: skip


def test_where_the_law_refunds_what_was_not_used_every_deal_sells_so_x2(now: datetime, settings: Any) -> None:
    deal = shop.a_deal(now=now, refund_policy="final")
    assert wording.badges(deal)[0].text == "Final sale"
    settings.JURISDICTION = "cn"
    assert shop.an_order(deal, now=now).lines.get().offer["refund_policy"] == "any_time"
    assert wording.badges(deal)[0].text == "Refundable any time"


def test_a_double_click_makes_one_order(now: datetime) -> None:
    deal = shop.a_deal(now=now)
    purchase = shop.a_purchase(deal, units=2)
    first = operations.reserve(purchase=purchase, by=GUEST, now=now)
    second = operations.reserve(purchase=purchase, by=GUEST, now=now + timedelta(seconds=1))
    assert first.pk == second.pk
    deal.refresh_from_db()
    assert deal.units_held == 2


@pytest.mark.parametrize("change", [{"units": 3}, {"email": "cleo@example.com"}, {"phone": "+14155550132"}])
def test_the_same_form_with_other_contents_is_refused(now: datetime, change: dict[str, Any]) -> None:
    """A request under a used key, changed, has no effect (faults M4)."""
    deal = shop.a_deal(now=now)
    key = public_id()
    order = shop.an_order(deal, now=now, request_key=key)
    error = refused(shop.a_purchase(deal, request_key=key, **change), refusals.RequestChanged, now=now)
    assert error.data["order"] == order.public_id


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"state": "draft"}, "a draft"),
        ({"state": "ended"}, "ended by the merchant"),
        ({"sale_starts_at": timedelta(seconds=1)}, "not started"),
        ({"sale_ends_at": timedelta(0)}, "its end is exclusive"),
        ({"valid_days": None, "valid_until_at": timedelta(minutes=35)}, "vouchers over before they could be paid"),
    ],
)
def test_what_is_not_on_sale_cannot_be_bought(now: datetime, fields: dict[str, Any], change: str) -> None:
    fields = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    deal = shop.a_deal(now=now, **fields)
    refused(shop.a_purchase(deal), refusals.DealUnavailable, now=now)


def test_a_deal_is_on_sale_up_to_the_last_instant_before_its_end(now: datetime) -> None:
    deal = shop.a_deal(now=now, sale_ends_at=now + timedelta(microseconds=1))
    assert shop.an_order(deal, now=now).state == "pending"


def test_an_unknown_deal_cannot_be_bought(now: datetime) -> None:
    deal = shop.a_deal(now=now)
    refused(shop.a_purchase(deal, deal_slug="no-such-deal"), refusals.DealUnavailable, now=now)


def test_the_price_is_the_servers(now: datetime) -> None:
    """A tampered or outdated price buys nothing (faults M15)."""
    deal = shop.a_deal(now=now)
    error = refused(shop.a_purchase(deal, price_minor=1), refusals.PriceChanged, now=now)
    assert error.data["price_minor"] == 2400


def test_a_sum_that_no_payment_can_be_is_refused(now: datetime) -> None:
    deal = shop.a_deal(now=now, price_minor=60_000_000)
    refused(shop.a_purchase(deal, units=2), refusals.AmountTooLarge, now=now)


def test_nothing_is_sold_without_commission_terms(now: datetime) -> None:
    deal = shop.a_deal(now=now)
    CommissionTerm.objects.all().delete()
    refused(shop.a_purchase(deal), NoTerms, now=now)


def test_held_and_sold_units_cannot_be_bought_again_c4(now: datetime) -> None:
    deal = shop.a_deal(now=now, units_total=5, units_sold=2)
    shop.an_order(deal, now=now, units=2)
    error = refused(shop.a_purchase(deal, units=2, email="cleo@example.com"), refusals.TooFewLeft, now=now)
    assert error.data["left"] == 1
    shop.an_order(deal, now=now, units=1, email="cleo@example.com")
    error = refused(shop.a_purchase(deal, email="bo@example.com"), refusals.TooFewLeft, now=now)
    assert error.data["left"] == 0


def test_a_hold_that_ran_out_is_ignored_by_time_before_the_job_releases_it_c8(now: datetime) -> None:
    deal = shop.a_deal(now=now, units_total=1)
    first = shop.an_order(deal, now=now)
    refused(
        shop.a_purchase(deal, email="cleo@example.com"),
        refusals.TooFewLeft,
        now=first.held_until_at - timedelta(seconds=1),
    )
    second = shop.an_order(deal, now=first.held_until_at, email="cleo@example.com")
    first.refresh_from_db()
    deal.refresh_from_db()
    assert (first.state, second.state, deal.units_held) == ("expired", "pending", 1)


@pytest.mark.parametrize(
    "same", [{"email": "mei@example.com"}, {"email": "", "phone": "+14155550132"}], ids=["by e-mail", "by phone"]
)
def test_one_person_may_buy_up_to_the_limit_c5(now: datetime, same: dict[str, str]) -> None:
    deal = shop.a_deal(now=now, units_per_person=3)
    shop.an_order(deal, now=now, units=2, **same)
    error = refused(shop.a_purchase(deal, units=2, **same), refusals.PersonalLimit, now=now)
    assert error.data == {"limit": 3, "taken": 2}
    shop.an_order(deal, now=now, units=1, **same)
    shop.an_order(deal, now=now, units=3, email="cleo@example.com")


def test_the_limit_counts_what_an_account_bought_with_other_addresses(now: datetime, bo: Any) -> None:
    deal = shop.a_deal(now=now, units_per_person=1)
    shop.an_order(deal, now=now, email="bo@work.example", shopper_id=bo.pk)
    refused(shop.a_purchase(deal, email="bo@home.example", shopper_id=bo.pk), refusals.PersonalLimit, now=now)


def test_the_limit_forgets_orders_that_came_to_nothing(now: datetime) -> None:
    deal = shop.a_deal(now=now, units_per_person=1)
    order = shop.an_order(deal, now=now)
    operations.cancel(order_public_id=order.public_id, by=GUEST, now=now)
    late = shop.an_order(deal, now=now)
    shop.an_order(deal, now=late.held_until_at)


@pytest.mark.parametrize("units", [0, -1, 21])
def test_quantities_that_no_order_has_are_refused(now: datetime, units: int) -> None:
    deal = shop.a_deal(now=now)
    refused(shop.a_purchase(deal, units=units), refusals.TooFewLeft, now=now)


def test_an_order_number_has_no_look_alikes(now: datetime) -> None:
    number = shop.an_order(shop.a_deal(now=now), now=now).number
    assert len(number) == 8
    assert not set(number) & set("ILOU")


def test_placing_an_order_leaves_a_trail(now: datetime) -> None:
    order = shop.an_order(shop.a_deal(now=now), now=now)
    entry = AuditEntry.objects.get(subject_id=order.public_id)
    assert (entry.action, entry.actor_kind, entry.summary, entry.at) == (
        "order.placed",
        "guest",
        "1 × Noodles for two",
        now,
    )


def test_one_person_holds_at_most_six_unpaid_orders_over_all_deals_a4_a5(now: datetime) -> None:
    deals = [shop.a_deal(now=now, units_total=9), shop.a_deal(now=now, units_total=9)]
    for number in range(operations.MAXIMUM_HOLDS):
        shop.an_order(deals[number % 2], now=now, email="mei@example.com")
    wanted = shop.a_purchase(deals[0], email="mei@example.com")
    assert refused(wanted, refusals.TooManyHolds, now=now).data["limit"] == operations.MAXIMUM_HOLDS
    operations.reserve(purchase=shop.a_purchase(deals[0], email="bao@example.com"), by=GUEST, now=now)
    later = now + timedelta(hours=4)
    operations.reserve(purchase=shop.a_purchase(deals[0], email="mei@example.com"), by=GUEST, now=later)
