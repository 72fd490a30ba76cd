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


def test_paid_value_lives_five_years_longer_in_the_united_states_x3() -> None:
    assert rules.PLACES["us"].value_is_kept >= timedelta(days=5 * 365)


def test_a_voucher_for_one_known_service_is_taxed_at_the_sale_in_the_union_x13() -> None:
    assert rules.PLACES["eu"].voucher_taxed_at == TaxAt.SALE
    assert rules.PLACES["cn"].must_refund_unused
