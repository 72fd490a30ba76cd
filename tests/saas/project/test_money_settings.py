"""What an operator sets of money is looked at when the product starts, not when the first mall needs it."""

import runpy

import pytest
from environs import EnvValidationError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUTONG_COMMISSION_TAX_BP", "20000"),
        ("HUTONG_COMMISSION_TAX_BP", "-1"),
        ("HUTONG_JURISDICTION", "de"),
        ("HUTONG_REFUND_UNANSWERED", "later"),
    ],
)
def test_a_value_without_meaning_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(EnvValidationError, match=name):
        runpy.run_module("saas.project.settings.money")


def test_a_rate_that_can_be_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUTONG_COMMISSION_TAX_BP", "600")
    assert runpy.run_module("saas.project.settings.money")["COMMISSION_TAX_BP"] == 600
