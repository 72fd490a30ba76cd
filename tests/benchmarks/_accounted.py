"""
Waits until nothing is under way any more, then counts what shoppers heard (JSON on stdin) against the mall, the books and Stripe.
A process of its own, with settings; prints one JSON object.
"""

import json
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import django

django.setup()


from billing.gateway.client import api  # noqa: E402
from billing.gateway.models import StripeEvent  # noqa: E402
from billing.ledger.models import Transfer  # noqa: E402
from billing.reconciliation import reading  # noqa: E402
from billing.reconciliation.models import Break  # noqa: E402
from saas.kernel import clock  # noqa: E402
from saas.kernel.outbox.models import OutboxEvent  # noqa: E402
from storefront.checkout import paying  # noqa: E402
from storefront.orders.models import Order  # noqa: E402
from storefront.payments.models import Payment  # noqa: E402
from storefront.refunds.models import Refund  # noqa: E402
from storefront.vouchers.models import Redemption, Voucher  # noqa: E402
from tenants.isolation.entrance import inside, on_platform  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402
from tenants.relay import operations as relay  # noqa: E402

# A worker that was killed holds its message back for half a minute, and then everything that piled up is worked off.
PATIENCE_SECONDS = 300
LIVE = (Payment.State.OPENING, Payment.State.OPEN, Payment.State.PENDING, Payment.State.RETURNING)
tenant = Tenant.objects.get(slug="riverside")


def under_way(heard: dict[str, Any]) -> dict[str, int]:
    """Return how much has still to be done by tasks."""
    with inside(tenant):
        paid = [name for name, told in heard["orders"].items() if told["session"]]
        left = {
            "outbox": OutboxEvent.objects.filter(sent_at__isnull=True).count(),
            "payments": Payment.objects.filter(order_public_id__in=paid, state__in=LIVE).count(),
            "refunds": Refund.objects.filter(state__in=[Refund.State.SENDING, Refund.State.PENDING]).count(),
        }
    with on_platform():
        left["inbox"] = StripeEvent.objects.filter(state=StripeEvent.State.RECEIVED).count()
    return {name: count for name, count in left.items() if count}


def sweep(heard: dict[str, Any]) -> int:
    """
    Look at the pages of which nobody told the end, as the sweep does when they have expired (half an hour on); return how many became paid.

    A worker that is killed holds back its message for a quarter of an hour (the broker's visibility timeout).
    """
    found = 0
    with inside(tenant):
        paid = [name for name, told in heard["orders"].items() if told["session"]]
        for payment in Payment.objects.filter(order_public_id__in=paid, state__in=LIVE):
            paying.look_at(payment_reference=payment.reference, now=clock.now())
            found += Payment.objects.filter(pk=payment.pk, state=Payment.State.PAID).count()
    relay.relay(schema=tenant.schema_name, now=clock.now())
    return found


def lost_and_doubled(heard: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Compare what was heard and what Stripe took and gave back with the mall's rows."""
    lost, doubled = [], []
    charged, given_back = at_stripe()
    with inside(tenant):
        for name, told in heard["orders"].items():
            order = Order.objects.filter(public_id=name).first()
            if order is None or (told["session"] and order.paid_at is None):
                lost.append(f"order {name}")
                continue
            units = Voucher.objects.filter(line__order=order).count()
            if told["session"] and units != 2:
                (lost if units < 2 else doubled).append(f"{units} vouchers of order {name}")
            if charged[name] > 1:
                doubled.append(f"order {name} was charged {charged[name]} times")
        for voucher, redemption in heard["redeemed"].items():
            standing = Redemption.objects.filter(voucher__public_id=voucher, undone_at__isnull=True)
            if not standing.filter(public_id=redemption).exists():
                lost.append(f"redemption {redemption}")
            if standing.count() > 1:
                doubled.append(f"voucher {voucher} was redeemed {standing.count()} times")
        for voucher in heard["refunded"]:
            row = Voucher.objects.get(public_id=voucher)
            if row.state != Voucher.State.REFUNDED or given_back[row.refund_reference] != row.price_minor:
                lost.append(f"refund of voucher {voucher}")
        vouchers = Voucher.objects.filter(state=Voucher.State.REFUNDED, refund_reference__in=given_back)
        spare = len(given_back) - vouchers.count()
    with on_platform():
        spare -= Transfer.objects.filter(kind="payment_returned").count()
    if spare:
        doubled.append(f"{spare} refunds at Stripe are nobody's")
    return lost, doubled


def at_stripe() -> tuple[Counter[str], dict[str, int]]:
    """Return how often each order was charged, and the refunds, by Stripe."""
    charges = api().charges.list({"limit": 100}).auto_paging_iter()
    charged = Counter(one.transfer_group for one in charges if one.status == "succeeded")
    return charged, {one.id: one.amount for one in api().refunds.list({"limit": 100}).auto_paging_iter()}


heard: dict[str, Any] = json.load(sys.stdin)
until = time.monotonic() + PATIENCE_SECONDS
while (left := under_way(heard)) and time.monotonic() < until:
    time.sleep(0.5)
swept = sweep(heard)
lost, doubled = lost_and_doubled(heard)
with on_platform():
    check = reading.reconcile(now=clock.now() + timedelta(hours=2))
    breaks = [f"{row.kind} {row.subject}" for row in Break.objects.filter(state=Break.State.OPEN)[:20]]
    found = {
        "swept": swept,
        "left": under_way(heard),
        "lost": lost,
        "doubled": doubled,
        "breaks": breaks,
        "is_complete": check.is_complete,
        "compared": check.compared,
    }
print(json.dumps(found))
