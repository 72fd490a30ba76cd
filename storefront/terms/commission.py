"""
The commission of an order line, and of each of its units.

The line's commission is computed once, from the line's total; its units' commissions add up to it exactly. What does not
divide goes to the first units, one minor unit each.
"""

from saas.kernel.money import share, split_evenly


def of_line(*, total_minor: int, rate_bp: int, minimum_minor: int = 0, maximum_minor: int | None = None) -> int:
    """Return the commission on a line: the rate of its total, at least the minimum, at most the maximum and the total."""
    amount_minor = max(share(total_minor, rate_bp), minimum_minor)
    if maximum_minor is not None:
        amount_minor = min(amount_minor, maximum_minor)
    return min(amount_minor, total_minor)


def agency_of_line(*, total_minor: int, commission_minor: int, rate_bp: int) -> int:
    """Return the agency's share of a line: its rate of the total, at most what the commission leaves (M6: platform, then agency)."""
    return min(share(total_minor, rate_bp), total_minor - commission_minor)


def of_units(commission_minor: int, *, units: int) -> tuple[int, ...]:
    """Split a line's commission over its units; the parts differ by at most one minor unit and the first ones carry the rest."""
    return split_evenly(commission_minor, parts=units)
