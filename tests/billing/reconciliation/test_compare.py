"""Every class of break is found, once each, and a clean month raises no alarm (W9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from billing.reconciliation import compare
from billing.reconciliation.compare import Booked, CashItem, FeeItem, Finding
from billing.reconciliation.facts import Fact

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MALL, OTHER = "m_a", "m_b"
KINDS = ("charge", "refund", "transfer", "reversal", "dispute")


def a_clean_month() -> list[CashItem]:
    return [
        CashItem(
            kind,
            f"{kind}-{day}",
            (day + 1) * (100 if kind == "charge" else -10),
            "usd",
            MALL,
            NOW - timedelta(days=day, hours=2),
        )
        for day in range(30)
        for kind in KINDS
    ]


def found(ours: list[CashItem], theirs: list[CashItem]) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in compare.cash(ours=ours, theirs=theirs, before=NOW)]


def test_a_clean_month_raises_no_alarm() -> None:
    items = a_clean_month()
    assert len(items) == 150
    assert found(items, list(reversed(items))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_booked_and_not_at_stripe_is_found(kind: str) -> None:
    items = a_clean_month()
    assert found(items, [one for one in items if one.source != f"{kind}-7"]) == [
        (f"{kind}_missing_at_stripe", f"{kind}:{kind}-7")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_at_stripe_and_not_booked_is_found(kind: str) -> None:
    items = a_clean_month()
    assert found([one for one in items if one.source != f"{kind}-7"], items) == [
        (f"{kind}_unknown_to_us", f"{kind}:{kind}-7")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_another_amount_is_found(kind: str) -> None:
    items = a_clean_month()
    theirs = [replace(one, amount_minor=one.amount_minor + 1) if one.source == f"{kind}-7" else one for one in items]
    assert found(items, theirs) == [(f"{kind}_amount_differs", f"{kind}:{kind}-7")]


@pytest.mark.parametrize("kind", KINDS)
def test_what_stripe_did_twice_is_found(kind: str) -> None:
    items = a_clean_month()
    twice = next(one for one in items if one.source == f"{kind}-7")
    assert found(items, [*items, twice]) == [(f"{kind}_doubled", f"{kind}:{kind}-7")]


def test_another_currency_another_mall_and_a_movement_that_nobody_handles_are_found() -> None:
    items = a_clean_month()
    theirs = [
        replace(one, currency="eur")
        if one.source == "charge-3"
        else replace(one, tenant_schema=OTHER)
        if one.source == "transfer-4"
        else one
        for one in items
    ]
    strange = CashItem("other", "txn_9", -5, "usd", "", NOW - timedelta(days=1))
    assert sorted(found(items, [*theirs, strange])) == [
        ("currency_differs", "charge:charge-3"),
        ("movement_unhandled", "other:txn_9"),
        ("of_another_mall", "transfer:transfer-4"),
    ]


def test_a_refund_that_failed_at_the_bank_takes_itself_back_on_both_sides() -> None:
    assert compare.SOURCE_KINDS["refund_failure"] == "refund"
    gone = CashItem("refund", "re_1", -500, "usd", MALL, NOW - timedelta(days=2))
    back = replace(gone, amount_minor=500, at=NOW - timedelta(days=1))
    assert found([gone, back], [gone, back]) == []
    assert found([gone], [gone, back]) == [("refund_amount_differs", "refund:re_1")]


def test_what_is_younger_than_the_grace_is_under_way_and_no_alarm() -> None:
    young = CashItem("charge", "new", 100, "usd", MALL, NOW)
    assert found([*a_clean_month(), young], a_clean_month()) == []
    assert found(a_clean_month(), [*a_clean_month(), young]) == []


def test_fees_are_compared_movement_by_movement() -> None:
    charged = [FeeItem(f"txn_{number}", 30 + number, "usd", NOW - timedelta(days=1)) for number in range(30)]
    booked = {one.movement_id: one.fee_minor for one in charged}
    assert compare.fees(booked=booked, charged=charged, before=NOW) == []

    planted = {**booked, "txn_3": 1, "txn_99": 7}
    del planted["txn_5"]
    assert [
        (one.kind, one.subject, one.expected_minor, one.found_minor)
        for one in compare.fees(booked=planted, charged=charged, before=NOW)
    ] == [
        ("fee_differs", "txn_3", 1, 33),
        ("fee_differs", "txn_5", 0, 35),
        ("fee_without_movement", "txn_99", 7, None),
    ]


def facts_of_a_month() -> tuple[list[Fact], dict[str, Booked]]:
    told = [
        Fact(f"redeemed:{day}", "voucher_redeemed", 100 + day, "usd", NOW - timedelta(days=day, hours=2))
        for day in range(30)
    ]
    booked = {one.key: Booked(one.key, one.kind, one.amount_minor, one.currency, MALL, one.happened_at) for one in told}
    return told, booked


def test_each_fact_of_a_mall_has_exactly_its_journal() -> None:
    told, booked = facts_of_a_month()
    assert compare.facts(schema=MALL, told=told, booked=booked, before=NOW) == []

    planted = dict(booked)
    del planted["redeemed:1"]
    planted["redeemed:2"] = replace(booked["redeemed:2"], amount_minor=1)
    planted["redeemed:3"] = replace(booked["redeemed:3"], currency="eur")
    planted["redeemed:4"] = replace(booked["redeemed:4"], tenant_schema=OTHER)
    planted["redeemed:5"] = replace(booked["redeemed:5"], happened_at=NOW - timedelta(days=40))
    planted["redeemed:x"] = replace(booked["redeemed:6"], key="redeemed:x")
    found_rows = compare.facts(schema=MALL, told=told, booked=planted, before=NOW)
    assert [(one.kind, one.subject) for one in found_rows] == [
        ("fact_without_journal", "redeemed:1"),
        ("fact_amount_differs", "redeemed:2"),
        ("fact_currency_differs", "redeemed:3"),
        ("fact_booked_for_another_mall", "redeemed:4"),
        ("fact_date_differs", "redeemed:5"),
        ("journal_without_fact", "redeemed:x"),
    ]


def test_sums_are_compared_by_name() -> None:
    assert compare.totals("x", expected={"a": 1, "b": 2}, found={"a": 1, "c": 3}) == [
        Finding("x", "b", "", 2, 0),
        Finding("x", "c", "", 0, 3),
    ]
