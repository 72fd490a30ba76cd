"""Row locks, and names that a transaction holds. The only place that says `select_for_update`."""

from typing import Any, TypeVar

from django.db import OperationalError, connection, models
from django.db.transaction import TransactionManagementError
from psycopg import errors as postgres_errors

from .errors import Busy
from .presence import number

Row = TypeVar("Row", bound=models.Model)


def locked(rows: "models.QuerySet[Row]") -> list[Row]:
    """
    Lock the rows now, in the order of their primary keys, and return them as they are after the lock was got.

    :raises TransactionManagementError: outside a transaction, where a lock would hold for nothing
    :raises Busy: another transaction held a row for longer than `lock_timeout`
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("locked() holds nothing outside a transaction")
    try:
        return list(rows.order_by("pk").select_for_update(of=("self",)))
    except OperationalError as error:
        if isinstance(error.__cause__, (postgres_errors.LockNotAvailable, postgres_errors.DeadlockDetected)):
            raise Busy from error
        raise


def locked_one(rows: "models.QuerySet[Row]") -> Row:
    """
    Lock and return the one row.

    :raises Model.DoesNotExist: there is none
    :raises Busy: see `locked`
    """
    found = locked(rows)
    if not found:
        raise _errors_of(rows).DoesNotExist
    if len(found) > 1:
        raise _errors_of(rows).MultipleObjectsReturned
    return found[0]


def alone(name: str) -> None:
    """
    Hold a name until the transaction ends; waits for who holds it. For what no row stands for yet, as what is being added.

    :raises TransactionManagementError: outside a transaction, where it would hold for nothing
    :raises Busy: another transaction held the name for longer than `lock_timeout`
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("alone() holds nothing outside a transaction")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number(name)])
    except OperationalError as error:
        if isinstance(error.__cause__, (postgres_errors.LockNotAvailable, postgres_errors.DeadlockDetected)):
            raise Busy from error
        raise


def _errors_of(rows: "models.QuerySet[Row]") -> Any:
    """Return the model, whose errors the checker does not know of."""
    return rows.model
