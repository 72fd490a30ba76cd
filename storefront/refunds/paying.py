"""What speaks to the gateway for a refund. Never inside a transaction; every step may be repeated."""

from datetime import datetime

from billing.gateway import operations as gateway
from billing.settlements import recovering
from storefront.payments.models import Payment
from tenants.isolation import current

from . import following
from .models import Refund

REASONS = {False: "unused voucher", True: "used voucher, refunded by the shop"}


def pay_back(*, voucher_public_id: str, now: datetime) -> bool:
    """
    Send a voucher's money back and note how far it is; tell whether it is back. Asked twice, it is sent once (M18).

    Of a used voucher, what was sent to the merchant is brought back first. While a bank looks into the payment nothing is sent.
    What Stripe refuses is parked, what fails at the bank too: the voucher stays "refund under way" and a person looks at it.

    :raises GatewayUnavailable: unknown; ask again, the key is the same
    """
    refund = following.under_way(voucher_public_id=voucher_public_id, now=now)
    if refund is None or refund.state not in (Refund.State.SENDING, Refund.State.PENDING):
        return False
    if refund.voucher.disputed_at is not None:  # the bank has the money; the refund goes on when it has given it back
        return False
    order = refund.voucher.line.order
    payment = Payment.objects.get(order_public_id=order.public_id, state=Payment.State.PAID)
    # Everything in the request comes from rows that do not change, so that a repeated request is the same one.
    request = gateway.RefundRequest(
        key=refund.key,
        tenant_schema=current.mall().schema_name,
        payment_intent_id=payment.payment_intent_id,
        amount_minor=refund.amount_minor,
        reason=REASONS[bool(refund.redemption)],
        family=refund.family,
    )
    if (
        refund.redemption
    ):  # first from the merchant's account, then to the shopper; cut off in between, this is taken up again
        recovering.recover(redemption=refund.redemption, schema=request.tenant_schema, now=now)
    try:
        told = gateway.refund(request, now=now)
    except gateway.ChargeDisputed:  # nobody has told us of the dispute yet; then as above
        return False
    except gateway.PaymentRefused as error:
        following.park(refund_public_id=refund.public_id, detail=_said(error), now=now)
        return False
    return following.follow(refund_public_id=refund.public_id, told=told, now=now).state == Refund.State.BACK


def look_at(*, stripe_refund: str, now: datetime) -> bool:
    """
    Ask how far a refund at Stripe is and note it; tell whether it is one of a voucher of this mall.

    :raises GatewayUnavailable: no clear answer
    """
    told = gateway.read_refund(stripe_refund)
    refund = Refund.objects.filter(stripe_refund=told.refund_id).first()
    if refund is None and told.key.startswith("voucher:"):
        found = Refund.objects.filter(voucher__public_id=told.key.split(":")[1]).exclude(state=Refund.State.DECLINED)
        refund = found.select_related("voucher").first()
    if refund is None:
        return False
    following.follow(refund_public_id=refund.public_id, told=told, now=now)
    return True


def _said(error: gateway.PaymentRefused) -> str:
    return str(error.data.get("stripe_message") or error.data.get("stripe_code") or error.code)
