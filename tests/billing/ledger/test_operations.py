"""The books: once for each event, balanced, append-only."""

from datetime import datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing.ledger import books, operations, queries, subscribers
from billing.ledger.models import Account, Transfer
from billing.ledger.operations import Entry, KeyReused, Leg
from tenants.relay.events import Event

pytestmark = pytest.mark.django_db
MALL = "m_0000000000000abc"


def paid(amount_minor: int, *, reference: str, now: datetime) -> Event:
    payload = {
        "payment_reference": reference,
        "order": "o1",
        "order_number": "R-1",
        "amount_minor": amount_minor,
        "currency": "usd",
        "lines": [{"units": 2, "title": "Noodle lunch"}],
    }
    return Event(f"paid-{reference}", MALL, "order.paid", "o1", payload, now)


def redemption(
    *, key: str, price_minor: int, commission_minor: int, now: datetime, kind: str = "voucher.redeemed"
) -> Event:
    payload = {
        "redemption": key,
        "voucher": "v1",
        "order": "o1",
        "order_number": "R-1",
        "title": "Noodle lunch",
        "price_minor": price_minor,
        "commission_minor": commission_minor,
        "rule": "Standard",
        "rate_bp": 800,
        "currency": "usd",
        "store": "Dock",
        "staff": "Bo",
        "reason": "wrong guest",
    }
    return Event(f"{kind[-6:]}-{key}", MALL, kind, "o1", payload, now)


def balances() -> queries.MallBalances:
    return queries.mall_balances(MALL, currency="usd")


def test_a_payment_is_prepaid_and_nobody_has_earned_it_yet_m1(now: datetime) -> None:
    subscribers.order_paid(paid(3000, reference="p1", now=now))

    assert (balances().prepaid_minor, balances().pending_minor, balances().commission_minor) == (3000, 0, 0)
    assert books.balance_differences() == []


def test_a_redemption_splits_the_price_into_earning_and_commission_m1_m6(now: datetime) -> None:
    subscribers.order_paid(paid(3000, reference="p1", now=now))
    subscribers.voucher_redeemed(redemption(key="r1", price_minor=1500, commission_minor=120, now=now))

    assert (balances().prepaid_minor, balances().pending_minor, balances().commission_minor) == (1500, 1380, 120)
    assert books.balance_differences() == []


def test_an_undone_redemption_is_reversed_and_both_stay_in_the_books_v14(now: datetime) -> None:
    subscribers.order_paid(paid(3000, reference="p1", now=now))
    subscribers.voucher_redeemed(redemption(key="r1", price_minor=1500, commission_minor=120, now=now))
    subscribers.redemption_undone(
        redemption(key="r1", price_minor=1500, commission_minor=120, now=now, kind="voucher.redemption_undone")
    )
    subscribers.redemption_undone(
        redemption(key="r1", price_minor=1500, commission_minor=120, now=now, kind="voucher.redemption_undone")
    )

    assert (balances().prepaid_minor, balances().pending_minor, balances().commission_minor) == (3000, 0, 0)
    assert Transfer.objects.filter(voucher_public_id="v1").count() == 4
    assert books.balance_differences() == []


def test_the_same_payment_told_twice_is_booked_once(now: datetime) -> None:
    for _time in range(2):
        subscribers.order_paid(paid(3000, reference="p1", now=now))

    assert balances().prepaid_minor == 3000
    assert Transfer.objects.count() == 1


def test_a_key_that_comes_again_with_another_amount_is_refused_and_nothing_changes(now: datetime) -> None:
    subscribers.order_paid(paid(3000, reference="p1", now=now))

    with pytest.raises(KeyReused):
        subscribers.order_paid(paid(3100, reference="p1", now=now))
    assert balances().prepaid_minor == 3000


def test_a_liability_cannot_fall_below_zero(now: datetime) -> None:
    subscribers.order_paid(paid(1000, reference="p1", now=now))

    with pytest.raises(IntegrityError, match="account_not_below_zero"), transaction.atomic():
        subscribers.voucher_redeemed(redemption(key="r1", price_minor=1500, commission_minor=120, now=now))
    assert (balances().prepaid_minor, balances().pending_minor) == (1000, 0)


@pytest.mark.parametrize("amount_minor", [-1])
def test_a_transfer_of_a_negative_amount_is_refused(amount_minor: int, now: datetime) -> None:
    legs = [Leg("order_paid", Account.Kind.STRIPE_CASH, Account.Kind.SHOPPER_PREPAID, amount_minor)]
    with pytest.raises(IntegrityError, match="transfer_amount_is_positive"), transaction.atomic():
        operations.post(Entry("k", MALL, "usd", legs, "x", now), journal_id="j", now=now)
    assert Transfer.objects.count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfer SET amount_minor = 1",
        "DELETE FROM ledger_transfer",
        "TRUNCATE ledger_transfer",
        "ALTER TABLE ledger_transfer DISABLE TRIGGER ALL",
        "DELETE FROM ledger_account",
    ],
)
def test_the_applications_role_cannot_change_a_row_of_the_books(statement: str, now: datetime) -> None:
    subscribers.order_paid(paid(3000, reference="p1", now=now))

    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Transfer.objects.get().amount_minor == 3000


def test_sales_of_a_mall_count_paid_orders_and_net_commission(now: datetime) -> None:
    from datetime import timedelta

    subscribers.order_paid(paid(3000, reference="p1", now=now))
    subscribers.voucher_redeemed(redemption(key="r1", price_minor=1500, commission_minor=120, now=now))
    found = queries.sales_by_mall(since=now - timedelta(days=1), until=now + timedelta(days=1))

    assert found[MALL] == queries.MallSales(sales_minor=3000, commission_minor=120, orders_count=1, last_sale_at=now)
