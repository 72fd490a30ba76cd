"""Reads of the register of erasures."""

from collections.abc import Sequence

from django.db.models import Q

from tenants.registry.models import Tenant

from .models import Erasure


def is_erased(schemas: Sequence[str]) -> bool:
    """Tell whether a mall that had one of the schemas was erased."""
    return Erasure.objects.filter(schema_name__in=schemas, state=Erasure.State.DONE).exists()


def is_being_erased(schemas: Sequence[str]) -> bool:
    """Tell whether the erasure of a mall that had one of the schemas has begun and is not over; between two tries it waits."""
    of_them = Erasure.objects.filter(schema_name__in=schemas)
    begun_and_waiting = Q(state=Erasure.State.WAITING, tenant__status=Tenant.Status.CLOSED)
    return of_them.filter(Q(state=Erasure.State.RUNNING) | begun_and_waiting).exists()


def standing(tenant: Tenant) -> Erasure | None:
    """Return the erasure that waits for the mall, runs, or is done."""
    return Erasure.objects.filter(tenant=tenant).exclude(state__in=("cancelled", "failed")).first()
