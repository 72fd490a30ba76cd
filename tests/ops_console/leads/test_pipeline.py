"""The pipeline: who decides, what is next, overdue ones first; stages by hand and by the contract; a mall for a lead."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from ops_console.leads import operations, queries
from ops_console.leads.forms import EntryForm
from ops_console.leads.models import Contact, Entry, Lead
from ops_console.leads.operations import ContactDraft, EntryDraft, LeadDraft
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.registry.models import Tenant
from tests.factories import hosting

Stage = Lead.Stage


@pytest.fixture
def lead(riverside: Tenant, now: datetime) -> Lead:
    """Return a noodle bar in the pipeline, without a mall."""
    draft = LeadDraft(name="Lakeside Noodles", trade="restaurant", place="Pier 4", worth_minor=90_000)
    return operations.add(draft=draft, by=SYSTEM, now=now)


def fresh(lead: Lead) -> Lead:
    return Lead.objects.get(pk=lead.pk)


def test_the_first_visit_moves_a_lead_on_and_stands_in_its_story(lead: Lead, now: datetime) -> None:
    draft = EntryDraft(kind="visit", happened_on=now.date(), text="Six tables, full at noon", met="Lena, who owns it")
    operations.note(lead=lead.public_id, draft=draft, by=SYSTEM, now=now)
    assert fresh(lead).stage == Stage.VISITED
    assert list(lead.entries.values_list("kind", flat=True)) == ["move", "visit"]
    operations.note(lead=lead.public_id, draft=EntryDraft("call", now.date(), "Asks for a price"), by=SYSTEM, now=now)
    assert fresh(lead).stage == Stage.VISITED


def test_stages_of_the_contract_cannot_be_set_by_hand(lead: Lead, now: datetime) -> None:
    for stage in (Stage.SENT, Stage.SIGNED, Stage.LEAVING, Stage.LOST, Stage.LIVE, Stage.ONBOARDING):
        with pytest.raises(operations.NotByHand):
            operations.move(lead=lead.public_id, stage=stage, by=SYSTEM, now=now)
    assert fresh(lead).stage == Stage.LEAD
    operations.move(lead=lead.public_id, stage=Stage.QUOTED, by=SYSTEM, now=now)
    operations.move(lead=lead.public_id, stage=Stage.VISITED, by=SYSTEM, now=now)
    assert fresh(lead).stage == Stage.VISITED


def test_a_lead_follows_its_contract_and_nothing_late_moves_it_back(
    lead: Lead, riverside: Tenant, now: datetime
) -> None:
    operations.give_mall(lead=lead.public_id, tenant=riverside, by=SYSTEM, now=now)

    def told(state: str, contract: str = "c1") -> str:
        operations.follow_contract(tenant=riverside, contract=contract, state=state, by=SYSTEM, now=now)
        return fresh(lead).stage

    assert told("draft") == Stage.QUOTED
    assert told("sent") == Stage.SENT
    assert told("declined") == Stage.QUOTED
    assert [told("sent"), told("signed"), told("sent"), told("signed")] == ["sent", "signed", "signed", "signed"]
    assert told("active") == Stage.ONBOARDING
    assert told("signed") == Stage.ONBOARDING
    operations.move(lead=lead.public_id, stage=Stage.LIVE, by=SYSTEM, now=now)
    assert told("active") == Stage.LIVE
    assert told("withdrawn", "c2") == Stage.LIVE
    assert [told("ending"), told("ended"), told("active")] == ["leaving", "leaving", "leaving"]
    assert told("sent", "c2") == Stage.SENT, "a new contract begins anew"


def test_a_quote_moves_the_lead_that_stands_before_it_and_no_other(
    lead: Lead, riverside: Tenant, mei: User, now: datetime
) -> None:
    hosting.quote(riverside, mei, now=now)
    assert Lead.objects.count() == 1, "a mall without a lead gets none by a quote"
    operations.give_mall(lead=lead.public_id, tenant=riverside, by=SYSTEM, now=now)
    hosting.quote(riverside, mei, now=now)
    assert fresh(lead).stage == Stage.QUOTED
    operations.follow_contract(tenant=riverside, contract="c1", state="active", by=SYSTEM, now=now)
    hosting.quote(riverside, mei, now=now)
    assert fresh(lead).stage == Stage.ONBOARDING


def test_a_hosted_mall_that_nobody_had_in_the_pipeline_comes_into_it(
    riverside: Tenant, now: datetime, run_tasks: Any
) -> None:
    from saas.kernel.tasks import enqueue

    with run_tasks():
        enqueue("ops_console.leads.contract_changed", mall=riverside.public_id, contract="c9", state="signed")
    found = Lead.objects.get(tenant=riverside)
    assert (found.name, found.stage, found.contract) == ("Riverside Noodles", "signed", "c9")


def test_a_lead_is_lost_for_a_reason_and_a_signed_one_is_not_lost(lead: Lead, riverside: Tenant, now: datetime) -> None:
    operations.plan(lead=lead.public_id, step="Call Lena", day=now.date(), today=now.date())
    operations.lose(lead=lead.public_id, reason="Went to another agency", by=SYSTEM, now=now)
    assert (fresh(lead).stage, fresh(lead).next_step) == (Stage.LOST, "")
    with pytest.raises(IntegrityError), transaction.atomic():
        Lead.objects.filter(pk=lead.pk).update(lost_reason="")
    operations.move(lead=lead.public_id, stage=Stage.LEAD, by=SYSTEM, now=now)
    operations.give_mall(lead=lead.public_id, tenant=riverside, by=SYSTEM, now=now)
    operations.follow_contract(tenant=riverside, contract="c1", state="signed", by=SYSTEM, now=now)
    with pytest.raises(operations.ContractRuns):
        operations.lose(lead=lead.public_id, reason="Went away", by=SYSTEM, now=now)
    assert fresh(lead).stage == Stage.SIGNED


def test_overdue_steps_come_first_and_are_counted(lead: Lead, now: datetime, mei: User) -> None:
    today = now.date()
    later = operations.add(draft=LeadDraft(name="Later", trade="salon", owner=mei), by=SYSTEM, now=now)
    idle = operations.add(draft=LeadDraft(name="Idle", trade="salon"), by=SYSTEM, now=now)
    operations.plan(lead=later.public_id, step="Send the quote", day=today, today=today)
    operations.plan(lead=lead.public_id, step="Call", day=today, today=today)
    with pytest.raises(operations.StepInThePast):
        operations.plan(lead=idle.public_id, step="Call", day=today - timedelta(days=1), today=today)
    Lead.objects.filter(pk=lead.pk).update(next_step_date=today - timedelta(days=3))
    assert [one.name for one in queries.matching({}, today=today)] == ["Lakeside Noodles", "Later", "Idle"]
    assert [one.name for one in queries.matching({"step": "overdue"}, today=today)] == ["Lakeside Noodles"]
    assert [one.name for one in queries.matching({"step": "none"}, today=today)] == ["Idle"]
    assert queries.overdue_count(today=today) == 1
    assert queries.overdue_count(today=today, owner=mei) == 0
    operations.finish_step(lead=lead.public_id, by=SYSTEM, now=now)
    assert queries.overdue_count(today=today) == 0
    assert Entry.objects.get(lead=lead, kind="step").text == "Call"


def test_the_board_reads_all_its_columns_at_once(
    lead: Lead, now: datetime, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each column has its most urgent cards and counts all; what is lost is not on it."""
    monkeypatch.setattr(queries, "CARDS", 2)
    today = now.date()
    for n in range(3):
        one = operations.add(draft=LeadDraft(name=f"Salon {n}", trade="salon"), by=SYSTEM, now=now)
        operations.plan(lead=one.public_id, step="Call", day=today + timedelta(days=9 - n), today=today)
    for n, stage in enumerate(["visited", "quoted", "lost"]):
        made = operations.add(draft=LeadDraft(name=f"{stage} {n}", trade="salon"), by=SYSTEM, now=now)
        Lead.objects.filter(pk=made.pk).update(stage=stage, lost_reason="Closed" if stage == "lost" else "")
    with django_assert_num_queries(1):
        columns = {one.stage: one for one in queries.board({}, today=today)}
    assert list(columns) == [stage.value for stage in operations.ORDER]
    assert ([one.name for one in columns["lead"].leads], columns["lead"].count) == (["Salon 2", "Salon 1"], 4)
    assert [one.name for one in columns["visited"].leads] == ["visited 0"]
    assert (columns["signed"].leads, columns["signed"].count) == ([], 0)
    salons = {one.stage: one.count for one in queries.board({"trade": "salon", "stage": "visited"}, today=today)}
    assert (salons["lead"], salons["visited"], salons["quoted"]) == (3, 1, 1)


