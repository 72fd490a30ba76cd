"""Orders of a mall that was made from an archive. See ADR 0008."""

from datetime import datetime

from .models import Order


def settle(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """In a copy, close the orders that wait for a payment: the mall that lives has them, and its shoppers pay there."""
    if is_copy:
        Order.objects.filter(state=Order.State.PENDING).update(state=Order.State.EXPIRED, closed_at=now)
