"""Money: integers in minor units beside a currency code. Never floats."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from .errors import DomainError

# Digits after the point by which Stripe counts minor units; two unless named here.
# https://docs.stripe.com/currencies#zero-decimal (ISK and UGX are sent with two digits that must be 00)
_DIGITS = {
    **dict.fromkeys(
        ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"), 0
    ),
    **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3),
}
_WHOLE_ONLY = {"isk", "ugx"}
BASIS_POINTS = 10_000
# The largest amount that Stripe takes: eight digits of minor units.
MAXIMUM_MINOR = 99_999_999


class AmountRefused(DomainError):
    """The text is no amount of this currency."""

    code = "amount_refused"


def digits(currency: str) -> int:
    """Return how many digits stand after the point in amounts of the currency."""
    return _DIGITS.get(currency.lower(), 2)


def to_minor(text: str | Decimal | int, currency: str) -> int:
    """
    Read an amount in major units ("12.50") as minor units (1250).

    :raises AmountRefused: not a number, negative, too fine for the currency, or over `MAXIMUM_MINOR`
    """
    try:
        amount = Decimal(str(text).strip())
    except InvalidOperation as error:
        raise AmountRefused(f"“{str(text)[:40]}” is not an amount.") from error
    if not amount.is_finite() or amount < 0:
        raise AmountRefused(f"“{str(text)[:40]}” is not an amount of zero or more.")
    if amount > MAXIMUM_MINOR:
        raise AmountRefused("That amount is too large.")
    minor = amount.scaleb(digits(currency))
    if minor != minor.to_integral_value() or (currency.lower() in _WHOLE_ONLY and minor % 100):
        raise AmountRefused(f"“{str(text)[:40]}” has more digits after the point than {currency.upper()} allows.")
    if minor > MAXIMUM_MINOR:
        raise AmountRefused("That amount is too large.")
    return int(minor)


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Return the amount in major units, exact."""
    return Decimal(amount_minor).scaleb(-digits(currency))


def share(amount_minor: int, rate_bp: int) -> int:
    """Return `rate_bp` basis points of the amount, halves rounded up. What is left belongs to the other side."""
    return int((Decimal(amount_minor) * rate_bp / BASIS_POINTS).quantize(Decimal(1), rounding=ROUND_HALF_UP))
