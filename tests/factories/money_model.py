"""What a mall's money must be, worked out from one word for each voucher and a few sums: the model that the money core is held against."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from billing.ledger.models import Account

Kind = Account.Kind


@dataclass
class Unit:
    """A voucher in the model: where its money is, in one word."""

    public_id: str
    order: str
    price_minor: int
    commission_minor: int
    agency_minor: int = 0
    borne_minor: int = 0
    """What the platform adds when it is used, for a discount that it bears (M10)."""
    tax_minor: int = 0
    """The tax on its commission (M5)."""
    place: str = "open"
    """open, stuck (owed, a person looks at its refund), pending, released, claimed, refunded, taken_back, lapsed, lost"""
    redemption: str = ""
    redeemed_at: datetime | None = None
    is_lapsed: bool = False
    is_goodwill: bool = False
    """Its price was given back by the platform, which bears it; the merchant keeps the earning."""

    @property
    def net_minor(self) -> int:
        """The merchant's part."""
        return self.price_minor + self.borne_minor - self.commission_minor - self.tax_minor - self.agency_minor


@dataclass
class Model:
    """What must be true, worked out anew from the units each time."""

    units: dict[str, Unit] = field(default_factory=dict)
    owed_minor: int = 0
    netted_minor: int = 0
    sent_minor: int = 0
    unknown_minor: int = 0
    """Part of what is sent of which nobody knows yet whether Stripe made the transfer."""
    paid_minor: int = 0
    unassigned_minor: int = 0
    disputed: dict[str, int] = field(default_factory=dict)
    goodwill_minor: int = 0
    elsewhere: dict[str, int] = field(default_factory=dict)
    """What the platform's bank paid of each voucher that could not go back the way it came."""

    def balances(self) -> dict[str, int]:
        """Return what each account must hold; zeros are left out."""
        at = Counter[str]()
        for unit in self.units.values():
            if unit.place in ("open", "stuck"):
                at[Kind.BREAKAGE if unit.is_lapsed else Kind.SHOPPER_PREPAID] += unit.price_minor
            elif unit.place == "lapsed":
                at[Kind.BREAKAGE] += unit.price_minor
            elif unit.place in ("pending", "released", "claimed"):
                at[Kind.COMMISSION] += unit.commission_minor
                at[Kind.COMMISSION_TAX] += unit.tax_minor
                at[Kind.AGENCY_SHARE] += unit.agency_minor
                at[Kind.PROMOTIONS] += unit.borne_minor
                at[{"pending": Kind.MERCHANT_PENDING, "released": Kind.MERCHANT_AVAILABLE}.get(unit.place, "")] += (
                    unit.net_minor
                )
        del at[""]
        at[Kind.MERCHANT_RECEIVABLE] = self.owed_minor
        at[Kind.PAYOUTS_IN_TRANSIT] = self.sent_minor - self.paid_minor
        at[Kind.MERCHANT_STRIPE] = self.sent_minor - self.paid_minor - self.unknown_minor
        at[Kind.GOING_BACK] = self.unassigned_minor
        at[Kind.DISPUTES] = sum(self.disputed.values())
        at[Kind.GOODWILL] = self.goodwill_minor
        at[Kind.BANK] = -sum(self.elsewhere.values())
        sides = Counter[str]()
        for kind, minor in at.items():
            sides["debit" if kind in Account.DEBIT_NORMAL else "credit"] += minor
        at[Kind.STRIPE_CASH] = sides["credit"] - sides["debit"]
        return {kind: minor for kind, minor in at.items() if minor}
