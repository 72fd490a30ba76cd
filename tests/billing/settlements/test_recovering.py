"""Money of a used voucher goes back after it was sent to the merchant: first from there, then to the shopper. Stripe is the sandbox."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from billing.gateway.operations import GatewayUnavailable
from billing.ledger import timeline
from billing.payouts import reading as payouts_reading
from billing.payouts.models import Payout
from billing.reconciliation import reading as reconciliation
from billing.reconciliation.models import Break
from billing.settlements import arriving, recovering, sending, tasks
from billing.settlements.models import Earning, Recovery
from billing.statements import operations as statements
from billing.statements import paying as statement_payment
from billing.statements import periods
from billing.statements.drafting import Place
from saas.kernel.actors import GUEST, Actor
from saas.kernel.outbox import operations as outbox
from storefront.refunds import operations as refunds
from storefront.refunds import paying
from storefront.refunds.models import Refund
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tests.factories.settling import HOLD, NET, approved, balances, proposed, tell

ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture
def sent(riverside: Any, sold: list[Voucher], stripe: Any, now: datetime) -> list[Voucher]:
    """Return the vouchers; what the two used ones earned is in the merchant's Stripe account."""
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    sending.carry_out(run_public_id=run.public_id, now=now + HOLD)
    assert balances(riverside).in_transit_minor == 2 * NET
    stripe.control("clock", advance=5)  # a charge enters the pot some seconds after it was paid
    return sold


@pytest.fixture
def accepted(riverside: Any, sent: list[Voucher], now: datetime) -> Voucher:
    """Return a used voucher whose money the shop gives back; nothing was sent yet."""
    with inside(riverside):
        which = {"by": GUEST, "now": now}
        wish = refunds.ask(voucher_public_id=sent[0].public_id, reason="The soup was cold", **which)
        refunds.decide(refund_public_id=wish.public_id, accept=True, answer="Sorry", by=ALMA, now=now)
    return sent[0]


def send_back(tenant: Any, voucher: Voucher, at: datetime) -> bool:
    with inside(tenant):
        return paying.pay_back(voucher_public_id=voucher.public_id, now=at)


def inner_breaks(at: datetime) -> list[Any]:
    """Return what does not agree in our own books while Stripe is ahead of them: it lives days before `at`."""
    return [one for one in breaks(at) if not one[0].endswith("_unknown_to_us")]


def reversals(stripe: Any) -> list[int]:
    transfer = stripe.client.v1.transfers.list({"limit": 10}).data[0]
    return [one.amount for one in stripe.client.v1.transfers.reversals.list(transfer.id).data]


def breaks(at: datetime) -> list[Any]:
    assert reconciliation.reconcile(now=at).is_complete
    return list(Break.objects.filter(state="open").values_list("kind", "subject", "expected_minor", "found_minor"))


def test_a_refund_after_the_transfer_reverses_it_first_and_the_merchant_owes_nothing_m12(
    riverside: Any,
    accepted: Voucher,
    stripe: Any,
    now: datetime,
) -> None:
    assert send_back(riverside, accepted, now + HOLD)
    assert inner_breaks(now + HOLD) == []  # between the refund and the relay's news of it, nothing is odd
    tell(riverside, now + HOLD)

    assert reversals(stripe) == [NET]
    assert [one.amount for one in stripe.client.v1.refunds.list().data] == [2400]
    assert (balances(riverside).owed_minor, balances(riverside).in_transit_minor) == (0, NET)
    assert Recovery.objects.get().state == "done"
    assert Earning.objects.get(voucher_public_id=accepted.public_id).is_set_aside is False
    assert breaks(now + HOLD + timedelta(hours=2)) == []


def test_a_payout_after_it_brings_what_the_transfer_still_holds_and_the_statement_waits_for_no_more(
    riverside: Any,
    accepted: Voucher,
    stripe: Any,
    now: datetime,
) -> None:
    send_back(riverside, accepted, now + HOLD)
    tell(riverside, now + HOLD)
    stripe.control("clock", advance=5 * 86400)
    payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)
    payout = Payout.objects.get()
    stripe.control(f"payouts/{payout.payout_id}/settle", outcome="paid")
    payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)

    assert [(share.amount_minor, payout.amount_minor) for share in arriving.shares_of(payout)] == [(NET, NET)]
    later = Payout(tenant_schema=riverside.schema_name, currency="usd", amount_minor=NET, created_at=now + HOLD * 9)
    assert arriving.shares_of(later) == []
    month = periods.month(timezone.localdate(), ZoneInfo(riverside.time_zone))
    place, over = Place(riverside.schema_name, "usd"), month.ends_at + statements.GRACE
    payment = statement_payment.payment_of(statements.issue(place=place, month=month, now=over))
    assert (len(payment.settlements), payment.missing_minor) == (1, 0)


