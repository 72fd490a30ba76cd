"""What happens after a purchase's transactions, and what sweeps up behind them. Each may run twice."""

import logging
from datetime import timedelta

from billing.gateway.hearing import UNTIL_ANSWERED
from billing.gateway.operations import GatewayUnavailable
from saas.kernel import clock
from saas.kernel.tasks import enqueue, task
from storefront.orders.models import Order
from storefront.payments import operations as tries
from storefront.payments import queries as payments

from . import mails, operations, paying, telling

logger = logging.getLogger(__name__)
# Mail and text servers heal; after so many tries the task stays failed and is seen in the log.
_HEALS = {"autoretry_for": (OSError,), "max_retries": 8, "retry_backoff": 10, "retry_backoff_max": 900}


@task("storefront.checkout.payment_changed", **UNTIL_ANSWERED)
def payment_changed(*, payment_reference: str, **_later: object) -> None:
    """Stripe told that something happened to a payment: ask what, and settle it. A shopper waits, so it is soon tried again."""
    if not payment_reference:  # a session of a service package, which is nobody's order
        return
    paying.look_at(payment_reference=payment_reference, now=clock.now())


@task("storefront.checkout.release_expired_holds")
def release_expired_holds(**_later: object) -> None:
    """
    Find what was left lying: holds whose time is up, money not gone back, messages not sent, pages of which nobody told the end. A page
    may have been paid, and the message that said so have died with its worker: it would come back after the broker's timeout only.
    """
    now = clock.now()
    for order_public_id in operations.expired_holds(at=now):
        enqueue("storefront.checkout.let_go", order_public_id=order_public_id)
    unsettled = payments.unsettled(at=now)
    tries.note_looked(references=unsettled, now=now)
    for reference in unsettled:
        enqueue("storefront.checkout.payment_changed", payment_reference=reference)
    for reference in payments.to_return(before=now - timedelta(minutes=2)):
        enqueue("storefront.checkout.return_payment", payment_reference=reference)
    for order_public_id in telling.lost(at=now):
        enqueue("storefront.checkout.tell_paid", order_public_id=order_public_id)


@task("storefront.checkout.let_go")
def let_go(*, order_public_id: str, **_later: object) -> None:
    """End one hold whose time is up."""
    paying.let_go(order_public_id=order_public_id, now=clock.now())


@task("storefront.checkout.return_payment")
def return_payment(*, payment_reference: str, **_later: object) -> None:
    """Send the money of one payment back that bought nothing."""
    try:
        paying.pay_back(payment_reference=payment_reference, now=clock.now())
    except GatewayUnavailable as error:
        logger.warning("payment %s has not gone back yet: %r", payment_reference, error)


@task("storefront.checkout.return_changed", **UNTIL_ANSWERED)
def return_changed(*, payment_reference: str, stripe_refund: str, **_later: object) -> None:
    """Stripe told that something happened to money that goes back because it bought nothing: ask how far it is."""
    paying.look_at_return(payment_reference=payment_reference, stripe_refund=stripe_refund, now=clock.now())


@task("storefront.checkout.tell_paid", **_HEALS)
def tell_paid(*, order_public_id: str, **_later: object) -> None:
    """Tell the shopper that the vouchers are there, once."""
    if not telling.claim(order_public_id=order_public_id, now=clock.now()):
        return
    try:
        mails.tell_paid(Order.objects.get(public_id=order_public_id))
    except OSError:
        telling.wish(order_public_id=order_public_id, now=clock.now())
        raise
    telling.note_sent(order_public_id=order_public_id, now=clock.now())


@task("storefront.checkout.tell_returned", **_HEALS)
def tell_returned(*, payment_reference: str, **_later: object) -> None:
    """Tell the shopper that a payment goes back."""
    payment = payments.by_reference(payment_reference)
    mails.tell_returned(Order.objects.get(public_id=payment.order_public_id), payment)
