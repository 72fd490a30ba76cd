"""Payouts' background work on the platform. Each may run twice."""

from billing.gateway.hearing import UNTIL_ANSWERED
from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.tasks import enqueue, task

from . import mails, queries, reading


@task("billing.payouts.read_payouts")
def read_payouts(**_later: object) -> None:
    """Look after the payouts of every mall that has an account."""
    for schema in queries.account_ids():
        enqueue("billing.payouts.read_mall", tenant_schema=schema)


@task("billing.payouts.read_mall", autoretry_for=(GatewayUnavailable,), max_retries=3, retry_backoff=20)
def read_mall(*, tenant_schema: str, **_later: object) -> None:
    """Look after one mall's payouts."""
    reading.read_payouts(schema=tenant_schema, now=clock.now())


@task("billing.payouts.payout_changed", **UNTIL_ANSWERED)
def payout_changed(*, tenant_schema: str, **_later: object) -> None:
    """Stripe told that something happened to a payout of a mall's account: ask what."""
    reading.read_payouts(schema=tenant_schema, now=clock.now())


@task("billing.payouts.tell", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900)
def tell(*, tenant_schema: str, what: str, payout_id: str = "", key: str = "", **_later: object) -> None:
    """Tell a mall's owner that its money stops, or could; Finance gets a letter of its own. `key` names what set it off."""

    def write() -> bool:
        told = mails.tell_owner(schema=tenant_schema, what=what, payout_id=payout_id)
        if told and what != "wanted":
            enqueue("ops_console.finance.tell_of_payouts", tenant_schema=tenant_schema, what=what, payout_id=payout_id)
        return told

    mails.once(key=key, write=write, now=clock.now())
