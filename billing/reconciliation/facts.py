"""What a mall says of its own money, for the comparison with the books."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Fact:
    """
    A money fact as a mall's own rows have it.

    `key` is the key of the journal that it must have in the books, `amount_minor` > 0 what all legs of that journal add up to: of a
    redemption the price that was paid, with what the platform bears of its discount. What comes to nothing is no fact.
    `kind` is order_paid, voucher_redeemed, redemption_undone, voucher_refunded, redemption_refunded, voucher_lapsed.
    """

    key: str
    kind: str
    amount_minor: int
    currency: str
    happened_at: datetime


@dataclass(frozen=True)
class MallFacts:
    """All of a mall's facts, and what its vouchers that are neither used nor given back were sold for."""

    facts: tuple[Fact, ...]
    open_minor: int
