"""One month of a mall stated by several workers at once, over real connections (M16)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError

from billing.statements import operations, periods
from billing.statements.drafting import Place
from billing.statements.models import Statement, StatementLine
from saas.accounts.models import User
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant
from tests.factories.money import World
from tests.factories.races import Pause, together

WORKERS = 4
NOVEMBER = periods.month_of(datetime(2026, 11, 15, tzinfo=UTC), ZoneInfo("America/Los_Angeles"))
DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def place(committed: None, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Return Riverside's books, in which three vouchers were used in November, in a database that commits."""
    monkeypatch.setattr(operations, "enqueue", lambda *_args, **_kwargs: None)  # the letter
    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        staff = User.objects.get(email="bo@riverside.example")
    with time_machine.travel(datetime(2026, 11, 4, 20, tzinfo=UTC), tick=False):  # the books' clock
        world = World(tenant, staff, datetime(2026, 11, 4, 20, tzinfo=UTC))
        for act, choice in (("buy", 2), ("redeem", 0), ("redeem", 0), ("redeem", 0)):
            world.step(act, choice)
    assert world.refused == {}
    return Place(tenant.schema_name, "usd")


def at_once(place: Place) -> list[Any]:
    def issue() -> Any:
        with on_platform():
            made = operations.issue(place=place, month=NOVEMBER, now=DECEMBER + timedelta(hours=3))
            return made.public_id if made else None

    return together([issue] * WORKERS, schema=place.schema)


def test_several_workers_issue_a_month_once_m16(place: Place) -> None:
    results = at_once(place)

    assert len(set(results)) == 1, results
    statement = Statement.objects.get()
    assert (statement.public_id, statement.lines_count) == (results[0], 3)
    assert StatementLine.objects.count() == 3


def test_without_the_lock_they_run_into_each_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "locked", Pause(WORKERS).locked)
    results = at_once(place)

    # The database's constraint still lets only one be there, but the others fail instead of finding it.
    assert sum(isinstance(one, IntegrityError) for one in results) > 0, results
    assert Statement.objects.count() == 1
