"""From the redemption to the bank: released, proposed, approved, sent once, arrived. Stripe is the sandbox."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from billing.gateway.models import ConnectedAccount
from billing.gateway.operations import GatewayUnavailable
from billing.ledger import books
from billing.ledger.models import Account
from billing.payouts import operations as payouts
from billing.payouts import reading as payouts_reading
from billing.payouts.models import Payout
from billing.reconciliation import reading as reconciliation
from billing.reconciliation.models import Break
from billing.settlements import earnings, operations, sending, subscribers
from billing.settlements.models import Charge, Earning, Part, Settlement, SettlementRun
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tenants.relay.events import Event
from tests.benchmarks import _earned
from tests.factories.money import FINANCE, SECOND
from tests.factories.settling import HOLD, NET, approved, balances, proposed, redeem, tell

Kind = Account.Kind


def test_an_earning_waits_for_its_hold_and_is_then_available_once_m2(riverside: Any, sold: Any, now: datetime) -> None:
    with on_platform():
        assert earnings.release(schema=riverside.schema_name, now=now + timedelta(days=6)) == 0
        assert balances(riverside).pending_minor == 2 * NET
        assert [earnings.release(schema=riverside.schema_name, now=now + HOLD) for _ in range(2)] == [2, 0]
    assert (balances(riverside).pending_minor, balances(riverside).available_minor) == (0, 2 * NET)


def test_a_run_sends_one_transfer_for_each_charge_once_however_often_it_is_started_m16(
    riverside: Any, sold: Any, stripe: Any, now: datetime
) -> None:
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    for _time in range(3):
        done = sending.carry_out(run_public_id=run.public_id, now=now + HOLD)

    assert done.state == SettlementRun.State.DONE
    part = Part.objects.get()
    assert (part.amount_minor, part.state, part.attempt) == (2 * NET, Part.State.SENT, 0)
    sent = stripe.client.v1.transfers.list({"limit": 10}).data
    assert [(one.id, one.amount, one.source_transaction) for one in sent] == [
        (part.transfer_id, 2 * NET, Charge.objects.get(pk=part.charge_id).charge_id)
    ]
    assert (balances(riverside).available_minor, balances(riverside).in_transit_minor) == (0, 2 * NET)
    assert Earning.objects.filter(state=Earning.State.CLAIMED).count() == 2
    assert operations.propose(day=(now + HOLD).date(), now=now + HOLD).pk == run.pk  # type: ignore[union-attr]


def test_a_long_run_leaves_what_is_left_after_a_minute_to_a_task_of_its_own_m16(
    riverside: Any, sold: Any, stripe: Any, now: datetime, run_tasks: Any
) -> None:
    other = "m_another0another0"
    with on_platform():
        payouts.choose_schedule(schema=other, schedule="daily", by=SYSTEM, now=now)
        _earned.connected([other], stripe, now)
        intent = stripe.paid_session(unit_amount=_earned.GROSS * 5).payment_intent
        _earned.earned([other], [str(intent)], 3, now)
        earnings.release(schema=other, now=now)
        run = approved(proposed(riverside, now + HOLD), now + HOLD)
        with run_tasks():
            cut = sending.carry_out(run_public_id=run.public_id, now=now + HOLD, seconds=0)
            assert cut.state == SettlementRun.State.APPROVED
            assert sorted(run.settlements.values_list("state", flat=True)) == ["proposed", "sent"]
    run.refresh_from_db()
    assert run.state == SettlementRun.State.DONE
    sent = stripe.client.v1.transfers.list({"limit": 10}).data
    assert sorted(one.amount for one in sent) == sorted([2 * NET, 3 * _earned.NET])


def test_an_answer_that_was_lost_is_asked_for_again_and_moves_money_once_w6_m16(
    riverside: Any, sold: Any, stripe: Any, now: datetime
) -> None:
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    for kind, times in (("commit_then_reset", 1), ("unavailable", 2)):  # the answer is lost, then Stripe is away
        stripe.control("faults", kind=kind, times=times, method="POST", path="/v1/transfers")
    with pytest.raises(GatewayUnavailable):
        sending.carry_out(run_public_id=run.public_id, now=now + HOLD)
    assert Part.objects.get().state == Part.State.PLANNED
    assert balances(riverside).in_transit_minor == 2 * NET
    stripe.control("faults/clear")

    ConnectedAccount.objects.update(
        can_receive=False
    )  # and the account was restricted meanwhile: what is there is found all the same
    assert sending.carry_out(run_public_id=run.public_id, now=now + HOLD).state == SettlementRun.State.DONE
    assert Part.objects.get().state == Part.State.SENT
    assert len(stripe.client.v1.transfers.list({"limit": 10}).data) == 1


def test_above_the_limit_a_second_person_approves_and_nobody_approves_alone_twice_a4(
    riverside: Any, sold: Any, settings: Any, now: datetime
) -> None:
    settings.SETTLEMENT_SECOND_PERSON_MINOR = 2 * NET - 1
    run = approved(proposed(riverside, now + HOLD), now)
    assert run.state == SettlementRun.State.SECOND
    with on_platform():
        with pytest.raises(operations.SecondPersonNeeded):
            operations.approve(run_public_id=run.public_id, seen_minor=2 * NET, by=FINANCE, now=now)
        assert sending.carry_out(run_public_id=run.public_id, now=now).state == SettlementRun.State.SECOND
        assert not Part.objects.exists()
        run = operations.approve(run_public_id=run.public_id, seen_minor=2 * NET, by=SECOND, now=now)
    assert (run.state, run.approved_by, run.seconded_by) == (SettlementRun.State.APPROVED, "Fay", "Sam")


@pytest.mark.parametrize(
    ("sums", "needs"),
    [
        (
            {"usd": 900_000, "eur": 900_000},
            False,
        ),  # their numbers add up to more than the limit, and mean nothing together
        ({"usd": 1_000_001, "eur": 1}, True),
        ({"usd": 900_000, "jpy": 1_200_000}, False),
        ({"usd": 1, "jpy": 1_500_001}, True),
    ],
)
def test_the_limit_of_a_second_person_counts_each_currency_by_itself_a4(
    db: None, settings: Any, now: datetime, sums: dict[str, int], needs: bool
) -> None:
    settings.SETTLEMENT_SECOND_PERSON_BY_CURRENCY = {"jpy": 1_500_000}
    with on_platform():
        run = SettlementRun.objects.create(day=now.date(), cutoff_at=now, created_at=now)
        for currency, total_minor in sums.items():
            for place, part_minor in enumerate((total_minor - total_minor // 3, total_minor // 3)):
                Settlement.objects.create(
                    run=run,
                    tenant_schema=f"m_{currency}{place}",
                    currency=currency,
                    lines_count=1,
                    earned_minor=part_minor,
                )
        done = operations.approve(run_public_id=run.public_id, seen_minor=sum(sums.values()), by=FINANCE, now=now)
    assert done.state == (SettlementRun.State.SECOND if needs else SettlementRun.State.APPROVED)


def test_a_run_that_changed_since_it_was_seen_is_not_approved(
    riverside: Any, sold: Any, bo: Any, now: datetime
) -> None:
    run = proposed(riverside, now + HOLD)
    with on_platform(), pytest.raises(operations.RunChanged):
        operations.approve(run_public_id=run.public_id, seen_minor=1, by=FINANCE, now=now)
    run.refresh_from_db()
    assert run.state == SettlementRun.State.PROPOSED


def test_what_is_owed_is_kept_from_the_next_settlement_and_the_closed_one_never_changes_m12_m13(
    riverside: Any, sold: list[Voucher], bo: Any, now: datetime
) -> None:
    first = approved(proposed(riverside, now + HOLD), now + HOLD)
    sending.carry_out(run_public_id=first.public_id, now=now + HOLD)
    with on_platform():
        row = Earning.objects.order_by("pk")[0]
        earnings.bring_back(redemption=row.redemption, schema=row.tenant_schema, now=now + HOLD)
    assert balances(riverside).owed_minor == NET
    with inside(riverside):
        for voucher in sold[2:]:
            redeem(voucher, bo, now + HOLD)
    tell(riverside, now + HOLD)
    later = now + 2 * HOLD
    second = approved(proposed(riverside, later), later)
    sending.carry_out(run_public_id=second.public_id, now=later)

    one, two = Settlement.objects.order_by("pk")
    assert (one.earned_minor, one.netted_minor, one.state) == (2 * NET, 0, Settlement.State.SENT)
    assert (two.earned_minor, two.netted_minor, two.state) == (2 * NET, NET, Settlement.State.SENT)
    assert balances(riverside).owed_minor == 0


def test_a_mall_without_an_account_that_can_receive_waits_and_a_refused_part_is_tried_again_by_a_person_m18(
    riverside: Any, sold: Any, now: datetime
) -> None:
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    ConnectedAccount.objects.update(can_receive=False)
    done = sending.carry_out(run_public_id=run.public_id, now=now + HOLD)
    settlement = Settlement.objects.get()
    assert (done.state, settlement.state, Part.objects.get().state) == ("done", "refused", Part.State.REFUSED)
    assert proposed_none(now + HOLD + timedelta(days=1))

    ConnectedAccount.objects.update(can_receive=True)
    with on_platform():
        operations.try_again(settlement_public_id=settlement.public_id, by=FINANCE, now=now + HOLD)
    assert sending.carry_out(run_public_id=run.public_id, now=now + HOLD).state == SettlementRun.State.DONE
    assert (Settlement.objects.get().state, Part.objects.get().attempt) == (Settlement.State.SENT, 1)


def test_what_a_bank_frees_after_the_approval_waits_for_the_next_run_a4_m9(
    riverside: Any, sold: list[Voucher], bo: Any, now: datetime
) -> None:
    with inside(riverside):
        redeem(sold[2], bo, clock.now())
    tell(riverside, now)
    with on_platform():
        charge = Earning.objects.get(voucher_public_id=sold[2].public_id).charge
        Charge.objects.filter(pk=charge.pk).update(disputed_at=now)
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    assert run.settlements.get().total_minor == 2 * NET
    told = {"payment_reference": charge.reference, "holds": False}
    with on_platform(), travel(now + HOLD + timedelta(hours=1), tick=False):
        # the proposal left it out and it was released before; now the shop has won
        earnings.release(schema=riverside.schema_name, now=now + HOLD - timedelta(minutes=1))
        Earning.objects.filter(charge=charge).update(state=Earning.State.RELEASED, released_at=now)
        subscribers.dispute_changed(Event("e", riverside.schema_name, "dispute.changed", "", told, now + HOLD))
    sending.carry_out(run_public_id=run.public_id, now=now + HOLD)
    assert [part.amount_minor for part in Part.objects.all()] == [2 * NET]


@pytest.mark.parametrize("why", ["stopped", "less is owed"])
def test_a_settlement_of_which_nothing_was_claimed_is_not_the_merchants_day_a4(
    why: str, riverside: Any, sold: Any, now: datetime
) -> None:
    """Never more is sent than was approved; what was not sent is in the next run, whatever the merchant's rhythm."""
    day = now + HOLD
    with on_platform():
        payouts.choose_schedule(schema=riverside.schema_name, schedule="weekly", by=SYSTEM, now=now)
    monday = day + timedelta(days=7 - day.weekday())
    run = proposed(riverside, monday)
    with on_platform():
        if why == "stopped":
            run = approved(run, monday)
            payouts.stop(schema=riverside.schema_name, reason="a call", by=FINANCE, now=monday)
        else:
            run.settlements.update(netted_minor=100)  # owed then, and paid since
            run = approved(run, monday)
    sending.carry_out(run_public_id=run.public_id, now=monday)
    assert not Part.objects.exists()
    with on_platform():
        if why == "stopped":
            payouts.go_on(schema=riverside.schema_name, by=FINANCE, now=monday)
    assert proposed(riverside, monday + timedelta(days=1)).settlements.get().total_minor == 2 * NET


