"""What a payment means for its order: once, forward only, and money that buys nothing goes back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.audit.models import AuditEntry
from saas.kernel.actors import GUEST
from saas.kernel.outbox.models import OutboxEvent
from storefront.checkout import operations
from storefront.checkout.settling import BANK_HOLD, settle
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.payments.queries import PaymentUnknown
from storefront.vouchers.models import Voucher
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    """Return a deal of ten units."""
    return shop.a_deal(now=now, units_total=10)


def a_paid_order(deal: Deal, *, now: datetime, **fields: Any) -> tuple[Order, Payment]:
    """Return an order that was paid, and its payment."""
    order = shop.an_order(deal, now=now, **fields)
    payment = shop.a_payment(order, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    return fresh(order), fresh(payment)


def fresh(row: Any) -> Any:
    """Return the row as it is now."""
    return type(row).objects.get(pk=row.pk)


def units(deal: Deal) -> tuple[int, int]:
    """Return the deal's held and sold units."""
    row = fresh(deal)
    return row.units_held, row.units_sold


def everything() -> tuple[Any, ...]:
    """Return all that a settlement may change."""
    return (
        list(Deal.objects.order_by("pk").values_list("pk", "units_held", "units_sold")),
        list(Order.objects.order_by("pk").values_list("pk", "state", "paid_at", "held_until_at")),
        list(Payment.objects.order_by("pk").values_list("pk", "state", "detail")),
        Voucher.objects.count(),
        OutboxEvent.objects.count(),
        AuditEntry.objects.count(),
    )


def test_a_paid_order_has_a_voucher_for_each_unit_v10(deal: Deal, now: datetime) -> None:
    order, payment = a_paid_order(deal, now=now, units=3)
    assert (order.state, order.paid_at, payment.state) == ("paid", now, "paid")
    assert payment.payment_intent_id == f"pi_{payment.reference}"
    assert units(deal) == (0, 3)
    assert list(order.lines.get().vouchers.values_list("position", "price_minor")) == [(1, 2400), (2, 2400), (3, 2400)]


def test_an_unpaid_order_has_no_voucher_v1(deal: Deal, now: datetime) -> None:
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    for told in (shop.told(payment, status="open", payment="unpaid"), shop.told(payment, payment="pending")):
        settle(payment_reference=payment.reference, checkout_state=told, now=now)
    assert not Voucher.objects.filter(line__order=order).exists()
    assert fresh(order).state == "pending"


def test_vouchers_are_valid_through_the_last_day_in_the_malls_time_zone_x10(deal: Deal, now: datetime) -> None:
    """Bought on 20 November at noon in Los Angeles, valid for 30 days: through 20 December, which ends at 8:00 UTC."""
    order, _payment = a_paid_order(deal, now=now)
    voucher = order.lines.get().vouchers.get()
    assert voucher.valid_from_at == now
    assert voucher.valid_until_at.isoformat() == "2026-12-21T08:00:00+00:00"


def test_the_platform_is_told_once_what_was_paid_and_nothing_personal(deal: Deal, now: datetime) -> None:
    order, payment = a_paid_order(deal, now=now, units=2, name="Mei Lin")
    event = OutboxEvent.objects.get(kind="order.paid")
    assert event.subject == order.public_id
    vouchers = event.payload.pop("vouchers")
    assert event.payload == {
        "order": order.public_id, "order_number": order.number, "payment_reference": payment.reference,
        "payment_intent": payment.payment_intent_id, "amount_minor": 4800, "currency": "usd",
        "lines": [
            {"title": "Noodles for two", "units": 2, "total_minor": 4800, "rule": "Introductory: The whole mall, 3 %", "rate_bp": 300}
        ],
    }  # fmt: skip
    assert [(one["title"], one["price_minor"], one["commission_minor"]) for one in vouchers] == [
        ("Noodles for two", 2400, 72)
    ] * 2


def test_settling_again_changes_nothing_w1(deal: Deal, now: datetime) -> None:
    _order, payment = a_paid_order(deal, now=now, units=2)
    before = everything()
    stale = shop.told(payment, status="open", payment="unpaid")
    for told in (
        shop.told(payment),
        stale,
        shop.told(payment, payment="pending"),
        shop.told(payment, status="expired", payment="unpaid"),
    ):
        settle(payment_reference=payment.reference, checkout_state=told, now=now + timedelta(minutes=1))
    assert everything() == before


def test_news_of_a_payment_that_is_not_ours_is_refused_w5(deal: Deal, now: datetime) -> None:
    payment = shop.a_payment(shop.an_order(deal, now=now), now=now)
    before = everything()
    with pytest.raises(PaymentUnknown):
        settle(payment_reference="0" * 26, checkout_state=shop.told(payment), now=now)
    assert everything() == before


def test_paid_twice_the_second_goes_back_c6(deal: Deal, now: datetime) -> None:
    """C6, C7: the order keeps its payment and its vouchers; the losing payment is the one that is returned."""
    order = shop.an_order(deal, now=now)
    first = shop.a_payment(order, now=now)
    Payment.objects.filter(pk=first.pk).update(state="failed")
    second = shop.a_payment(order, now=now)
    assert first.reference != second.reference
    for payment in (second, first):
        settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    assert (fresh(second).state, fresh(first).state, fresh(first).detail) == ("paid", "returning", "second")
    assert (fresh(order).state, units(deal), Voucher.objects.filter(line__order=order).count()) == ("paid", (0, 1), 1)
    assert OutboxEvent.objects.filter(kind="order.paid").count() == 1


