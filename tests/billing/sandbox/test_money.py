"""Currencies: what is shown, what is the least, what the fee is; and that what went out of a charge is found quickly."""

from pathlib import Path

import pytest

from billing.sandbox import cards, money
from billing.sandbox.store import Store


@pytest.mark.parametrize(
    ("amount_minor", "currency", "shown"),
    [
        (123456, "usd", "$1,234.56"),
        (5, "eur", "€0.05"),
        (1234, "jpy", "¥1,234"),
        (1250, "kwd", "KWD 1.250"),
        (-100, "cny", "-CN¥1.00"),
    ],
)
def test_an_amount_is_shown_with_its_own_decimals(amount_minor: int, currency: str, shown: str) -> None:
    assert money.shown(amount_minor, currency) == shown


@pytest.mark.parametrize(("amount_minor", "fee_minor"), [(5000, 175), (50, 31), (1, 1), (10017, 320), (10018, 321)])
def test_the_fee_is_2_9_percent_rounded_half_up_and_thirty_cents(amount_minor: int, fee_minor: int) -> None:
    assert money.fee_minor(amount_minor, "usd") == fee_minor


def test_every_test_card_passes_its_own_check_digit() -> None:
    assert all(cards.passes_luhn(card.number) for card in cards.KNOWN_CARDS)


def test_what_went_out_of_a_charge_is_found_without_reading_all_transfers(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.sqlite3")
    with store.transaction() as tx:
        for kind, name in (("transfer", "source_transaction"), ("transfer_reversal", "transfer"), ("refund", "charge")):
            plan = tx.rows(
                "EXPLAIN QUERY PLAN SELECT body FROM objects "  # noqa: S608 - our own text
                f"WHERE kind = ? AND account = ? AND json_extract(body, '$.{name}') = ? ORDER BY seq DESC",
                *(kind, "", "ch_1"),
            )
            assert "<expr>=?" in plan[0]["detail"], (kind, plan[0]["detail"])
    store.close()
