"""
How amounts and codes are written for people.

Amounts are integers in a currency's minor units (cents, fen; whole yen). Nothing here reads settings except the active
language, which is Django's.
"""

from collections.abc import Iterable
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency
from django.utils.translation import get_language, to_locale

from saas.kernel.money import to_major

_PLAIN_YUAN = {"CN¥": "¥"}
"""A mall has one currency, so the country before the sign only adds noise."""


def babel_locale(language: str | None = None) -> Locale:
    """Give Babel's locale for a Django language code (`zh-hans`), the active one by default; English if unknown."""
    return _locale(language or get_language() or "en")


@lru_cache(maxsize=32)
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(to_locale(code))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def listed(names: Iterable[object], *, language: str | None = None) -> str:
    """Write names one after another, with what the language puts between them: "a, b, c", "甲、乙、丙"."""
    between = babel_locale(language).list_patterns["standard"]["middle"].format("", "")
    return between.join(str(name) for name in names)


def format_money(amount_minor: int, currency: str, *, language: str | None = None, short: bool = False) -> str:
    """
    Write an amount for people in the language's order and separators; the currency's code in any case.

    `short` leaves out the minor part when it is zero ("¥128"), for prices on cards; never use it in a list of sums.
    """
    return _money(amount_minor, currency.upper(), babel_locale(language), short)


@lru_cache(maxsize=4096)
def _money(amount_minor: int, currency: str, locale: Locale, short: bool) -> str:
    amount = to_major(amount_minor, currency)
    whole = short and amount == amount.to_integral_value()
    if whole:
        pattern = locale.currency_formats["standard"].pattern.replace(".00", "")
        text = format_currency(amount, currency, format=pattern, locale=locale, currency_digits=False)
    else:
        text = format_currency(amount, currency, locale=locale)
    for long, plain in _PLAIN_YUAN.items():
        text = text.replace(long, plain)
    return text


def saving_percent(price_minor: int, was_minor: int) -> int:
    """Give how many whole percent the price is below the former one, rounded down; 0 when it is not below."""
    if was_minor <= 0 or price_minor >= was_minor:
        return 0
    return (was_minor - price_minor) * 100 // was_minor


def grouped(code: str, size: int = 4) -> str:
    """Write a code in groups of `size` with spaces: `ABCD EFGH JKLM`; spaces and hyphens already there are dropped."""
    bare = code.replace(" ", "").replace("-", "")
    return " ".join(bare[i : i + size] for i in range(0, len(bare), size))
