"""What a promotion takes off: never negative, to the cent, with bearers that add up (M10; bugs 7 and 8 of the trade)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.kernel.money import MAXIMUM_MINOR, split_within, step_minor
from storefront.promotions import pricing
from storefront.promotions.pricing import Cut, Rule

amounts = st.integers(0, 200_000)
rules = st.builds(
    Rule,
    rate_bp=st.integers(1, 10_000),
    most_minor=st.none() | st.integers(1, 5_000),
    platform_share_bp=st.integers(0, 10_000),
) | st.builds(Rule, amount_minor=st.integers(1, MAXIMUM_MINOR), platform_share_bp=st.integers(0, 10_000))
currencies = st.sampled_from(["usd", "jpy", "kwd"])


@settings(max_examples=400, deadline=None)
@given(rule=rules, lines=st.lists(amounts, min_size=1, max_size=6), currency=currencies)
def test_lines_are_never_negative_and_add_up_m10(rule: Rule, lines: list[int], currency: str) -> None:
    lines = [line * step_minor(currency) for line in lines]
    cuts = pricing.cuts(rule, lines=lines, currency=currency)
    assert sum(cut.discount_minor for cut in cuts) == pricing.off(rule, sum_minor=sum(lines), currency=currency)
    for line, cut in zip(lines, cuts, strict=True):
        assert 0 <= cut.discount_minor <= line
        assert cut.platform_minor + cut.merchant_minor == cut.discount_minor
        assert 0 <= cut.platform_minor <= cut.discount_minor * rule.platform_share_bp / 10_000


@settings(max_examples=400, deadline=None)
@given(price=st.integers(1, 50_000), units=st.integers(1, 20), rule=rules, currency=currencies)
def test_units_are_never_negative_and_add_up(price: int, units: int, rule: Rule, currency: str) -> None:
    step = step_minor(currency)
    price *= step
    (cut,) = pricing.cuts(rule, lines=[price * units], currency=currency)
    parts = pricing.of_units(cut, unit_price_minor=price, units=units, currency=currency)
    assert sum(one.price_minor for one in parts) == price * units - cut.discount_minor
    assert sum(one.discount_minor for one in parts) == cut.discount_minor
    assert sum(one.platform_minor for one in parts) == cut.platform_minor
    assert all(one.price_minor >= 0 and 0 <= one.platform_minor <= one.discount_minor for one in parts)
    assert max(one.price_minor for one in parts) - min(one.price_minor for one in parts) <= step
    assert all(one.price_minor % step == 0 for one in parts)


@settings(max_examples=400, deadline=None)
@given(caps=st.lists(st.integers(0, 500), min_size=1, max_size=12), data=st.data())
def test_a_split_within_caps_adds_up_and_respects_them(caps: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(caps)))
    parts = split_within(amount, caps)
    assert sum(parts) == amount
    assert all(0 <= part <= cap for part, cap in zip(parts, caps, strict=True))


def test_what_no_cap_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot split"):
        split_within(11, [5, 5])
    with pytest.raises(ValueError, match="cannot split"):
        split_within(150, [100, 100], step=100)


def test_a_discount_larger_than_the_order_leaves_nothing_to_pay_and_not_less() -> None:
    assert pricing.off(Rule(amount_minor=5_000), sum_minor=2_400, currency="usd") == 2_400


def test_what_does_not_divide_is_borne_by_the_merchant() -> None:
    (cut,) = pricing.cuts(Rule(rate_bp=1_000, platform_share_bp=5_000), lines=[1_010], currency="usd")
    assert (cut.discount_minor, cut.platform_minor, cut.merchant_minor) == (101, 50, 51)


def test_kronas_are_taken_off_whole() -> None:
    (cut,) = pricing.cuts(Rule(rate_bp=1_250, platform_share_bp=5_000), lines=[99_900], currency="isk")
    assert cut == Cut(12_400, 6_200)
    units = pricing.of_units(cut, unit_price_minor=33_300, units=3, currency="isk")
    assert [one.price_minor for one in units] == [29_100, 29_200, 29_200]
    (cut,) = pricing.cuts(Rule(rate_bp=3_333), lines=[5_120], currency="kwd")
    assert cut.discount_minor == 1_700  # 1.706 dinars would leave a price that no card pays


def test_the_most_that_is_taken_off_holds() -> None:
    assert pricing.off(Rule(rate_bp=5_000, most_minor=700), sum_minor=2_400, currency="usd") == 700
