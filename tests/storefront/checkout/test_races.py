"""People who buy, pay and look at the same moment, over real connections; each race is seen to happen with the lock taken out."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel.actors import GUEST
from saas.kernel.ids import public_id
from saas.kernel.outbox.models import OutboxEvent
from storefront.checkout import operations, refusals, settling
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import shop
from tests.factories.races import Pause, together

BUYERS = [f"buyer{number}@example.com" for number in range(8)]


@pytest.fixture
def schema(committed: None, settings: Any) -> Iterator[str]:
    """Enter Riverside Noodles in a database in which commits are real; what the platform would do is not looked at here."""
    settings.OUTBOX_SUBSCRIBERS = {}
    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        yield tenant.schema_name


def buying(deal: Deal, now: datetime, **fields: Any) -> Callable[[], Order]:
    """Return the act of reserving."""
    purchase = shop.a_purchase(deal, **fields)
    return lambda: operations.reserve(purchase=purchase, by=GUEST, now=now)


def settling_of(payment: Payment, now: datetime, **fields: Any) -> Callable[[], Order]:
    """Return the act of settling a payment."""
    told = shop.told(payment, **fields)
    return lambda: settling.settle(payment_reference=payment.reference, checkout_state=told, now=now)


def pending_units(deal: Deal) -> int:
    """Count the units in orders that hold or have bought them."""
    return sum(line.units for line in deal.order_lines.filter(order__state__in=["pending", "paid"]))


@pytest.mark.parametrize(
    "buyers", [4, pytest.param(2, marks=pytest.mark.slow), pytest.param(8, marks=pytest.mark.slow)]
)
def test_the_last_unit_is_sold_once_c1(schema: str, now: datetime, buyers: int) -> None:
    deal = shop.a_deal(now=now, units_total=1)
    results = together([buying(deal, now, email=email) for email in BUYERS[:buyers]], schema=schema)
    won = [one for one in results if isinstance(one, Order)]
    lost = [one for one in results if isinstance(one, refusals.TooFewLeft)]
    assert (len(won), len(lost)) == (1, buyers - 1), results
    deal.refresh_from_db()
    assert (deal.units_held, pending_units(deal)) == (1, 1)


@pytest.mark.slow
def test_three_units_go_to_three_of_eight_buyers(schema: str, now: datetime) -> None:
    deal = shop.a_deal(now=now, units_total=3)
    together([buying(deal, now, email=email) for email in BUYERS], schema=schema)
    deal.refresh_from_db()
    assert (deal.units_held, pending_units(deal)) == (3, 3)


def test_without_the_lock_the_last_unit_is_sold_twice(
    schema: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the race is real."""
    monkeypatch.setattr(operations, "locked_one", Pause(4).locked_one)
    deal = shop.a_deal(now=now, units_total=1)
    together([buying(deal, now, email=email) for email in BUYERS[:4]], schema=schema)
    assert pending_units(deal) > 1


@pytest.mark.slow
def test_one_person_at_two_windows_stays_within_the_limit_c5(schema: str, now: datetime) -> None:
    deal = shop.a_deal(now=now, units_per_person=2)
    results = together([buying(deal, now, units=2) for _window in range(4)], schema=schema)
    assert sum(isinstance(one, Order) for one in results) == 1
    assert sum(isinstance(one, refusals.PersonalLimit) for one in results) == 3


