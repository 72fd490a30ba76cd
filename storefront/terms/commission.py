"""
The commission of an order line.

It is computed once, from what is paid for the line with what the platform bears of its discount (`OrderLine.base_minor`): a discount
that the merchant bears lowers it, one that the platform bears does not. Vouchers divide it over the units.

A commission carries its own tax (M5): it comes on top, out of the merchant's part, so that the platform's commission is what was agreed.
"""

from saas.kernel.money import share


def of_line(*, total_minor: int, rate_bp: int, minimum_minor: int = 0, maximum_minor: int | None = None) -> int:
    """Return the commission on a line: the rate of its total, at least the minimum, at most the maximum and the total."""
    amount_minor = max(share(total_minor, rate_bp), minimum_minor)
    if maximum_minor is not None:
        amount_minor = min(amount_minor, maximum_minor)
    return min(amount_minor, total_minor)


def tax_of_line(*, total_minor: int, commission_minor: int, rate_bp: int) -> int:
    """Return the tax on a line's commission (M5): its rate of the commission, halves rounded up, at most what the commission leaves."""
    return min(share(commission_minor, rate_bp), total_minor - commission_minor)


def agency_of_line(*, total_minor: int, commission_minor: int, rate_bp: int, tax_minor: int = 0) -> int:
    """Return the agency's share of a line: its rate of the total, at most what commission and tax leave (M6: platform, then agency)."""
    return min(share(total_minor, rate_bp), total_minor - commission_minor - tax_minor)


def deducted_bp(*, rate_bp: int, tax_rate_bp: int, agency_rate_bp: int) -> int:
    """Return what commission, its tax and the agency's share take of a line together, basis points, limits left out."""
    return rate_bp + share(rate_bp, tax_rate_bp) + agency_rate_bp
