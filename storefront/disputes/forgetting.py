"""Forgetting from where orders were bought, once no bank can ask any more."""

from datetime import datetime, timedelta

from django.db.models import Q

from storefront.orders.models import Order

from .models import Dispute

# A cardholder has 120 days from the day on which the service was expected; the networks' outermost bound, counted from the payment, is
# 540 days. Vouchers are such a service: they are used long after they are paid.
KEPT = timedelta(days=540)
# Nobody disputes what was never paid; what Stripe may still tell late is told within days.
KEPT_UNPAID = timedelta(days=30)


def forget_addresses(*, now: datetime) -> int:
    """Forget the network addresses of orders whose time is over and which no dispute is open about; return how many. In a mall."""
    over = Q(paid_at__lt=now - KEPT) | Q(paid_at=None, placed_at__lt=now - KEPT_UNPAID)
    disputed = Dispute.objects.filter(state__in=[Dispute.State.OPEN, Dispute.State.SENT]).values("order")
    return Order.objects.filter(over, buyer_ip__isnull=False).exclude(pk__in=disputed).update(buyer_ip=None)
