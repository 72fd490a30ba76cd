"""The daily reconciliation on the platform. May run twice."""

import logging

from saas.kernel import clock
from saas.kernel.tasks import task

from . import reading

logger = logging.getLogger(__name__)


@task("billing.reconciliation.read_movements")
def read_movements(**_later: object) -> None:
    """Read what Stripe moved since the last time, and book the fees."""
    reading.read_movements(now=clock.now())


@task("billing.reconciliation.reconcile")
def reconcile(**_later: object) -> None:
    """Compare all sides and note what does not agree."""
    check = reading.reconcile(now=clock.now())
    logger.info("reconciled: %s, %d breaks", check.compared, check.breaks_found)
