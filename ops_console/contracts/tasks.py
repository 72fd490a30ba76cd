"""Background work of contracts, on the platform."""

import logging
from collections.abc import Callable, Iterable

from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.kernel.tasks import task

from . import compiling, ending, mails, signing
from .models import ContractVersion

logger = logging.getLogger(__name__)
SENT = ContractVersion.State.SENT


@task("ops_console.contracts.tell", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900)
def tell(*, contract: str, version: int, what: str, **_later: object) -> None:
    """Tell merchant and agency by mail."""
    mails.tell(contract=contract, version=version, what=what, now=clock.now())


@task("ops_console.contracts.move_on")
def move_on(**_later: object) -> None:
    """Begin what has its day, end what is over, remind of and close what waits for signatures, bill what was left. Safe at any time."""
    now = clock.now()
    # What takes access away comes first.
    ending.end_due(now=now)
    compiling.apply_due(now=now)
    waiting = list(ContractVersion.objects.filter(state=SENT).values_list("contract__public_id", flat=True))
    _each(waiting, lambda one: signing.expire(contract=one, now=now))
    _each(waiting, lambda one: signing.remind(contract=one, now=now))
    compiling.bill_due(now=now)


@task(
    "ops_console.contracts.bill_once", autoretry_for=(GatewayUnavailable, Busy), max_retries=20, retry_backoff=10, retry_backoff_max=3600
)  # fmt: skip
def bill_once(*, contract: str, version: int, **_later: object) -> None:
    """Put what an amendment costs once on the next invoice."""
    compiling.bill_once(contract=contract, version=version, now=clock.now())


def _each(contracts: Iterable[str], act: Callable[[str], object]) -> None:
    """Do `act` with each; what was decided in between is passed over."""
    for one in contracts:
        try:
            act(one)
        except DomainError as refusal:
            logger.info("contract %s: %s", one, refusal.code)
