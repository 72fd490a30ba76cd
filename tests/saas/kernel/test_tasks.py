"""Tasks carry their schema and wait for the commit. The last test runs a real worker."""

import time
from datetime import datetime
from typing import Any

import pytest
from celery import current_app
from celery.exceptions import NotRegistered
from django.db import connection, transaction

from saas.kernel.outbox.models import OutboxEvent
from saas.kernel.outbox.operations import tell
from saas.kernel.tasks import SCHEMA_HEADER, SchemaMissing, enqueue, known_tasks
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay.models import AppliedEvent
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
