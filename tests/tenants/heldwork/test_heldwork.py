"""Work whose mall does not take it is held, seen, and goes on by itself or by a person; nothing runs where it must not (C13, C15)."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from celery import current_app
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from ops_console.health.findings import Ground, State
from ops_console.health.guards import work
from saas.kernel.actors import SYSTEM
from saas.kernel.outbox.operations import tell
from saas.kernel.tasks import SCHEMA_HEADER, enqueue, known_tasks
from tenants.heldwork import operations, queries
from tenants.heldwork.models import HeldTask
from tenants.isolation.entrance import inside
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant
from tenants.relay.models import AppliedEvent
from tests.worker import working

STRANGER = "m_00000000000nobod"
SELLING, MONEY = "storefront.catalog.apply_import", "storefront.refunds.refund_expired"


def send(task: str, schema: str, **arguments: Any) -> None:
    """Let the message arrive as at a worker."""
    known_tasks()
    current_app.tasks[task].apply(headers={SCHEMA_HEADER: schema}, kwargs=arguments)


def put(tenant: Tenant, **fields: Any) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(**fields)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"status": "closed"}, "closed"), ({"parked": True}, "maintenance"), ({"schema_name": STRANGER}, "unknown")],
)
def test_a_mall_that_is_gone_or_in_maintenance_has_its_work_held_once(
    riverside: Tenant, fields: dict[str, Any], reason: str
) -> None:
    put(riverside, **fields)
    for _time in range(3):
        send(SELLING, riverside.schema_name, import_id="none-such")
    row = HeldTask.objects.get()
    assert (row.schema_name, row.task, row.arguments, row.reason) == (
        riverside.schema_name, SELLING, {"import_id": "none-such"}, reason,
    )  # fmt: skip
    assert row.first_held_at < row.held_at
    assert operations.release() == 0


def test_of_an_erased_mall_only_what_stripe_tells_is_held(riverside: Tenant) -> None:
    """What was under way when it was erased ended with it: nobody has to drop it, and its words are not kept."""
    put(riverside, status="closed", schema_name=STRANGER)  # the schema is gone, the mall's row stays
    send("storefront.checkout.release_expired_holds", STRANGER)
    send("tenants.longwork.note", STRANGER, summary="Asked for by Alma")
    assert not HeldTask.objects.exists()
    told = {"kind": "charge.dispute.created", "object_id": "dp_1", "payment_reference": "r"}
    send("storefront.disputes.dispute_changed", STRANGER, **told)
    assert [(row.task, row.reason) for row in HeldTask.objects.all()] == [
        ("storefront.disputes.dispute_changed", "closed")
    ]


def test_while_a_mall_is_suspended_money_goes_on_and_selling_waits_m19(riverside: Tenant, now: datetime) -> None:
    provisioning.suspend(tenant_id=riverside.pk, reason="unpaid", by=SYSTEM, now=now)
    send(MONEY, riverside.schema_name)
    send("storefront.checkout.release_expired_holds", riverside.schema_name)
    assert not HeldTask.objects.exists()
    send(SELLING, riverside.schema_name, import_id="none-such")
    assert [one.mall for one in queries.held(limit=9)] == [riverside.name]
    assert operations.release() == 0
    number = HeldTask.objects.get().pk
    with pytest.raises(operations.StillRefused):
        operations.send_again(number=number, by=SYSTEM, now=now)
    provisioning.resume(tenant_id=riverside.pk, by=SYSTEM, now=now)
    with pytest.raises(ObjectDoesNotExist):  # it ran: there is no such import
        operations.send_again(number=number, by=SYSTEM, now=now)


def test_work_that_the_release_does_not_know_keeps_no_other_work_back(
    riverside: Tenant, hillside: Tenant, now: datetime
) -> None:
    """Renamed while its mall was in maintenance: it stays for a person; what came after it, of every mall, is sent."""
    for tenant, task in ((riverside, "storefront.gone.away"), (riverside, MONEY), (hillside, MONEY)):
        operations.hold(schema=tenant.schema_name, task=task, arguments={}, reason="maintenance")
    assert operations.release() == 2
    assert [row.task for row in HeldTask.objects.all()] == ["storefront.gone.away"]
    assert operations.release() == 0
    assert work.held_work(Ground(now)).measured.endswith("not known to this release: storefront.gone.away")
    with pytest.raises(operations.NotKnown):
        operations.send_again(number=HeldTask.objects.get().pk, by=SYSTEM, now=now)


def test_the_doctor_asks_for_a_person_where_nobody_else_comes(riverside: Tenant, now: datetime) -> None:
    put(riverside, parked=True)
    assert work.held_work(Ground(now)).state == State.OK
    send(MONEY, riverside.schema_name)
    assert work.held_work(Ground(now)).state == State.OK
    send(MONEY, STRANGER)
    assert work.held_work(Ground(now)).state == State.FAILED
    operations.forget(schema_name=STRANGER)
    assert [row.schema_name for row in HeldTask.objects.all()] == [riverside.schema_name]


def until(true: Callable[[], object], worker: Any) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert worker.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_real_worker_holds_what_it_may_not_do_and_does_it_when_the_mall_is_back(
    committed: None, settings: Any, now: datetime
) -> None:
    riverside = Tenant.objects.get(slug="riverside")
    with working(settings) as worker:
        put(riverside, parked=True)
        with inside(riverside), transaction.atomic():
            event = tell(kind="test.happened", subject="a", payload={}, now=now)
        enqueue("tenants.relay.relay", schema=STRANGER)
        until(lambda: HeldTask.objects.count() == 2, worker)
        assert {(row.schema_name, row.reason) for row in HeldTask.objects.all()} == {
            (riverside.schema_name, "maintenance"), (STRANGER, "unknown"),
        }  # fmt: skip
        assert not AppliedEvent.objects.filter(event_id=event.event_id).exists()
        put(riverside, parked=False)
        assert operations.release() == 1
        until(lambda: AppliedEvent.objects.filter(event_id=event.event_id).exists(), worker)
        assert [row.schema_name for row in HeldTask.objects.all()] == [STRANGER]
