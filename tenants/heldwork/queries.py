"""Reads of held work. On the platform."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from saas.kernel.tasks import known_tasks
from tenants.registry.models import Tenant

from .models import HeldTask


@dataclass(frozen=True)
class Held:
    """One piece of held work as the console shows it: `mall` is the mall's name, or its schema's where there is none."""

    number: int
    mall: str
    task: str
    reason: str
    first_held_at: datetime
    held_at: datetime


def held(*, limit: int) -> list[Held]:
    """Return held work, oldest first."""
    rows = list(HeldTask.objects.order_by("pk")[:limit])
    names = dict(
        Tenant.objects.filter(schema_name__in={row.schema_name for row in rows}).values_list("schema_name", "name")
    )
    return [
        Held(
            row.pk,
            names.get(row.schema_name, row.schema_name),
            row.task,
            row.get_reason_display(),
            row.first_held_at,
            row.held_at,
        )
        for row in rows
    ]


def counts() -> dict[str, int]:
    """Return how much work is held for each reason."""
    return dict(HeldTask.objects.order_by().values_list("reason").annotate(Count("pk")))


def unknown_tasks() -> list[str]:
    """Return the names of held tasks that this release does not have, so that it never sends them."""
    return sorted(set(HeldTask.objects.order_by().values_list("task", flat=True).distinct()) - known_tasks())