def test_paid_after_the_hold_ended_the_units_are_taken_again_while_there_are_any(deal: Deal, now: datetime) -> None:
    order = shop.an_order(deal, now=now, units=2)
    payment = shop.a_payment(order, now=now)
    later = order.held_until_at
    assert operations.release(order_public_id=order.public_id, now=later)
    assert units(deal) == (0, 0)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=later)
    assert (fresh(order).state, fresh(payment).state, units(deal)) == ("paid", "paid", (0, 2))


@pytest.mark.parametrize("why", ["sold to others", "ended", "the sale is over", "over the limit", "vouchers over"])
def test_paid_after_the_hold_ended_and_nothing_is_left_the_money_goes_back_g9(now: datetime, why: str) -> None:
    deal = shop.a_deal(now=now, units_total=2, units_per_person=1)
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    later = order.held_until_at
    operations.release(order_public_id=order.public_id, now=later)
    if why == "sold to others":
        for email in ("cleo@example.com", "bo@example.com"):
            shop.an_order(deal, now=later, email=email)
    elif why == "over the limit":
        shop.an_order(deal, now=later)
    elif why == "vouchers over":
        line = order.lines.get()
        line.offer |= {"valid_days": None, "valid_until_at": later.isoformat()}
        line.save()
    else:
        Deal.objects.filter(pk=deal.pk).update(
            **{"ended": {"state": "ended"}, "the sale is over": {"sale_ends_at": later}}[why]
        )
    before = units(deal)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=later)
    assert (fresh(order).state, fresh(payment).state, fresh(payment).detail) == ("expired", "returning", "late")
    assert units(deal) == before
    assert not Voucher.objects.filter(line__order=order).exists()
    assert not OutboxEvent.objects.filter(kind="order.paid").exists()


def test_paid_after_it_was_cancelled_the_money_goes_back(deal: Deal, now: datetime) -> None:
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    operations.cancel(order_public_id=order.public_id, by=GUEST, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    assert (fresh(order).state, fresh(payment).state, fresh(payment).detail, units(deal)) == (
        "cancelled",
        "returning",
        "cancelled",
        (0, 0),
    )


def test_vouchers_that_would_be_over_when_the_payment_comes_are_not_issued(now: datetime) -> None:
    until = now + timedelta(minutes=50)
    deal = shop.a_deal(now=now, valid_days=None, valid_until_at=until)
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=until)
    assert (fresh(order).state, fresh(payment).state, units(deal)) == ("expired", "returning", (0, 0))


@pytest.mark.parametrize(
    "lie", [{"amount_minor": 2399}, {"amount_minor": 2401}, {"currency": "eur"}, {"reference": "another"}]
)
def test_what_does_not_fit_is_put_aside_and_never_guessed(deal: Deal, now: datetime, lie: dict[str, Any]) -> None:
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment, **lie), now=now)
    assert (fresh(order).state, fresh(payment).state, units(deal)) == ("pending", "quarantined", (1, 0))
    assert fresh(payment).detail
    assert not Voucher.objects.filter(line__order=order).exists()
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    assert fresh(payment).state == "quarantined"


def test_while_the_bank_decides_the_units_stay_held(deal: Deal, now: datetime) -> None:
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment, payment="pending"), now=now)
    assert (fresh(payment).state, fresh(order).held_until_at) == ("pending", now + BANK_HOLD)
    assert not operations.release(order_public_id=order.public_id, now=now + timedelta(hours=2))
    with pytest.raises(operations.OrderNotCancellable):
        operations.cancel(order_public_id=order.public_id, by=GUEST, now=now)
    with pytest.raises(operations.OrderNotPayable):
        operations.prepare_payment(order_public_id=order.public_id, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now + timedelta(hours=3))
    assert fresh(order).state == "paid"


def test_when_the_bank_refuses_the_shopper_may_try_again(deal: Deal, now: datetime) -> None:
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    later = now + timedelta(minutes=10)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment, payment="pending"), now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment, payment="unpaid"), now=later)
    assert (fresh(payment).state, fresh(order).state) == ("failed", "pending")
    assert fresh(order).held_until_at == later + operations.hold_length()
    assert operations.prepare_payment(order_public_id=order.public_id, now=later).reference != payment.reference


def test_an_expired_page_closes_the_payment_and_keeps_the_hold(deal: Deal, now: datetime) -> None:
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    settle(
        payment_reference=payment.reference,
        checkout_state=shop.told(payment, status="expired", payment="unpaid"),
        now=now,
    )
    assert (fresh(payment).state, fresh(order).state, units(deal)) == ("expired", "pending", (1, 0))


def test_a_late_answer_that_the_page_was_paid_counts_though_it_was_seen_expired(deal: Deal, now: datetime) -> None:
    """W1: facts decide, not the order of arrival."""
    order = shop.an_order(deal, now=now)
    payment = shop.a_payment(order, now=now)
    settle(
        payment_reference=payment.reference,
        checkout_state=shop.told(payment, status="expired", payment="unpaid"),
        now=now,
    )
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    assert (fresh(payment).state, fresh(order).state) == ("paid", "paid")
