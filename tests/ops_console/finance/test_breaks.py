"""Reconciliation in the console: breaks by class, age and owner, closed by words or a journal; a comparison on a person's word."""

import inspect
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.ledger.models import Transfer
from billing.reconciliation import compare, operations
from billing.reconciliation.models import QUIET, Break, Check
from billing.reconciliation.operations import BreakClosed, CheckUnderWay
from billing.statements import checking
from ops_console.finance import words
from saas.audit.models import AuditEntry
from tests.factories.money import FINANCE, SECOND, World

State = Break.State


def a_break(now: datetime, number: int = 1, **facts: Any) -> Break:
    given = {
        "kind": "refund_amount_differs",
        "subject": f"refund:re_{number}",
        "expected_minor": -2400,
        "found_minor": -2000,
        "currency": "usd",
        "found_at": now,
        "seen_at": now,
    }
    return Break.objects.create(**{**given, **facts})


def listed(client: Any, **query: str) -> list[str]:
    page = client.get("/ops/finance/breaks/", query)
    assert page.status_code == 200
    return [row.subject for row, _tenant in page.context["rows"]]


@pytest.mark.parametrize("page", ["", "comparisons/"])
def test_only_finance_and_admins_see_breaks_and_no_break_says_so(
    client_for: Any, mei: Any, tomas: Any, ada: Any, page: str
) -> None:
    for person, status in ((mei, 403), (tomas, 200), (ada, 200)):
        assert client_for(None, person).get(f"/ops/finance/breaks/{page}").status_code == status
    Check.objects.all().delete()
    assert (
        "Nothing has been compared yet" in client_for(None, tomas).get(f"/ops/finance/breaks/{page}").content.decode()
    )


def test_breaks_are_filtered_by_class_age_owner_and_words(
    client_for: Any, tomas: Any, riverside: Any, now: datetime
) -> None:
    from saas.kernel import clock

    present = clock.now()
    a_break(present - timedelta(days=9), 1, tenant_schema=riverside.schema_name)
    a_break(present, 2, owner_id=tomas.public_id, owner_name="Tomas", kind="fee_differs")
    a_break(
        present, 3, owner_id=FINANCE.public_id, owner_name="Fay", state=State.EXPLAINED, explanation="Stripe's rounding"
    )
    client = client_for(None, tomas)
    assert listed(client) == ["refund:re_1", "refund:re_2"]
    assert listed(client, age="7") == listed(client, q="noodles") == listed(client, owner="nobody") == ["refund:re_1"]
    assert (
        listed(client, kind="fee_differs")
        == listed(client, owner="mine")
        == listed(client, q="re_2")
        == ["refund:re_2"]
    )
    assert listed(client, state="explained") == listed(client, state="all", owner=FINANCE.public_id) == ["refund:re_3"]
    assert "No break is like that" in client.get("/ops/finance/breaks/?q=zzz").content.decode()
    page = client.get("/ops/finance/breaks/").content.decode()
    assert "Refund, of another amount" in page
    assert "$4.00" in page


def test_a_break_is_taken_given_on_and_closed_by_words(
    client_for: Any, tomas: Any, fay: Any, mei: Any, now: datetime
) -> None:
    row, client = a_break(now), client_for(None, tomas)
    address = f"/ops/finance/breaks/{row.public_id}/"
    assert client_for(None, mei).post(f"{address}take/").status_code == 403
    client.post(f"{address}take/")
    row.refresh_from_db()
    assert row.owner_name == "Tomas"
    client.post(f"{address}assign/", {"person": mei.public_id})  # not of Finance
    client.post(f"{address}assign/", {"person": fay.public_id})
    row.refresh_from_db()
    assert (row.owner_name, row.owner_id) == ("Fay", fay.public_id)
    assert client.post(f"{address}explain/", {"explanation": "so"}).status_code == 422
    row.refresh_from_db()
    assert row.state == State.OPEN
    client.post(f"{address}explain/", {"explanation": "Stripe kept its fee for a refund by hand"})
    row.refresh_from_db()
    assert (row.state, row.closed_by, row.journal_id) == (State.EXPLAINED, "Tomas", "")
    assert "has been closed already" in client.post(f"{address}take/", follow=True).content.decode()
    trail = AuditEntry.objects.filter(subject_kind="break", subject_id=row.public_id).order_by("pk")
    assert [entry.action for entry in trail] == ["break.taken", "break.assigned", "break.explained"]


