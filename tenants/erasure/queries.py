"""Reads of the register of erasures."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from tenants.archives import queries as archived
from tenants.registry.models import Tenant
from tenants.relay.models import AppliedEvent

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
    """Return the erasure that waits for the mall, runs, or is done, with its tenant."""
    return (
        Erasure.objects.select_related("tenant")
        .filter(tenant=tenant)
        .exclude(state__in=("cancelled", "failed"))
        .first()
    )


def moving() -> QuerySet[Erasure]:
    """Return the erasures, not over yet, of malls that move: they want their archives to stay."""
    return Erasure.objects.filter(state__in=Erasure.UNDER_WAY, moves_at__isnull=False)


def is_archived(tenant: Tenant) -> bool:
    """
    Tell whether an archive that was downloaded knows all that was sold, used and refunded, so that a restore of it is a move
    (ADR 0008); an older one would become a copy, whose vouchers are void, and one only on the storage goes with the mall.
    """
    newest = max((one.asked_at for one in archived.taken(tenant)), default=None)
    if newest is None:
        return False
    later = AppliedEvent.objects.filter(schema_name=tenant.schema_name, happened_at__gt=newest)
    # Neither a visit nor an ended account changes a sale; the restore ends such an account again.
    return not later.exclude(kind__startswith="agency.").exclude(kind="person.ended").exists()
