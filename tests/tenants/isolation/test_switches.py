"""Path and role are set once and believed until something may have changed them; then they are set again."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from pytest_django import DjangoDbBlocker

from saas.accounts.models import User
from tenants.isolation.entrance import building, inside, on_platform
from tenants.isolation.postgresql.base import DatabaseWrapper
from tenants.registry.models import Tenant
from tests import database


@pytest.fixture
def malls(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Tenant, Tenant]]:
    """The two malls on a connection without a test's transaction around it. These tests only read."""
    with django_db_blocker.unblock():
        yield Tenant.objects.get(slug="riverside"), Tenant.objects.get(slug="hillside")
        connection.set_schema_to_public()
        connection.close()


@pytest.fixture
def persistent(malls: tuple[Tenant, Tenant], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the connection between requests, as the product does."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    connection.close()
    connection.ensure_connection()


def here() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_user")
        row = cursor.fetchone()
        return str(row[0]), str(row[1])


def home(mall: Tenant) -> tuple[str, str]:
    return mall.schema_name, f"r_{mall.schema_name}"


def switches() -> int:
    return int(connection.switches)


def test_many_statements_in_one_mall_cost_one_switch(malls: tuple[Tenant, Tenant]) -> None:
    riverside, hillside = malls
    before = switches()
    with inside(riverside):
        for _number in range(5):
            assert User.objects.exists()
    with inside(riverside):
        assert here() == home(riverside)
    assert switches() == before + 1, "the way back to the platform costs nothing until something is asked there"
    with inside(hillside):
        assert here() == home(hillside)
    assert switches() == before + 2


def test_a_request_in_one_mall_costs_one_switch(malls: tuple[Tenant, Tenant], persistent: None) -> None:
    """Django's health check at the start of a request is the switch itself."""
    riverside, _hillside = malls
    with inside(riverside):
        assert here() == home(riverside)
    assert connection.health_check_enabled
    for _request in range(3):
        connection.close_if_unusable_or_obsolete()
        before = switches()
        with inside(riverside):
            assert here() == home(riverside)
            assert User.objects.exists()
        assert switches() == before + 1


@pytest.mark.parametrize("command", ["ROLLBACK", "savepoint", "broken commit", "raw"])
def test_what_a_transaction_set_is_not_believed_after_its_rollback(
    command: str, malls: tuple[Tenant, Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    riverside, hillside = malls

    def set_within_and_undo() -> None:
        with inside(hillside):
            assert here() == home(hillside)
        with inside(riverside):  # the switch to Riverside happens inside what is rolled back
            if command == "ROLLBACK":
                with transaction.atomic():
                    assert here() == home(riverside)
                    transaction.set_rollback(True)
            elif command == "savepoint":
                with building(riverside), transaction.atomic():
                    sid = transaction.savepoint()
                    with inside(riverside):
                        assert here() == home(riverside)
                        transaction.savepoint_rollback(sid)
                        assert here() == home(riverside)
            elif command == "broken commit":
                connection.set_autocommit(False)
                assert here() == home(riverside)
                with pytest.raises(DatabaseError), connection.cursor() as cursor:
                    cursor.execute("SELECT 1/0")
                connection.commit()
                connection.set_autocommit(True)
            else:
                with connection.cursor() as cursor:
                    cursor.execute("BEGIN")
                    connection.forget()
                    cursor.execute("SELECT 1")
                    cursor.execute("ROLLBACK")
                    cursor.execute("SELECT current_schema(), current_user")
                    assert cursor.fetchone() == home(riverside), "also on a cursor that was made before"
            assert here() == home(riverside)

    set_within_and_undo()
    # The negative control: a wrapper that goes on believing reads as Hillside (PostgreSQL 18 would still tell it the path).
    connection.forget()
    monkeypatch.setattr(DatabaseWrapper, "_forget", lambda self: self.__dict__.setdefault("_settled", None))
    monkeypatch.setattr(DatabaseWrapper, "_reported_path", lambda self: None)
    if command != "raw":  # that one calls forget() itself, to have something set inside its transaction
        monkeypatch.setattr(DatabaseWrapper, "forget", lambda self: None)
        with pytest.raises(AssertionError):
            set_within_and_undo()
    connection.close()


@pytest.mark.parametrize(
    "command", ["RESET ALL", "DISCARD ALL", "RESET ROLE", "RESET search_path", "SET search_path = public"]
)
def test_a_command_that_changes_path_or_role_is_answered_by_setting_them_again(
    command: str, malls: tuple[Tenant, Tenant]
) -> None:
    with inside(malls[0]), connection.cursor() as cursor:
        assert here() == home(malls[0])
        cursor.execute(command)
        cursor.execute("SELECT current_schema(), current_user")
        assert cursor.fetchone() == home(malls[0])


def test_the_server_tells_of_a_path_that_was_changed_behind_the_wrapper(malls: tuple[Tenant, Tenant]) -> None:
    with inside(malls[0]):
        assert here() == home(malls[0])
        connection.connection.execute(f'SET search_path = "{malls[1].schema_name}"')  # not by a cursor of ours
        assert here() == home(malls[0])


def test_a_connection_that_was_ended_and_opened_again_starts_in_the_mall(malls: tuple[Tenant, Tenant]) -> None:
    with inside(malls[0]):
        assert here() == home(malls[0])
        connection.close()
        assert here() == home(malls[0])
        pid = connection.connection.info.backend_pid
        with psycopg.connect(database.superuser_url(), autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [pid])
        with pytest.raises(OperationalError):
            User.objects.exists()
        connection.close_if_unusable_or_obsolete()  # as at the end of a request
        assert here() == home(malls[0])


def test_a_cursor_that_outlives_a_switch_runs_where_the_connection_is(malls: tuple[Tenant, Tenant]) -> None:
    riverside, hillside = malls
    with connection.cursor() as cursor:
        with inside(riverside):
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == (riverside.schema_name,)
        with inside(hillside):
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == (hillside.schema_name,)
        with on_platform():
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == ("public",)


def test_a_failed_statement_in_a_transaction_keeps_its_own_error(malls: tuple[Tenant, Tenant]) -> None:
    with (
        inside(malls[0]),
        pytest.raises(DatabaseError, match="division by zero"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1/0")
    with inside(malls[0]):
        assert here() == home(malls[0])


def test_a_backend_that_has_seen_many_malls_is_replaced(
    malls: tuple[Tenant, Tenant], persistent: None, settings: Any
) -> None:
    def pid() -> int:
        connection.ensure_connection()
        return int(connection.connection.info.backend_pid)

    settings.DATABASE_BACKEND_MALLS = 2
    with inside(malls[0]):
        here()
        first = pid()
        connection.close_if_unusable_or_obsolete()
        assert pid() == first
    with inside(malls[1]):
        here()
        connection.close_if_unusable_or_obsolete()
        assert pid() != first


def test_threads_that_alternate_malls_read_their_own_t5(malls: tuple[Tenant, Tenant]) -> None:
    """1,600 reads by 8 threads; the mall changes with every read."""
    wrong, done = [], []

    def reads(number: int) -> None:
        try:
            for turn in range(200):
                mall = malls[(number + turn) % 2]
                with inside(mall):
                    done.append(1)
                    if here() != home(mall) or not User.objects.filter(email__contains=mall.slug).exists():
                        wrong.append(mall)
        finally:
            connection.close()

    threads = [threading.Thread(target=reads, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(done) == 1600
