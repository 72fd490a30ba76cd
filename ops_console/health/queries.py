"""Reads of health."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from saas.kernel.outbox.models import OutboxEvent
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from .findings import State
from .models import Examination, MallHealth


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


@dataclass(frozen=True)
class Look:
    """One examination for the page: the findings that want attention, failures first, and those that hold."""

    row: Examination
    troubled: list[dict[str, str]]
    holding: list[dict[str, str]]


def last_look() -> Look | None:
    """Return the newest examination, or None before the first."""
    row = Examination.objects.order_by("-examined_at").first()
    return look_of(row) if row else None


def look_of(row: Examination) -> Look:
    """Return an examination as the page shows it."""
    by_state = {state: [one for one in row.findings if one["state"] == state] for state in State}
    return Look(row, by_state[State.FAILED] + by_state[State.UNKNOWN], by_state[State.OK])


def looks(*, limit: int) -> list[Examination]:
    """Return the newest examinations, newest first, without the texts of what was found."""
    return list(Examination.objects.order_by("-examined_at").defer("findings")[:limit])
