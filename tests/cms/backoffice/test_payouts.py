"""The merchant's pages of payouts and statements: in plain words, for the owner only where it counts, every number opens its lines."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.test import Client
from openpyxl import load_workbook

from billing.gateway import accounts
from billing.gateway.models import ConnectedAccount
from billing.ledger.models import Transfer
from billing.payouts import operations as payouts
from billing.payouts import standing
from billing.payouts.models import Payout, PayoutTerms
from billing.payouts.operations import PayoutFacts
from billing.settlements.models import Settlement
from billing.statements import documents, issuing
from billing.statements import operations as statements
from billing.statements.drafting import Place
from billing.statements.models import Statement, StatementLine
from cms.backoffice.payouts import operations
from saas.kernel import clock
from saas.kernel.actors import SYSTEM, Actor, OnlyTheMerchant
from storefront.orders.models import Order
from tenants.isolation.entrance import inside, on_platform
from tests.factories.money import FINANCE, World

from .making import get, text_of

AT = "/manage/money/payouts/"


def proves(client: Client) -> Client:
    """Let the person give the password again."""
    answer = client.post("/account/reauthenticate/", {"password": "correct-horse-battery"})
    assert answer.status_code == 302
    return client


@pytest.fixture
def world(riverside: Any, bo: Any) -> World:
    """Return a mall with a settled and paid voucher, and others on their way."""
    made = World(riverside, bo, clock.now() - timedelta(days=40))
    steps = (("buy", 11), ("buy", 7), ("redeem", 0), ("redeem", 1), ("wait", 2), ("release", 0), ("settle", 1))
    for act, choice in (*steps, ("pay_out", 3), ("redeem", 0)):
        with time_machine.travel(made.now, tick=False):  # the books' clock
            made.step(act, choice)
    assert made.refused == {}
    return made


def test_the_owner_connects_on_stripes_page_and_comes_back_to_words(
    owner: Client, riverside: Any, stripe: Any, client_for: Any
) -> None:
    assert "Connect payouts to be paid" in text_of(get(owner, AT))
    asked = owner.get(f"{AT}connect/")
    assert (asked.status_code, asked["Location"]) == (
        302,
        "/account/reauthenticate/?next=%2Fmanage%2Fmoney%2Fpayouts%2Fconnect%2F",
    )
    proves(owner)
    assert "In which country" in text_of(get(owner, f"{AT}connect/"))
    assert owner.post(f"{AT}connect/", {"country": "XX"}).status_code == 422
    assert not ConnectedAccount.objects.exists()

    led = owner.post(f"{AT}connect/", {"country": "US"})
    assert led.status_code == 302
    assert led["Location"].startswith(f"{stripe.url}/c/onboard/")
    account = ConnectedAccount.objects.get()
    assert "Go on at Stripe to be paid" in text_of(get(owner, AT))
    for outcome, words in (
        ("incomplete", ("Stripe holds your account back", "The bank account that your money is sent to.")),
        ("restricted", ("A photo of an identity document", "does not match the name on the account")),
        ("due", ("Stripe wants something", "Until ", "A photo of an identity document")),
        ("complete", ("Payouts are connected", "6789")),
        ("disconnected", ("Your account at Stripe is disconnected",)),
    ):
        stripe.control(f"accounts/{account.account_id}/onboard", outcome=outcome)
        assert owner.get(f"{AT}back/").status_code == 302
        page = text_of(get(owner, AT))
        for word in words:
            assert word in page, outcome


def test_where_money_goes_is_never_delegated_a3(
    person: Callable[[str], Client], riverside: Any, stripe: Any, now: datetime
) -> None:
    manager = person("Manager")
    assert "Only the owner can do this" in text_of(get(manager, AT))
    for path in ("connect/", "schedule/"):
        assert manager.get(f"{AT}{path}").status_code == 403
        assert manager.post(f"{AT}{path}", {"country": "US", "schedule": "daily"}).status_code == 403
    with inside(riverside):
        for by in (FINANCE, SYSTEM, Actor(kind="agency", name="Mei", on_behalf_of="Riverside")):
            with pytest.raises(OnlyTheMerchant):
                operations.connect(email="a@b.example", country="US", by=by, now=now)
            with pytest.raises(OnlyTheMerchant):
                operations.choose_schedule(schedule="daily", by=by, now=now)
    assert not ConnectedAccount.objects.exists()
    assert not PayoutTerms.objects.exists()


def test_stripe_away_loses_nothing(owner: Client, stripe: Any) -> None:
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/accounts")
    answer = proves(owner).post(f"{AT}connect/", {"country": "US"}, follow=True)
    assert "Stripe does not answer just now" in text_of(answer)
    stripe.control("faults/clear")
    assert owner.post(f"{AT}connect/", {"country": "US"}).status_code == 302
    assert ConnectedAccount.objects.count() == 1


def test_the_owner_chooses_how_often_and_a_stop_is_shown_with_its_reason(
    owner: Client, riverside: Any, now: datetime
) -> None:
    proves(owner)
    assert owner.post(f"{AT}schedule/", {"schedule": "hourly"}).status_code == 422
    assert owner.post(f"{AT}schedule/", {"schedule": "monthly"}).status_code == 302
    with on_platform():
        assert PayoutTerms.objects.get().schedule == "monthly"
        payouts.stop(schema=riverside.schema_name, reason="A dispute is open.", by=FINANCE, now=now)
    page = text_of(get(owner, AT))
    for word in ("On the first of each month", "Payouts are stopped", "A dispute is open.", "7 days"):
        assert word in page


def test_a_payout_opens_its_settlement_and_that_its_orders_and_a_return_is_said(owner: Client, world: World) -> None:
    payout, settlement = Payout.objects.get(), Settlement.objects.get(state="sent")
    page = text_of(get(owner, AT))
    assert f"{AT}{payout.payout_id}/" in page
    assert f"/manage/money/settlements/{settlement.public_id}/" in page
    brings = text_of(get(owner, f"{AT}{payout.payout_id}/"))
    assert "/manage/orders/" in brings
    assert "$46.58" in brings  # two vouchers at 24.01 less 3 %
    lines = text_of(get(owner, f"/manage/money/settlements/{settlement.public_id}/"))
    assert lines.count("$23.29") == 2
    with on_platform():
        failed = PayoutFacts(
            payout.payout_id, payout.amount_minor, "usd", "failed", "The account is closed.", None, world.now
        )
        payouts.note_payout(schema=world.tenant.schema_name, facts=failed, now=world.now)
    page = text_of(get(owner, f"{AT}{payout.payout_id}/"))
    for word in ("The bank did not take it", "The account is closed.", "It brings nothing"):
        assert word in page


def test_a_stranger_finds_neither_payout_nor_settlement(
    client_for: Any, hillside: Any, cleo: Any, world: World
) -> None:
    stranger = client_for(hillside, cleo)
    for path in (
        f"{AT}{Payout.objects.get().payout_id}/",
        f"/manage/money/settlements/{Settlement.objects.get(state='sent').public_id}/",
    ):
        assert stranger.get(path).status_code == 404


def test_each_state_of_money_opens_its_lines_search_finds_and_files_say_the_same(owner: Client, world: World) -> None:
    assert "$46.58" in text_of(get(owner, "/manage/money/?account=merchant_stripe"))
    paid = text_of(get(owner, "/manage/money/?account=merchant_stripe")).partition('id="lines"')[2]
    assert paid.count("Arrived at your bank") - paid.count(">Arrived at your bank</option>") == 1
    number = world.model.units[next(iter(world.model.units))].order
    assert "No line matches." in text_of(get(owner, "/manage/money/?q=nothing-like-this"))
    assert "Order paid" in text_of(get(owner, f"/manage/money/?q={number}"))
    for by in ("week", "month"):
        assert "Earned and paid, by " + by in text_of(get(owner, f"/manage/money/?by={by}"))
    book = load_workbook(io.BytesIO(get(owner, f"/manage/money/lines.xlsx?q={number}").content))
    csv = text_of(get(owner, f"/manage/money/lines.csv?q={number}"))
    assert book.active.max_row == len(csv.splitlines())
    assert next(book.active.iter_rows(min_row=2))[0].data_type == "s"


def test_each_line_says_from_where_to_where_its_money_went_and_whose_order_it_was(owner: Client, world: World) -> None:
    page = text_of(get(owner, "/manage/money/")).partition('id="lines"')[2]
    for way in ("Shopper’s payment → Your account at Stripe", "Your account at Stripe → Your bank"):
        assert way in page
    paid_with = Transfer.objects.filter(kind="transfer_sent").latest("pk").order_public_id
    with inside(world.tenant):
        sent = Order.objects.get(public_id=paid_with)
    assert f">{sent.number}</a>" in page


def test_the_day_at_the_bank_is_stripes_whatever_the_malls_time_zone(owner: Client, world: World) -> None:
    arrives_at = datetime(2026, 11, 27, tzinfo=UTC)  # a day, which in California would be the one before
    Payout.objects.update(arrives_at=arrives_at)
    for path in (AT, f"{AT}{Payout.objects.get().payout_id}/"):
        page = text_of(get(owner, path))
        assert "Nov 27, 2026" in page
        assert "Nov 26, 2026" not in page


def test_a_vouchers_money_is_told_step_by_step(owner: Client, world: World) -> None:
    unit = next(one for one in world.model.units.values() if one.place == "claimed")
    page = text_of(get(owner, f"/manage/money/vouchers/{unit.public_id}/"))
    words = (">Paid<", ">Used<", "Available to the merchant", "Sent to the merchant", ">Arrived at your bank<")
    places = [page.index(word) for word in words]
    assert places == sorted(places)
    sister = next(one for one in world.model.units.values() if one.order == unit.order and one.place != "claimed")
    page_of_sister = text_of(get(owner, f"/manage/money/vouchers/{sister.public_id}/"))
    assert ">Paid<" in page_of_sister
    for word in ("Sent to the merchant", "Arrived at your bank"):
        assert word not in page_of_sister
    assert "$24.01: $23.29 the merchant&#x27;s, $0.72 commission" in page
    assert owner.get("/manage/money/vouchers/nothing/").status_code == 404


def issued(world: World, run_tasks: Any) -> Statement:
    with on_platform(), run_tasks():
        made = issuing.issue_mall(place=Place(world.tenant.schema_name, "usd"), now=clock.now() + timedelta(days=40))
    return made[0]


def test_a_statement_is_mailed_shown_asked_about_answered_and_confirmed_m16(
    owner: Client, world: World, run_tasks: Any, person: Callable[[str], Client]
) -> None:
    assert "Your first statement comes" in text_of(get(owner, "/manage/money/statements/"))
    made = issued(world, run_tasks)
    at = f"/manage/money/statements/{made.public_id}/"
    assert at in str(mail.outbox[0].body)
    assert at in text_of(get(owner, "/manage/money/statements/"))
    manager = person("Manager")
    assert "The owner confirms it" in text_of(get(manager, at))
    for act in ("confirm", "ask"):
        assert manager.post(f"{at}{act}/", {"text": "Why?"}).status_code == 403
    assert owner.post(f"{at}ask/", {"text": ""}).status_code == 422
    assert owner.post(f"{at}ask/", {"text": "Why so little?"}).status_code == 302
    with on_platform(), run_tasks():
        statements.answer(statement=made.public_id, text="It is the hold.", by=FINANCE, now=clock.now())
    assert "It is the hold." in str(mail.outbox[-1].body)
    page = text_of(get(owner, at))
    for word in ("Why so little?", "It is the hold.", "Vouchers used", "At the end"):
        assert word in page
    assert owner.post(f"{at}confirm/").status_code == 302
    assert "confirmed it on" in text_of(get(owner, at))
    assert Statement.objects.get(pk=made.pk).state == "confirmed"


def test_a_stranger_finds_no_statement_and_no_file_of_it(
    client_for: Any, hillside: Any, cleo: Any, world: World, run_tasks: Any
) -> None:
    made = issued(world, run_tasks)
    stranger = client_for(hillside, cleo)
    at = f"/manage/money/statements/{made.public_id}/"
    assert [
        stranger.get(f"{at}{end}").status_code for end in ("", "statement.pdf", "statement.xlsx", "statement.csv")
    ] == [404] * 4
    assert [stranger.post(f"{at}{act}/", {"text": "x"}).status_code for act in ("confirm", "ask")] == [404] * 2
    assert Statement.objects.get(pk=made.pk).state == "issued"


def test_the_files_hold_the_same_lines_and_run_nothing_a7(owner: Client, world: World, run_tasks: Any) -> None:
    made = issued(world, run_tasks)
    line = made.lines.get(number=1)
    bad = StatementLine(
        **{**values(line), "number": 99, "key": "redeemed:evil", "title": '=cmd|"/C calc"!A1', "reason": "+1"}
    )
    bad.save()
    at = f"/manage/money/statements/{made.public_id}/statement."
    book = load_workbook(io.BytesIO(get(owner, f"{at}xlsx").content))
    rows = list(book["Lines"].iter_rows(min_row=2))
    assert len(rows) == made.lines_count + 1
    assert (rows[-1][3].value, rows[-1][3].data_type) == ('\'=cmd|"/C calc"!A1', "s")
    assert sum(float(row[10].value) for row in rows[:-1]) == pytest.approx(
        (made.closing_minor - made.opening_minor) / 100
    )
    csv = text_of(get(owner, f"{at}csv"))
    assert "'=cmd|" in csv
    assert len(csv.splitlines()) == made.lines_count + 2
    pdf = get(owner, f"{at}pdf")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


def values(line: StatementLine) -> dict[str, Any]:
    return {field.attname: getattr(line, field.attname) for field in line._meta.fields if not field.primary_key}


def test_the_pdf_prints_chinese_and_reads_no_text_as_its_own_language(world: World, run_tasks: Any) -> None:
    made = issued(world, run_tasks)
    with on_platform():
        lines = list(made.lines.all())
    lines[0].title = '川味小面 #panic("x") $1 @nobody *'
    paper = documents.Paper(made, "河畔面馆", ZoneInfo("Asia/Shanghai"), [], lines)
    found = documents.as_pdf(paper)
    assert b"NotoSansCJK" in found
    assert len(found) > 10_000


def test_every_field_of_stripe_has_a_sentence() -> None:
    fields = ("individual.dob.day", "individual.dob.month", "external_account", "company.directorship_declaration.date")
    assert standing.sentences(fields) == (
        "The date of birth of that person.",
        "The bank account that your money is sent to.",
        "Date, as Stripe explains on its page.",
    )
    schedule = accounts.PayoutSchedule("daily")
    refused = accounts.AccountState(
        account_id="a",
        tenant_schema="m",
        can_receive=False,
        can_pay_out=False,
        details_submitted=True,
        currently_due=(),
        errors=(),
        disabled_reason="rejected.fraud",
        bank_last4="",
        schedule=schedule,
    )
    assert (standing.standing_of(refused).state, standing.standing_of(refused).may_go_on) == ("restricted", False)
