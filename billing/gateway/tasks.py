"""The gateway's tasks on the platform."""

import logging

from saas.kernel import clock
from saas.kernel.tasks import task

from . import accounts, inbox
from .client import GatewayUnavailable
from .hearing import UNTIL_ANSWERED

logger = logging.getLogger(__name__)


@task("billing.gateway.handle")
def handle(*, event_pk: int, **_later: object) -> None:
    """Handle a stored event."""
    inbox.handle(event_pk=event_pk, now=clock.now())


@task("billing.gateway.catch_up")
def catch_up(**_later: object) -> None:
    """Fetch what never reached us."""
    try:
        inbox.catch_up(now=clock.now())
    except GatewayUnavailable:
        logger.warning("Stripe did not answer the catch-up; the next one tries again")


@task("billing.gateway.find_disputes")
def find_disputes(**_later: object) -> None:
    """Have every dispute of the last days looked at."""
    try:
        inbox.find_disputes(now=clock.now())
    except GatewayUnavailable:
        logger.warning("Stripe did not list disputes; the next hour tries again")


@task("billing.gateway.account_changed", **UNTIL_ANSWERED)
def account_changed(*, tenant_schema: str, **_later: object) -> None:
    """Something happened to a mall's account: ask how it stands."""
    accounts.read_account(tenant_schema=tenant_schema, now=clock.now())
