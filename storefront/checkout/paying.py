"""
What speaks to the gateway for an order. Never inside a transaction: each step commits before the next one asks Stripe.

Whatever is cut off in between is taken up again, because every step may be repeated: by the shopper's reload, by Stripe's event,
or by the sweep.
"""

import logging
from datetime import datetime

from billing.gateway import operations as gateway
from saas.kernel.actors import Actor
from storefront.orders import access
from storefront.orders.models import Order, OrderLine
from storefront.payments import operations as payments
from storefront.payments import queries as tries
from storefront.payments.models import Payment
from tenants.isolation import addresses, current
from tenants.isolation.entrance import on_platform
from tenants.registry import queries as registry

from . import operations, settling

logger = logging.getLogger(__name__)


def order_url(order: Order, *, to: str = "") -> str:
    """Return the absolute address that opens the order for whoever has it, on the mall's main domain."""
    mall, path = current.mall(), access.link_path(order, to=to)
    with on_platform():
        domain = registry.primary_domain(mall)
    return addresses.mall_url(domain, path)


def open_page(*, order_public_id: str, now: datetime) -> str:
    """
    Return the address at which the order is paid. Asked twice, even at once, it is the same page. An order of which nothing is left to
    pay is fulfilled at once, and the address is its own.

    :raises OrderNotPayable: see `operations.prepare_payment`
    :raises GatewayUnavailable: unknown whether the page was opened; nothing was charged, asking again is safe
    :raises PaymentRefused: Stripe will not open a page for this sum; the order can be given up
    """
    order = Order.objects.get(public_id=order_public_id)
    if not order.total_minor:
        settling.settle_free(order_public_id=order_public_id, now=now)
        return order_url(order)
    payment = operations.prepare_payment(order_public_id=order_public_id, now=now)
    if payment.state == Payment.State.OPEN:
        return payment.session_url
    page = gateway.open_checkout(_request(order, payment), now=now)
    payments.note_page(reference=payment.reference, session_id=page.session_id, url=page.url)
    return page.url


def _request(order: Order, payment: Payment) -> gateway.CheckoutRequest:
    """Say what is to be paid. Everything in it comes from rows, so that a repeated request is the same request."""
    return gateway.CheckoutRequest(
        reference=payment.reference,
        tenant_schema=current.mall().schema_name,
        order_public_id=order.public_id,
        currency=order.currency,
        lines=[_shown(line) for line in order.lines.order_by("pk") if line.paid_minor],
        email=order.email,
        success_url=order_url(order, to="return"),
        cancel_url=order_url(order),
        expires_at=payment.expires_at,
        language=order.language,
    )


def _shown(line: OrderLine) -> gateway.CheckoutLine:
    """Show a line on the hosted page; one with a discount as one sum, since its units need not be paid with equal parts of it."""
    if not line.discount_minor:
        return gateway.CheckoutLine(line.title, line.units, line.unit_price_minor)
    return gateway.CheckoutLine(f"{line.units} × {line.title} ({line.promotion_code})", 1, line.paid_minor)


def look(*, order_public_id: str, now: datetime) -> Order:
    """
    Ask what became of the order's payments, settle what is clear, and return the order as it is then.

    :raises GatewayUnavailable: no clear answer; the order is as it was
    """
    for payment in tries.live(order_public_id):
        if payment.session_id:
            look_at(payment_reference=payment.reference, now=now)
    return Order.objects.get(public_id=order_public_id)


def look_at(*, payment_reference: str, now: datetime) -> None:
    """
    Ask what became of one try to pay and settle it.

    :raises PaymentUnknown: there is no such try here
    :raises GatewayUnavailable: no clear answer
    """
    payment = tries.by_reference(payment_reference)
    session_id = payment.session_id or _lost_page(payment, now=now)
    if not session_id:
        payments.note_never_opened(reference=payment_reference)
        return
    state = gateway.read_checkout(session_id=session_id)
    settling.settle(payment_reference=payment_reference, checkout_state=state, now=now)


