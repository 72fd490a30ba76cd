"""
The message with the vouchers, sent once although whoever sends it may be killed: an order says from when it may be sent and when it was.

Who wants to send it moves that moment on first; killed before it is sent, it is due again then. Killed after the mail server took it and
before that was noted, it is sent a second time: no mail server can be asked.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q

from storefront.orders.models import Order

# Whoever sends it is given so long; then somebody else may.
PATIENCE = timedelta(minutes=15)
# What could not be sent for so long is left to a person, who can send it again from the order's page.
GIVE_UP = timedelta(days=3)
BATCH = 100


def claim(*, order_public_id: str, now: datetime) -> bool:
    """Take the sending of an order's message on; False when it was sent, or somebody else is at it. One conditional update, no lock."""
    # Since the payment nobody has taken it on, whatever the clocks of two machines say.
    is_untouched = Q(tell_at__isnull=True) | Q(tell_at=F("paid_at"))
    due = is_untouched | Q(tell_at__lte=now)
    rows = Order.objects.filter(due, public_id=order_public_id, told_at__isnull=True)
    return rows.update(tell_at=now + PATIENCE) == 1


def note_sent(*, order_public_id: str, now: datetime) -> None:
    """Note that the message left."""
    Order.objects.filter(public_id=order_public_id).update(told_at=now)


def wish(*, order_public_id: str, now: datetime) -> None:
    """Let the message be sent from `now` on: once more, or at once after a try that failed."""
    Order.objects.filter(public_id=order_public_id).update(tell_at=now, told_at=None)


def lost(*, at: datetime) -> list[str]:
    """Return the public ids of paid orders whose message nobody has sent although it was due for two minutes, oldest first."""
    rows = Order.objects.filter(
        told_at__isnull=True,
        tell_at__lte=at - timedelta(minutes=2),
        paid_at__gt=at - GIVE_UP,
        state__in=[Order.State.PAID, Order.State.REFUNDED],
    )
    return list(rows.order_by("tell_at").values_list("public_id", flat=True)[:BATCH])
