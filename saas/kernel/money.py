"""Money: integers in minor units beside a currency code. Never floats."""

from collections.abc import Hashable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeVar

from django.utils.translation import gettext as _

from .errors import DomainError

Name = TypeVar("Name", bound=Hashable)

# Digits after the point by which Stripe counts minor units; two unless named here.
# https://docs.stripe.com/currencies#zero-decimal (ISK and UGX are sent with two digits that must be 00)
_DIGITS = {
    **dict.fromkeys(
        ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"), 0
    ),
    **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 3),
}
# The step in which amounts are counted, where it is not one minor unit: kronur and shillings are whole, and of three digits the last is 0.
# https://docs.stripe.com/currencies#special-cases and https://docs.stripe.com/currencies#three-decimal
_STEPS = {"isk": 100, "ugx": 100, **dict.fromkeys(("bhd", "jod", "kwd", "omr", "tnd"), 10)}
# The least that a card payment may be, in minor units, where Stripe names one. It names none for CNY, and refuses what is worth less
# than its least in the account's own currency: there it is what it is in Hong Kong.
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_LEAST = {
    **dict.fromkeys(("usd", "aud", "brl", "cad", "chf", "eur", "inr", "nzd", "sgd"), 50),
    "aed": 200,
    "bgn": 100,
    "cny": 400,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "thb": 1000,
}
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
        raise AmountRefused(_("“%(text)s” is not an amount.") % {"text": str(text)[:40]}) from error
    if not amount.is_finite() or amount < 0:
        raise AmountRefused(_("“%(text)s” is not an amount of zero or more.") % {"text": str(text)[:40]})
    if amount > MAXIMUM_MINOR:
        raise AmountRefused(_("That amount is too large."))
    minor = amount.scaleb(digits(currency))
    if minor != minor.to_integral_value() or minor % step_minor(currency):
        raise AmountRefused(
            _("“%(text)s” has more digits after the point than %(currency)s allows.")
            % {"text": str(text)[:40], "currency": currency.upper()}
        )
    if minor > MAXIMUM_MINOR:
        raise AmountRefused(_("That amount is too large."))
    return int(minor)


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Return the amount in major units, exact."""
    return Decimal(amount_minor).scaleb(-digits(currency))


def share(amount_minor: int, rate_bp: int) -> int:
    """Return `rate_bp` basis points of the amount, halves rounded up. What is left belongs to the other side."""
    return int((Decimal(amount_minor) * rate_bp / BASIS_POINTS).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def least_charge_minor(currency: str) -> int:
    """
    Return the least that a card payment in the currency may be, in minor units; 1 where none is known.

    Stripe also refuses what is worth less than its least in the account's own currency, and answers `amount_too_small`.
    """
    return _LEAST.get(currency.lower(), 1)


def limit_minor(default_minor: int, by_currency: Mapping[str, int], currency: str) -> int:
    """Return a limit in minor units of the currency: its own where it has one (by lower-case code), else the default's number."""
    return by_currency.get(currency.lower(), default_minor)


def step_minor(currency: str) -> int:
    """Return the step in which payments of the currency are counted: 100 for ISK and UGX, 10 where there are three digits, else 1."""
    return _STEPS.get(currency.lower(), 1)


def is_countable(amount_minor: int, currency: str) -> bool:
    """Tell whether the amount can be paid in the currency, see `step_minor`."""
    return amount_minor % step_minor(currency) == 0


def split(amount_minor: int, weights: Mapping[Name, int], *, rest_to: Name) -> dict[Name, int]:
    """
    Divide an amount of zero or more by weights, each part rounded down, what does not divide going to `rest_to`.

    The parts add up to the amount exactly, and each but the rest's owner differs from its exact share by less than one minor unit.

    :raises ValueError: a negative amount or weight, weights without a sum, or a rest's owner who is not among them
    """
    total = sum(weights.values())
    if amount_minor < 0 or total <= 0 or min(weights.values()) < 0 or rest_to not in weights:
        raise ValueError(f"cannot split {amount_minor} by {dict(weights)} with the rest to {rest_to}")
    parts = {name: amount_minor * weight // total for name, weight in weights.items()}
    parts[rest_to] += amount_minor - sum(parts.values())
    return parts


def split_evenly(amount_minor: int, *, parts: int) -> tuple[int, ...]:
    """Divide an amount into equal parts; what does not divide goes to the first ones, one minor unit each."""
    part_minor, rest = divmod(amount_minor, parts)
    return tuple(part_minor + (1 if place < rest else 0) for place in range(parts))


def split_within(
    amount_minor: int, caps: Sequence[int], *, weights: Sequence[int] | None = None, step: int = 1
) -> tuple[int, ...]:
    """
    Divide an amount by weights (equal ones by default) into multiples of `step`, no part above its cap.

    The parts add up to the amount exactly. What does not divide, or finds no room, goes to the first parts that have room.

    :raises ValueError: a negative amount or weight, an amount that is no multiple of the step, or more than the caps hold
    """
    rooms = [cap // step for cap in caps]
    shares = list(weights) if weights is not None else [1] * len(rooms)
    if amount_minor % step or not 0 <= amount_minor // step <= sum(rooms) or min([*rooms, *shares], default=0) < 0:
        raise ValueError(f"cannot split {amount_minor} within {list(caps)} in steps of {step}")
    whole, total = amount_minor // step, sum(shares)
    parts = [min(room, whole * weight // total) if total else 0 for room, weight in zip(rooms, shares, strict=True)]
    rest = whole - sum(parts)
    while rest:
        free = [place for place, room in enumerate(rooms) if parts[place] < room]
        each = max(1, rest // len(free))
        for place in free:
            more = min(each, rooms[place] - parts[place], rest)
            parts[place] += more
            rest -= more
    return tuple(part * step for part in parts)