def test_two_who_change_one_lead_do_not_overwrite_each_other(lead: Lead, now: datetime) -> None:
    draft = LeadDraft(name="Lakeside Noodle Bar", trade="restaurant")
    operations.change(lead=lead.public_id, draft=draft, version=0, by=SYSTEM, now=now)
    with pytest.raises(operations.Changed):
        operations.change(
            lead=lead.public_id, draft=LeadDraft(name="Other", trade="salon"), version=0, by=SYSTEM, now=now
        )
    assert fresh(lead).name == "Lakeside Noodle Bar"


def test_contacts_are_masked_for_who_need_not_reach_them_and_the_trail_names_none_r6(
    lead: Lead, client_for: Callable[..., Any], mei: User, tomas: User, now: datetime
) -> None:
    draft = ContactDraft("Lena Brandt", Contact.Role.DECIDES, "+49 40 1234567", "lena@lakeside.example")
    operations.add_contact(lead=lead.public_id, draft=draft, by=SYSTEM, now=now)
    path = f"/ops/leads/{lead.public_id}/"
    seen = client_for(None, mei).get(path).content.decode()
    assert "lena@lakeside.example" in seen
    assert "Decides" in seen
    assert not AuditEntry.objects.filter(summary__icontains="Lena").exists()
    assert queries.masked("lena@lakeside.example") == "l…@lakeside.example"
    assert queries.masked("+49 40 1234567") == "…67"


