"""Weekly and monthly reports: made by themselves, once, in the mall's time; frozen; no rate of a small sample; page, PDF and mail."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.template.loader import render_to_string

from ops_console.contracts.models import Contract
from ops_console.reports import crediting, documents, issuing, making, periods, presenting
from ops_console.reports.models import CreditLine, Report
from ops_console.reports.periods import Period
from ops_console.work import operations
from ops_console.work.models import Evidence, Plan, Task
from saas.accounts.models import User
from saas.ui.charts import Chart
from tenants.registry.models import Tenant
from tests.factories import work
from tests.ops_console.reports.test_facts import redeemed

MONDAY = date(2026, 11, 2)
NEXT = MONDAY + timedelta(days=7)


@pytest.fixture
def contract(riverside: Tenant, mei: User) -> Contract:
    """Return an active contract of Riverside: a post each day, 12.50 back for each that is missed; two done, one late, one missed."""
    begun = datetime(2026, 10, 30, 9, tzinfo=UTC)
    found = Contract.objects.create(
        public_id=work.CONTRACT, tenant=riverside, state=Contract.State.ACTIVE, account_manager=mei, title="Whole care",
        language="en", currency="usd", pays_by="invoice", starts_on=MONDAY, minimum_months=3, notice_days=30,
        created_by="Mei", created_at=begun,
    )  # fmt: skip
    clause = replace(work.POSTS, rrule="FREQ=DAILY", credit_minor=1250)
    work.begin(riverside, clause, starts_on=MONDAY, now=begun)
    return found


def closed(*, now: datetime) -> list[Task]:
    """Close the first week: 4 done in time, 1 done late with late evidence, 1 missed, 1 excused."""
    tasks = list(Task.objects.filter(occurs_on__lt=NEXT).order_by("occurs_on"))
    for number, task in enumerate(tasks):
        task.closed_at = now
        if number < 5:
            late = timedelta(hours=2) if number == 4 else -timedelta(hours=1)
            task.state, task.done_at, task.minutes_spent = Task.State.DONE, task.due_at + late, 40
        else:
            task.state = Task.State.MISSED if number == 5 else Task.State.EXCUSED
            task.reason = "" if number == 5 else "Alma was away"
        task.save()
    link = {
        "kind": "link",
        "url": "https://social.example/p/1",
        "text": "Autumn menu",
        "added_by": "Mei",
        "added_at": now,
    }
    Evidence.objects.create(task=tasks[0], **link)
    Evidence.objects.create(task=tasks[4], **link | {"is_late": True, "text": "Posted at night"})
    crediting.give(task=tasks[5].public_id, now=now)
    return tasks


def week(contract: Contract, *, now: datetime) -> Report:
    return issuing.issue(contract=contract.public_id, period=Period("weekly", MONDAY, NEXT), now=now)


def test_a_report_says_what_was_promised_done_late_missed_excused_and_credited(
    contract: Contract, riverside: Tenant
) -> None:
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    report = week(contract, now=now)
    assert report.content["sums"] == {
        "promised": 7, "done": 5, "late": 1, "missed": 1, "excused": 1, "open": 0, "minutes": 200,
    }  # fmt: skip
    assert report.content["credited_minor"] == 1250 == CreditLine.objects.get().amount_minor
    (clause,) = report.content["promised"]
    assert [piece["late"] for task in clause["tasks"] for piece in task["evidence"]] == [False, True]
    assert report.content["next"] == [{"title": "Write a post", "count": 7, "first": "2026-11-09"}]
    shown = presenting.present(report)
    assert (shown.credited, shown.hours) == ("$12.50", "3 h 20 min")
    assert shown.lead.startswith("5 of 7 promised tasks were done")
    assert [task.word for task in shown.clauses[0].tasks] == ["Done"] * 4 + ["Done late", "Missed", "Excused"]


def test_a_credit_whose_message_is_late_stands_on_the_report_all_the_same(contract: Contract) -> None:
    """The report is never changed, so it cannot be made without what it owes."""
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    CreditLine.objects.all().delete()
    assert week(contract, now=now).content["credited_minor"] == 1250
    assert CreditLine.objects.get().contract == contract.public_id


def test_a_credit_that_comes_off_no_invoice_is_told_as_such_and_in_the_next_report_what_became_of_it(
    contract: Contract, riverside: Tenant, alma: Any, client_for: Any
) -> None:
    """The report said that it comes off the next invoice, for good, though somebody had written it off."""
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    CreditLine.objects.update(problem="No package runs on whose invoice it could stand.")
    first = presenting.present(report := week(contract, now=now))
    assert (report.content["credited_minor"], first.credited, first.credits) == (0, "", [])
    assert "$12.50 can stand on no invoice now" in first.otherwise[0]
    CreditLine.objects.update(
        state="settled", settled_at=now + timedelta(days=1), settled_why="Paid in cash", problem=""
    )
    later = Period("weekly", NEXT, NEXT + timedelta(days=7))
    second = issuing.issue(contract=contract.public_id, period=later, now=now + timedelta(days=10))
    assert presenting.present(second).otherwise[0].endswith("$12.50 was settled otherwise: Paid in cash")
    assert documents.as_pdf(second).startswith(b"%PDF")
    page = client_for(riverside, alma).get("/manage/hosting/credits/").content.decode()
    assert "Settled otherwise: Paid in cash" in page


def test_a_credit_that_is_held_up_stands_in_each_report_until_one_says_that_it_is_given(contract: Contract) -> None:
    """It was told once as held up, and no report ever said that it came off an invoice after all."""
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    CreditLine.objects.update(problem="No package runs on whose invoice it could stand.")
    week(contract, now=now)
    told = []
    for number in range(3):
        first = NEXT + timedelta(days=7 * number)
        period = Period("weekly", first, first + timedelta(days=7))
        at = now + timedelta(days=10 + 7 * number)
        content = issuing.issue(contract=contract.public_id, period=period, now=at).content
        told.append((len(content["held"]), content["credited_minor"]))
        CreditLine.objects.update(state="billed", stripe_item="ii_1", billed_at=at, problem="")
    assert told == [(1, 0), (0, 1250), (0, 0)]


def test_what_is_learnt_after_a_report_was_issued_stands_in_the_next_one_with_its_credit(contract: Contract) -> None:
    """An issued report is never changed: work that lapsed after it would be told nowhere."""
    now = datetime(2026, 11, 11, 8, tzinfo=UTC)
    tasks = closed(now=now - timedelta(days=2))
    Task.objects.filter(pk=tasks[6].pk).update(state=Task.State.WAITING, closed_at=None, reason="Which day?")
    assert [row["open"] for row in week(contract, now=now).content["promised"]] == [1]
    Task.objects.filter(pk=tasks[6].pk).update(state=Task.State.MISSED, closed_at=now + timedelta(days=1), reason="")
    crediting.give_missing(now=now + timedelta(days=1))
    later = Period("weekly", NEXT, NEXT + timedelta(days=7))
    following = issuing.issue(contract=contract.public_id, period=later, now=now + timedelta(days=7))
    shown = presenting.present(following)
    assert [(title, line.day, line.word) for title, line in shown.learnt] == [("Write a post", "Nov 8, 2026", "Missed")]
    assert [one["day"] for one in following.content["credits"]] == ["2026-11-08"]
    paper = documents.paper(shown, following, [])
    assert (paper["learnt_title"], len(paper["learnt"])) == ("What became of earlier work", 1)
    assert documents.as_pdf(following).startswith(b"%PDF")
    page = render_to_string("hosting_reports/report.html", {"shown": shown, "pdf_href": "#", "evidence_base": ""})
    assert "<strong>Write a post, Nov 8, 2026</strong>" in page
    last = Period("weekly", later.until, later.until + timedelta(days=7))
    assert issuing.issue(contract=contract.public_id, period=last, now=now + timedelta(days=14)).content["learnt"] == []


def test_the_figures_of_the_contract_stand_with_those_before_and_evidence_that_came_after_a_report_in_the_next(
    contract: Contract,
) -> None:
    """What people noted, else what the mall counted; what nobody noted is named. A thing that is kept late is told, marked as late."""
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    for plan in Plan.objects.all():
        plan.clause |= {"figures": ["followers", "visits", "scans"]}
        plan.save()
    tasks = closed(now=now)
    figure = {"kind": "figure", "text": " Followers", "added_by": "Mei", "added_at": now}
    for task, count in ((tasks[0], "840"), (tasks[1], "860.50")):
        Evidence.objects.create(task=task, figure=Decimal(count), **figure)
    first = presenting.present(week(contract, now=now))
    assert [(one.figure, one.now, one.before) for one in first.judged] == [
        ("followers", "860.5 (noted 2 times, together 1,700.5)", ""), ("visits", "0, counted by the mall", "0"),
    ]  # fmt: skip
    assert first.unnoted == "scans"
    attach = {"task": tasks[1].public_id, "by": work.MEI, "now": now + timedelta(hours=1)}
    operations.attach(proof=operations.Proof("text", text="The owner wrote back"), **attach)
    later = Period("weekly", NEXT, NEXT + timedelta(days=7))
    following = issuing.issue(contract=contract.public_id, period=later, now=now + timedelta(days=9))
    shown = presenting.present(following)
    assert [(line.day, [(one.text, one.is_late) for one in line.evidence][-1]) for _title, line in shown.learnt] == [
        ("Nov 3, 2026", ("The owner wrote back", True))
    ]
    assert documents.paper(first, following, [])["judged"][0][:2] == ["Followers", "2.1 Write a post"]
    page = render_to_string("hosting_reports/report.html", {"shown": first, "pdf_href": "#", "evidence_base": ""})
    assert "Nobody noted in this time: scans." in page
    assert documents.as_pdf(Report.objects.earliest("starts_on")).startswith(b"%PDF")


def test_what_came_of_it_stands_with_the_week_before_and_small_samples_give_no_rate(
    contract: Contract, riverside: Tenant, bo: Any, settings: Any
) -> None:
    from ops_console.reports.models import MallDay
    from storefront.refunds.models import Refund
    from storefront.vouchers.models import Voucher
    from tenants.isolation.entrance import inside
    from tests.factories import shop

    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    at = datetime(2026, 11, 4, 12, tzinfo=UTC)
    with inside(riverside):
        deal = shop.a_deal(now=at - timedelta(days=20))
        for days, email in ((6, "ann@x.example"), (0, "ann@x.example"), (0, "bea@x.example")):
            redeemed(deal, email=email, at=at - timedelta(days=days), staff=bo)
        paid = Voucher.objects.order_by("pk").first()
        assert paid is not None
        Refund.objects.create(
            voucher=paid, state="pending", amount_minor=600, currency="usd", reason="cold", asked_by="Bo", asked_at=at,
            sent_at=at, stripe_refund="re_1",
        )  # fmt: skip
    MallDay.objects.create(tenant=riverside, day=at.date(), views=90, visits=40)
    report = week(contract, now=now)
    totals, before = report.content["totals"], report.content["before"]
    assert (totals["visits"], totals["orders"], totals["redemptions"], totals["again"]) == (40, 2, 2, 1)
    assert (before["orders"], before["again"]) == (1, 0)
    assert (totals["sales_minor"], totals["refunded_minor"], before["refunded_minor"]) == (4800, 600, 0)
    assert "$6.00 was refunded in this time, $42.00 is left of the sales." in presenting.present(report).lead
    visits, used, again = presenting.present(report).rates
    assert (visits.is_known, visits.shown, visits.note) == (True, "5.0 %", "2 of 40")
    assert (used.is_known, used.shown, used.note) == (False, "–", "2 are too few to tell; shown from 30 on.")
    assert not again.is_known
    assert presenting._rate("x", 29, 29, 30).is_known is False
    assert presenting._rate("x", 15, 30, 30).shown == "50.0 %"


def test_an_issued_report_is_made_once_and_the_database_refuses_to_change_it(
    contract: Contract, run_tasks: Callable[[], Any], mailoutbox: list[Any]
) -> None:
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    with run_tasks():
        first = week(contract, now=now)
        content = first.content
    Task.objects.update(state=Task.State.CANCELLED, done_at=None)
    with run_tasks():
        assert week(contract, now=now + timedelta(days=1)).pk == first.pk
    assert Report.objects.get().content == content
    assert [letter.subject for letter in mailoutbox] == ["Riverside Noodles: your report, Nov 2, 2026 – Nov 8, 2026"]
    assert "5 of 7 done" in mailoutbox[0].body
    assert f"/manage/hosting/reports/{first.public_id}/" in mailoutbox[0].body
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        Report.objects.update(content=making.EMPTY)
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(
            tenant=first.tenant, contract=first.contract, kind="weekly", starts_on=MONDAY, ends_on=NEXT, time_zone="UTC",
            language="en", currency="usd", content={}, issued_at=now,
        )  # fmt: skip
    connection.check_constraints()


def due(now: datetime) -> list[tuple[str, date]]:
    """Return what would be made now, without making it."""
    contract = Contract.objects.select_related("tenant").get()
    return [(one.kind, one.first) for one in issuing._due(contract, now=now)]


def test_a_report_waits_for_the_malls_morning_and_for_work_that_still_counts_but_not_for_ever(
    contract: Contract,
) -> None:
    Tenant.objects.update(time_zone="America/Los_Angeles")
    early = datetime(2026, 11, 9, 13, 59, tzinfo=UTC)  # 05:59 in the mall
    ripe = early + timedelta(minutes=1)
    assert due(ripe) == [], "seven tasks still stand"
    assert due(datetime(2026, 11, 11, 8, 0, tzinfo=UTC)) == [("weekly", MONDAY)], "two days are enough"
    Task.objects.filter(occurs_on__lt=NEXT).update(state=Task.State.EXCUSED)
    assert (due(early), due(ripe)) == ([], [("weekly", MONDAY)])


def test_after_days_down_every_week_and_month_is_made_once_and_none_is_skipped(
    contract: Contract, run_tasks: Callable[[], Any], mailoutbox: list[Any]
) -> None:
    Task.objects.update(state=Task.State.EXCUSED)
    now = datetime(2026, 12, 3, 12, tzinfo=UTC)
    for _twice in range(2):
        with run_tasks():
            issuing.issue_due(now=now)
    weeks = [MONDAY + timedelta(days=7 * number) for number in range(4)]
    made = Report.objects.order_by("kind", "starts_on").values_list("kind", "starts_on")
    assert list(made) == [("monthly", date(2026, 11, 1)), *(("weekly", day) for day in weeks)]
    assert len(mailoutbox) == 5
    assert issuing.issue_due(now=now) == 0


@pytest.mark.parametrize(
    ("ends_on", "expected"),
    [(date(2026, 11, 12), [MONDAY, NEXT]), (NEXT, [MONDAY]), (None, [MONDAY, NEXT, NEXT + timedelta(days=7)])],
)
def test_no_week_after_the_contracts_end_is_reported(ends_on: date | None, expected: list[date]) -> None:
    found = periods.over(
        "weekly", starts_on=MONDAY, ends_on=ends_on, time_zone="UTC", now=datetime(2026, 11, 24, 9, tzinfo=UTC)
    )
    assert [one.first for one in found] == expected


def test_a_report_is_a_tagged_pdf_also_in_chinese(contract: Contract) -> None:
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    Contract.objects.update(language="zh-hans")
    report = week(contract, now=now)
    body = documents.as_pdf(report)
    assert body.startswith(b"%PDF-")
    assert len(body) > 10_000
    assert documents.file_name(report).startswith("report-weekly-2026-11-02-")
    came = Chart(
        "Came", ["11/2", "11/3"], [2, 4], ["2", "4"], names=("Day", "Used"), second=[1, 0], second_shown=["1", "0"]
    )
    with_both = documents.bars(came)["bars"]
    assert with_both == [["11/2", [(0.5, "2"), (0.25, "1")]], ["11/3", [(1.0, "4"), (0.0, "0")]]]


def test_the_merchant_reads_the_own_reports_only_and_opening_one_is_noted(
    contract: Contract, riverside: Tenant, hillside: Tenant, alma: User, cleo: User, client_for: Callable[..., Any]
) -> None:
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    report = week(contract, now=now)
    client = client_for(riverside, alma)
    listed = client.get("/manage/hosting/reports/").content.decode()
    assert "5 of 7" in listed
    page = client.get(f"/manage/hosting/reports/{report.public_id}/").content.decode()
    assert "https://social.example/p/1" in page
    assert "$12.50 comes off your next invoice" in page
    assert "too few to tell" in page
    assert Report.objects.get().read_at is not None
    assert client.get(f"/manage/hosting/reports/{report.public_id}.pdf")["content-type"] == "application/pdf"
    stranger = client_for(hillside, cleo)
    assert "5 of 7" not in stranger.get("/manage/hosting/reports/").content.decode()
    for path in (f"{report.public_id}/", f"{report.public_id}.pdf", f"{report.public_id}/evidence/x/"):
        assert stranger.get(f"/manage/hosting/reports/{path}").status_code == 404


def test_the_console_lists_reports_of_all_malls_and_filters(
    contract: Contract, tomas: User, client_for: Callable[..., Any]
) -> None:
    now = datetime(2026, 11, 9, 8, tzinfo=UTC)
    closed(now=now)
    report = week(contract, now=now)
    client = client_for(None, tomas)
    assert "Riverside Noodles" in client.get("/ops/reports/?state=missed").content.decode()
    assert "Riverside Noodles" in client.get("/ops/reports/?state=unread&q=river").content.decode()
    assert "No report is like that" in client.get("/ops/reports/?kind=monthly").content.decode()
    page = client.get(f"/ops/reports/{report.public_id}/").content.decode()
    assert "Task by task" in page
    assert Report.objects.get().read_at is None, "the agency's look is not the merchant's"
    assert client.get(f"/ops/reports/{report.public_id}.pdf").content.startswith(b"%PDF-")


def test_a_figure_is_written_in_full(now: datetime) -> None:
    piece = making._evidence(Evidence(kind="figure", text="Followers", figure=Decimal("840.0000"), added_at=now))
    assert presenting._proof(piece).text == "Followers: 840"
    assert presenting._proof(piece | {"figure": "8.4E+2"}).text == "Followers: 840"
