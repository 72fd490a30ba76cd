"""The books as an accountant reads them: at any instant, account by account, journal by journal."""

from datetime import datetime, timedelta

import pytest

from billing.ledger import books, operations, subscribers
from billing.ledger.books import AccountKey
from billing.ledger.models import Account, Transfer
from billing.ledger.operations import Entry, KeyReused, Leg, NothingToReverse, Posting, Reversal
from tenants.relay.events import Event
from tests.billing.ledger import picture

pytestmark = pytest.mark.django_db
Kind = Account.Kind
MALL = "m_0000000000000abc"


def sale(amount_minor: int, *, key: str, at: datetime, schema: str = MALL) -> Posting:
    legs = [Leg("order_paid", Kind.STRIPE_CASH, Kind.SHOPPER_PREPAID, amount_minor)]
    return Posting(Entry(key, schema, "usd", legs, "Hutong", at), f"j-{key}")


def told(kind: str, now: datetime, **payload: object) -> Event:
    return Event(f"e-{kind}", MALL, kind, "o1", {"currency": "usd", "order": "o1", **payload}, now)


def balances() -> dict[str, int]:
    return {row.kind: row.balance_minor for row in books.trial_balance() if row.balance_minor}


def test_the_trial_balance_of_an_instant_never_changes_afterwards_and_its_sides_are_equal(now: datetime) -> None:
    later = now + timedelta(days=1)
    operations.post_many([sale(1000, key="a", at=now)], now=now)
    then = books.trial_balance(at=now + timedelta(seconds=1))
    operations.post_many([sale(500, key="b", at=now)], now=later)  # happened then, told later

    assert books.trial_balance(at=now + timedelta(seconds=1)) == then
    for at in (now, now + timedelta(seconds=1), later + timedelta(seconds=1), None):
        rows = books.trial_balance(at=at)
        assert sum(row.debit_minor for row in rows) == sum(row.credit_minor for row in rows)
    assert sum(row.debit_minor for row in books.trial_balance()) == 1500


def test_an_accounts_statement_leads_from_what_it_began_with_to_what_it_ended_with(now: datetime) -> None:
    day = timedelta(days=1)
    for number in range(4):
        operations.post_many([sale(100 * (number + 1), key=f"s{number}", at=now)], now=now + number * day)
    found = books.statement(AccountKey(Kind.SHOPPER_PREPAID, MALL, "usd"), since=now + day, until=now + 3 * day)

    assert (found.opening_minor, found.closing_minor) == (100, 600)
    assert [(line.signed_minor, line.balance_minor) for line in found.lines] == [(200, 300), (300, 600)]


def test_a_journal_shows_all_legs_of_one_event(now: datetime) -> None:
    legs = [
        Leg("voucher_redeemed", Kind.SHOPPER_PREPAID, Kind.MERCHANT_PENDING, 900),
        Leg("commission", Kind.SHOPPER_PREPAID, Kind.COMMISSION, 100),
    ]
    operations.post_many([sale(1000, key="a", at=now)], now=now)
    operations.post(Entry("r", MALL, "usd", legs, "Bo", now), journal_id="j-r", now=now)

    assert [(line.kind, line.amount_minor) for line in books.journal("j-r")] == [
        ("voucher_redeemed", 900),
        ("commission", 100),
    ]
    assert books.journal("nothing") == []


def test_many_entries_are_booked_all_or_none(now: datetime) -> None:
    operations.post_many([sale(1000, key="a", at=now)], now=now)

    with pytest.raises(KeyReused):
        operations.post_many([sale(10, key="b", at=now), sale(11, key="a", at=now)], now=now)
    assert Transfer.objects.count() == 1
    again = [sale(1000, key="a", at=now), sale(20, key="c", at=now), sale(30, key="d", at=now, schema="m_other")]
    assert len(operations.post_many(again, now=now)) == 3
    assert Transfer.objects.count() == 3
    assert books.balance_differences() == []


def test_what_was_never_booked_cannot_be_reversed(now: datetime) -> None:
    with pytest.raises(NothingToReverse):
        operations.reverse(Reversal("undo", "never", "Bo", "why", now), journal_id="j", now=now)


def test_a_falsified_balance_row_is_found(now: datetime) -> None:
    operations.post_many([sale(1000, key="a", at=now)], now=now)
    Account.objects.filter(kind=Kind.SHOPPER_PREPAID).update(balance_minor=999)

    assert books.balance_differences() == [(f"shopper_prepaid:{MALL}:usd", 999, 1000)]