def test_a_mall_is_opened_for_a_lead_once_and_its_owner_gets_a_mail(
    lead: Lead, client_for: Callable[..., Any], mei: User, mailoutbox: Any, run_tasks: Any, now: datetime
) -> None:
    client = client_for(None, mei)
    sent = {
        "slug": "lakeside-noodles", "owner_name": "Lena", "owner_email": "lena@lakeside.example", "currency": "eur",
        "time_zone": "Europe/Berlin", "language": "en",
    }  # fmt: skip
    with run_tasks():
        assert client.post(f"/ops/leads/{lead.public_id}/mall/", sent).status_code == 302
    found = fresh(lead)
    assert found.tenant is not None
    assert (found.tenant.slug, found.tenant.time_zone, found.tenant.currency) == (
        "lakeside-noodles", "Europe/Berlin", "eur",
    )  # fmt: skip
    assert mailoutbox[-1].to == ["lena@lakeside.example"]
    assert "lakeside-noodles" in mailoutbox[-1].body
    again = client.post(f"/ops/leads/{lead.public_id}/mall/", sent)
    assert again.status_code == 302
    assert Tenant.objects.filter(slug__startswith="lakeside").count() == 1


def test_an_address_that_is_taken_is_said_and_nothing_is_opened(
    lead: Lead, client_for: Callable[..., Any], mei: User
) -> None:
    sent = {
        "slug": "riverside", "owner_name": "Lena", "owner_email": "lena@lakeside.example", "currency": "eur",
        "time_zone": "Europe/Berlin", "language": "en",
    }  # fmt: skip
    answer = client_for(None, mei).post(f"/ops/leads/{lead.public_id}/mall/", sent)
    assert answer.status_code == 422
    assert "taken" in answer.content.decode()
    unsaid = client_for(None, mei).post(f"/ops/leads/{lead.public_id}/mall/", sent | {"slug": "lake", "time_zone": ""})
    assert unsaid.status_code == 422, "no mall runs by a clock that nobody chose"
    assert fresh(lead).tenant is None