@pytest.mark.slow
def test_without_the_lock_one_person_gets_over_the_limit(
    schema: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the race is real."""
    monkeypatch.setattr(operations, "locked_one", Pause(4).locked_one)
    deal = shop.a_deal(now=now, units_per_person=2)
    together([buying(deal, now, units=2) for _window in range(4)], schema=schema)
    assert pending_units(deal) > 2


def test_a_double_click_makes_one_order(schema: str, now: datetime) -> None:
    deal = shop.a_deal(now=now)
    key = public_id()
    results = together([buying(deal, now, units=2, request_key=key) for _click in range(4)], schema=schema)
    assert len({order.public_id for order in results}) == 1, results
    deal.refresh_from_db()
    assert deal.units_held == 2


@pytest.mark.slow
def test_the_same_key_for_two_deals_at_once_makes_one_order(schema: str, now: datetime) -> None:
    key = public_id()
    deals = [shop.a_deal(now=now), shop.a_deal(now=now)]
    results = together([buying(deal, now, request_key=key) for deal in deals], schema=schema)
    assert sorted(type(one).__name__ for one in results) == ["Order", "RequestChanged"], results
    assert sum(Deal.objects.filter(pk__in=[deal.pk for deal in deals]).values_list("units_held", flat=True)) == 1


@pytest.mark.slow
def test_two_clicks_on_pay_begin_one_payment(schema: str, now: datetime) -> None:
    order = shop.an_order(shop.a_deal(now=now), now=now)
    click = lambda: operations.prepare_payment(order_public_id=order.public_id, now=now)  # noqa: E731
    results = together([click] * 4, schema=schema)
    assert len({payment.reference for payment in results}) == 1, results


def test_webhook_and_return_page_settle_once_w2(schema: str, now: datetime) -> None:
    deal = shop.a_deal(now=now)
    order = shop.an_order(deal, now=now, units=2)
    payment = shop.a_payment(order, now=now)
    results = together([settling_of(payment, now) for _who in range(4)], schema=schema)
    assert all(one.state == "paid" for one in results), results
    deal.refresh_from_db()
    assert (deal.units_held, deal.units_sold) == (0, 2)
    assert Voucher.objects.filter(line__order=order).count() == 2
    assert OutboxEvent.objects.filter(kind="order.paid", subject=order.public_id).count() == 1


@pytest.mark.slow
def test_without_the_locks_the_order_would_be_settled_more_than_once(
    schema: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: without locks somebody fails on a constraint or sells the units again."""
    deal = shop.a_deal(now=now)
    order = shop.an_order(deal, now=now, units=2)
    payment = shop.a_payment(order, now=now)
    pause = Pause(4)
    monkeypatch.setattr(operations, "locked", lambda rows: list(rows.order_by("pk")))
    monkeypatch.setattr(operations, "locked_one", lambda rows: rows.get())
    monkeypatch.setattr(settling, "locked_one", pause.locked_one)
    results = together([settling_of(payment, now) for _who in range(4)], schema=schema)
    deal.refresh_from_db()
    assert any(isinstance(one, Exception) for one in results) or deal.units_sold > 2


@pytest.mark.slow
def test_two_payments_for_one_order_one_buys_and_one_goes_back_c6(schema: str, now: datetime) -> None:
    deal = shop.a_deal(now=now)
    order = shop.an_order(deal, now=now)
    first = shop.a_payment(order, now=now)
    Payment.objects.filter(pk=first.pk).update(state="failed")
    second = shop.a_payment(order, now=now)
    results = together([settling_of(one, now) for one in (first, second, first, second)], schema=schema)
    assert not [one for one in results if isinstance(one, Exception)]
    assert sorted(Payment.objects.filter(order_public_id=order.public_id).values_list("state", flat=True)) == [
        "paid",
        "returning",
    ]
    assert Voucher.objects.filter(line__order=order).count() == 1


@pytest.mark.slow
def test_a_payment_and_the_end_of_its_hold_at_once_lose_nothing(schema: str, now: datetime) -> None:
    for _round in range(5):
        deal = shop.a_deal(now=now, units_total=1)
        order = shop.an_order(deal, now=now)
        payment = shop.a_payment(order, now=now)
        order.refresh_from_db()
        late = order.held_until_at
        release = lambda order=order, late=late: operations.release(order_public_id=order.public_id, now=late)  # noqa: E731
        results = together([settling_of(payment, late), release], schema=schema)
        assert not [one for one in results if isinstance(one, Exception)], results
        deal.refresh_from_db()
        order.refresh_from_db()
        assert (order.state, deal.units_held, deal.units_sold) == ("paid", 0, 1)


@pytest.mark.slow
def test_a_late_payment_and_a_new_buyer_never_share_the_last_unit_g9(schema: str, now: datetime) -> None:
    for _round in range(5):
        deal = shop.a_deal(now=now, units_total=1)
        order = shop.an_order(deal, now=now)
        payment = shop.a_payment(order, now=now)
        order.refresh_from_db()
        late = order.held_until_at + timedelta(seconds=1)
        together([settling_of(payment, late), buying(deal, late, email="cleo@example.com")], schema=schema)
        deal.refresh_from_db()
        order.refresh_from_db()
        assert deal.units_held + deal.units_sold == pending_units(deal) == 1
        assert (order.state == "paid") == (Payment.objects.get(pk=payment.pk).state == "paid")


@pytest.mark.slow
def test_cancelling_and_paying_at_once_keep_the_money_with_the_units(schema: str, now: datetime) -> None:
    for _round in range(5):
        deal = shop.a_deal(now=now, units_total=1)
        order = shop.an_order(deal, now=now)
        payment = shop.a_payment(order, now=now)
        cancel = lambda order=order: operations.cancel(order_public_id=order.public_id, by=GUEST, now=now)  # noqa: E731
        together([settling_of(payment, now), cancel], schema=schema)
        deal.refresh_from_db()
        order.refresh_from_db()
        paid = Payment.objects.get(pk=payment.pk).state
        assert (order.state, paid, deal.units_sold) in {("paid", "paid", 1), ("cancelled", "returning", 0)}
        assert deal.units_held == 0
