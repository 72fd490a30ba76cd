"""Finance's background work on the platform."""

from saas.kernel.tasks import task

from . import mails


@task(
    "ops_console.finance.tell_of_payouts",
    autoretry_for=(OSError,),
    max_retries=8,
    retry_backoff=10,
    retry_backoff_max=900,
)
def tell_of_payouts(*, tenant_schema: str, what: str, payout_id: str = "", person: str = "", **_later: object) -> None:
    """Tell Finance that a mall's payouts stop: each in a task of its own."""
    mails.tell_of_payouts(schema=tenant_schema, what=what, payout_id=payout_id, person=person)


@task(
    "ops_console.finance.ask_second", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900
)
def ask_second(*, run: str, person: str = "", **_later: object) -> None:
    """Ask those who may for the second approval of a settlement run: each in a task of its own."""
    mails.ask_second(run=run, person=person)