def test_a_voucher_that_lapsed_is_kept_apart_and_may_still_go_back_x3(now: datetime) -> None:
    operations.post_many([sale(1000, key="a", at=now)], now=now)
    subscribers.voucher_lapsed(told("voucher.lapsed", now, voucher="v1", price_minor=1000))
    assert balances() == {Kind.STRIPE_CASH: 1000, Kind.BREAKAGE: 1000}

    subscribers.voucher_refunded(
        told("voucher.refunded", now, voucher="v1", refund="re_1", amount_minor=1000, lapsed=True)
    )
    assert balances() == {}


def test_money_that_bought_nothing_is_owed_until_it_has_gone_back(now: datetime) -> None:
    subscribers.payment_unassigned(told("payment.unassigned", now, payment_reference="p1", amount_minor=700))
    assert balances() == {Kind.STRIPE_CASH: 700, Kind.GOING_BACK: 700}

    subscribers.payment_returned(told("payment.returned", now, payment_reference="p1", amount_minor=700, refund="re_1"))
    assert balances() == {}


def redeemed(now: datetime) -> dict[str, object]:
    operations.post_many([sale(1000, key="a", at=now)], now=now)
    facts: dict[str, object] = {
        "redemption": "r1",
        "voucher": "v1",
        "price_minor": 1000,
        "commission_minor": 100,
        "commission_tax_minor": 6,
        "agency_minor": 50,
        "order_number": "R-1",
        "title": "Noodles",
        "rule": "Standard",
        "rate_bp": 1000,
        "store": "Dock",
        "staff": "Bo",
    }
    subscribers.voucher_redeemed(told("voucher.redeemed", now, **facts))
    return facts


def test_the_price_is_divided_in_a_fixed_order_and_the_rest_is_the_merchants_m6(now: datetime) -> None:
    redeemed(now)

    assert balances() == {
        Kind.STRIPE_CASH: 1000,
        Kind.MERCHANT_PENDING: 844,
        Kind.COMMISSION: 100,
        Kind.COMMISSION_TAX: 6,
        Kind.AGENCY_SHARE: 50,
    }


@pytest.mark.parametrize(
    ("borne_by", "left"),
    [
        ("merchant", {}),
        (
            "platform",
            {
                Kind.MERCHANT_PENDING: 844,
                Kind.COMMISSION: 100,
                Kind.COMMISSION_TAX: 6,
                Kind.AGENCY_SHARE: 50,
                Kind.GOODWILL: 1000,
            },
        ),
    ],
)
def test_a_refund_after_the_redemption_is_borne_by_who_decided_it_x6(
    borne_by: str, left: dict[str, int], now: datetime
) -> None:
    facts = redeemed(now)
    subscribers.redemption_refunded(told("redemption.refunded", now, **facts, refund="re_1", borne_by=borne_by))

    assert balances() == left
    assert books.balance_differences() == []


def test_a_dispute_is_a_clearing_account_that_returns_to_zero_m9(now: datetime) -> None:
    facts = redeemed(now)
    operations.post_many([sale(500, key="b", at=now)], now=now)
    subscribers.dispute_opened(told("dispute.opened", now, dispute="dp_1", amount_minor=1500))
    assert balances()[Kind.DISPUTES] == 1500

    unused = {"voucher": "v2", "redemption": "", "price_minor": 400, "commission_minor": 40}
    lost = told("dispute.lost", now, dispute="dp_1", amount_minor=1500, vouchers=[facts, unused])
    subscribers.dispute_lost(lost)
    assert balances() == {Kind.SHOPPER_PREPAID: 100, Kind.GOODWILL: 100}


def test_a_dispute_that_is_won_leaves_everything_as_it_was(now: datetime) -> None:
    redeemed(now)
    before = balances()
    subscribers.dispute_opened(told("dispute.opened", now, dispute="dp_1", amount_minor=1000))
    subscribers.dispute_won(told("dispute.won", now, dispute="dp_1", amount_minor=1000))

    assert balances() == before


def test_every_kind_of_account_is_in_the_picture_of_docs_money_md() -> None:
    """What is booked between them is compared by the money core's test."""
    shown = set().union(*picture.drawn())
    assert shown == {str(picture.DRAWN_AS.get(kind, kind)) for kind in Account.Kind}
