"""From a mall's outbox to the platform: at least once told, once applied, in order for each subject."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from saas.kernel.errors import Busy
from saas.kernel.outbox.models import OutboxEvent
from saas.kernel.outbox.operations import tell
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tenants.relay import operations
from tenants.relay.events import Event
from tenants.relay.models import AppliedEvent

SEEN: list[tuple[str, int]] = []


def take(event: Event) -> None:
    """A subscriber that fails for events that say so."""
    if event.payload.get("is_busy"):
        raise Busy
    if event.payload.get("fails"):
        raise ValueError(event.payload["n"])
    SEEN.append((event.subject, event.payload["n"]))


@pytest.fixture(autouse=True)
def subscriber(settings: Any) -> None:
    SEEN.clear()
    settings.OUTBOX_SUBSCRIBERS = {"test.happened": [f"{__name__}.take"]}


def told(tenant: Tenant, now: datetime, *payloads: dict[str, object], subject: str = "a") -> None:
    with inside(tenant), transaction.atomic():
        for payload in payloads:
            tell(kind="test.happened", subject=subject, payload=payload, now=now)


def test_events_arrive_in_order_and_once_however_often_the_relay_runs(riverside: Tenant, now: datetime) -> None:
    told(riverside, now, {"n": 1}, {"n": 2}, {"n": 3})

    assert operations.relay(schema=riverside.schema_name, now=now) == 3
    assert operations.relay(schema=riverside.schema_name, now=now) == 0
    assert SEEN == [("a", 1), ("a", 2), ("a", 3)]


def test_a_relay_that_died_before_it_noted_the_sending_applies_nothing_twice(riverside: Tenant, now: datetime) -> None:
    told(riverside, now, {"n": 1})
    operations.relay(schema=riverside.schema_name, now=now)
    with inside(riverside):
        OutboxEvent.objects.update(sent_at=None)

    operations.relay(schema=riverside.schema_name, now=now)
    assert SEEN == [("a", 1)]
    with inside(riverside):
        assert OutboxEvent.objects.get().sent_at == now


def test_an_event_that_fails_holds_back_its_subject_only_and_leaves_no_trace_of_being_applied(
    riverside: Tenant, now: datetime
) -> None:
    told(riverside, now, {"n": 1}, {"n": 2, "fails": True}, {"n": 3})
    told(riverside, now, {"n": 9}, subject="b")

    operations.relay(schema=riverside.schema_name, now=now)
    assert SEEN == [("a", 1), ("b", 9)]
    assert AppliedEvent.objects.count() == 2
    with inside(riverside):
        waiting = OutboxEvent.objects.filter(sent_at__isnull=True).order_by("pk")
        assert [(row.payload["n"], row.tries) for row in waiting] == [(2, 1), (3, 0)]


def test_an_event_that_keeps_failing_is_parked_and_the_next_goes_on(riverside: Tenant, now: datetime) -> None:
    told(riverside, now, {"n": 1, "fails": True}, {"n": 2})
    for _time in range(operations.MAXIMUM_TRIES):
        operations.relay(schema=riverside.schema_name, now=now)
    operations.relay(schema=riverside.schema_name, now=now)

    assert SEEN == [("a", 2)]
    with inside(riverside):
        assert OutboxEvent.objects.get(parked_at__isnull=False).payload["n"] == 1


def test_telling_outside_a_transaction_is_refused(committed: None, now: datetime) -> None:
    with inside(Tenant.objects.get(slug="riverside")):
        with pytest.raises(TransactionManagementError):
            tell(kind="test.happened", subject="a", payload={}, now=now)
        assert not OutboxEvent.objects.exists()


def test_the_task_after_the_commit_carries_the_event(riverside: Tenant, now: datetime, run_tasks: Any) -> None:
    with run_tasks():
        told(riverside, now, {"n": 1})
    assert SEEN == [("a", 1)]


def test_the_sweep_finds_what_the_fast_path_lost(riverside: Tenant, now: datetime, run_tasks: Any) -> None:
    told(riverside, now, {"n": 1})
    with run_tasks():
        from tenants.relay.tasks import sweep

        sweep.run()
    assert SEEN == [("a", 1)]


def test_what_heals_by_itself_is_never_parked(riverside: Tenant, now: datetime) -> None:
    told(riverside, now, {"n": 1, "is_busy": True})
    for _time in range(operations.MAXIMUM_TRIES + 1):
        operations.relay(schema=riverside.schema_name, now=now)
    with inside(riverside):
        row = OutboxEvent.objects.get()
    assert (row.tries, row.parked_at, row.sent_at) == (0, None, None)
    assert "Busy" in row.error


def test_many_events_behind_a_failed_one_do_not_hold_up_other_subjects(riverside: Tenant, now: datetime) -> None:
    told(riverside, now, {"n": 0, "fails": True}, *({"n": number} for number in range(operations.BATCH)))
    told(riverside, now, {"n": 9}, subject="b")

    operations.relay(schema=riverside.schema_name, now=now)
    assert SEEN == [("b", 9)]
