"""What differs from place to place."""

from datetime import timedelta
from typing import Any

from billing.jurisdictions import rules
from billing.jurisdictions.rules import TaxAt


def test_the_place_follows_the_malls_currency_unless_the_operator_names_one(settings: Any) -> None:
    found = {currency: rules.of_currency(currency).code for currency in ("cny", "USD", "eur", "jpy")}
    assert found == {"cny": "cn", "USD": "us", "eur": "eu", "jpy": "other"}

    settings.JURISDICTION = "eu"
    assert rules.of_currency("usd").code == "eu"


def test_new_terms_carry_the_places_tax_on_commission_and_none_where_nobody_knows_m5(settings: Any) -> None:
    found = {currency: rules.commission_tax_bp(currency) for currency in ("cny", "usd", "eur", "jpy")}
    assert found == {"cny": 600, "usd": 0, "eur": 0, "jpy": 0}
    assert all(str(place.commission_tax_reason) for place in rules.PLACES.values())

    settings.COMMISSION_TAX_BP = 1900
    assert rules.commission_tax_bp("eur") == 1900
    settings.COMMISSION_TAX_BP = 0
    assert rules.commission_tax_bp("cny") == 0


def test_paid_value_lives_five_years_longer_in_the_united_states_x3() -> None:
    assert rules.PLACES["us"].value_is_kept >= timedelta(days=5 * 365)


def test_a_voucher_for_one_known_service_is_taxed_at_the_sale_in_the_union_x13() -> None:
    assert rules.PLACES["eu"].voucher_taxed_at == TaxAt.SALE
    assert rules.PLACES["cn"].must_refund_unused
