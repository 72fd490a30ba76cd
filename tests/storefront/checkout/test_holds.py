"""Holds: extended by pages to pay at, released by the job, given up by the shopper."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel.actors import GUEST
from storefront.checkout import operations, refusals
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments import operations as payments
from storefront.payments import queries as tries
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")


@pytest.fixture
def order(mall: Any, now: datetime) -> Order:
    """Return an unpaid order of two units."""
    return shop.an_order(shop.a_deal(now=now, units_total=10), now=now, units=2)


def held() -> int:
    """Return the units that the deal with an order holds."""
    return Deal.objects.get(order_lines__isnull=False).units_held


def test_asking_to_pay_twice_leads_to_one_page(order: Order, now: datetime) -> None:
    first = operations.prepare_payment(order_public_id=order.public_id, now=now)
    assert operations.prepare_payment(order_public_id=order.public_id, now=now).pk == first.pk
    payments.note_page(reference=first.reference, session_id="cs_1", url="http://127.0.0.1/pay")
    again = operations.prepare_payment(order_public_id=order.public_id, now=now + timedelta(minutes=20))
    assert (again.pk, again.session_url) == (first.pk, "http://127.0.0.1/pay")


def test_a_new_page_extends_the_hold_but_not_for_ever_c8(order: Order, now: datetime) -> None:
    payment = shop.a_payment(order, now=now)
    later = now + timedelta(minutes=30)
    type(payment).objects.update(state="failed")
    second = operations.prepare_payment(order_public_id=order.public_id, now=later)
    order.refresh_from_db()
    assert order.held_until_at == second.expires_at == later + operations.hold_length()
    Order.objects.update(placed_at=later - operations.LONGEST_HOLD)
    type(payment).objects.update(state="failed")
    with pytest.raises(refusals.OrderNotPayable):
        operations.prepare_payment(order_public_id=order.public_id, now=later + timedelta(minutes=1))
    assert len(tries.of_order(order.public_id)) == 2


def test_a_try_that_never_got_a_page_and_is_too_old_for_one_is_not_used_again(order: Order, now: datetime) -> None:
    first = operations.prepare_payment(order_public_id=order.public_id, now=now)
    later = now + timedelta(minutes=10)
    assert operations.prepare_payment(order_public_id=order.public_id, now=later).reference != first.reference


@pytest.mark.parametrize("state", ["paid", "expired", "cancelled", "refunded"])
def test_only_an_order_that_waits_can_be_paid(order: Order, now: datetime, state: str) -> None:
    Order.objects.update(state=state)
    with pytest.raises(refusals.OrderNotPayable):
        operations.prepare_payment(order_public_id=order.public_id, now=now)
    assert tries.of_order(order.public_id) == []


def test_an_order_whose_time_is_up_cannot_be_paid(order: Order, now: datetime) -> None:
    with pytest.raises(refusals.OrderNotPayable):
        operations.prepare_payment(order_public_id=order.public_id, now=order.held_until_at)


def test_a_suspended_mall_opens_no_page_to_pay_at_m19(order: Order, now: datetime, mall: Any) -> None:
    mall.status = "suspended"
    with pytest.raises(refusals.OrderNotPayable):
        operations.prepare_payment(order_public_id=order.public_id, now=now)
    assert tries.of_order(order.public_id) == []


def test_the_job_gives_back_what_was_not_paid_in_time_once(order: Order, now: datetime) -> None:
    early, late = order.held_until_at - timedelta(seconds=1), order.held_until_at
    assert operations.expired_holds(at=early) == []
    assert not operations.release(order_public_id=order.public_id, now=early)
    assert held() == 2
    assert operations.expired_holds(at=late) == [order.public_id]
    assert operations.release(order_public_id=order.public_id, now=late)
    assert not operations.release(order_public_id=order.public_id, now=late)
    order.refresh_from_db()
    assert (order.state, order.closed_at, held()) == ("expired", late, 0)


def test_cancelling_gives_the_units_back_once(order: Order, now: datetime) -> None:
    for _again in range(2):
        assert operations.cancel(order_public_id=order.public_id, by=GUEST, now=now).state == "cancelled"
    assert held() == 0


@pytest.mark.parametrize("state", ["paid", "expired", "refunded"])
def test_what_is_over_cannot_be_cancelled(order: Order, now: datetime, state: str) -> None:
    Order.objects.update(state=state)
    with pytest.raises(refusals.OrderNotCancellable):
        operations.cancel(order_public_id=order.public_id, by=GUEST, now=now)
    assert held() == 2


def test_a_hold_is_never_shorter_than_a_page_of_stripes_may_live(order: Order, now: datetime, settings: Any) -> None:
    settings.CHECKOUT_HOLD_MINUTES = 5
    payment = operations.prepare_payment(order_public_id=order.public_id, now=now + timedelta(minutes=10))
    assert payment.expires_at == now + timedelta(minutes=10) + operations.SHORTEST_HOLD
