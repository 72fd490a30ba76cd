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
