"""What malls tell becomes transfers. Each event is applied once by the relay; the keys make a second booking harmless too."""

from saas.kernel import clock
from tenants.relay.events import Event

from . import operations
from .models import Account
from .operations import Entry, Leg, Reversal

_BY = "Hutong"


def order_paid(event: Event) -> None:
    """Shopper's money has come in: it is prepaid, nobody has earned it yet (M1)."""
    told = event.payload
    entry = Entry(
        key=f"paid:{told['payment_reference']}",
        tenant_schema=event.schema_name,
        currency=told["currency"],
        legs=[Leg("order_paid", Account.Kind.STRIPE_CASH, Account.Kind.SHOPPER_PREPAID, told["amount_minor"])],
        by=_BY,
        happened_at=event.happened_at,
        order=told["order"],
        details={
            "order_number": told["order_number"],
            "title": ", ".join(f"{line['units']} × {line['title']}" for line in told["lines"]),
        },
    )
    operations.post(entry, journal_id=event.event_id, now=clock.now())


def voucher_redeemed(event: Event) -> None:
    """The service was given: the merchant has earned the price less the commission, the platform the commission (M1, M6)."""
    told = event.payload
    earned_minor = told["price_minor"] - told["commission_minor"]
    entry = Entry(
        key=f"redeemed:{told['redemption']}",
        tenant_schema=event.schema_name,
        currency=told["currency"],
        legs=[
            Leg("voucher_redeemed", Account.Kind.SHOPPER_PREPAID, Account.Kind.MERCHANT_PENDING, earned_minor),
            Leg("commission", Account.Kind.SHOPPER_PREPAID, Account.Kind.COMMISSION, told["commission_minor"]),
        ],
        by=told["staff"],
        happened_at=event.happened_at,
        order=told["order"],
        voucher=told["voucher"],
        details={key: told[key] for key in ("order_number", "title", "rule", "rate_bp", "store")},
    )
    operations.post(entry, journal_id=event.event_id, now=clock.now())


def redemption_undone(event: Event) -> None:
    """The redemption was taken back: its transfers are reversed, never deleted (V14)."""
    told = event.payload
    reversal = Reversal(
        key=f"undone:{told['redemption']}",
        original_key=f"redeemed:{told['redemption']}",
        by=_BY,
        reason=told["reason"],
        happened_at=event.happened_at,
    )
    operations.reverse(reversal, journal_id=event.event_id, now=clock.now())


def voucher_refunded(event: Event) -> None:
    """An unused voucher was paid back; nobody had earned it (X6)."""
    told = event.payload
    entry = Entry(
        key=f"refunded:{told['voucher']}:{told['refund']}",
        tenant_schema=event.schema_name,
        currency=told["currency"],
        legs=[Leg("voucher_refunded", Account.Kind.SHOPPER_PREPAID, Account.Kind.STRIPE_CASH, told["amount_minor"])],
        by=_BY,
        happened_at=event.happened_at,
        order=told["order"],
        voucher=told["voucher"],
        details={"order_number": told["order_number"], "title": told["title"]},
    )
    operations.post(entry, journal_id=event.event_id, now=clock.now())
