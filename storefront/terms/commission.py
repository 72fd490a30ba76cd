"""
The commission of an order line.

It is computed once, from what is paid for the line with what the platform bears of its discount (`OrderLine.base_minor`): a discount
that the merchant bears lowers it, one that the platform bears does not. Vouchers divide it over the units.
"""

from saas.kernel.money import share


def of_line(*, total_minor: int, rate_bp: int, minimum_minor: int = 0, maximum_minor: int | None = None) -> int:
    """Return the commission on a line: the rate of its total, at least the minimum, at most the maximum and the total."""
    amount_minor = max(share(total_minor, rate_bp), minimum_minor)
    if maximum_minor is not None:
        amount_minor = min(amount_minor, maximum_minor)
    return min(amount_minor, total_minor)


def agency_of_line(*, total_minor: int, commission_minor: int, rate_bp: int) -> int:
    """Return the agency's share of a line: its rate of the total, at most what the commission leaves (M6: platform, then agency)."""
    return min(share(total_minor, rate_bp), total_minor - commission_minor)