def test_a_day_that_has_come_for_the_agencys_people_counts_though_not_in_utc() -> None:
    """Tuesday morning in Shanghai is Monday evening in UTC, and Monday evening in Los Angeles is Tuesday there."""
    monday = datetime(2026, 11, 23, 22, tzinfo=UTC)
    earliest, latest = operations.days_now(monday)
    visit = {"kind": "visit", "happened_on": "2026-11-24", "met": "Lena", "text": "Two tables"}
    assert EntryForm(visit, today=latest).is_valid()
    assert not EntryForm(visit | {"happened_on": "2026-11-25"}, today=latest).is_valid()
    assert (earliest, operations.days_now(monday + timedelta(hours=6))[0]) == (date(2026, 11, 23), date(2026, 11, 23))


def test_the_pages_of_the_pipeline_work_by_hand(client_for: Callable[..., Any], mei: User, tomas: User) -> None:
    client = client_for(None, mei)
    assert "No business is in the pipeline" in client.get("/ops/leads/").content.decode()
    posted = {"name": "Pier Salon", "trade": "salon", "currency": "eur", "worth": "450", "owner": mei.public_id}
    page = client.post("/ops/leads/add/", {**posted, "version": 0})["location"]
    lead = Lead.objects.get()
    assert (lead.worth_minor, lead.owner) == (45_000, mei)
    today = date.today()  # noqa: DTZ011 - the form compares with the server's own day
    bad = client.post(f"{page}plan/", {"step": "Call", "day": "2020-01-01"})
    assert bad.status_code == 422
    assert "today or later" in bad.content.decode()
    client.post(f"{page}plan/", {"step": "Call the owner", "day": (today + timedelta(days=2)).isoformat()})
    client.post(f"{page}note/", {"kind": "visit", "happened_on": "2020-01-01", "met": "Ana", "text": "Two chairs"})
    client.post(f"{page}contacts/add/", {"name": "Ana", "role": "decides", "phone": "", "email": "", "note": ""})
    shown = client.get(page).content.decode()
    assert all(words in shown for words in ("Call the owner", "Two chairs", "Ana", "Visited"))
    board, rows = client.get("/ops/leads/?q=ana").content.decode(), client.get("/ops/leads/list/?stage=visited")
    assert "Pier Salon" in board
    assert "Pier Salon" in rows.content.decode()
    assert "No lead is like that" in client.get("/ops/leads/list/?q=nowhere").content.decode()
    assert client_for(None, tomas).post(f"{page}lose/", {"reason": "Too far"}).status_code == 403
    client.post(f"{page}lose/", {"reason": "Too far away"})
    assert "Too far away" in client.get("/ops/leads/list/?stage=lost").content.decode()
    assert "Pier Salon" not in client.get("/ops/leads/").content.decode()


def test_an_erased_malls_lead_forgets_people_and_story(lead: Lead, riverside: Tenant, now: datetime) -> None:
    operations.give_mall(lead=lead.public_id, tenant=riverside, by=SYSTEM, now=now)
    operations.add_contact(lead=lead.public_id, draft=ContactDraft("Lena", "decides"), by=SYSTEM, now=now)
    operations.forget(schema_name=riverside.schema_name)
    assert (Contact.objects.count(), Entry.objects.count(), fresh(lead).name) == (0, 0, "Lakeside Noodles")