def proposed_none(at: datetime) -> bool:
    with on_platform():
        return operations.propose(day=at.date(), now=at) is None


def test_the_merchants_rhythm_decides_the_day_and_a_missed_day_is_made_good(
    riverside: Any, sold: Any, now: datetime
) -> None:
    with on_platform():
        payouts.choose_schedule(schema=riverside.schema_name, schedule="weekly", by=SYSTEM, now=now)
    monday = now + HOLD + timedelta(days=7 - (now + HOLD).weekday())
    run = approved(proposed(riverside, monday + timedelta(days=2)), monday)  # nobody ran on Monday
    sending.carry_out(run_public_id=run.public_id, now=monday)
    with on_platform():
        Earning.objects.update(state=Earning.State.RELEASED, settlement=None)
        days = [monday + timedelta(days=number) for number in (3, 4, 7)]
        found = [operations.propose(day=day.date(), now=day) for day in days]
    assert [one is not None for one in found] == [False, False, True]


def test_the_sandboxs_balance_is_explained_to_the_cent_from_the_sale_to_the_bank_m15_w9(
    riverside: Any, sold: Any, stripe: Any, now: datetime
) -> None:
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    sending.carry_out(run_public_id=run.public_id, now=now + HOLD)
    stripe.control("clock", advance=5 * 86400)
    payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)
    payout = Payout.objects.get()
    stripe.control(f"payouts/{payout.payout_id}/settle", outcome="paid")
    for _time in range(2):
        payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)

    assert Payout.objects.get().state == Payout.State.PAID
    assert balances(riverside).in_transit_minor == 0
    check = reconciliation.reconcile(now=now + HOLD)
    assert check.is_complete
    assert list(Break.objects.values_list("kind", "subject")) == []
    assert check.compared["movements"] == 3
    fees = {row.kind: row.balance_minor for row in books.trial_balance()}[Kind.STRIPE_FEES]
    assert fees > 0

    stripe.control(f"payouts/{payout.payout_id}/settle", outcome="failed")
    payouts_reading.read_payouts(schema=riverside.schema_name, now=now + HOLD)
    assert Payout.objects.get().state == Payout.State.RETURNED
    assert balances(riverside).in_transit_minor == 2 * NET
