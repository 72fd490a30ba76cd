"""The daily reconciliation on the platform. May run twice."""

import logging

from saas.kernel import clock
from saas.kernel.tasks import task

from . import reading
from .models import Check

logger = logging.getLogger(__name__)


@task("billing.reconciliation.read_movements")
def read_movements(**_later: object) -> None:
    """Read what Stripe moved since the last time, and book the fees."""
    reading.read_movements(now=clock.now())


@task("billing.reconciliation.reconcile")
def reconcile(*, check_pk: int | None = None, **_later: object) -> None:
    """Compare all sides and note what does not agree; `check_pk` names the check that a person asked for."""
    asked = Check.objects.filter(pk=check_pk, ended_at=None).first() if check_pk else None
    if check_pk and asked is None:
        return
    check = reading.reconcile(now=clock.now(), check=asked)
    logger.info("reconciled: %s, %d breaks", check.compared, check.breaks_found)
