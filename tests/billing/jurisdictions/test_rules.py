"""What differs from place to place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.jurisdictions import rules, wording
from billing.jurisdictions.rules import TaxAt
from storefront.deals.checks import DealDraft, problems_of


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


def test_each_place_says_its_rules_in_words(settings: Any) -> None:
    told = {code: " ".join(text for _what, text in _told(code, settings)) for code in rules.PLACES}
    assert "VAT falls due when a voucher for one known service is sold. VAT invoice" in told["eu"]
    assert "Within 14 days" in told["eu"]
    assert "VAT falls due when a voucher is used. Fapiao 6 % in new terms" in told["cn"]
    assert "Sales tax falls due" in told["us"]
    assert "still owed for 5 years" in told["us"]
    assert "Nobody has said which tax" in told["other"]


def _told(code: str, settings: Any) -> list[tuple[str, str]]:
    settings.JURISDICTION = code
    return wording.rows("usd")


def test_a_deals_vouchers_are_valid_for_as_long_as_the_place_wants(settings: Any, monkeypatch: Any) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    draft = DealDraft(title="Noodles", summary="", price_minor=2400, units_total=5, sale_starts_at=now, valid_days=30)
    dated = replace(
        draft, valid_days=None, sale_ends_at=now + timedelta(days=20), valid_until_at=now + timedelta(days=50)
    )
    found = []
    for days in (0, 30, 31):
        monkeypatch.setitem(rules.PLACES, "us", replace(rules.PLACES["us"], shortest_validity_days=days))
        found += [
            [one.field for one in problems_of(one, currency="usd") if "place" in one.text] for one in (draft, dated)
        ]
    assert found == [[], [], [], [], ["valid_days"], ["valid_until_at"]]


def test_a_voucher_for_one_known_service_is_taxed_at_the_sale_in_the_union_x13() -> None:
    assert rules.PLACES["eu"].voucher_taxed_at == TaxAt.SALE
    assert rules.PLACES["cn"].must_refund_unused
