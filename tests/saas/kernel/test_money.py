"""Money is integers: what is typed becomes minor units exactly, or is refused in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kernel import money
from saas.kernel.money import AmountRefused


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "usd", 1250),
        ("12.5", "usd", 1250),
        ("0", "usd", 0),
        ("12", "jpy", 12),
        ("1.23", "kwd", 1230),
        ("12", "isk", 1200),
        (" 7.00 ", "EUR", 700),
        (Decimal("0.01"), "usd", 1),
        ("1e2", "usd", 10_000),
    ],
)
def test_an_amount_is_read_exactly(text: str, currency: str, minor: int) -> None:
    assert money.to_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("-1", "usd"),
        ("NaN", "usd"),
        ("Infinity", "usd"),
        ("1e30", "usd"),
        ("12.505", "usd"),
        ("12.5", "jpy"),
        ("12.50", "isk"),
        ("1.234", "kwd"),
        ("", "usd"),
        ("ten", "usd"),
        ("1,5", "usd"),
        ("1000000.00", "usd"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused_m14(text: str, currency: str) -> None:
    with pytest.raises(AmountRefused):
        money.to_minor(text, currency)


@given(st.integers(0, money.MAXIMUM_MINOR), st.sampled_from(["usd", "jpy", "kwd"]))
def test_reading_and_showing_an_amount_are_opposites_m17(amount_minor: int, currency: str) -> None:
    amount_minor -= amount_minor % money.step_minor(currency)
    assert money.to_minor(money.to_major(amount_minor, currency), currency) == amount_minor


@given(st.integers(0, money.MAXIMUM_MINOR), st.integers(0, money.BASIS_POINTS))
def test_a_share_lies_within_the_amount_and_is_off_by_less_than_one_unit_m8(amount_minor: int, rate_bp: int) -> None:
    part = money.share(amount_minor, rate_bp)
    assert 0 <= part <= amount_minor
    assert abs(Decimal(part) - Decimal(amount_minor) * rate_bp / money.BASIS_POINTS) <= Decimal("0.5")
