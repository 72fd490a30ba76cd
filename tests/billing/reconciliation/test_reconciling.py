"""The daily check over real rows: clean is silent, what is planted in books, rows and malls is found once, and closes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from billing.ledger import operations as ledger
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg
from billing.reconciliation import compare, gathering, operations
from billing.reconciliation.compare import Booked, Finding
from billing.reconciliation.facts import Fact
from billing.reconciliation.models import Break
from billing.reconciliation.operations import BreakClosed, ExplanationMissing, MovementFacts
from billing.settlements.models import Charge, Earning
from saas.kernel.actors import Actor
from saas.kernel.outbox import operations as outbox
from storefront.payments.models import Payment
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant
from tests.factories.money import World

FAY = Actor(kind="agency", name="Fay", public_id="f" * 26)
Kind = Account.Kind


@pytest.fixture
def world(riverside: Any, bo: Any, now: datetime) -> World:
    """Return a mall with a sold, a redeemed, a refunded and a settled voucher."""
    made = World(riverside, bo, now)
    for act, choice in (
        ("buy", 0),
        ("buy", 2),
        ("buy", 3),
        ("redeem", 1),
        ("redeem", 2),
        ("refund", 0),
        ("wait", 2),
        ("release", 0),
        ("settle", 2),
        ("redeem", 0),
    ):
        made.step(act, choice)
    assert made.refused == {}
    return made


def movements(world: World) -> list[MovementFacts]:
    """Return what Stripe would tell of what the world did, each charge with a fee of 30."""
    from billing.reconciliation.gathering import booked_cash

    return [
        MovementFacts(
            f"txn_{number}",
            item.kind,
            item.kind,
            item.source,
            item.tenant_schema,
            item.amount_minor,
            30 if item.kind == "charge" else 0,
            "usd",
            item.at,
        )
        for number, item in enumerate(booked_cash())
    ]


def check(world: World, *, balance_minor: int | None = None) -> list[str]:
    """Run the check some hours later, Stripe's balance as told, and return the open breaks."""
    from billing.reconciliation.models import Movement

    now = world.now + timedelta(hours=3)
    with on_platform():
        moved = sum(row.amount_minor - row.fee_minor for row in Movement.objects.all())
        operations.reconcile(stripe_balance={"usd": moved if balance_minor is None else balance_minor}, now=now)
        return sorted(Break.objects.filter(state=Break.State.OPEN).values_list("kind", flat=True))


@pytest.fixture
def clean(world: World) -> World:
    """Return the world with Stripe's side read: nothing differs."""
    with on_platform():
        assert operations.note_movements(movements(world), now=world.now) == 5
        assert operations.note_movements(movements(world), now=world.now) == 0
    assert check(world) == []
    return world


def test_fees_are_booked_once_from_the_movements(clean: World) -> None:
    fees = Account.objects.get(kind=Kind.STRIPE_FEES)
    assert fees.balance_minor == 3 * 30


def plant(world: World, kind: str) -> None:
    """Spoil one thing."""
    if kind == "balance_row_differs":
        Account.objects.filter(kind=Kind.COMMISSION, tenant_schema=world.tenant.schema_name).update(balance_minor=1)
    elif kind == "pending_differs":
        Earning.objects.filter(state=Earning.State.PENDING).update(net_minor=1)
    elif kind in ("journal_without_fact", "charge_missing_at_stripe"):
        legs = [Leg("order_paid", Kind.STRIPE_CASH, Kind.SHOPPER_PREPAID, 77)]
        entry = Entry("paid:ghost", world.tenant.schema_name, "usd", legs, "x", world.now)
        ledger.post(entry, journal_id="ghost", now=world.now)
    elif kind == "charge_unknown_to_us":
        told = MovementFacts("txn_x", "charge", "charge", "ch_x", "", 5, 0, "usd", world.now)
        operations.note_movements([told], now=world.now)
    elif kind == "events_stuck":
        with inside(world.tenant), transaction.atomic():
            outbox.tell(kind="voucher.lapsed", subject="x", payload={"voucher": "x"}, now=world.now)
    else:
        with inside(world.tenant):
            if kind == "fact_amount_differs":
                row = Voucher.objects.filter(redemptions__isnull=False).first()
                Voucher.objects.filter(pk=row.pk).update(price_minor=row.price_minor + 1)  # type: ignore[union-attr]
            elif kind == "fact_date_differs":
                Redemption.objects.filter(pk=Redemption.objects.first().pk).update(
                    redeemed_at=world.now - timedelta(hours=9)
                )  # type: ignore[union-attr]
            elif kind == "prepaid_differs":
                Voucher.objects.filter(state=Voucher.State.ISSUED).update(price_minor=2402)
            elif kind == "fact_without_journal":
                Payment.objects.filter(state=Payment.State.PAID).update(reference="z" * 26)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("balance_row_differs", ["balance_row_differs"]),
        ("pending_differs", ["pending_differs"]),
        ("journal_without_fact", ["charge_missing_at_stripe", "journal_without_fact", "prepaid_differs"]),
        ("charge_unknown_to_us", ["charge_unknown_to_us"]),
        ("events_stuck", ["events_stuck"]),
        ("fact_amount_differs", ["fact_amount_differs"]),
        ("fact_date_differs", ["fact_date_differs"]),
        ("prepaid_differs", ["prepaid_differs"]),
    ],
)
def test_what_is_planted_is_found(kind: str, expected: list[str], clean: World) -> None:
    with on_platform():
        plant(clean, kind)
    assert check(clean) == expected
    assert check(clean) == expected  # found once, not each day anew


