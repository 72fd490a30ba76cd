"""Reads of payments."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from saas.kernel.errors import DomainError

from .models import Payment

State = Payment.State
# What may still become paid.
LIVE = (State.OPENING, State.OPEN, State.PENDING)
# Money of a shopper that is at a bank, on its way back, or put aside, and has bought nothing yet.
HELD = (State.PENDING, State.RETURNING, State.QUARANTINED)
# So long a shopper who has paid waits at most for the sweep, when every other message of it was lost.
PATIENCE = timedelta(minutes=3)


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
    """
    Return the references of payments whose money was to go back since before an instant and has not gone yet. One that a bank has is
    asked about every `PATIENCE`.
    """
    is_due = Q(looked_at__isnull=True) | Q(looked_at__lte=before - PATIENCE)
    rows = Payment.objects.filter(is_due, state=State.RETURNING, settled_at__lt=before)
    return list(rows.values_list("reference", flat=True)[:200])


def unsettled(*, at: datetime) -> list[str]:
    """
    Return the references of tries of which nobody has told us an end, the one that waits longest first.

    A page that is open may have been paid, and the message that says so may have died with its worker: it is asked about when it is
    `PATIENCE` old. So is what has expired. None is asked about again within `PATIENCE`.
    """
    is_open = Q(state__in=[State.OPEN, State.PENDING], created_at__lte=at - PATIENCE)
    is_over = Q(state__in=LIVE, expires_at__lt=at - timedelta(minutes=2))
    is_due = Q(looked_at__isnull=True) | Q(looked_at__lte=at - PATIENCE)
    rows = Payment.objects.filter(is_open | is_over, is_due, state__in=LIVE)
    return list(rows.order_by(F("looked_at").asc(nulls_first=True), "pk").values_list("reference", flat=True)[:200])


def quarantined() -> list[Payment]:
    """Return payments that do not fit what was asked, newest first, for a person to look at."""
    return list(Payment.objects.filter(state=State.QUARANTINED).order_by("-created_at")[:200])
