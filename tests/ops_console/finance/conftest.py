"""A mall whose money has moved, and Finance's second person."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from billing.settlements import operations as settlements
from billing.settlements.models import SettlementRun
from ops_console.mandates import roles
from saas.accounts.models import User
from tenants.isolation.entrance import on_platform
from tests.factories.money import World
from tests.ops_console.conftest import _staff


@pytest.fixture
def fay(riverside: Any) -> User:
    """Fay, a second person of the agency's finance."""
    return _staff("fay.test@hutong.example", "Fay", roles.FINANCE)


@pytest.fixture
def world(riverside: Any, bo: Any, now: datetime) -> Iterator[World]:
    """Live on with Riverside after 2 vouchers were redeemed and released, 1 redeemed and in its hold, others unused."""
    made = World(riverside, bo, now)
    for act, choice in (("buy", 2), ("redeem", 0), ("redeem", 1), ("wait", 2), ("release", 1), ("redeem", 0)):
        made.step(act, choice)
    assert made.refused == {}
    made.now += timedelta(seconds=1)
    with travel(made.now, tick=True):
        yield made


@pytest.fixture
def run(world: World) -> SettlementRun:
    """Return the proposal of the day on which the world stands."""
    with on_platform():
        made = settlements.propose(day=world.now.date(), now=world.now)
    assert made is not None
    return made
