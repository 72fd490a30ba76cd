"""What speaks to the gateway for a refund. Never inside a transaction; every step may be repeated."""

from datetime import datetime

from billing.gateway import operations as gateway
from storefront.payments.models import Payment
from storefront.vouchers.models import Voucher
from tenants.isolation import current

from . import operations


def pay_back(*, voucher_public_id: str, now: datetime) -> bool:
    """
    Send an unused voucher's money back and note it; tell whether it went. Asked twice, it goes back once (M18).

    What Stripe refuses is parked: the voucher stays "refund under way" with the reason in its trail.

    :raises GatewayUnavailable: unknown; ask again, the key is the same
    """
    voucher = Voucher.objects.select_related("line__order").get(public_id=voucher_public_id)
    if voucher.state != Voucher.State.REFUND_PENDING:
        return False
    payment = Payment.objects.get(order_public_id=voucher.line.order.public_id, state=Payment.State.PAID)
    try:
        # Everything in the request comes from rows that do not change, so that a repeated request is the same one.
        request = gateway.RefundRequest(
            key=f"voucher:{voucher.public_id}",
            tenant_schema=current.mall().schema_name,
            payment_intent_id=payment.payment_intent_id,
            amount_minor=voucher.price_minor,
            reason="unused voucher",
        )
        refund = gateway.refund(request, now=now)
    except gateway.PaymentRefused as error:
        operations.park(voucher_public_id=voucher_public_id, detail=_said(error), now=now)
        return False
    if refund.status in ("failed", "canceled"):
        operations.park(voucher_public_id=voucher_public_id, detail=f"{refund.refund_id} {refund.status}", now=now)
        return False
    operations.confirm(voucher_public_id=voucher_public_id, refund=refund.refund_id, now=now)
    return True


def _said(error: gateway.PaymentRefused) -> str:
    return str(error.data.get("stripe_message") or error.data.get("stripe_code") or error.code)
