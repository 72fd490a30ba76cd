"""Settlements' background work on the platform. Each may run twice, and be killed anywhere."""

import logging

from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.errors import Busy
from saas.kernel.tasks import enqueue, task

from . import earnings, operations, queries, recovering, sending

logger = logging.getLogger(__name__)


@task("billing.settlements.release_due")
def release_due(**_later: object) -> None:
    """Make available what has waited long enough, and go on with what is being brought back."""
    now = clock.now()
    for schema in queries.schemas_to_release(at=now):
        enqueue("billing.settlements.release_mall", tenant_schema=schema)
    for redemption in recovering.unfinished(before=now - recovering.UNDER_WAY):
        enqueue("billing.settlements.recover", redemption=redemption)


@task("billing.settlements.release_mall", autoretry_for=(Busy,), max_retries=3, retry_backoff=5)
def release_mall(*, tenant_schema: str, **_later: object) -> None:
    """Make a mall's earnings available, batch by batch."""
    now = clock.now()
    while earnings.release(schema=tenant_schema, now=now):
        continue


@task("billing.settlements.propose")
def propose(**_later: object) -> None:
    """Make or refresh today's proposal, and go on with runs that were approved and not finished."""
    now = clock.now()
    operations.propose(day=now.date(), now=now)
    for run_public_id in queries.unfinished_runs():
        enqueue("billing.settlements.carry_out", run_public_id=run_public_id)


@task("billing.settlements.carry_out", autoretry_for=(GatewayUnavailable, Busy), max_retries=6, retry_backoff=10)
def carry_out(*, run_public_id: str, after: int = 0, **_later: object) -> None:
    """Claim and send an approved run's settlements for a minute and leave the rest to the next; what is cut off, to a later start."""
    sending.carry_out(run_public_id=run_public_id, now=clock.now(), after=after)


@task("billing.settlements.recover", autoretry_for=(GatewayUnavailable, Busy), max_retries=6, retry_backoff=10)
def recover(*, redemption: str, **_later: object) -> None:
    """Bring back from the merchant's Stripe account what was sent of an earning that was taken back."""
    recovering.recover(redemption=redemption, now=clock.now())
