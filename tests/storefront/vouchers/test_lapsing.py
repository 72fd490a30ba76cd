"""The end of what was paid for a voucher that nobody used."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel.outbox.models import OutboxEvent
from storefront.checkout import settling
from storefront.deals.models import Deal
from storefront.vouchers import operations, queries
from storefront.vouchers.models import Voucher
from tests.factories import shop

YEAR = timedelta(days=366)


def a_voucher(now: datetime, policy: str) -> Voucher:
    deal = shop.a_deal(now=now, refund_policy=policy)
    payment = shop.a_payment(shop.an_order(deal, now=now), now=now)
    settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    return Voucher.objects.get(line__order__public_id=payment.order_public_id)


@pytest.fixture(autouse=True)
def elsewhere(settings: Any) -> None:
    settings.JURISDICTION = "other"  # the value is kept for a year


@pytest.mark.parametrize("policy", [Deal.RefundPolicy.FINAL, Deal.RefundPolicy.UNTIL_EXPIRY])
def test_the_value_of_an_unused_voucher_ends_when_deal_and_law_let_it_and_only_once_x3(
    policy: str, mall: Any, now: datetime
) -> None:
    voucher = a_voucher(now, policy)
    over = voucher.valid_until_at + YEAR

    assert not operations.lapse(voucher_public_id=voucher.public_id, now=voucher.valid_until_at + timedelta(days=1))
    assert queries.ended_unused(at=voucher.valid_until_at) == []
    assert queries.ended_unused(at=over) == [voucher.public_id]
    assert [operations.lapse(voucher_public_id=voucher.public_id, now=over) for _ in range(2)] == [True, False]
    assert queries.ended_unused(at=over) == []
    told = OutboxEvent.objects.get(kind="voucher.lapsed")
    assert (told.payload["voucher"], told.payload["price_minor"]) == (voucher.public_id, voucher.price_minor)


def test_a_voucher_that_is_refunded_at_its_end_never_lapses_x2(mall: Any, now: datetime) -> None:
    voucher = a_voucher(now, Deal.RefundPolicy.ANY_TIME)

    assert not operations.lapse(voucher_public_id=voucher.public_id, now=voucher.valid_until_at + YEAR)
    assert queries.ended_unused(at=voucher.valid_until_at + YEAR) == []


def test_where_unused_vouchers_must_be_refunded_none_lapses(mall: Any, now: datetime, settings: Any) -> None:
    voucher = a_voucher(now, Deal.RefundPolicy.FINAL)
    settings.JURISDICTION = "cn"

    assert not operations.lapse(voucher_public_id=voucher.public_id, now=voucher.valid_until_at + YEAR)
    assert not OutboxEvent.objects.filter(kind="voucher.lapsed").exists()
