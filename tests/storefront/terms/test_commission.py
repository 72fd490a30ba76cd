"""The commission of a line and its exact split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kernel.money import split_within
from storefront.terms import commission

AMOUNTS = st.integers(min_value=1, max_value=99_999_999)


@pytest.mark.parametrize(
    ("total_minor", "rate_bp", "minimum_minor", "maximum_minor", "expected"),
    [
        (4800, 300, 0, None, 144),
        (4800, 0, 0, None, 0),
        (4800, 10_000, 0, None, 4800),
        (150, 300, 0, None, 5),  # 4.5: halves go up
        (149, 300, 0, None, 4),
        (4800, 300, 200, None, 200),
        (4800, 300, 0, 100, 100),
        (4800, 300, 200, 200, 200),
        (100, 300, 500, None, 100),  # never more than the line
    ],
)
def test_a_lines_commission(
    total_minor: int, rate_bp: int, minimum_minor: int, maximum_minor: int | None, expected: int
) -> None:
    found = commission.of_line(
        total_minor=total_minor, rate_bp=rate_bp, minimum_minor=minimum_minor, maximum_minor=maximum_minor
    )
    assert found == expected


def test_what_does_not_divide_goes_to_the_first_units() -> None:
    assert split_within(145, [4800] * 3) == (49, 48, 48)
    assert split_within(2, [4800] * 3) == (1, 1, 0)


@given(price=AMOUNTS, units=st.integers(1, 20), rate_bp=st.integers(0, 10_000), minimum=st.integers(0, 5_000))
def test_the_parts_add_up_and_none_is_over_its_price_m17(price: int, units: int, rate_bp: int, minimum: int) -> None:
    """Shares sum exactly to the total, and differ by less than one minor unit from their exact part (faults M8)."""
    whole = commission.of_line(total_minor=price * units, rate_bp=rate_bp, minimum_minor=minimum)
    parts = split_within(whole, [price] * units)
    assert (sum(parts), len(parts)) == (whole, units)
    assert all(0 <= part <= price for part in parts)
    assert max(parts) - min(parts) <= 1