def test_a_break_is_closed_by_a_journal_that_the_books_have(
    client_for: Any, tomas: Any, world: World, now: datetime
) -> None:
    row, client, words = a_break(now), client_for(None, tomas), "Booked the day after, by the journal"
    address = f"/ops/finance/breaks/{row.public_id}/"
    unknown = client.post(f"{address}explain/", {"explanation": words, "journal_id": "j" * 26})
    assert (unknown.status_code, "no journal of this number" in unknown.content.decode()) == (422, True)
    journal = Transfer.objects.filter(kind="order_paid").latest("pk").journal_id
    assert client.post(f"{address}explain/", {"explanation": words, "journal_id": journal}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.journal_id) == (State.EXPLAINED, journal)
    assert "Order paid" in client.get(address).content.decode()


def test_a_comparison_on_a_persons_word_runs_once_and_shows_the_sums(
    client_for: Any, tomas: Any, mei: Any, stripe: Any, run_tasks: Any
) -> None:
    client = client_for(None, tomas)
    assert client_for(None, mei).post("/ops/finance/breaks/compare/").status_code == 403
    assert client.post("/ops/finance/breaks/compare/").status_code == 302
    check = Check.objects.get(started_by="Tomas")
    assert "reading Stripe" in client.get("/ops/finance/breaks/").content.decode()
    assert "HX-Refresh" not in client.get("/ops/finance/breaks/progress/").headers
    assert "being compared already" in client.post("/ops/finance/breaks/compare/", follow=True).content.decode()
    from billing.reconciliation.tasks import reconcile

    for _time in range(2):
        reconcile.run(check_pk=check.pk)
    check.refresh_from_db()
    assert (check.is_complete, check.compared["malls"], Check.objects.filter(started_by="Tomas").count()) == (
        True,
        2,
        1,
    )
    assert check.sums is not None
    assert client.get("/ops/finance/breaks/progress/").headers["HX-Refresh"] == "true"
    assert "Tomas" in client.get("/ops/finance/breaks/comparisons/").content.decode()


def test_a_comparison_that_fell_silent_does_not_keep_out_the_next(riverside: Any, now: datetime) -> None:
    operations.ask(by=FINANCE, now=now)
    with pytest.raises(CheckUnderWay):
        operations.ask(by=SECOND, now=now + QUIET - timedelta(seconds=1))
    operations.ask(by=SECOND, now=now + QUIET)
    assert Check.objects.filter(started_by__in=["Fay", "Sam"]).count() == 2


def test_a_closed_break_is_not_given_to_anybody(riverside: Any, now: datetime) -> None:
    row = a_break(now, state=State.RESOLVED)
    with pytest.raises(BreakClosed):
        operations.assign(break_public_id=row.public_id, owner=FINANCE, by=SECOND, now=now)
    row.refresh_from_db()
    assert row.owner_id == ""


def test_every_class_of_breaks_has_words_and_says_what_to_look_at_first() -> None:
    named = re.compile(r'(?:Finding|differs|_finding|_differs|totals)\(\s*"([a-z_]+)"')
    found = {kind for module in (compare, operations, checking) for kind in named.findall(inspect.getsource(module))}
    found |= {f"{thing}_{how}" for thing in words._THINGS for how in words._ENDINGS}
    assert {"statement_books_differ", "statement_line_differs", "fact_without_journal", "charge_doubled"} <= found
    assert len(found) >= 40
    assert {kind for kind in found if not words.hint_of(kind)} == set()
    assert words.sides_of("statement_books_differ") == ("The books", "The statement")
    assert words.sides_of("charge_doubled") == ("The books", "Stripe")