def _lost_page(payment: Payment, *, now: datetime) -> str:
    """Find the page of a try whose opening was cut off before we noted it: asking again with its reference returns the same page."""
    order = Order.objects.get(public_id=payment.order_public_id)
    try:
        page = gateway.open_checkout(_request(order, payment), now=now)
    except gateway.PaymentRefused:  # Stripe never opened it, and now its time is too short to
        return ""
    payments.note_page(reference=payment.reference, session_id=page.session_id, url=page.url)
    return page.session_id


def close_pages(*, order_public_id: str, now: datetime) -> None:
    """
    Close the order's pages so that nobody pays there any more, and settle what was paid already.

    :raises GatewayUnavailable: no clear answer; a page may still be open
    """
    for payment in tries.live(order_public_id):
        if payment.session_id:
            state = gateway.expire_checkout(session_id=payment.session_id)
            settling.settle(payment_reference=payment.reference, checkout_state=state, now=now)


def give_up(*, order_public_id: str, by: Actor, now: datetime) -> Order:
    """
    Cancel an unpaid order on the shopper's word: close its pages, then give its units back.

    :raises GatewayUnavailable: a page may still be open, so nothing was cancelled; the hold ends by itself
    :raises OrderNotCancellable: it was paid meanwhile, or is closed
    """
    close_pages(order_public_id=order_public_id, now=now)
    return operations.cancel(order_public_id=order_public_id, by=by, now=now)


def let_go(*, order_public_id: str, now: datetime) -> bool:
    """
    End a hold whose time is up: close its pages, then give its units back; tell whether they were.

    When Stripe does not answer the units go back all the same: a payment that comes later is met by `settle`.
    """
    order = Order.objects.filter(public_id=order_public_id, state=Order.State.PENDING, held_until_at__lte=now).first()
    if order is None:
        return False
    try:
        close_pages(order_public_id=order_public_id, now=now)
    except gateway.GatewayUnavailable:
        logger.warning(
            "the pages of order %s could not be closed; a late payment will be met when it comes", order.number
        )
    return operations.release(order_public_id=order_public_id, now=now)


def pay_back(*, payment_reference: str, now: datetime) -> bool:
    """
    Send the money of a payment back that bought nothing; tell whether this call did it. Asked twice, it goes back once.

    What Stripe will not send back is put aside, for a person to look at, who refunds it there; while a bank has the money, it decides.

    :raises GatewayUnavailable: unknown; the sweep asks again with the same key
    """
    payment = tries.by_reference(payment_reference)
    if payment.state != Payment.State.RETURNING:
        return False
    request = gateway.RefundRequest(
        key=payment.reference,
        tenant_schema=current.mall().schema_name,
        payment_intent_id=payment.payment_intent_id,
        amount_minor=payment.amount_minor,
        reason=payment.detail,
    )
    try:
        told = gateway.refund(request, now=now)
    except gateway.ChargeDisputed:
        payments.note_looked(references=[payment_reference], now=now)
        return False
    except gateway.PaymentRefused as error:
        detail = str(error.data.get("stripe_message") or error.data.get("stripe_code") or error.code)
        settling.return_failed(payment_reference=payment_reference, refund="", detail=detail, now=now)
        return False
    return _note_return(payment_reference, told, now=now)


def look_at_return(*, payment_reference: str, stripe_refund: str, now: datetime) -> bool:
    """
    Ask how far the money of a payment that bought nothing is, and note it; tell whether this call noted that it went back.

    :raises GatewayUnavailable: no clear answer
    """
    told, payment = gateway.read_refund(stripe_refund), tries.by_reference(payment_reference)
    if told.key == payment_reference:
        return _note_return(payment_reference, told, now=now)
    whole = (told.payment_intent_id, told.amount_minor) == (payment.payment_intent_id, payment.amount_minor)
    if told.key or not (told.is_back and whole):
        return False
    return settling.returned(payment_reference=payment_reference, refund=told.refund_id, now=now, by_hand=True)


def _note_return(payment_reference: str, told: gateway.RefundState, *, now: datetime) -> bool:
    """Only `succeeded` has gone back. What failed, even after that, a person looks at."""
    if told.is_lost:
        settling.return_failed(payment_reference=payment_reference, refund=told.refund_id, detail=told.failure, now=now)
    return told.is_back and settling.returned(payment_reference=payment_reference, refund=told.refund_id, now=now)
