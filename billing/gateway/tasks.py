"""The gateway's tasks on the platform."""

import logging

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations

logger = logging.getLogger(__name__)


@task("billing.gateway.handle")
def handle(*, event_pk: int, **_later: object) -> None:
    """Handle a stored event."""
    operations.handle(event_pk=event_pk, now=clock.now())


@task("billing.gateway.catch_up")
def catch_up(**_later: object) -> None:
    """Fetch what never reached us."""
    try:
        operations.catch_up(now=clock.now())
    except operations.GatewayUnavailable:
        logger.warning("Stripe did not answer the catch-up; the next one tries again")
