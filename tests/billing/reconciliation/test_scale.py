"""Two hundred breaks of each of twenty classes among a month of good rows: all found in one run, one row each, and nothing else (W9)."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.reconciliation import compare, operations
from billing.reconciliation.compare import Booked, CashItem, FeeItem, Finding
from billing.reconciliation.facts import Fact
from billing.reconciliation.models import Break
from tenants.isolation.entrance import on_platform

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MALL, OTHER = "m_a", "m_b"
EACH, DAYS = 200, 30
KINDS = ("charge", "refund", "transfer", "reversal", "dispute")


@dataclass
class Sides:
    """What the books, Stripe and the mall say."""

    ours: list[CashItem] = field(default_factory=list)
    theirs: list[CashItem] = field(default_factory=list)
    booked_fees: dict[str, int] = field(default_factory=dict)
    charged: list[FeeItem] = field(default_factory=list)
    told: list[Fact] = field(default_factory=list)
    booked: dict[str, Booked] = field(default_factory=dict)

    def found(self) -> list[Finding]:
        """Return all disagreements, as one run of the check finds them."""
        return [
            *compare.cash(ours=self.ours, theirs=self.theirs, before=NOW),
            *compare.fees(booked=self.booked_fees, charged=self.charged, before=NOW),
            *compare.facts(schema=MALL, told=self.told, booked=self.booked, before=NOW),
        ]


def at(number: int) -> datetime:
    return NOW - timedelta(days=number % DAYS, hours=2, seconds=number)


def cash(sides: Sides, kind: str, name: str, number: int) -> CashItem:
    """Add one thing that both sides agree on."""
    item = CashItem(kind, name, 1000 + number if kind == "charge" else -100 - number, "usd", MALL, at(number))
    sides.ours.append(item)
    sides.theirs.append(item)
    return item


def fact(sides: Sides, name: str, number: int) -> Fact:
    made = Fact(f"paid:{name}", "order_paid", 1000 + number, "usd", at(number))
    sides.told.append(made)
    sides.booked[made.key] = Booked(made.key, made.kind, made.amount_minor, "usd", MALL, made.happened_at)
    return made


def clean(days: int) -> Sides:
    """Return so many days of a mall in which everything agrees: 150 things a day."""
    sides = Sides()
    for number in range(days * 20):
        for kind in KINDS:
            cash(sides, kind, f"{kind}-{number}", number)
        sides.booked_fees[f"txn_{number}"] = 30
        sides.charged.append(FeeItem(f"txn_{number}", 30, "usd", at(number)))
        fact(sides, f"good-{number}", number)
    return sides


def spoil(sides: Sides, name: str, number: int) -> str:
    """Add one thing spoilt in the way `name`, and return the class that it must be found in."""
    kind = name.split("_", maxsplit=1)[0]
    if name in CASH:
        one = cash(sides, kind if kind in KINDS else "charge", f"{name}-{number}", number)
        if name.endswith("missing_at_stripe"):
            sides.theirs.pop()
        elif name.endswith("unknown_to_us"):
            sides.ours.pop()
        elif name.endswith("doubled"):
            sides.theirs.append(one)
        elif name.endswith("amount_differs"):
            sides.theirs[-1] = replace(one, amount_minor=one.amount_minor + 1)
        elif name == "currency_differs":
            sides.theirs[-1] = replace(one, currency="eur")
        elif name == "of_another_mall":
            sides.theirs[-1] = replace(one, tenant_schema=OTHER)
        else:
            sides.ours.pop()
            sides.theirs[-1] = replace(one, kind="topup")
    elif name == "fee_differs":
        sides.charged.append(FeeItem(f"spoilt_{number}", 31, "usd", at(number)))
        sides.booked_fees[f"spoilt_{number}"] = 30
    elif name == "fee_without_movement":
        sides.booked_fees[f"ghost_{number}"] = 30
    else:
        _spoil_fact(sides, name, number)
    return name


def _spoil_fact(sides: Sides, name: str, number: int) -> None:
    made = fact(sides, f"{name}-{number}", number)
    journal = sides.booked.pop(made.key)
    if name == "journal_without_fact":
        sides.told.pop()
        sides.booked[made.key] = journal
    changes: dict[str, dict[str, object]] = {
        "fact_amount_differs": {"amount_minor": 1},
        "fact_currency_differs": {"currency": "eur"},
        "fact_date_differs": {"happened_at": NOW - timedelta(days=40)},
        "fact_booked_for_another_mall": {"tenant_schema": OTHER},
    }
    if name in changes:
        sides.booked[made.key] = replace(journal, **changes[name])  # type: ignore[arg-type]


CASH = [
    *(f"{kind}_{what}" for kind in ("charge", "refund", "transfer") for what in ("missing_at_stripe", "unknown_to_us")),
    *("charge_doubled", "transfer_doubled", "refund_amount_differs", "dispute_unknown_to_us", "currency_differs"),
    *("of_another_mall", "movement_unhandled"),
]
CLASSES = [
    *CASH,
    *("fee_differs", "fee_without_movement", "fact_without_journal", "journal_without_fact", "fact_amount_differs"),
    *("fact_currency_differs", "fact_date_differs", "fact_booked_for_another_mall"),
]


@pytest.mark.django_db
def test_four_thousand_planted_breaks_are_found_once_each_and_none_besides_w9() -> None:
    sides = clean(DAYS)
    planted = Counter(spoil(sides, name, number) for name in CLASSES for number in range(EACH))
    found = sides.found()
    assert len(planted) == 21
    assert planted.total() == 21 * EACH
    assert Counter(one.kind for one in found) == planted
    with on_platform():
        assert operations.note_findings(found, is_complete=True, now=NOW) == planted.total()
        assert (
            operations.note_findings(found[::-1], is_complete=True, now=NOW) == 0
        )  # the next day finds them again, not anew
        assert Break.objects.filter(state=Break.State.OPEN).count() == planted.total()


def test_thirty_clean_days_one_after_the_other_raise_no_alarm_w9() -> None:
    alarms = [finding for day in range(1, DAYS + 1) for finding in clean(day).found()]
    assert alarms == []
    assert len(clean(DAYS).ours) == DAYS * 20 * len(KINDS)
