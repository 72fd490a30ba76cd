"""Writes of payments. All of them join the transaction of checkout, which holds the order's lock."""

from datetime import datetime, timedelta

from django.db import transaction

from .models import Payment

State = Payment.State
# A page that has less time left than this is not shown again; Stripe refuses a page of under half an hour.
SHORTEST = timedelta(minutes=30)


@transaction.atomic
def begin(*, order_public_id: str, amount_minor: int, currency: str, expires_at: datetime, now: datetime) -> Payment:
    """
    Return the try to pay that is under way, or begin one whose page expires at `expires_at`.

    A page that is open is used again while it lives, so that two clicks lead to one page. Locks: the caller holds the order's.
    """
    tries = Payment.objects.filter(order_public_id=order_public_id, amount_minor=amount_minor, currency=currency)
    opened = tries.filter(state=State.OPEN, expires_at__gt=now + timedelta(minutes=1)).last()
    if opened is not None:
        return opened
    opening = tries.filter(state=State.OPENING, expires_at__gt=now + SHORTEST).last()
    if opening is not None:
        return opening
    return Payment.objects.create(
        order_public_id=order_public_id,
        amount_minor=amount_minor,
        currency=currency,
        created_at=now,
        expires_at=expires_at,
    )


def note_page(*, reference: str, session_id: str, url: str) -> int:
    """Note the page that Stripe opened; return 0 where the try has gone on meanwhile. One conditional update, no lock."""
    rows = Payment.objects.filter(reference=reference, state=State.OPENING)
    return rows.update(state=State.OPEN, session_id=session_id, session_url=url)


def note_never_opened(*, reference: str) -> int:
    """Note that Stripe never opened the page, so nobody can have paid there. One conditional update, no lock."""
    return Payment.objects.filter(reference=reference, state=State.OPENING).update(state=State.EXPIRED)


def note_looked(*, references: list[str], now: datetime) -> None:
    """Note that Stripe is asked about tries, so that the sweep leaves them alone for a while. One update, no lock."""
    Payment.objects.filter(reference__in=references).update(looked_at=now)
