"""Reads of the register of erasures."""

from collections.abc import Sequence

from tenants.registry.models import Tenant

from .models import Erasure


def is_erased(schemas: Sequence[str]) -> bool:
    """Tell whether a mall that had one of the schemas was erased, or is being erased."""
    begun = (Erasure.State.RUNNING, Erasure.State.DONE)
    return Erasure.objects.filter(schema_name__in=schemas, state__in=begun).exists()


def standing(tenant: Tenant) -> Erasure | None:
    """Return the erasure that waits for the mall, runs, or is done."""
    return Erasure.objects.filter(tenant=tenant).exclude(state__in=("cancelled", "failed")).first()
