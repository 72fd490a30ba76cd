"""Tasks carry their schema and wait for the commit. The last test runs a real worker."""

import time
from datetime import datetime
from typing import Any

import psycopg
import pytest
from celery import current_app
from celery.exceptions import NotRegistered
from django.db import OperationalError, connection, transaction

from saas.kernel.outbox.models import OutboxEvent
from saas.kernel.outbox.operations import tell
from saas.kernel.tasks import SCHEMA_HEADER, SchemaMissing, enqueue, is_away, known_tasks
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.models import AppliedEvent
from tests import database
from tests.worker import working


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("headers", "refusal"),
    [({}, SchemaMissing), ({SCHEMA_HEADER: ""}, SchemaMissing), ({SCHEMA_HEADER: "m" * 64}, ValueError)],
)
def test_a_message_without_a_known_schema_runs_nothing_c13(headers: dict[str, str], refusal: type[Exception]) -> None:
    known_tasks()
    with pytest.raises(refusal):
        current_app.tasks["tenants.relay.in_every_mall"].apply(headers=headers, kwargs={"name": "tenants.relay.relay"})
    assert connection.schema_name == "public"


@pytest.mark.django_db
def test_a_task_that_nobody_declares_is_an_error_where_it_is_sent(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks() as hooks:
        enqueue("nobody.does_this")
    with pytest.raises(NotRegistered):
        hooks[0]()


@pytest.mark.django_db
def test_a_task_of_a_transaction_that_fails_is_not_sent(
    riverside: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    def fail() -> None:
        with transaction.atomic():
            enqueue("tenants.relay.relay")
            raise ZeroDivisionError

    with inside(riverside), django_capture_on_commit_callbacks() as hooks, pytest.raises(ZeroDivisionError):
        fail()
    assert hooks == []


def test_a_real_worker_takes_the_message_and_works_in_its_mall(committed: None, settings: Any, now: datetime) -> None:
    """From the mall's commit over Valkey to a worker process and into the platform's schema."""
    with working(settings) as worker:
        with inside(Tenant.objects.get(slug="riverside")), transaction.atomic():
            event = tell(kind="test.happened", subject="a", payload={}, now=now)
        deadline = time.monotonic() + 60
        while not AppliedEvent.objects.filter(event_id=event.event_id).exists():
            assert worker.poll() is None
            assert time.monotonic() < deadline, "the worker did not carry the event"
            time.sleep(0.1)
        with inside(Tenant.objects.get(slug="riverside")):
            # Noting the sending is the relay's next step.
            while OutboxEvent.objects.get(event_id=event.event_id).sent_at is None:
                assert time.monotonic() < deadline
                time.sleep(0.1)


def test_a_task_that_finds_no_database_comes_back_when_there_is_one_i1(
    committed: None, settings: Any, now: datetime
) -> None:
    """The worker cannot reach the database for two seconds; no sweep runs, and the message is not lost."""
    name = connection.settings_dict["NAME"]
    with working(settings), psycopg.connect(database.superuser_url(), autocommit=True) as server:
        with inside(Tenant.objects.get(slug="riverside")), transaction.atomic():
            event = tell(kind="test.happened", subject="a", payload={}, now=now)
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            own = connection.connection.info.backend_pid
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s", [name, own]
            )
        time.sleep(2)
        assert not AppliedEvent.objects.filter(event_id=event.event_id).exists()
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        deadline = time.monotonic() + 60
        while not AppliedEvent.objects.filter(event_id=event.event_id).exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    assert AppliedEvent.objects.filter(event_id=event.event_id).count() == 1


@pytest.mark.parametrize(
    ("state", "is_so"), [(None, True), ("57P01", True), ("08006", True), ("55P03", False), ("57014", False)]
)
def test_only_a_database_without_a_connection_is_away(state: str | None, is_so: bool) -> None:
    error = OperationalError()
    error.__cause__ = psycopg.OperationalError()
    error.__cause__.sqlstate = state
    assert is_away(error) is is_so
