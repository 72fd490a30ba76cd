"""Reads of health."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from saas.kernel.outbox.models import OutboxEvent
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from .models import MallHealth


@dataclass(frozen=True)
class StuckEvent:
    """An event of a mall's outbox that waits or is parked."""

    event_id: str
    kind: str
    subject: str
    happened_at: datetime
    tries: int
    error: str
    is_parked: bool


def troubled() -> "QuerySet[MallHealth]":
    """Return the malls with something waiting or parked, parked first."""
    rows = MallHealth.objects.select_related("tenant").filter(Q(parked_count__gt=0) | Q(waiting_count__gt=0))
    return rows.order_by("-parked_count", "oldest_waiting_at")


def stuck_events(tenant: Tenant, *, limit: int = 200) -> list[StuckEvent]:
    """Return the events of one mall that were not sent yet, oldest first."""
    with inside(tenant):
        rows = OutboxEvent.objects.filter(sent_at__isnull=True).order_by("pk")[:limit]
        return [
            StuckEvent(
                row.event_id, row.kind, row.subject, row.happened_at, row.tries, row.error, row.parked_at is not None
            )
            for row in rows
        ]
