"""Amounts, savings and codes as people read them."""

import pytest

from saas.ui import formats

NBSP = "\xa0"


@pytest.mark.parametrize(
    ("amount_minor", "currency", "language", "shown"),
    [
        (12800, "CNY", "en", "¥128.00"),
        (12800, "CNY", "zh-hans", "¥128.00"),
        (12800, "JPY", "en", "¥12,800"),
        (123456, "KWD", "en", "KWD123.456"),
        (1234567, "USD", "en", "$12,345.67"),
        (1234567, "EUR", "de", f"12.345,67{NBSP}€"),
        (-155, "USD", "en", "-$1.55"),
        (5, "USD", "en", "$0.05"),
        (2400, "usd", "en", "$24.00"),
        (120000, "ugx", "en", "UGX1,200"),
        (10**15 + 1, "USD", "en", "$10,000,000,000,000.01"),
    ],
)
def test_an_amount_follows_its_currency_and_language(
    amount_minor: int, currency: str, language: str, shown: str
) -> None:
    assert formats.format_money(amount_minor, currency, language=language) == shown


def test_a_short_price_drops_the_minor_part_only_when_it_is_zero() -> None:
    assert formats.format_money(2400, "USD", language="en", short=True) == "$24"
    assert formats.format_money(2450, "USD", language="en", short=True) == "$24.50"
    assert formats.format_money(2400, "CNY", language="zh-hans", short=True) == "¥24"


def test_an_unknown_language_is_written_as_english() -> None:
    assert formats.format_money(100, "USD", language="xx-unknown") == "$1.00"


def test_the_saving_is_rounded_down_and_never_invented() -> None:
    assert formats.saving_percent(2400, 3600) == 33
    assert formats.saving_percent(3600, 3600) == 0
    assert formats.saving_percent(3600, 2400) == 0
    assert formats.saving_percent(100, 0) == 0


def test_a_code_is_grouped_in_fours_however_it_was_typed() -> None:
    assert formats.grouped("K7QM4TXPW29D") == "K7QM 4TXP W29D"
    assert formats.grouped("k7qm-4txp w29d") == "k7qm 4txp w29d"
    assert formats.grouped("ABCDE") == "ABCD E"


@pytest.mark.parametrize(("language", "shown"), [("en", "tea, cake, milk"), ("zh-hans", "tea、cake、milk")])
def test_names_stand_one_after_another_as_the_language_writes_them(language: str, shown: str) -> None:
    assert formats.listed(["tea", "cake", "milk"], language=language) == shown
