"""Workers killed in mid-payment (I1, I11, M16): real processes, a database that commits. Nothing is lost, nothing doubled."""

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection

from billing.ledger.models import Transfer
from saas.kernel import clock
from storefront.checkout import paying, tasks, telling
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import tasks as refunds
from storefront.refunds.models import Refund
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant
from tenants.relay import operations as relay
from tests.dying import POINTS
from tests.factories import shop
from tests.stripe_sandbox import StripeSandbox

ROOT = Path(__file__).resolve().parents[3]
REFUND = "stripe has refunded, not noted"
# Points after which the order is still unpaid here, though Stripe has the money.
BEFORE_COMMIT = {
    "stripe has answered",
    "vouchers are issued, not committed",
    "the platform is told, not committed",
}


@pytest.fixture
def mall(committed: None) -> Tenant:
    """Return Riverside Noodles in a database in which commits are real."""
    return Tenant.objects.get(slug="riverside")


def paid_at_stripe(stripe: StripeSandbox, email: str) -> Payment:
    """Let a shopper buy two units and pay them; nobody here has been told."""
    deal = shop.a_deal(now=clock.now())
    order = shop.an_order(deal, now=clock.now(), units=2, email=email)
    paying.open_page(order_public_id=order.public_id, now=clock.now())
    payment = Payment.objects.get(order_public_id=order.public_id)
    stripe.pay(payment.session_id)
    return payment


def killed(mall: Tenant, stripe: StripeSandbox, deaths: list[tuple[str, str]]) -> dict[str, int]:
    """Let a process of its own die at each point, and return by which signal."""
    told = {
        "database": connection.settings_dict["NAME"],
        "stripe": stripe.url,
        "schema": mall.schema_name,
        "deaths": deaths,
    }
    command = [sys.executable, "-W", "ignore", "-m", "tests.dying"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(told), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    ended: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return ended


def swept(mall: Tenant) -> None:
    """Let the time pass that the sweeps wait, and run them, twice."""
    for _time in range(2):
        with inside(mall):
            Payment.objects.update(created_at=clock.now() - timedelta(minutes=4), looked_at=None)
            Order.objects.filter(told_at=None, tell_at__isnull=False).update(tell_at=clock.now() - timedelta(minutes=3))
            tasks.release_expired_holds.run()
            refunds.refund_expired.run()
        relay.relay(schema=mall.schema_name, now=clock.now())


def test_whatever_point_a_worker_is_killed_at_nothing_is_lost_and_nothing_doubled_i1_i11_m16(
    mall: Tenant, stripe: StripeSandbox
) -> None:
    with inside(mall):
        payments = {point: paid_at_stripe(stripe, f"{place}@example.com") for place, point in enumerate(POINTS)}
        refunded = payments[REFUND]
        paying.look_at(payment_reference=refunded.reference, now=clock.now())
        voucher = Voucher.objects.filter(line__order__public_id=refunded.order_public_id).first()
    assert voucher is not None
    mail.outbox.clear()
    subjects = {**{point: payment.reference for point, payment in payments.items()}, REFUND: voucher.public_id}
    ended = killed(mall, stripe, list(subjects.items()))
    assert ended == dict.fromkeys(POINTS, signal.SIGKILL)

    # The control: the kills have left work undone at each point, and what was not committed is not there.
    with inside(mall):
        states = {point: Order.objects.get(public_id=one.order_public_id).state for point, one in payments.items()}
        assert {point for point, state in states.items() if state == "pending"} == BEFORE_COMMIT
        assert Order.objects.filter(told_at=None).count() == len(POINTS) - 1
        assert Refund.objects.get().state == "sending"

    swept(mall)
    with inside(mall):
        for point, payment in payments.items():
            order = Order.objects.get(public_id=payment.order_public_id)
            assert order.state == "paid", point
            assert Voucher.objects.filter(line__order=order).count() == 2, point
        assert telling.lost(at=clock.now() + timedelta(hours=1)) == []
        assert (Refund.objects.get().state, Voucher.objects.get(pk=voucher.pk).state) == ("back", "refunded")
    assert sorted(one.to[0] for one in mail.outbox if "voucher" in one.subject.lower()) == sorted(
        f"{place}@example.com" for place, point in enumerate(POINTS) if point != REFUND
    )
    with on_platform():
        booked = Transfer.objects.filter(kind="order_paid").values_list("order_public_id", flat=True)
        assert sorted(booked) == sorted(one.order_public_id for one in payments.values())
        assert Transfer.objects.filter(kind="voucher_refunded").count() == 1
    charges = stripe.client.v1.charges.list({"limit": 100}).data
    assert len([one for one in charges if one.paid]) == len(POINTS)
    assert [one.amount for one in stripe.client.v1.refunds.list({"limit": 100}).data] == [2400]