def test_what_stripe_pays_to_the_platforms_own_bank_and_back_is_booked_and_no_break(clean: World) -> None:
    with on_platform():
        told = [
            MovementFacts(
                f"txn_own_{kind}", kind, "payout", "po_own", "", minor, 25 if minor < 0 else 0, "usd", clean.now
            )
            for kind, minor in (("payout", -70), ("payout_failure", 30))
        ]
        assert [operations.note_movements(told, now=clean.now) for _time in range(2)] == [2, 0]
    assert check(clean) == []
    with on_platform():
        assert Account.objects.get(kind="bank").balance_minor == 40
        former = MovementFacts("txn_own_former", "payout_failure", "other", "po_former", "", 90, 0, "usd", clean.now)
        operations.note_movements([former], now=clean.now)
        assert [operations.adopt(now=clean.now) for _time in range(2)] == [1, 0]
        assert Account.objects.get(kind="bank").balance_minor == -50  # it came back of what the books never had
    assert check(clean) == []


def test_sales_of_before_a_move_are_the_malls_own_and_a_copy_answers_for_none_of_them(clean: World) -> None:
    """A restored mall has the facts of before, whose journals keep the schema that the mall had then (ADR 0008)."""
    schema, former, since = clean.tenant.schema_name, "m_0000000000former", clean.now - timedelta(days=2)
    fact = Fact("paid:old", "order_paid", 900, "usd", since)
    living = Tenant.objects.get(schema_name=schema)
    with on_platform():
        Tenant.objects.create(schema_name=former, name="Before", slug="before", status="closed", created_at=since)
        for realm, opened_at, own, is_found in (
            (former, clean.now, True, False),  # it moved
            (None, clean.now, False, False),  # a copy
            (None, since - timedelta(days=9), True, True),  # a mall of that time: somebody else's journal
        ):
            Tenant.objects.filter(pk=living.pk).update(code_realm=realm, opened_at=opened_at)
            booked = {fact.key: Booked(fact.key, "order_paid", 900, "usd", former, since)}
            told = gathering.own_facts(schema, [fact], booked)
            found = compare.facts(schema=schema, told=told, booked=booked, before=clean.now)
            assert (told == (fact,), [one.kind for one in found] != []) == (own, is_found)


def test_what_was_explained_and_had_gone_is_told_anew_when_it_comes_again(clean: World) -> None:
    one = Finding("events_stuck", clean.tenant.schema_name, clean.tenant.schema_name, 0, 1)
    with on_platform():
        counts = [operations.note_findings([one], is_complete=True, now=clean.now)]
        row = Break.objects.get(kind="events_stuck")
        operations.explain(
            break_public_id=row.public_id, explanation="A fact of before the move", by=FAY, now=clean.now
        )
        for found in ([one], [], [one]):
            counts += [operations.note_findings(found, is_complete=True, now=clean.now)]
        row.refresh_from_db()
    assert counts == [1, 0, 0, 1]
    assert (row.state, row.explanation) == (Break.State.RESOLVED, "A fact of before the move")


def test_a_balance_at_stripe_that_its_movements_do_not_explain_is_found(clean: World) -> None:
    assert check(clean, balance_minor=1) == ["stripe_balance_differs"]


def test_a_break_has_an_owner_and_closes_by_words_or_by_agreement(clean: World) -> None:
    with on_platform():
        plant(clean, "charge_unknown_to_us")
    check(clean)
    with on_platform():
        row = Break.objects.get()
        operations.take(break_public_id=row.public_id, by=FAY, now=clean.now)
        with pytest.raises(ExplanationMissing):
            operations.explain(break_public_id=row.public_id, explanation=" ", by=FAY, now=clean.now)
        assert Break.objects.get().state == Break.State.OPEN
        operations.explain(break_public_id=row.public_id, explanation="A test charge", by=FAY, now=clean.now)
        with pytest.raises(BreakClosed):
            operations.take(break_public_id=row.public_id, by=FAY, now=clean.now)
    assert check(clean) == []  # explained stays explained
    assert check(clean, balance_minor=1) == ["stripe_balance_differs"]
    assert check(clean) == []
    with on_platform():
        assert {one.kind: one.state for one in Break.objects.all()} == {
            "charge_unknown_to_us": Break.State.EXPLAINED,
            "stripe_balance_differs": Break.State.RESOLVED,
        }


def test_without_stripes_answer_the_check_says_that_it_is_not_complete_and_closes_nothing(clean: World) -> None:
    with on_platform():
        plant(clean, "charge_unknown_to_us")
    check(clean)
    with on_platform():
        found = operations.reconcile(stripe_balance=None, now=clean.now + timedelta(hours=4))
        assert not found.is_complete
        assert Break.objects.get().state == Break.State.OPEN
        assert Charge.objects.count() == 3


def test_a_refund_that_came_back_from_the_bank_and_was_sent_again_is_no_alarm(world: World) -> None:
    for act, choice, place in (("fail_refund", 0, "stuck"), ("fail_refund", 1, "refunded")):
        world.step(act, choice)
        assert place in {unit.place for unit in world.model.units.values()}
        assert world.differences() == []
    assert not world.refused
