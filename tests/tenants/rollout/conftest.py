"""A next release, made of migrations under tests/trial, and malls that stand before it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from tenants.registry.models import Domain, Tenant
from tenants.registry.names import schema_name
from tenants.rollout import malls as work
from tenants.rollout import operations, template
from tenants.rollout.models import MallVersion
from tests.database import superuser_url

CACHED = (template.fingerprint, template.finish_fingerprint, template.refresher_source)


@pytest.fixture
def next_release(settings: Any, committed: None) -> Iterator[None]:
    """Make the code one release newer than the database: see tests/trial/deals."""
    settings.MIGRATION_MODULES = {"deals": "tests.trial.deals"}
    for one in CACHED:
        one.cache_clear()
    work._states.clear()
    yield
    for one in CACHED:
        one.cache_clear()
    work._states.clear()


@pytest.fixture
def stand(committed: None, now: datetime) -> Callable[[int], list[Tenant]]:
    """Return a maker of bare malls, which stand at the release before."""

    def make(count: int) -> list[Tenant]:
        recording, made = template.current(), []
        for number in range(count):
            schema = schema_name()
            template.replay(recording.script, schema)
            tenant = Tenant.objects.create(
                schema_name=schema,
                name=f"Mall {number}",
                slug=f"mall-{number}",
                trade="salon",
                status="open",
                created_at=now,
            )
            Domain.objects.create(domain=f"mall-{number}.localhost", tenant=tenant, is_primary=True)
            MallVersion.objects.create(tenant=tenant, step=recording.step, moved_at=now)
            made.append(tenant)
        return made

    return make


@pytest.fixture
def said() -> list[str]:
    """What the roll-out told the operator."""
    return []


@pytest.fixture
def roll(said: list[str], now: datetime) -> Callable[..., operations.Rolled]:
    """Return the roll-out, ready to call."""

    def run(**options: Any) -> operations.Rolled:
        return operations.roll_out(now=now, say=said.append, **{"patience_s": 20, **options})

    return run


@contextmanager
def held(tenant: Tenant, table: str) -> Iterator[psycopg.Connection]:
    """Hold a mall's table as an operator's psql would, until the block ends."""
    holder = psycopg.connect(**parameters())
    try:
        holder.execute(f'LOCK TABLE "{tenant.schema_name}"."{table}" IN SHARE MODE')  # type: ignore[arg-type]
        yield holder
    finally:
        holder.close()


def parameters() -> dict[str, Any]:
    """Return what a plain connection to this test's database needs."""
    given = connection.settings_dict
    return {
        "host": given["HOST"],
        "port": given["PORT"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        "dbname": given["NAME"],
    }


class Cutter(threading.Thread):
    """Ends connections of this database again and again, as a killed process does: whatever they were at is rolled back."""

    def __init__(self, pauses: list[float]) -> None:
        super().__init__()
        self.pauses, self.cut, self.over = pauses, 0, threading.Event()

    def run(self) -> None:
        """Cut after each pause."""
        address = urlsplit(superuser_url())._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        with psycopg.connect(address, autocommit=True) as own:
            for pause in self.pauses:
                if self.over.wait(pause):
                    return
                row = own.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND usename LIKE 'hutong%' AND pid <> pg_backend_pid()"
                ).fetchone()
                self.cut += row[0] if row else 0
