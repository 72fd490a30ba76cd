"""Held work on the Health page."""

from datetime import datetime
from typing import Any

from celery import current_app

from saas.audit.models import AuditEntry
from saas.kernel.tasks import SCHEMA_HEADER, known_tasks
from tenants.heldwork.models import HeldTask
from tenants.registry.models import Tenant

STRANGER = "m_00000000000nobod"
MONEY = "storefront.refunds.refund_expired"


def send(task: str, schema: str) -> None:
    """Let the message arrive as at a worker."""
    known_tasks()
    current_app.tasks[task].apply(headers={SCHEMA_HEADER: schema})


def put(tenant: Tenant, **fields: Any) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(**fields)


def test_a_person_sends_again_or_drops_and_it_is_audited(
    riverside: Tenant, client_for: Any, mei: Any, tomas: Any, now: datetime
) -> None:
    put(riverside, parked=True)
    send(MONEY, riverside.schema_name)
    send(MONEY, STRANGER)
    ours, strangers = HeldTask.objects.order_by("pk")
    page = client_for(None, mei).get("/ops/health/").content.decode()
    assert riverside.name in page
    assert STRANGER in page
    for act in ("again", "drop"):
        assert client_for(None, mei).post(f"/ops/health/held/{ours.pk}/{act}/").status_code == 403
    client = client_for(None, tomas)
    assert client.post(f"/ops/health/held/{ours.pk}/again/").status_code == 422
    put(riverside, parked=False)
    assert client.post(f"/ops/health/held/{ours.pk}/again/").status_code == 302
    assert client.post(f"/ops/health/held/{strangers.pk}/again/").status_code == 422
    assert client.post(f"/ops/health/held/{strangers.pk}/drop/").status_code == 302
    assert client.post(f"/ops/health/held/{strangers.pk}/drop/").status_code == 422
    assert not HeldTask.objects.exists()
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"work.sent_again", "work.dropped"}
