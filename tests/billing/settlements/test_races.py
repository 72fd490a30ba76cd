"""One settlement, several workers at once, over real connections (M16)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from billing.ledger.models import Transfer
from billing.settlements import earnings, operations
from billing.settlements.models import Part, Settlement, SettlementRun
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


def test_several_workers_claim_a_settlement_once(world: World) -> None:
    results = at_once(world, lambda: claim(world))

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Transfer.objects.filter(kind="payout_begun").count() == 1
    assert Part.objects.count() == 1


def test_without_the_lock_they_run_into_each_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "locked_one", Pause(WORKERS).locked_one)
    monkeypatch.setattr(operations, "locked", list)
    results = at_once(world, lambda: claim(world))

    assert sum(isinstance(one, IntegrityError) for one in results) > 0


def test_several_workers_note_a_transfer_once(world: World) -> None:
    claim(world)
    part = Part.objects.get()
    results = at_once(world, lambda: operations.note_sent(part_id=part.pk, transfer_id="tr_1", now=world.now))

    assert [one for one in results if isinstance(one, Exception)] == []
    assert Transfer.objects.filter(kind="transfer_sent").count() == 1
    assert world.differences() != []  # the model was not told; the books moved exactly once
    assert Part.objects.get().state == Part.State.SENT


def test_several_workers_release_an_earning_once(world: World) -> None:
    world.step("buy", 2)
    world.step("redeem", 0)
    world.step("wait", 2)
    results = at_once(world, lambda: earnings.release(schema=world.tenant.schema_name, now=world.now))

    assert sum(results) == 1
    assert Transfer.objects.filter(kind="earning_released").count() == 4
