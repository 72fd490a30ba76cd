"""One settlement, several workers at once, over real connections (M16)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from billing.ledger.models import Account, Transfer
from billing.payouts import operations as payouts
from billing.payouts.operations import PayoutFacts
from billing.settlements import earnings, operations, recovering
from billing.settlements.models import Earning, Part, Settlement, SettlementRun
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.money import World
from tests.factories.races import Pause, together

WORKERS = 4


@pytest.fixture
def world(committed: None, now: datetime) -> World:
    """Return a mall with three earnings that are approved to be sent, in a database that commits."""
    from saas.accounts.models import User
    from tenants.isolation.entrance import inside

    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        staff = User.objects.get(email="bo@riverside.example")
    made = World(tenant, staff, now)
    for act, choice in (("buy", 2), ("redeem", 0), ("redeem", 0), ("redeem", 0), ("wait", 2)):
        made.step(act, choice)
    earnings.release(schema=tenant.schema_name, now=made.now)
    run = operations.propose(day=made.now.date(), now=made.now + timedelta(seconds=1))
    assert run is not None
    SettlementRun.objects.update(state=SettlementRun.State.APPROVED)  # approving would start the task
    return made


def at_once(world: World, act: Callable[[], Any]) -> list[Any]:
    def run() -> Any:
        with on_platform():
            return act()

    return together([run] * WORKERS, schema=world.tenant.schema_name)


def claim(world: World) -> Any:
    return operations.claim(settlement_id=Settlement.objects.get().pk, now=world.now)


def test_several_workers_claim_a_settlement_once_and_note_its_transfer_once(world: World) -> None:
    results = at_once(world, lambda: claim(world))

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Transfer.objects.filter(kind="payout_begun").count() == 1
    part = Part.objects.get()
    results = at_once(world, lambda: operations.note_sent(part_id=part.pk, transfer_id="tr_1", now=world.now))

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Transfer.objects.filter(kind="transfer_sent").count() == 1
    assert world.differences() != []  # the model was not told; the books moved exactly once
    assert Part.objects.get().state == Part.State.SENT


def test_without_the_lock_they_run_into_each_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "locked_one", Pause(WORKERS).locked_one)
    monkeypatch.setattr(operations, "locked", list)
    results = at_once(world, lambda: claim(world))

    assert sum(isinstance(one, IntegrityError) for one in results) > 0


def test_several_workers_release_an_earning_once(world: World) -> None:
    world.step("buy", 2)
    world.step("redeem", 0)
    world.step("wait", 2)
    results = at_once(world, lambda: earnings.release(schema=world.tenant.schema_name, now=world.now))

    assert sum(results) == 1
    assert Transfer.objects.filter(kind="earning_released").count() == 4


def recover(world: World, redemption: str) -> Any:
    with on_platform():
        return recovering.begin(redemption=redemption, now=world.now)


def two_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """
    Bring two earnings back of which the merchant's account holds one and a half: the rest has reached the bank. Their transfer is not
    locked, as if each had one of its own.
    """
    monkeypatch.setattr(recovering, "_part_of", lambda _earning: Part.objects.get())
    claim(world)
    operations.note_sent(part_id=Part.objects.get().pk, transfer_id="tr_1", now=world.now)
    first, second = Earning.objects.order_by("pk")[:2]
    paid_minor = Part.objects.get().amount_minor - first.net_minor - second.net_minor // 2
    facts = PayoutFacts("po_1", paid_minor, "usd", "paid", "", None, world.now)
    payouts.note_payout(schema=world.tenant.schema_name, facts=facts, now=world.now)
    for row in (first, second):
        earnings.bring_back(redemption=row.redemption, schema=row.tenant_schema, now=world.now)
    acts = [lambda row=row: recover(world, row.redemption) for row in (first, second)]
    return together(acts, schema=world.tenant.schema_name)


def test_two_recoveries_at_once_bring_back_no_more_than_is_there_m13(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = two_at_once(world, monkeypatch)

    assert [one for one in results if isinstance(one, Exception)] == []
    net_minor = Earning.objects.order_by("pk")[0].net_minor
    assert sorted(one.amount_minor for one in results) == [net_minor // 2, net_minor]


def test_without_the_accounts_locked_two_recoveries_run_into_each_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both read the balance before either moves it."""
    meeting = Pause(2, once=True)

    def read(*kinds: str, schema: str, currency: str) -> dict[str, int]:
        rows = Account.objects.filter(kind__in=kinds, tenant_schema=schema, currency=currency)
        held = dict.fromkeys(kinds, 0) | dict(rows.values_list("kind", "balance_minor"))
        meeting.meet()
        return held

    monkeypatch.setattr(recovering.ledger, "locked_balances", read)
    results = two_at_once(world, monkeypatch)

    assert sum(isinstance(one, IntegrityError) for one in results) == 1
