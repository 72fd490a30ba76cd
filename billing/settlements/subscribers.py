"""What malls tell, for settlements. Where money is taken back, these run before the ledger's own subscribers."""

from billing.ledger.subscribers import shares_of
from saas.kernel import clock
from saas.kernel.tasks import enqueue
from tenants.relay.events import Event

from . import earnings
from .earnings import Redeemed
from .models import Charge, Earning


def order_paid(event: Event) -> None:
    """Note the charge that the merchant's money will be sent on from."""
    told = event.payload
    facts = {
        "tenant_schema": event.schema_name,
        "order_public_id": told["order"],
        "payment_intent_id": told.get("payment_intent", ""),
        "amount_minor": told["amount_minor"],
        "currency": told["currency"],
        "paid_at": event.happened_at,
    }
    Charge.objects.get_or_create(reference=told["payment_reference"], defaults=facts)


def voucher_redeemed(event: Event) -> None:
    """Note the merchant's earning."""
    told, parts = event.payload, shares_of(event.payload)
    redeemed = Redeemed(
        redemption=told["redemption"],
        schema=event.schema_name,
        order=told["order"],
        voucher=told["voucher"],
        gross_minor=parts.gross_minor,
        net_minor=parts.merchant_minor,
        borne_minor=parts.merchant_borne_minor,
        currency=told["currency"],
        at=event.happened_at,
    )
    earnings.note(redeemed)


def redemption_undone(event: Event) -> None:
    """Bring the earning back; the ledger then reverses the redemption."""
    told = event.payload
    earnings.bring_back(redemption=told["redemption"], schema=event.schema_name, now=clock.now())


def redemption_refunded(event: Event) -> None:
    """Bring the earning back, unless the platform bears the refund."""
    told = event.payload
    if told.get("borne_by") != "platform":
        earnings.bring_back(redemption=told["redemption"], schema=event.schema_name, now=clock.now())


def refund_failed(event: Event) -> None:
    """The money of a used voucher came back to us: what was taken from the merchant waits until it is sent again."""
    told = event.payload
    if told["redemption"]:
        earnings.bring_back(redemption=told["redemption"], schema=event.schema_name, now=clock.now(), is_set_aside=True)


def dispute_changed(event: Event) -> None:
    """
    Keep what was earned from a disputed payment from being released and sent, until the bank has decided (M9).

    What was available before is so from then on: no run that was proposed without it takes it in (A4).
    """
    told = event.payload
    charges = Charge.objects.filter(reference=told["payment_reference"], tenant_schema=event.schema_name)
    if told["holds"]:
        charges.filter(disputed_at=None).update(disputed_at=event.happened_at)
    else:
        freed = Earning.objects.filter(charge__in=charges.exclude(disputed_at=None), state=Earning.State.RELEASED)
        freed.update(released_at=clock.now())
        charges.update(disputed_at=None)


def dispute_lost(event: Event) -> None:
    """
    Bring the earnings of the disputed vouchers back (M9). What was sent to the merchant already is brought back from the merchant's
    Stripe account, as far as that holds it; the rest is owed.
    """
    for voucher in event.payload["vouchers"]:
        if voucher["redemption"]:
            earning = earnings.bring_back(redemption=voucher["redemption"], schema=event.schema_name, now=clock.now())
            if earning is not None and earning.settlement_id is not None:
                enqueue("billing.settlements.recover", redemption=voucher["redemption"])
