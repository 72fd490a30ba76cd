"""Stripe's news of disputes, and what sweeps up behind it. Each may run twice."""

import logging

from billing.gateway.hearing import UNTIL_ANSWERED
from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.errors import Busy
from saas.kernel.tasks import enqueue, task

from . import forgetting, looking, queries

logger = logging.getLogger(__name__)


@task("storefront.disputes.dispute_changed", **UNTIL_ANSWERED)
def dispute_changed(*, object_id: str, payment_reference: str = "", **_later: object) -> None:
    """Stripe told that something happened to a dispute: ask what. One about no payment of an order is nobody's here."""
    if not payment_reference:
        logger.error("dispute %s is about no order's payment", object_id)
        return
    looking.look_at(payment_reference=payment_reference, dispute_id=object_id, now=clock.now())


@task("storefront.disputes.look_again", autoretry_for=(GatewayUnavailable, Busy), max_retries=3, retry_backoff=5)
def look_again(*, dispute_public_id: str, **_later: object) -> None:
    """Ask how one dispute stands."""
    looking.look_again(dispute_public_id=dispute_public_id, now=clock.now())


@task("storefront.disputes.sweep")
def sweep(**_later: object) -> None:
    """Find disputes of which nobody has told us for a while."""
    for public_id in queries.to_look_at(at=clock.now()):
        enqueue("storefront.disputes.look_again", dispute_public_id=public_id)


@task("storefront.disputes.forget_addresses")
def forget_addresses(**_later: object) -> None:
    """Forget from where orders were bought that no bank can ask about any more."""
    forgetting.forget_addresses(now=clock.now())
