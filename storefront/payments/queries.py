"""Reads of payments."""

from datetime import datetime, timedelta

from saas.kernel.errors import DomainError

from .models import Payment

State = Payment.State
# What may still become paid.
LIVE = (State.OPENING, State.OPEN, State.PENDING)


class PaymentUnknown(DomainError):
    """No try to pay has this reference in this mall."""

    code = "payment_unknown"


def by_reference(reference: str) -> Payment:
    """
    Return the try to pay.

    :raises PaymentUnknown: there is none in this mall
    """
    found = Payment.objects.filter(reference=reference).first()
    if found is None:
        raise PaymentUnknown(reference=reference)
    return found


def of_order(order_public_id: str) -> list[Payment]:
    """Return an order's tries to pay, oldest first."""
    return list(Payment.objects.filter(order_public_id=order_public_id))


def live(order_public_id: str) -> list[Payment]:
    """Return the tries that may still become paid, oldest first."""
    return list(Payment.objects.filter(order_public_id=order_public_id, state__in=LIVE))


def to_return(*, before: datetime) -> list[str]:
    """Return the references of payments whose money was to go back since before an instant and has not gone yet."""
    rows = Payment.objects.filter(state=State.RETURNING, settled_at__lt=before)
    return list(rows.values_list("reference", flat=True)[:200])


def unanswered(*, at: datetime) -> list[str]:
    """Return the references of payments whose page has long expired and of which nobody told us an end."""
    rows = Payment.objects.filter(state__in=LIVE, expires_at__lt=at - timedelta(minutes=2))
    return list(rows.values_list("reference", flat=True)[:200])


def quarantined() -> list[Payment]:
    """Return payments that do not fit what was asked, newest first, for a person to look at."""
    return list(Payment.objects.filter(state=State.QUARANTINED).order_by("-created_at")[:200])
