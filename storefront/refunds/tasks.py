"""Refunds after the commit, and what sweeps up behind them. Each may run twice."""

import logging

from django.utils.translation import gettext as _

from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from saas.kernel.errors import DomainError
from saas.kernel.tasks import enqueue, task

from . import operations, paying, queries

logger = logging.getLogger(__name__)


@task(
    "storefront.refunds.pay_back",
    autoretry_for=(GatewayUnavailable,),
    max_retries=3,
    retry_backoff=5,
    retry_backoff_max=60,
)
def pay_back(*, voucher_public_id: str, **_later: object) -> None:
    """Send one voucher's money back. After the last try the sweep goes on with it."""
    paying.pay_back(voucher_public_id=voucher_public_id, now=clock.now())


@task("storefront.refunds.refund_expired")
def refund_expired(**_later: object) -> None:
    """Find vouchers that ended unused and go back by themselves (X2), and refunds that were left lying."""
    for public_id in queries.expired(at=clock.now()):
        enqueue("storefront.refunds.refund_one", voucher_public_id=public_id)
    for public_id in queries.to_pay_back():
        enqueue("storefront.refunds.pay_back", voucher_public_id=public_id)


@task("storefront.refunds.refund_one")
def refund_one(*, voucher_public_id: str, **_later: object) -> None:
    """Refund one voucher that ended unused."""
    try:
        operations.request(voucher_public_id=voucher_public_id, reason=_("It ended unused"), by=SYSTEM, now=clock.now())
    except DomainError as refusal:
        logger.info("voucher %s is not refunded at its end: %s", voucher_public_id, refusal.code)
