"""What waits or is stuck in malls, kept on the platform and sent again by hand."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ops_console.health import operations, queries
from ops_console.health.models import MallHealth
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from saas.kernel.outbox.models import OutboxEvent
from tenants.isolation.entrance import inside


def tell(tenant: Any, now: datetime, **fields: Any) -> str:
    with inside(tenant):
        row = OutboxEvent.objects.create(kind="order.paid", subject="s", payload={}, happened_at=now, **fields)
    return str(row.event_id)


def test_the_survey_keeps_what_waits_and_what_is_parked(riverside: Any, hillside: Any, now: datetime) -> None:
    tell(riverside, now - timedelta(minutes=9))
    tell(riverside, now - timedelta(minutes=5))
    tell(riverside, now, parked_at=now, tries=20)
    tell(riverside, now, sent_at=now)
    assert operations.survey(now=now) >= 2
    row = MallHealth.objects.get(tenant=riverside)
    assert (row.waiting_count, row.parked_count, row.oldest_waiting_at) == (2, 1, now - timedelta(minutes=9))
    assert riverside in [one.tenant for one in queries.troubled()]
    assert hillside not in [one.tenant for one in queries.troubled()]


def test_a_parked_event_is_sent_again_by_hand_and_audited(riverside: Any, now: datetime) -> None:
    event_id = tell(riverside, now, parked_at=now, tries=20)
    operations.send_again(tenant=riverside, event_id=event_id, by=SYSTEM, now=now)
    with inside(riverside):
        row = OutboxEvent.objects.get(event_id=event_id)
        assert (row.parked_at, row.tries) == (None, 0)
    assert AuditEntry.objects.get(action="event.sent_again").subject_id == event_id
    with pytest.raises(operations.NothingParked):
        operations.send_again(tenant=riverside, event_id=event_id, by=SYSTEM, now=now)


def test_only_finance_and_admin_send_again(
    client_for: Any, mei: Any, tomas: Any, riverside: Any, now: datetime
) -> None:
    event_id = tell(riverside, now, parked_at=now, tries=20, error="LookupError('gone')")
    page = f"/ops/health/{riverside.public_id}/"
    assert "LookupError" in client_for(None, mei).get(page).content.decode()
    assert client_for(None, mei).post(f"{page}{event_id}/again/").status_code == 403
    assert client_for(None, tomas).post(f"{page}{event_id}/again/").status_code == 302
    assert client_for(None, tomas).post(f"{page}{event_id}/again/").status_code == 422
