"""The books of a mall that moved to another schema. See ADR 0008."""

from collections.abc import Sequence

from saas.kernel.locking import locked

from .models import Account


def follow(*, from_schemas: Sequence[str], to_schema: str) -> None:
    """
    Let the accounts follow the mall, with their balances. Transfers are never changed: those before the move keep the old schema.

    Inside a transaction. Locks: the accounts. Repeated it changes nothing.
    """
    for account in locked(Account.objects.filter(tenant_schema__in=from_schemas)):
        Account.objects.filter(pk=account.pk).update(tenant_schema=to_schema)