def test_what_has_reached_the_bank_is_owed_and_the_shopper_is_paid_all_the_same_m13(
    riverside: Any,
    accepted: Voucher,
    stripe: Any,
    now: datetime,
) -> None:
    stripe.control("clock", advance=5 * 86400)
    payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)
    stripe.control(f"payouts/{Payout.objects.get().payout_id}/settle", outcome="paid")
    payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)
    assert balances(riverside).in_transit_minor == 0

    assert send_back(riverside, accepted, now + HOLD)
    tell(riverside, now + HOLD)
    assert (Recovery.objects.get().state, reversals(stripe)) == ("none", [])
    assert balances(riverside).owed_minor == NET
    assert breaks(now + HOLD + timedelta(hours=2)) == []


def test_a_reversal_that_stripe_refuses_for_balance_leaves_a_receivable_m13(
    riverside: Any,
    accepted: Voucher,
    stripe: Any,
    now: datetime,
) -> None:
    stripe.control("clock", advance=5 * 86400)  # the payout has left the account, and nobody has told us
    assert send_back(riverside, accepted, now + HOLD)
    tell(riverside, now + HOLD)

    recovery = Recovery.objects.get()
    assert (recovery.state, reversals(stripe)) == ("refused", [])
    assert "insufficient" in recovery.detail
    assert (balances(riverside).owed_minor, balances(riverside).in_transit_minor) == (NET, 2 * NET)


def test_w6_a_reversal_whose_answer_was_lost_is_made_once_and_the_refund_waits_for_it(
    riverside: Any,
    accepted: Voucher,
    stripe: Any,
    now: datetime,
) -> None:
    for kind, times in (("commit_then_reset", 1), ("unavailable", 4)):
        stripe.control("faults", kind=kind, times=times, method="POST", path="/v1/transfers")
    with pytest.raises(GatewayUnavailable):
        send_back(riverside, accepted, now + HOLD)
    assert stripe.client.v1.refunds.list().data == []
    assert Recovery.objects.get().state == "planned"
    assert inner_breaks(now + HOLD) == []
    stripe.control("faults/clear")

    assert [send_back(riverside, accepted, now + HOLD) for _time in range(2)] == [True, False]
    assert (reversals(stripe), len(stripe.client.v1.refunds.list().data)) == ([NET], 1)


def test_killed_between_reversal_and_refund_the_next_start_goes_on_without_a_second_reversal(
    riverside: Any,
    accepted: Voucher,
    stripe: Any,
    now: datetime,
) -> None:
    with inside(riverside):
        redemption = Refund.objects.get().redemption
        recovering.recover(redemption=redemption, now=now + HOLD)  # killed here
    assert send_back(riverside, accepted, now + HOLD)
    tell(riverside, now + HOLD)
    assert (reversals(stripe), len(stripe.client.v1.refunds.list().data)) == ([NET], 1)
    assert balances(riverside).owed_minor == 0
    with on_platform():
        steps = timeline.of_voucher(schema=riverside.schema_name, voucher=accepted.public_id, order="")
    assert "Back from the merchant's account at Stripe" in [one.title for one in steps]
    assert {one.icon for one in steps if one.icon == "circle"} == set(), "each step has words of its own"


def test_killed_between_plan_and_call_the_sweep_goes_on(
    riverside: Any,
    sent: list[Voucher],
    stripe: Any,
    now: datetime,
    run_tasks: Any,
) -> None:
    redemption = Earning.objects.order_by("pk")[0].redemption
    with on_platform():
        recovering.begin(redemption=redemption, now=now)
        assert recovering.begin(redemption=redemption, now=now) == Recovery.objects.get()
    Recovery.objects.update(begun_at=now - timedelta(minutes=6))
    with on_platform(), run_tasks():
        tasks.release_due.run()
    assert (Recovery.objects.get().state, reversals(stripe)) == ("done", [NET])


def test_m9_a_dispute_lost_after_the_transfer_is_recovered_from_the_merchant(
    riverside: Any,
    sent: list[Voucher],
    stripe: Any,
    now: datetime,
    run_tasks: Any,
) -> None:
    earning = Earning.objects.order_by("pk")[0]
    order = {"order": earning.order_public_id, "order_number": "R-1", "currency": "usd", "dispute": "du_1"}
    lost = {"voucher": earning.voucher_public_id, "redemption": earning.redemption, "price_minor": 2400}
    lost |= {"commission_minor": 72, "agency_minor": 0, "lapsed": False}
    with inside(riverside), run_tasks():
        outbox.tell(kind="dispute.opened", subject="o", payload={**order, "amount_minor": 2400}, now=now + HOLD)
        payload = {**order, "amount_minor": 2400, "vouchers": [lost]}
        outbox.tell(kind="dispute.lost", subject="o", payload=payload, now=now + HOLD)

    assert reversals(stripe) == [NET]
    held = balances(riverside)
    assert (held.owed_minor, held.in_transit_minor, held.pending_minor, held.disputed_minor) == (0, NET, 0, 0)
