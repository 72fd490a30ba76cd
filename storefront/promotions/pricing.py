"""
What a promotion takes off an order, exactly, without a database.

Never more than what it is for, and only what can be paid: in ISK and UGX whole units, of three digits the last one 0. The platform's part
is rounded down, so that the merchant bears what
does not divide; of several lines the first ones with room take it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from saas.kernel.money import BASIS_POINTS, share, split, split_within, step_minor


@dataclass(frozen=True)
class Rule:
    """What is taken off: `rate_bp` of the sum but at most `most_minor`, or `amount_minor`; the platform bears `platform_share_bp` of it."""

    rate_bp: int = 0
    amount_minor: int = 0
    most_minor: int | None = None
    platform_share_bp: int = 0


@dataclass(frozen=True)
class Cut:
    """What is taken off one line, and how much of that the platform bears; the merchant bears the rest."""

    discount_minor: int = 0
    platform_minor: int = 0

    @property
    def merchant_minor(self) -> int:
        """What the merchant bears."""
        return self.discount_minor - self.platform_minor


def off(rule: Rule, *, sum_minor: int, currency: str) -> int:
    """Return what the rule takes off a sum: zero or more, never more than the sum."""
    wanted_minor = rule.amount_minor or share(sum_minor, rule.rate_bp)
    if rule.most_minor is not None:
        wanted_minor = min(wanted_minor, rule.most_minor)
    wanted_minor = min(wanted_minor, sum_minor)
    return wanted_minor - wanted_minor % step_minor(currency)


def cuts(rule: Rule, *, lines: Sequence[int], currency: str) -> tuple[Cut, ...]:
    """Divide what the rule takes off the lines' totals over the lines, by their totals, and each line's part over its bearers."""
    step = step_minor(currency)
    discount_minor = off(rule, sum_minor=sum(lines), currency=currency)
    parts = split_within(discount_minor, lines, weights=lines, step=step)
    return tuple(Cut(part, _platform(part, rule.platform_share_bp, step)) for part in parts)


def _platform(discount_minor: int, share_bp: int, step: int) -> int:
    bearers = split(
        discount_minor // step, {"platform": share_bp, "merchant": BASIS_POINTS - share_bp}, rest_to="merchant"
    )
    return bearers["platform"] * step


@dataclass(frozen=True)
class Unit:
    """One unit of a line: what is paid for it, what was taken off, and how much of that the platform bears."""

    price_minor: int
    discount_minor: int
    platform_minor: int


def of_units(cut: Cut, *, unit_price_minor: int, units: int, currency: str) -> tuple[Unit, ...]:
    """Divide a line's cut over its units; they add up to it, no unit is paid with less than nothing."""
    step = step_minor(currency)
    discounts = split_within(cut.discount_minor, [unit_price_minor] * units, step=step)
    borne = split_within(cut.platform_minor, discounts, step=step)
    return tuple(
        Unit(unit_price_minor - discount, discount, platform)
        for discount, platform in zip(discounts, borne, strict=True)
    )
