"""Payments of a mall that was made from an archive. See ADR 0008."""

from datetime import datetime

from .models import Payment
from .queries import LIVE

State = Payment.State


def settle(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """In a copy, close the tries to pay that are open, going back or put aside: nothing is asked of Stripe or paid back twice."""
    if is_copy:
        live = Payment.objects.filter(state__in=[*LIVE, State.RETURNING, State.QUARANTINED])
        live.update(state=State.EXPIRED, settled_at=now, detail="Goes on in the mall that this one was copied from")
