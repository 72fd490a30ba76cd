"""Writes of the outbox."""

from datetime import datetime

from django.db import connection
from django.db.transaction import TransactionManagementError

from saas.kernel.tasks import enqueue

from .models import OutboxEvent


def tell(*, kind: str, subject: str, payload: dict[str, object], now: datetime) -> OutboxEvent:
    """
    Note that something happened, for the platform. The relay is started after the commit; a sweep finds what that lost.

    :raises TransactionManagementError: outside a transaction, where the fact and its event could part
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("tell() belongs into the transaction of the act that it tells of")
    event = OutboxEvent.objects.create(kind=kind, subject=subject, payload=payload, happened_at=now)
    enqueue("tenants.relay.relay")
    return event


def settle_restored(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """In a copy of a mall, take back what waits to be told: the mall that lives tells it. A mall that moved goes on telling."""
    if is_copy:
        OutboxEvent.objects.filter(sent_at__isnull=True).update(sent_at=now)
