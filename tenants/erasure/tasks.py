"""Erasing what is due."""

from django.conf import settings

from saas.kernel import clock
from saas.kernel.tasks import enqueue, task
from tenants.longwork import lease

from . import erasing
from .models import Erasure


@task("tenants.erasure.erase", time_limit=12 * 3600, soft_time_limit=12 * 3600)
def erase(*, erasure: str, **_later: object) -> None:
    """Erase a mall."""
    erasing.run(erasure=erasure)


@task("tenants.erasure.sweep")
def sweep(**_later: object) -> None:
    """Start the erasures whose grace is over, and begin again what a dead process left."""
    due = Erasure.objects.filter(state=Erasure.State.WAITING, due_at__lte=clock.now()).values_list(
        "public_id", flat=True
    )
    running = Erasure.objects.filter(state=Erasure.State.RUNNING, public_id__in=lease.due(Erasure))
    for found in [*due, *running.values_list("public_id", flat=True)]:
        enqueue("tenants.erasure.erase", schema=settings.PUBLIC_SCHEMA_NAME, erasure=found)
