"""Single cells of product files: prices as people write them, handles, descriptions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kernel.money import AmountRefused
from storefront.catalog.imports import values


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("10", "usd", 1000),
        ("9.99", "usd", 999),
        ("1,5", "usd", 150),
        ("1,50", "usd", 150),
        ("0", "usd", 0),
        ("1,250.00", "usd", 125_000),
        ("1.250,00", "eur", 125_000),
        ("$12.50", "usd", 1250),
        ("US$12.50", "usd", 1250),
        ("1.250,00 €", "eur", 125_000),
        ("1'250.00", "chf", 125_000),
        ("1,234,567", "jpy", 1_234_567),
        ("1,500", "jpy", 1500),
        ("12.500", "bhd", 12_500),
    ],
)
def test_a_price_is_read_as_people_write_it(text: str, currency: str, minor: int) -> None:
    assert values.price(text, currency).minor == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "free",
        "-5",
        "NaN",
        "Infinity",
        "1e30",
        "1_000",
        "٣٫٥",
        "１２",
        "=1+1",
        "1,500",
        "1.500",
        "1.2.3",
        "1,2,3",
        "12,34.5",
        "999999999999",
        "0.001",
    ],
)
def test_what_is_no_price_or_can_be_read_in_two_ways_is_refused(text: str) -> None:
    """M14: integers and decimals abused."""
    with pytest.raises(AmountRefused):
        values.price(text, "usd")


@given(st.text(max_size=40))
def test_any_text_is_a_price_within_bounds_or_refused(text: str) -> None:
    """M14."""
    try:
        read = values.price(text, "usd")
    except AmountRefused:
        return
    assert 0 <= read.minor <= 99_999_999


def test_a_price_that_was_read_with_a_guess_says_so() -> None:
    assert values.price("1,5", "usd").note == "The price “1,5” was read as 1.5."
    assert values.price("1.5", "usd").note == ""


def test_scripts_are_taken_out_of_a_description_and_its_text_stays() -> None:
    html = '<p onclick="x()">Clay <b>pot</b></p><script>alert(1)</script><a href="javascript:alert(1)">here</a><img src=x onerror=alert(1)>'
    clean, note = values.body(html)
    assert clean == '<p>Clay <b>pot</b></p><a rel="noopener noreferrer">here</a>'
    assert note == "Scripts or other unsafe markup were taken out of the description."


def test_a_plain_description_is_left_as_it_is() -> None:
    assert values.body("<p>Classic blown clay pot</p>") == ("<p>Classic blown clay pot</p>", "")


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("clay-pot", "clay-pot"),
        ("Clay Pot", "clay-pot"),
        ("../../etc", "etc"),
        ("面条", "面条"),
        ("🥟🥟", ""),
        ("a" * 300, "a" * 200),
    ],
)
def test_a_handle_is_what_an_address_can_have(text: str, handle: str) -> None:
    assert values.handle(text) == handle


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("12.0", 12), ("-3", -3), ("1.5", None), ("١٢", None), ("9" * 20, None), ("many", None)],
)
def test_a_whole_number_is_read_or_left_out(text: str, number: int | None) -> None:
    assert values.whole(text, lowest=-10) == number
