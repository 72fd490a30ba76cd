"""Statements over real books: lines equal the ledger, what is issued stays, the right people move it (M11, M12, M16)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction

from billing.ledger import operations as ledger
from billing.ledger import queries as books
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg
from billing.reconciliation import operations as reconciliation
from billing.statements import checking, issuing, moving, operations, periods, queries
from billing.statements.drafting import Place
from billing.statements.models import Statement, StatementLine
from billing.statements.operations import (
    MonthNotOver,
    NotPaidYet,
    NotYoursToMove,
    StatementDecided,
    StatementDiffers,
    WordsMissing,
)
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.tasks import enqueue
from tenants.isolation.entrance import on_platform
from tests.factories.money import FINANCE, World

Kind = Account.Kind
ALMA = Actor(kind="merchant", name="Alma", public_id="a" * 26)
ZONE = ZoneInfo("America/Los_Angeles")
DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, 12, tzinfo=UTC)


class Books:
    """Riverside's world on a clock that is the books' too."""

    def __init__(self, world: World, clock: Any) -> None:
        self.world, self.clock = world, clock
        self.place = Place(world.tenant.schema_name, "usd")

    def play(self, *steps: tuple[str, int]) -> "Books":
        """Do what the world can do."""
        for act, choice in steps:
            self.clock.move_to(self.world.now)
            self.world.step(act, choice)
        assert self.world.refused == {}
        return self

    def at(self, now: datetime) -> "Books":
        """Go to a later instant."""
        self.world.now = now
        self.clock.move_to(now)
        return self

    def issue(self, now: datetime) -> list[Statement]:
        """Have what is over stated."""
        self.at(now)
        with on_platform():
            return issuing.issue_mall(place=self.place, now=now)


@pytest.fixture
def november(riverside: Any, bo: Any) -> Any:
    """Return a mall whose November saw five vouchers used, one of them undone, one refunded after its settlement, and a payout."""
    now = datetime(2026, 11, 4, 20, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        made = Books(World(riverside, bo, now), clock)
        made.play(("change_terms", 7))  # 7 %, 6 % tax on it (M5), 0.5 % for the agency
        made.play(
            ("buy", 3), ("buy", 7), ("buy", 11), ("buy", 11), ("redeem", 0), ("redeem", 1), ("redeem", 2), ("undo", 1)
        )
        made.play(("wait", 3), ("release", 0), ("settle", 1), ("redeem", 2), ("pay_out", 0), ("pay_out", 1))
        made.play(("redeem", 0), ("refund_used", 1))
        yield made


def position(made: Books) -> int:
    with on_platform():
        found = books.mall_balances(made.place.schema, currency="usd")
    return found.pending_minor + found.available_minor + found.in_transit_minor - found.owed_minor


def test_the_lines_of_a_month_lead_from_nothing_to_what_the_books_say_m11(november: Books) -> None:
    expected_minor = position(november)
    (made,) = november.issue(DECEMBER)

    assert (made.first_day, made.last_day) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (made.opening_minor, made.closing_minor) == (0, expected_minor)
    lines = list(made.lines.all())
    assert len(lines) == made.lines_count
    assert sum(line.net_minor for line in lines) == expected_minor
    found = {row.kind: row for row in queries.totals(made)}
    assert set(found) == {"earned", "undone", "refund", "payout", "payout_returned"}
    earned = found["earned"]
    assert earned.gross_minor == earned.net_minor + earned.commission_minor + earned.tax_minor + earned.agency_minor
    assert min(earned.net_minor, earned.commission_minor, earned.tax_minor, earned.agency_minor) > 0
    assert (earned.count, found["undone"].count, found["refund"].count) == (5, 1, 1)
    with on_platform():
        commission_minor = books.mall_balances(november.place.schema, currency="usd").commission_minor
        taxes = books.balances_of(Kind.COMMISSION_TAX, schemas=[november.place.schema])
    assert sum(row.commission_minor for row in found.values()) == commission_minor
    assert sum(row.tax_minor for row in found.values()) == taxes[november.place.schema, "usd"] > 0
    assert checking.differences() == []


def test_started_twice_it_issues_once_and_goes_on_where_it_was_cut_off(november: Books) -> None:
    first = november.issue(DECEMBER)
    november.play(("buy", 7), ("redeem", 0))
    later = JANUARY + timedelta(days=62)
    with on_platform():  # killed after December's
        operations.issue(place=november.place, month=periods.month(date(2026, 12, 1), ZONE), now=later)
    found = november.issue(later)
    again = november.issue(later)
    assert [one.first_day.month for one in Statement.objects.order_by("first_day")] == [11, 12, 1, 2]
    assert [one.first_day.month for one in found] == [1, 2]
    assert again == []
    assert Statement.objects.get(first_day=date(2026, 11, 1)) == first[0]
    assert checking.differences() == []


def test_a_month_that_is_not_over_on_the_malls_clock_is_not_stated(november: Books) -> None:
    too_early = datetime(2026, 12, 1, 9, 59, tzinfo=UTC)  # 01:59 in Los Angeles
    assert november.issue(too_early) == []
    with on_platform(), pytest.raises(MonthNotOver):
        operations.issue(place=november.place, month=periods.month(date(2026, 11, 3), ZONE), now=too_early)
    assert len(november.issue(too_early + timedelta(minutes=1))) == 1


def test_the_month_ends_at_the_malls_midnight(november: Books) -> None:
    november.at(datetime(2026, 12, 1, 7, 59, tzinfo=UTC)).play(("buy", 7), ("redeem", 0))
    november.at(datetime(2026, 12, 1, 8, 0, tzinfo=UTC)).play(("buy", 7), ("redeem", 0))
    first, second = november.issue(JANUARY)
    assert first.lines.last().booked_at == datetime(2026, 12, 1, 7, 59, tzinfo=UTC)  # type: ignore[union-attr]
    assert [line.booked_at for line in second.lines.all()] == [datetime(2026, 12, 1, 8, 0, tzinfo=UTC)]


def test_what_is_corrected_later_is_a_line_of_the_next_statement_and_the_first_stays_m12(november: Books) -> None:
    (first,) = november.issue(DECEMBER)
    said = list(first.lines.values())
    november.play(("refund_used", 1))
    (second,) = november.issue(JANUARY)
    assert [line.kind for line in second.lines.all()] == ["refund"]
    assert (second.opening_minor, second.closing_minor) == (first.closing_minor, position(november))
    assert second.closing_minor < first.closing_minor
    assert list(first.lines.values()) == said


@pytest.mark.parametrize(
    "change",
    [
        lambda one: Statement.objects.filter(pk=one.pk).update(closing_minor=1, pending_minor=1, available_minor=0),
        lambda one: one.lines.update(net_minor=1, gross_minor=1),
        lambda one: one.lines.first().delete(),
        lambda one: one.delete(),
    ],
)
def test_the_database_refuses_to_change_what_was_issued_m12(november: Books, change: Any) -> None:
    (made,) = november.issue(DECEMBER)
    said = list(made.lines.values())
    with pytest.raises(Exception, match=r"an issued statement stays|protected|permission denied"), transaction.atomic():
        change(made)
    assert list(made.lines.values()) == said
    assert Statement.objects.get().closing_minor == made.closing_minor


def test_a_package_that_is_kept_from_earnings_and_a_whole_commission_are_lines(november: Books) -> None:
    before = position(november)
    kept = Leg("package_netted", Kind.MERCHANT_RECEIVABLE, Kind.PACKAGE_FEES, 700)
    all_of_it = Leg("commission", Kind.SHOPPER_PREPAID, Kind.COMMISSION, 99)
    schema = november.place.schema
    entries = [
        Entry("package_netted:in_1", schema, "usd", [kept], "Hutong", DECEMBER, details={"title": "Hosted"}),
        Entry("redeemed:whole", schema, "usd", [all_of_it], "Bo", DECEMBER),
    ]
    with on_platform():
        for number, entry in enumerate(entries):
            ledger.post(entry, journal_id=f"j{number}", now=november.world.now)
    (made,) = november.issue(DECEMBER)
    package, whole = made.lines.order_by("-number")[:2][::-1]
    assert (package.kind, package.title, package.net_minor) == ("package", "Hosted", -700)
    assert (whole.kind, whole.gross_minor, whole.commission_minor, whole.net_minor) == ("earned", 99, 99, 0)
    assert made.closing_minor == before - 700


def test_the_merchant_confirms_or_asks_and_only_finance_answers_m16(november: Books) -> None:
    (made,) = november.issue(DECEMBER)
    of: dict[str, Any] = {"statement": made.public_id, "now": DECEMBER}
    place: dict[str, Any] = {"schema": november.place.schema}
    for by in (FINANCE, SYSTEM, Actor(kind="agency", name="Mei", on_behalf_of="Riverside")):
        with pytest.raises(NotYoursToMove):
            operations.confirm(**of, **place, by=by)
        with pytest.raises(NotYoursToMove):
            operations.ask(**of, **place, text="Why?", by=by)
    with pytest.raises(WordsMissing):
        operations.ask(**of, **place, text="  ", by=ALMA)
    with pytest.raises(StatementDecided):
        operations.answer(**of, text="So.", by=FINANCE)
    assert Statement.objects.get().state == "issued"

    operations.ask(**of, **place, text="Why is the refund here?", by=ALMA)
    assert Statement.objects.get().state == "question"
    with pytest.raises(NotYoursToMove):
        operations.answer(**of, text="So.", by=ALMA)
    operations.answer(**of, text="It was refunded on the 14th.", by=FINANCE)
    assert Statement.objects.get().state == "issued"
    for _time in range(2):
        operations.confirm(**of, **place, by=ALMA)
    with pytest.raises(StatementDecided):
        operations.ask(**of, **place, text="And?", by=ALMA)
    assert [(one.kind, one.by) for one in queries.remarks(made)] == [("question", "Alma"), ("answer", "Fay")]
    assert (Statement.objects.get().state, Statement.objects.get().confirmed_by) == ("confirmed", "Alma")


def test_a_stranger_finds_no_statement_of_another_mall(november: Books, hillside: Any) -> None:
    (made,) = november.issue(DECEMBER)
    assert queries.find(made.public_id, schema=hillside.schema_name) is None
    with pytest.raises(Statement.DoesNotExist):
        operations.confirm(statement=made.public_id, schema=hillside.schema_name, by=ALMA, now=DECEMBER)
    assert Statement.objects.get().state == "issued"


def test_a_confirmed_statement_is_paid_when_its_money_has_reached_the_bank_and_not_before_m16(november: Books) -> None:
    (made,) = november.issue(DECEMBER)
    with pytest.raises(StatementDecided):
        operations.mark_paid(statement=made.public_id, by=FINANCE, now=DECEMBER)
    operations.confirm(statement=made.public_id, schema=november.place.schema, by=ALMA, now=DECEMBER)
    with pytest.raises(NotPaidYet) as refused:
        operations.mark_paid(statement=made.public_id, by=FINANCE, now=DECEMBER)
    assert refused.value.data["waiting_minor"] not in (0, None)
    november.play(("release", 0), ("settle", 1))
    with on_platform():
        assert issuing.note_paid(now=DECEMBER) == 0  # settled, not at the bank
        with pytest.raises(NotYoursToMove):
            operations.mark_paid(statement=made.public_id, by=ALMA, now=DECEMBER)
    november.play(("pay_out", 3))
    with on_platform():
        assert [issuing.note_paid(now=DECEMBER) for _time in range(2)] == [1, 0]
    assert (Statement.objects.get().state, Statement.objects.get().paid_by) == ("paid", "Hutong")


def test_books_that_the_lines_do_not_explain_are_not_stated(november: Books) -> None:
    (first,) = november.issue(DECEMBER)
    long_ago = first.starts_at - timedelta(days=1)
    leg = Leg("x", Kind.COMMISSION, Kind.MERCHANT_PENDING, 5)
    with on_platform():  # booked with a date before what the next statement looks at
        ledger.post(Entry("x", november.place.schema, "usd", [leg], "x", long_ago), journal_id="x", now=long_ago)
    with pytest.raises(StatementDiffers):
        november.issue(JANUARY)
    assert Statement.objects.count() == 1
    assert [(one.kind, one.expected_minor - one.found_minor) for one in checking.differences()] == [
        ("statement_books_differ", 5)
    ]


def test_the_reconciliation_finds_planted_differences_and_a_missing_statement_w9(november: Books) -> None:
    (made,) = november.issue(DECEMBER)
    assert reconciliation._statements(now=JANUARY) == []
    extra = StatementLine(
        statement=made, number=99, key="redeemed:planted", kind="earned", journal_id="j", gross_minor=5, net_minor=5,
        happened_at=DECEMBER, booked_at=DECEMBER,
    )  # fmt: skip
    extra.save()
    found = {one.kind: one for one in reconciliation._statements(now=JANUARY + timedelta(days=3))}
    assert set(found) == {"statement_sum_differs", "statement_line_differs", "statement_missing"}
    assert found["statement_line_differs"].found_minor == 5
    with pytest.raises(IntegrityError), transaction.atomic():  # a line that does not add up cannot be written
        StatementLine.objects.create(
            statement=made, number=100, key="y", kind="earned", journal_id="j", gross_minor=5, net_minor=4,
            happened_at=DECEMBER, booked_at=DECEMBER,
        )  # fmt: skip


def test_beats_task_states_every_mall(november: Books, hillside: Any, run_tasks: Any) -> None:
    november.at(DECEMBER)
    with on_platform():
        for _time in range(2):
            with run_tasks():
                enqueue("billing.statements.issue_due")
    assert [one.tenant_schema for one in Statement.objects.all()] == [november.place.schema]


def test_the_statements_follow_a_mall_that_moves_and_forget_people_when_it_is_erased(november: Books) -> None:
    (made,) = november.issue(DECEMBER)
    operations.confirm(statement=made.public_id, schema=november.place.schema, by=ALMA, now=DECEMBER)
    for _time in range(2):
        moving.follow(from_schemas=[november.place.schema], to_schema="m_0000000000000000")
    moving.forget(schema_name="m_0000000000000000")
    moved = Statement.objects.get()
    assert (moved.tenant_schema, moved.confirmed_by, moved.state) == ("m_0000000000000000", "", "confirmed")
    assert (moved.closing_minor, moved.lines_count) == (made.closing_minor, made.lines_count)
