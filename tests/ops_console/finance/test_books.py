"""The books in the console: balance at any instant, statement, search, files without formulas, a journal taken back by two persons."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from openpyxl import load_workbook  # type: ignore[import-untyped]

from billing.ledger import books, corrections
from billing.ledger.corrections import AnotherPersonNeeded, BalanceForbids, CorrectionDecided, CorrectionRefused
from billing.ledger.models import Account, Correction, Transfer
from billing.ledger.operations import Reversal, reverse
from ops_console.finance import exports, finding
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.isolation.entrance import on_platform
from tests.factories.money import FINANCE, SECOND, World

PAGES = ["", "account/", "search/", "corrections/"]


def journal_of(kind: str) -> str:
    return Transfer.objects.filter(kind=kind).latest("pk").journal_id


@pytest.mark.parametrize("page", PAGES)
def test_only_finance_and_admins_read_the_books(client_for: Any, mei: Any, tomas: Any, ada: Any, page: str) -> None:
    for person, status in ((mei, 403), (tomas, 200), (ada, 200)):
        assert client_for(None, person).get(f"/ops/finance/books/{page}").status_code == status


def test_the_trial_balance_balances_now_and_at_an_instant_before(client_for: Any, tomas: Any, world: World) -> None:
    client = client_for(None, tomas)
    page = client.get("/ops/finance/books/")
    assert all(one.is_balanced for one in page.context["sums"])
    assert "Balanced" in page.content.decode()
    first = Transfer.objects.filter(tenant_schema=world.tenant.schema_name).earliest("booked_at").booked_at
    before = client.get("/ops/finance/books/", {"at": f"{first - timedelta(days=400):%Y-%m-%dT%H:%M}"})
    assert list(before.context["sums"]) == []
    narrow = client.get("/ops/finance/books/?kind=merchant_available&q=noodles")
    assert {one.kind for one, _tenant in narrow.context["rows"]} == {"merchant_available"}
    assert "No account that is not zero" in client.get("/ops/finance/books/?currency=jpy").content.decode()
    assert client.get("/ops/finance/books/?at=yesterday").status_code == 422


def test_an_accounts_statement_ends_at_its_balance(client_for: Any, tomas: Any, world: World) -> None:
    schema = world.tenant.schema_name
    wanted = {"kind": "shopper_prepaid", "mall": schema, "currency": "usd", "since": "2020-01-01"}
    page = client_for(None, tomas).get("/ops/finance/books/account/", wanted)
    balance_minor = Account.objects.get(kind="shopper_prepaid", tenant_schema=schema).balance_minor
    assert (page.status_code, page.context["found"].closing_minor) == (200, balance_minor)
    none = client_for(None, tomas).get(
        "/ops/finance/books/account/", {**wanted, "since": "2020-01-01", "until": "2020-01-02"}
    )
    assert "Nothing was booked" in none.content.decode()
    assert client_for(None, tomas).get("/ops/finance/books/account/?kind=nothing").status_code == 422


def test_an_orders_number_is_looked_up_in_an_index_and_leads_to_all_of_the_order(world: World) -> None:
    paid = Transfer.objects.filter(kind="order_paid").latest("pk")
    asked = Transfer.objects.filter(kind="order_paid", details__order_number=paid.details["order_number"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a handful of rows would be read faster without any index
    plan = asked.explain()
    assert "transfer_by_number" in plan
    assert "Index Cond" in plan
    with on_platform():
        assert finding.numbered(paid.details["order_number"]) == {paid.order_public_id}
        found = finding.find(paid.details["order_number"])
        assert len(found) == Transfer.objects.filter(order_public_id=paid.order_public_id).count()


def test_transfers_are_found_by_any_name(client_for: Any, tomas: Any, world: World) -> None:
    unit = next(iter(world.model.units.values()))
    paid = Transfer.objects.filter(kind="order_paid", order_public_id=unit.order).get()
    reference = paid.key.split(":")[1]
    with on_platform():
        for words in (unit.order, unit.public_id, paid.journal_id, reference, paid.details["order_number"]):
            assert finding.find(words), words
        assert finding.find("zzz") == finding.find("") == []
    world.step("settle", 2)
    world.step("pay_out", 1)
    with on_platform():
        sent = Transfer.objects.filter(kind="transfer_sent").latest("pk")
        assert {line.journal_id for line in finding.find(sent.details["transfer"])} == {sent.journal_id}
        payout = Transfer.objects.filter(kind="payout_paid").latest("pk")
        assert {line.kind for line in finding.find(payout.details["payout"])} == {"payout_paid"}
    client = client_for(None, tomas)
    assert (
        f"/ops/finance/books/journals/{paid.journal_id}/"
        in client.get(f"/ops/finance/books/search/?q={unit.order}").content.decode()
    )
    assert "nothing by this name" in client.get("/ops/finance/books/search/?q=zzz").content.decode()


def test_files_hold_what_the_page_shows_and_no_formula_a7(client_for: Any, tomas: Any, world: World) -> None:
    client = client_for(None, tomas)
    rows = list(csv.reader(io.StringIO(client.get("/ops/finance/books/?format=csv").content.decode("utf-8-sig"))))
    shown = client.get("/ops/finance/books/").context["page"].paginator.count
    assert (rows[0], len(rows) - 1) == (list(exports.BALANCE_HEAD), shown)
    answer = client.get("/ops/finance/books/transfers/?since=2020-01-01&format=xlsx")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet.max_row - 1 == Transfer.objects.count()
    assert isinstance(sheet.cell(2, 6).value, int | float)
    evil = exports.file_response("x", "xlsx", ["a"], [("=HYPERLINK(1)",), ("@SUM(1)",)])
    cells = [row[0] for row in load_workbook(io.BytesIO(evil.content)).active.iter_rows(min_row=2)]
    assert [(cell.data_type, cell.value[0]) for cell in cells] == [("s", "'"), ("s", "'")]


def test_a_journal_shows_each_transfer_and_who(client_for: Any, tomas: Any, world: World) -> None:
    page = client_for(None, tomas).get(f"/ops/finance/books/journals/{journal_of('voucher_redeemed')}/")
    assert [line.kind for line in page.context["lines"]] == ["voucher_redeemed", "commission"]
    assert "Bo" in page.content.decode()
    assert client_for(None, tomas).get(f"/ops/finance/books/journals/{'x' * 26}/").status_code == 404


def test_a_journal_is_taken_back_by_a_second_person_never_by_the_first_a4(
    client_for: Any, tomas: Any, fay: Any, mei: Any, world: World
) -> None:
    journal, first, second = journal_of("earning_released"), client_for(None, tomas), client_for(None, fay)
    address = f"/ops/finance/books/journals/{journal}/"
    before = [one for one in books.trial_balance() if one.balance_minor]
    assert client_for(None, mei).post(f"{address}correct/", {"reason": "It is wrong, I think"}).status_code == 403
    assert first.post(f"{address}correct/", {"reason": "no"}).status_code == 422
    assert first.post(f"{address}correct/", {"reason": "Released a week too early"}).status_code == 302
    asked = Correction.objects.get()
    make = f"/ops/finance/books/corrections/{asked.public_id}/make/"
    assert "A second person takes it back" in first.post(make, follow=True).content.decode()
    assert [one for one in books.trial_balance() if one.balance_minor] == before
    assert "Released a week too early" in second.get("/ops/finance/books/corrections/").content.decode()
    second.post(make)
    asked.refresh_from_db()
    assert (asked.state, asked.asked_by, asked.decided_by) == ("made", "Tomas", "Fay")
    (row,) = Transfer.objects.filter(journal_id=asked.correcting_journal_id)
    assert (row.reverses.journal_id, row.reason, row.by) == (journal, "Released a week too early", "Tomas, Fay")
    assert books.balance_differences() == []
    assert "The correcting journal" in second.get(address).content.decode()
    assert "has been decided already" in second.post(make, follow=True).content.decode()
    trail = AuditEntry.objects.filter(subject_kind="journal", subject_id=journal).order_by("pk")
    assert [(entry.action, entry.actor_name) for entry in trail] == [
        ("correction.asked", "Tomas"),
        ("correction.made", "Fay"),
    ]


def test_a_correction_is_refused_for_what_is_not_there_or_was_taken_back(world: World) -> None:
    with on_platform():
        journal, before = journal_of("earning_released"), [one.balance_minor for one in books.trial_balance()]
        for number, reason in (("x" * 26, "Not there at all"), (journal, " ")):
            with pytest.raises(CorrectionRefused):
                corrections.ask(journal_id=number, reason=reason, by=FINANCE, now=world.now)
        asked = corrections.ask(journal_id=journal, reason="Twice", by=FINANCE, now=world.now)
        with pytest.raises(CorrectionRefused):
            corrections.ask(journal_id=journal, reason="Again", by=SECOND, now=world.now)
        for nobody in (FINANCE, SYSTEM):
            with pytest.raises(AnotherPersonNeeded):
                corrections.make(correction=asked.public_id, by=nobody, now=world.now)
        corrections.refuse(correction=asked.public_id, by=FINANCE, now=world.now)
        with pytest.raises(CorrectionDecided):
            corrections.make(correction=asked.public_id, by=SECOND, now=world.now)
        assert not Transfer.objects.filter(key__startswith="correction:").exists()
        again = corrections.ask(journal_id=journal, reason="It was right to ask", by=SECOND, now=world.now)
        made = corrections.make(correction=again.public_id, by=FINANCE, now=world.now)
        held = books.balance_differences(), [one.balance_minor for one in books.trial_balance()]
        back = corrections.ask(
            journal_id=made.correcting_journal_id, reason="Right after all", by=FINANCE, now=world.now
        )
        corrections.make(correction=back.public_id, by=SECOND, now=world.now)
        assert held[0] == books.balance_differences() == []
        assert held[1] != [one.balance_minor for one in books.trial_balance()] == before
        redeemed = Transfer.objects.filter(kind="voucher_redeemed").latest("pk").key.rsplit(":", 1)[0]
        reverse(Reversal("undone:1", redeemed, "Bo", "", world.now), journal_id="u" * 26, now=world.now)
        with pytest.raises(CorrectionRefused, match="takes another one back"):
            corrections.ask(journal_id="u" * 26, reason="It stays undone", by=FINANCE, now=world.now)


def test_what_has_moved_on_cannot_be_taken_back_below_zero(world: World) -> None:
    with on_platform():
        first, second = list(Transfer.objects.filter(kind="voucher_redeemed").order_by("pk"))[:2]
        wrong = [
            corrections.ask(journal_id=row.journal_id, reason="Never redeemed", by=FINANCE, now=world.now)
            for row in (first, second)
        ]
        corrections.make(correction=wrong[0].public_id, by=SECOND, now=world.now)  # what is pending suffices once
        count = Transfer.objects.count()
        with pytest.raises(BalanceForbids):
            corrections.make(correction=wrong[1].public_id, by=SECOND, now=world.now)
        wrong[1].refresh_from_db()
        assert (wrong[1].state, Transfer.objects.count()) == ("waiting", count)
