"""The database wrapper fails closed. Each leak is first shown on the stock part, then refused by ours."""

import threading
import time
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django_tenants.postgresql_backend import base as stock

from tenants.isolation.entrance import MallUnknown, inside, on_platform
from tenants.isolation.postgresql.base import DatabaseWrapper, TenantSwitchInTransaction
from tenants.registry.models import Tenant
from tests import database


def schema_here() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_inside_enters_the_mall_and_comes_back(riverside: Tenant, hillside: Tenant) -> None:
    with inside(riverside):
        assert schema_here() == riverside.schema_name
        with inside(hillside.schema_name):
            assert schema_here() == hillside.schema_name
            with inside(riverside):
                assert schema_here() == riverside.schema_name
            assert schema_here() == hillside.schema_name
        assert schema_here() == riverside.schema_name
    assert schema_here() == "public"


@pytest.mark.django_db
def test_inside_comes_back_after_an_error(riverside: Tenant) -> None:
    with pytest.raises(ValueError, match="inside"), inside(riverside):
        raise ValueError("inside")
    assert schema_here() == "public"


@pytest.mark.django_db
def test_an_unknown_schema_is_refused() -> None:
    with pytest.raises(MallUnknown), inside("m_0000000000nobody"):
        raise AssertionError("never entered")
    assert schema_here() == "public"


@pytest.mark.django_db
def test_the_search_path_of_a_mall_does_not_contain_public_c23(riverside: Tenant) -> None:
    with inside(riverside), connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone()[0] == f"{riverside.schema_name}, extensions"
        with pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
            cursor.execute("SELECT 1 FROM registry_tenant")


@pytest.mark.django_db
def test_a_switch_inside_a_transaction_is_refused_c9_c11(riverside: Tenant, hillside: Tenant) -> None:
    with inside(riverside):
        with transaction.atomic(), pytest.raises(TenantSwitchInTransaction), inside(hillside):
            raise AssertionError("never entered")
        with transaction.atomic(), pytest.raises(TenantSwitchInTransaction), on_platform():
            raise AssertionError("never entered")
        assert schema_here() == riverside.schema_name


@pytest.mark.django_db
def test_a_commit_hook_runs_in_the_schema_that_registered_it_c9(
    riverside: Tenant, hillside: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    seen: list[str] = []
    with inside(hillside), django_capture_on_commit_callbacks(execute=True), inside(riverside):
        transaction.on_commit(lambda: seen.append(schema_here()))
    assert seen == [riverside.schema_name]


@pytest.mark.django_db
def test_tenants_cannot_be_entered_by_the_unsafe_with_statement_c5(riverside: Tenant) -> None:
    with pytest.raises(RuntimeError, match="inside"), riverside:
        raise AssertionError("never entered")


@pytest.fixture
def two_schemas(committed: None) -> tuple[Tenant, Tenant]:
    return Tenant.objects.get(slug="riverside"), Tenant.objects.get(slug="hillside")


# Runs in the server, so that the storm does not wait for the interpreter that it strikes.
STORM = """
DO $$ BEGIN
    FOR i IN 1..2000 LOOP PERFORM pg_cancel_backend({pid}); PERFORM pg_sleep(0.0003); END LOOP;
END $$
"""


def reads_under_cancels(
    malls: tuple[Tenant, Tenant], *, refusals: int, until_wrong: bool = False
) -> tuple[int, int, int]:
    """
    Read the current schema, mall by turn, while another session cancels; return (right, wrong, refused) reads.

    Ends after so many refusals (or the first wrong read), at the latest after a minute.
    """
    right = wrong = refused = 0
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    stop = threading.Event()

    def storm() -> None:
        with psycopg.connect(database.superuser_url(), autocommit=True) as killer:
            while not stop.is_set():
                killer.execute(STORM.format(pid=pid))

    thread = threading.Thread(target=storm)
    thread.start()
    deadline = time.monotonic() + 60
    try:
        while refused < refusals and time.monotonic() < deadline and not (until_wrong and wrong):
            tenant = malls[(right + wrong + refused) % 2]
            connection.set_tenant(tenant)
            try:
                found = schema_here()
            except OperationalError:
                refused += 1
                continue
            right, wrong = right + (found == tenant.schema_name), wrong + (found != tenant.schema_name)
    finally:
        stop.set()
        thread.join()
        connection.close()
    return right, wrong, refused


def test_a_cancelled_search_path_never_reads_another_mall_c1_t4(
    two_schemas: tuple[Tenant, Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong, refused = reads_under_cancels(two_schemas, refusals=200)
    assert wrong == 0
    assert right > 100
    assert refused >= 200

    # The negative control: the stock wrapper reads the wrong mall under the same storm.
    monkeypatch.setattr(DatabaseWrapper, "_handle_search_path", stock.DatabaseWrapper._handle_search_path)
    monkeypatch.setattr(DatabaseWrapper, "settle", lambda _self: None)
    assert reads_under_cancels(two_schemas, refusals=100_000, until_wrong=True)[1] > 0
