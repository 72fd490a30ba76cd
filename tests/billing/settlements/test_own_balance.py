"""What a settlement sends out of the platform's own balance: credits of packages that ended. Stripe is the sandbox."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.ledger import operations as ledger
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg
from billing.packages import returning
from billing.packages.credited import CreditRefused
from billing.packages.models import Subscription
from billing.reconciliation import operations as comparing
from billing.reconciliation.models import Break
from billing.settlements import operations, preview, sending
from billing.settlements.models import Part, Settlement, SettlementRun
from ops_console.finance import overview
from ops_console.finance import queries as queries_of_finance
from tenants.isolation.entrance import on_platform
from tests.factories.money import FINANCE
from tests.factories.settling import HOLD, approved, balances, proposed

Kind = Account.Kind


def a_package_that_was_paid_and_ended(tenant: Any, now: datetime) -> Subscription:
    paid = [Leg("package_paid", Kind.STRIPE_CASH, Kind.PACKAGE_FEES, 5_000)]
    fee = Entry("fee", tenant.schema_name, "usd", paid, by="Hutong", happened_at=now)
    ledger.post(fee, journal_id="fee", now=now)
    return Subscription.objects.create(
        tenant_schema=tenant.schema_name, name="Care", currency="usd", items=[], minimum_months=1, notice_days=0,
        state=Subscription.State.ENDED, offered_at=now, ends_at=now,
    )  # fmt: skip


def money_becomes_ours(stripe: Any) -> None:
    """Let what shoppers paid enter the platform's pot, and become the platform's to send."""
    for seconds in (5, 5 * 24 * 3600):
        stripe.control("clock", advance=seconds)


def differing(now: datetime) -> set[str]:
    """Return in which ways the books differ from their rows and from what settlements have."""
    with on_platform():
        comparing.reconcile(stripe_balance=None, now=now)
        inner = {"balance_row_differs", "pending_differs", "available_differs", "transit_differs"}
        return inner & set(Break.objects.values_list("kind", flat=True))


def test_a_credit_of_a_package_that_ended_is_sent_once_out_of_the_platforms_balance_and_named_as_one(
    riverside: Any, sold: Any, stripe: Any, now: datetime, client_for: Any, alma: Any
) -> None:
    money_becomes_ours(stripe)
    with on_platform():
        ended = a_package_that_was_paid_and_ended(riverside, now)
        for _time in range(2):
            assert (
                returning.give_back(ended, 1_337, why="A week without a post", key="credit", now=now).paid_minor
                == 1_337
            )
        assert balances(riverside).available_minor == 1_337
        assert differing(now) == set()
        with pytest.raises(CreditRefused):
            returning.give_back(ended, 3_664, why="More than was paid", key="more", now=now)
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    for _time in range(2):
        sending.carry_out(run_public_id=run.public_id, now=now + HOLD)
    own = [one for one in stripe.client.v1.transfers.list({"limit": 10}).data if not one.source_transaction]
    assert [one.amount for one in own] == [1_337]
    assert differing(now) == set()
    settlement = Settlement.objects.get()
    page = client_for(riverside, alma).get(f"/manage/money/settlements/{settlement.public_id}/").content.decode()
    assert page.count("Credit of a service package") == 1
    assert page.count("/manage/orders/") >= 1
    assert settlement.run.day.isoformat() not in page
    money = client_for(riverside, alma).get("/manage/money/").content.decode()
    assert "$59.93 is on its way to your bank" in money
    assert "agency&#x27;s services, and money that" in money


def test_what_our_own_balance_does_not_hold_waits_for_it_and_needs_a_person_after_a_week_only_m18(
    riverside: Any, sold: Any, stripe: Any, now: datetime
) -> None:
    with on_platform():
        returning.give_back(a_package_that_was_paid_and_ended(riverside, now), 1_337, why="x", key="credit", now=now)
    run = approved(proposed(riverside, now + HOLD), now + HOLD)
    for minutes in (0, 30, 60):  # nothing is available yet: what was paid is in the sandbox's pending
        going = sending.carry_out(run_public_id=run.public_id, now=now + HOLD + timedelta(minutes=minutes))
    paid, borne = Part.objects.order_by("is_borne")
    assert (going.state, paid.state, borne.state) == ("approved", Part.State.SENT, Part.State.PLANNED)
    assert (borne.attempt, borne.waits_since, "insufficient" in borne.detail) == (1, now + HOLD, True)
    assert queries_of_finance.part_counts(borne.settlement)["waiting"] == preview.progress(run).waiting == 1
    assert overview.needs(now=now).waiting == 1

    late = now + HOLD + sending.PATIENCE
    assert sending.carry_out(run_public_id=run.public_id, now=late).state == SettlementRun.State.DONE
    assert Settlement.objects.get().state == Settlement.State.REFUSED
    with on_platform():
        operations.try_again(settlement_public_id=Settlement.objects.get().public_id, by=FINANCE, now=late)
    sending.carry_out(run_public_id=run.public_id, now=late)
    money_becomes_ours(stripe)
    for _time in range(2):
        done = sending.carry_out(run_public_id=run.public_id, now=late + timedelta(minutes=30))
    borne.refresh_from_db()
    assert (done.state, borne.state, borne.waits_since) == ("done", Part.State.SENT, None)
    own = [one for one in stripe.client.v1.transfers.list({"limit": 10}).data if not one.source_transaction]
    assert [one.amount for one in own] == [1_337]
