"""What malls tell becomes transfers. Each event is applied once by the relay; the keys make a second booking harmless too."""

from dataclasses import dataclass, replace
from typing import Any

from saas.kernel import clock
from tenants.relay.events import Event

from . import operations
from .models import Account
from .operations import Entry, Leg, Reversal

Kind = Account.Kind
_BY = "Hutong"


def order_paid(event: Event) -> None:
    """Shopper's money has come in: it is prepaid, nobody has earned it yet (M1)."""
    told = event.payload
    entry = Entry(
        key=f"paid:{told['payment_reference']}",
        tenant_schema=event.schema_name,
        currency=told["currency"],
        legs=[Leg("order_paid", Kind.STRIPE_CASH, Kind.SHOPPER_PREPAID, told["amount_minor"])],
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
    """
    The service was given: out of the price come the platform's commission, the tax on it and the agency's share, in this order;
    the rest is the merchant's, pending (M1, M6). What the platform bears of a discount it adds now (M10): what the shopper paid is
    used first, the platform's part for what that does not cover.
    """
    told = event.payload
    entry = Entry(
        key=f"redeemed:{told['redemption']}",
        tenant_schema=event.schema_name,
        currency=told["currency"],
        legs=_given(shares_of(told)),
        by=told["staff"],
        happened_at=event.happened_at,
        order=told["order"],
        voucher=told["voucher"],
        details={key: told[key] for key in ("order_number", "title", "rule", "rate_bp", "store")} | _promoted(told),
    )
    operations.post(entry, journal_id=event.event_id, now=clock.now())


def _given(parts: "Shares") -> list[Leg]:
    paid, borne = Kind.SHOPPER_PREPAID, Kind.PROMOTIONS
    return [
        Leg("voucher_redeemed", paid, Kind.MERCHANT_PENDING, parts.merchant_minor - parts.merchant_borne_minor),
        Leg("commission", paid, Kind.COMMISSION, parts.commission_minor - parts.commission_borne_minor),
        Leg("commission_tax", paid, Kind.COMMISSION_TAX, parts.tax_minor - parts.tax_borne_minor),
        Leg("agency_share", paid, Kind.AGENCY_SHARE, parts.agency_minor - parts.agency_borne_minor),
        Leg("discount_borne", borne, Kind.MERCHANT_PENDING, parts.merchant_borne_minor),
        Leg("discount_borne_commission", borne, Kind.COMMISSION, parts.commission_borne_minor),
        Leg("discount_borne_tax", borne, Kind.COMMISSION_TAX, parts.tax_borne_minor),
        Leg("discount_borne_agency", borne, Kind.AGENCY_SHARE, parts.agency_borne_minor),
    ]


def _promoted(told: dict[str, Any]) -> dict[str, Any]:
    return {"promotion": told["promotion"]} if told.get("promotion") else {}


def redemption_undone(event: Event) -> None:
    """The redemption was taken back: its transfers are reversed, never deleted (V14)."""
    told = event.payload
    if not shares_of(told).gross_minor:  # a free voucher of a merchant's own discount: nothing was booked
        return
    reversal = Reversal(
        key=f"undone:{told['redemption']}",
        original_key=f"redeemed:{told['redemption']}",
        by=_BY,
        reason=told["reason"],
        happened_at=event.happened_at,
    )
    operations.reverse(reversal, journal_id=event.event_id, now=clock.now())


def voucher_refunded(event: Event) -> None:
    """
    An unused voucher was paid back; nobody had earned it (X6). One whose value had lapsed before goes back out of that.
    """
    source = Kind.BREAKAGE if event.payload.get("lapsed") else Kind.SHOPPER_PREPAID
    _post(
        event,
        f"refunded:{event.payload['voucher']}:{event.payload['refund']}",
        [Leg("voucher_refunded", source, _paid_from(event), event.payload["amount_minor"])],
    )


def _paid_from(event: Event) -> str:
    """Return where a refund's money came from: Stripe, or the platform's bank where a person paid it another way."""
    return Kind.BANK if event.payload.get("is_elsewhere") else Kind.STRIPE_CASH


def voucher_lapsed(event: Event) -> None:
    """A voucher ended unused and is not refundable: its value is no longer owed to the shopper, and is kept apart (X13)."""
    _post(
        event,
        f"lapsed:{event.payload['voucher']}",
        [Leg("voucher_lapsed", Kind.SHOPPER_PREPAID, Kind.BREAKAGE, event.payload["price_minor"])],
    )


def redemption_refunded(event: Event) -> None:
    """
    A used voucher was paid back. The merchant gives up the earning, platform and agency their parts; of a platform's goodwill
    the platform bears all of it and the merchant keeps the earning (X6).

    What had left `merchant_pending` was brought back there before, by settlements.
    """
    told = event.payload
    parts = shares_of(told)
    key = ":".join(filter(None, ["redemption_refunded", told["redemption"], told.get("refund", "")]))
    if told.get("borne_by") == "platform":
        _post(event, key, [Leg("redemption_refunded", Kind.GOODWILL, Kind.STRIPE_CASH, told["price_minor"])])
        return
    _post(event, key, _taken_back("redemption_refunded", parts, _paid_from(event)))


def refund_failed(event: Event) -> None:
    """
    A refund that had been sent came back to us: Stripe has the money, and it is owed again as before.

    Sent anew it is another refund at Stripe, booked under that one's id.
    """
    told = event.payload
    if told["redemption"]:
        key = f"redemption_refunded:{told['redemption']}:{told['refund']}"
    else:
        key = f"refunded:{told['voucher']}:{told['refund']}"
    reversal = Reversal(
        key=f"refund_failed:{told['voucher']}:{told['refund']}",
        original_key=key,
        by=_BY,
        reason="The refund failed at the bank",
        happened_at=event.happened_at,
    )
    operations.reverse(reversal, journal_id=event.event_id, now=clock.now())


def dispute_opened(event: Event) -> None:
    """A shopper's bank took a payment back for as long as it is disputed."""
    _post(event, f"disputed:{event.payload['dispute']}", [_withdrawn(event)])


def _withdrawn(event: Event) -> Leg:
    return Leg("dispute_opened", Kind.DISPUTES, Kind.STRIPE_CASH, event.payload["amount_minor"])


def dispute_won(event: Event) -> None:
    """The bank gave a disputed payment back."""
    _post(
        event,
        f"dispute_won:{event.payload['dispute']}",
        [Leg("dispute_won", Kind.STRIPE_CASH, Kind.DISPUTES, event.payload["amount_minor"])],
    )


def dispute_lost(event: Event) -> None:
    """
    A disputed payment is gone. For what was not used, what was prepaid goes; what was used, the merchant bears with the platform
    giving up its part (M9); what remains of the amount, the platform. Of a payment that bought nothing (`was_going_back`) the shopper has
    now what was owed.

    `vouchers` are those that the mall closed for it: {voucher, redemption (empty: unused), lapsed, price_minor, commission_minor, …}.
    """
    told = event.payload
    legs: list[Leg] = []
    for voucher in told["vouchers"]:
        if voucher["redemption"]:
            taken = _taken_back("dispute_lost", shares_of(voucher), Kind.DISPUTES)
        else:
            source = Kind.BREAKAGE if voucher.get("lapsed") else Kind.SHOPPER_PREPAID
            taken = [Leg("dispute_lost", source, Kind.DISPUTES, voucher["price_minor"])]
        legs += [replace(leg, voucher=voucher["voucher"]) for leg in taken]
    rest_minor = told["amount_minor"] - sum(leg.amount_minor for leg in legs if leg.credit == Kind.DISPUTES)
    if rest_minor > 0:
        source = Kind.GOING_BACK if told.get("was_going_back") else Kind.GOODWILL
        legs.append(Leg("dispute_lost", source, Kind.DISPUTES, rest_minor))
    _post(event, f"dispute_lost:{told['dispute']}", legs)


def payment_unassigned(event: Event) -> None:
    """Money came in that buys nothing: late, paid twice, or not as asked. It is owed to the shopper until it has gone back."""
    _post(
        event,
        f"unassigned:{event.payload['payment_reference']}",
        [Leg("payment_unassigned", Kind.STRIPE_CASH, Kind.GOING_BACK, event.payload["amount_minor"])],
    )


def payment_returned(event: Event) -> None:
    """Money that bought nothing has gone back to the shopper; `by_hand`: a person refunded it at Stripe, after our refund failed."""
    _post(
        event,
        f"returned:{_way_back(event)}",
        [Leg("payment_returned", Kind.GOING_BACK, Kind.STRIPE_CASH, event.payload["amount_minor"])],
    )


def _way_back(event: Event) -> str:
    told = event.payload
    return f"{told['payment_reference']}:{told['refund']}" if told.get("by_hand") else str(told["payment_reference"])


def payment_return_failed(event: Event) -> None:
    """Money that had gone back to the shopper came back to us: it waits again."""
    reversal = Reversal(
        key=f"return_failed:{_way_back(event)}",
        original_key=f"returned:{_way_back(event)}",
        by=_BY,
        reason="The refund failed at the bank",
        happened_at=event.happened_at,
    )
    operations.reverse(reversal, journal_id=event.event_id, now=clock.now())


@dataclass(frozen=True)
class Shares:
    """
    How the worth of a used voucher is divided, minor units: the price that was paid, with what the platform bears of its discount.

    The four parts add up to `gross_minor`. Of each, `…_borne_minor` comes from the platform; these add up to what it bears.
    """

    merchant_minor: int
    commission_minor: int
    tax_minor: int
    agency_minor: int
    merchant_borne_minor: int = 0
    commission_borne_minor: int = 0
    tax_borne_minor: int = 0
    agency_borne_minor: int = 0

    @property
    def gross_minor(self) -> int:
        """What all have together."""
        return self.merchant_minor + self.commission_minor + self.tax_minor + self.agency_minor


def shares_of(told: dict[str, Any]) -> Shares:
    """
    Return how a voucher's worth is divided, by what was frozen when it was sold. The merchant gets what is left (M6).

    What was paid covers commission, tax, agency's share and the merchant's rest in this order; the platform's part of the discount
    covers what is then missing.
    """
    commission_minor, tax_minor = told["commission_minor"], told.get("commission_tax_minor", 0)
    agency_minor = told.get("agency_minor", 0)
    gross_minor = told["price_minor"] + told.get("platform_discount_minor", 0)
    rest_minor = gross_minor - commission_minor - tax_minor - agency_minor
    paid_minor, borne = told["price_minor"], []
    for part_minor in (commission_minor, tax_minor, agency_minor, rest_minor):
        covered_minor = min(part_minor, paid_minor)
        paid_minor -= covered_minor
        borne.append(part_minor - covered_minor)
    return Shares(rest_minor, commission_minor, tax_minor, agency_minor, borne[3], borne[0], borne[1], borne[2])


def _taken_back(kind: str, parts: Shares, target: str) -> list[Leg]:
    """Return what everybody gives up: what had been paid to `target`, what the platform had added back to the platform."""
    back = Kind.PROMOTIONS
    return [
        Leg(kind, Kind.MERCHANT_PENDING, target, parts.merchant_minor - parts.merchant_borne_minor),
        Leg(f"{kind}_commission", Kind.COMMISSION, target, parts.commission_minor - parts.commission_borne_minor),
        Leg(f"{kind}_tax", Kind.COMMISSION_TAX, target, parts.tax_minor - parts.tax_borne_minor),
        Leg(f"{kind}_agency", Kind.AGENCY_SHARE, target, parts.agency_minor - parts.agency_borne_minor),
        Leg("discount_returned", Kind.MERCHANT_PENDING, back, parts.merchant_borne_minor),
        Leg("discount_returned_commission", Kind.COMMISSION, back, parts.commission_borne_minor),
        Leg("discount_returned_tax", Kind.COMMISSION_TAX, back, parts.tax_borne_minor),
        Leg("discount_returned_agency", Kind.AGENCY_SHARE, back, parts.agency_borne_minor),
    ]


def _post(event: Event, key: str, legs: list[Leg]) -> None:
    told = event.payload
    entry = Entry(
        key=key,
        tenant_schema=event.schema_name,
        currency=told["currency"],
        legs=legs,
        by=told.get("by", _BY),
        happened_at=event.happened_at,
        order=told.get("order", ""),
        voucher=told.get("voucher", ""),
        details={
            name: told[name]
            for name in ("order_number", "title", "refund", "dispute", "payment_intent")
            if name in told
        },
        reason=str(told.get("reason", "")),
    )
    operations.post(entry, journal_id=event.event_id, now=clock.now())
