"""Templates, the trade's four modules, and people who are away or have left."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import resolve
from time_machine import travel

from billing.packages.models import Module, Price
from billing.packages.trade import named
from ops_console.mandates.grants import grant, pause, resume
from ops_console.work import assigning, clauses, covering, operations, planning, seeding, sweeping, templating
from ops_console.work.clauses import Clause, ClauseRefused
from ops_console.work.models import Absence, Pause, Task, TaskTemplate
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from tenants.entry import mandated
from tests.factories.work import CONTRACT, MEI, POSTS, begin

START = date(2026, 11, 23)


@pytest.fixture
def now() -> datetime:
    """Monday at noon in UTC."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def plan(riverside: Any, mei: User, now: datetime) -> Any:
    """Mei's daily work."""
    riverside.time_zone = "UTC"
    return begin(riverside, replace(POSTS, rrule="FREQ=DAILY"), starts_on=START, assignee=mei, now=now)[0]


def whose(day: date) -> tuple[str | None, str | None]:
    task = Task.objects.select_related("assignee", "covers_for").get(occurs_on=day)
    return task.assignee and task.assignee.name, task.covers_for and task.covers_for.name


def test_the_four_modules_of_the_trade_are_whole_and_every_template_can_be_signed(
    riverside: Any, now: datetime
) -> None:
    added = seeding.ensure_modules(by=MEI, now=now)
    assert added == TaskTemplate.objects.count() >= 16
    row = TaskTemplate.objects.filter(key="complaints")
    for before, after in ((["look", "orders.view"], ["look", "orders.view", "refunds.decide"]), (["look"], ["look"])):
        row.update(permissions=before)
        assert seeding.ensure_modules(by=MEI, now=now) == 0
        assert row.get().permissions == after, "what nobody changed follows the release, what somebody changed stays"
    names = {"Social maintenance", "Mall hosting", "Promotion", "Customer maintenance"}
    assert names <= set(Module.objects.values_list("name", flat=True))
    for name in names:
        assert set(Price.objects.filter(module__name=name).values_list("currency", flat=True)) >= {"usd", "eur", "cny"}
    for row in TaskTemplate.objects.all():
        texts = (row.title, row.module.name, row.module.summary, *row.checklist, *row.figures)
        assert all(named(named(text, "zh-hans"), "en") == text != named(text, "zh-hans") for text in texts), row.key
        assert row.checklist, row.key
        assert row.evidence, row.key
        assert row.figures, row.key
        assert all(mandated.is_key(key) for key in row.permissions), row.key
        assert resolve(row.place, "saas.project.urls_mall").view_name != "wagtail_serve", (
            f"{row.key}: there is no {row.place}"
        )
        clause = Clause(
            number="1", module="", module_name="", template=row.key, title=row.title, rrule=row.rrule, at=f"{row.at:%H:%M}",
            due_hours=row.due_hours, grace_hours=row.grace_hours, evidence=tuple(row.evidence), place=row.place, holidays=row.holidays,
        )  # fmt: skip
        clauses.check(clause, starts_on=START)


def test_who_is_away_is_covered_and_it_says_whose_it_was(plan: Any, mei: User, ada: User, now: datetime) -> None:
    moved = covering.note_absence(
        person=mei, cover=ada, starts_on=START + timedelta(days=2), ends_on=START + timedelta(days=5), by=MEI, now=now
    )
    assert moved == 3
    assert [whose(START + timedelta(days=day)) for day in (1, 2, 4, 5)] == [
        ("Mei", None), ("Ada", "Mei"), ("Ada", "Mei"), ("Mei", None),
    ]  # fmt: skip
    later = now + timedelta(days=20)
    covering.note_absence(person=mei, cover=ada, starts_on=START + timedelta(days=45), ends_on=None, by=MEI, now=later)
    planning.generate(now=later)
    assert (whose(START + timedelta(days=44)), whose(START + timedelta(days=46))) == (("Mei", None), ("Ada", "Mei"))


def test_a_cover_who_is_away_is_covered_too_and_a_circle_ends_with_nobody(
    plan: Any, mei: User, ada: User, tomas: User, now: datetime
) -> None:
    days = {"starts_on": START, "ends_on": START + timedelta(days=2), "by": MEI, "now": now}
    covering.note_absence(person=mei, cover=ada, **days)
    covering.note_absence(person=ada, cover=tomas, **days)
    assert whose(START) == ("Tomas", "Mei")
    covering.note_absence(person=tomas, cover=mei, **days)
    assert whose(START) == (None, "Mei")


def test_who_comes_back_early_gets_the_work_back(plan: Any, mei: User, ada: User, now: datetime) -> None:
    covering.note_absence(person=mei, cover=ada, starts_on=START, ends_on=None, by=MEI, now=now)
    absence = covering.absences([mei.pk], since=START)[mei.pk][0]
    covering.end_absence(absence=absence.pk, ends_on=START + timedelta(days=3), by=MEI, now=now)
    assert (whose(START + timedelta(days=2)), whose(START + timedelta(days=3))) == (("Ada", "Mei"), ("Mei", None))


def test_who_covers_for_others_and_comes_back_gets_their_work_too_and_away_for_longer_gives_more(
    plan: Any, mei: User, ada: User, tomas: User, now: datetime
) -> None:
    """Mei is covered by Ada, who is away herself: along the chain back, and on."""
    days = {"starts_on": START, "by": MEI, "now": now}
    covering.note_absence(person=mei, cover=ada, ends_on=START + timedelta(days=9), **days)
    covering.note_absence(person=ada, cover=tomas, ends_on=None, **days)
    absence = covering.absences([ada.pk], since=START)[ada.pk][0]
    third, sixth = START + timedelta(days=3), START + timedelta(days=6)
    covering.end_absence(absence=absence.pk, ends_on=third, by=MEI, now=now)
    assert (whose(third - timedelta(days=1)), whose(third)) == (("Tomas", "Mei"), ("Ada", "Mei"))
    covering.end_absence(absence=absence.pk, ends_on=sixth, by=MEI, now=now)
    assert (whose(third), whose(sixth)) == (("Tomas", "Mei"), ("Ada", "Mei"))
    covering.pass_on(person=tomas, to=mei, by=MEI, now=now)
    assert whose(third) == (None, "Mei"), "a circle now"


def test_what_stands_when_somebody_goes_away_is_covered_and_nothing_is_handed_to_who_is_away(
    plan: Any, mei: User, ada: User, tomas: User, now: datetime
) -> None:
    """The first day's task is open until the next morning, when Mei is away."""
    tomorrow = START + timedelta(days=1)
    covering.note_absence(person=mei, cover=ada, starts_on=tomorrow, ends_on=START + timedelta(days=5), by=MEI, now=now)
    covering.note_absence(person=tomas, cover=None, starts_on=START, ends_on=None, by=MEI, now=now)
    sweeping.sweep(now=now)
    assert whose(START) == ("Mei", None)
    task = Task.objects.get(occurs_on=START)
    with pytest.raises(operations.TaskRefused, match="is away"):
        operations.hand_over(task=task.public_id, to=tomas, note="", by=MEI, now=now)
    assert whose(START) == ("Mei", None)
    for _again in range(2):
        sweeping.sweep(now=now + timedelta(hours=15))
        assert whose(START) == ("Ada", "Mei")
    covering.let_back(person=tomas, now=now)
    operations.hand_over(task=task.public_id, to=tomas, note="", by=MEI, now=now + timedelta(days=1))
    assert whose(START) == ("Tomas", None)
    operations.hand_over(task=task.public_id, to=mei, note="", by=MEI, now=now + timedelta(days=1))
    assert whose(START) == ("Ada", "Mei")
    assert "Mei, who is away: Ada" in AuditEntry.objects.filter(action="work.handed_over").latest("pk").summary


def test_tasks_of_an_operator_who_left_are_nobodys_and_visible(plan: Any, mei: User, ada: User, now: datetime) -> None:
    spring = {"starts_on": START - timedelta(days=200), "ends_on": START - timedelta(days=190)}
    covering.note_absence(person=mei, cover=ada, **spring, by=MEI, now=now)
    User.objects.filter(pk=mei.pk).update(is_active=False)
    sweeping.sweep(now=now)
    assert whose(START + timedelta(days=7)) == (None, "Mei")
    planning.generate(now=now + timedelta(days=10))
    assert not Task.objects.filter(assignee=mei, state__in=Task.STANDING).exists()


def test_while_the_mandate_is_paused_nothing_is_missed(plan: Any, riverside: Any, now: datetime) -> None:
    """The merchant pauses on Monday, goes on on Wednesday: there was time for Wednesday's and Thursday's."""
    alma = Actor(kind="merchant", name="Alma")
    grant(
        by=MEI,
        now=now,
        contract=CONTRACT,
        version=1,
        tenant=riverside,
        permissions=[("look", "2.1")],
        limits={},
        starts_at=now,
        ends_at=None,
    )
    pause(tenant=riverside, by=alma, now=now)
    sweeping.sweep(now=now)
    assert Pause.objects.get().contract == CONTRACT
    resume(tenant=riverside, by=alma, now=now + timedelta(days=2))
    sweeping.sweep(now=now + timedelta(days=2))
    sweeping.sweep(now=now + timedelta(days=5))
    states = list(Task.objects.order_by("occurs_on").values_list("state", flat=True)[:4])
    assert states == ["excused", "excused", "missed", "missed"]


def draft(**changes: Any) -> templating.TemplateDraft:
    known: dict[str, Any] = {
        "title": "Water the plants", "rrule": "FREQ=DAILY", "at": time(9), "due_hours": 8, "grace_hours": 8, "holidays": "keep",
        "minutes": 5,
        "checklist": [], "evidence": [], "permissions": ["look"], "figures": [], "credit_minor": 0, "needs_merchant": False,
        "place": "/manage/",
    }  # fmt: skip
    return templating.TemplateDraft(**known | changes)


def test_a_changed_template_leaves_what_was_signed(plan: Any, riverside: Any, now: datetime) -> None:
    module = Module.objects.create(name="Plants")
    row = templating.save(module=module.public_id, key="", draft=draft(), by=MEI, now=now)
    assert row.key == "water-the-plants"
    again = templating.save(module=module.public_id, key="", draft=draft(), by=MEI, now=now)
    assert again.key != row.key
    templating.save(module=module.public_id, key=row.key, draft=draft(title="Water all plants"), by=MEI, now=now)
    row.refresh_from_db()
    assert row.title == "Water all plants"
    plan.refresh_from_db()
    assert plan.terms.title == "Write a post"


@pytest.mark.parametrize("changes", [{"permissions": ["payout.change"]}, {"checklist": ["x"] * 21}, {"place": "/ops/"}])
def test_a_template_that_cannot_be_kept_is_refused(riverside: Any, now: datetime, changes: dict[str, Any]) -> None:
    module = Module.objects.create(name="Plants")
    with pytest.raises(ClauseRefused):
        templating.save(module=module.public_id, key="", draft=draft(**changes), by=MEI, now=now)
    assert not TaskTemplate.objects.exists()


def test_templates_and_absences_from_their_pages(
    mei: User, ada: User, client_for: Callable[..., Any], now: datetime
) -> None:
    client = client_for(None, mei)
    with travel(now, tick=False):
        assert "no template yet" in client.get("/ops/templates/").content.decode()
        assert client.post("/ops/templates/seed/").status_code == 302
        page = client.get("/ops/templates/").content.decode()
        assert "each Monday, Wednesday, and Friday, 10:00" in page
        row = TaskTemplate.objects.get(key="social-post")
        assert client.get("/ops/templates/social-post/").status_code == 200
        sent = {
            "module": row.module.public_id, "title": "Write a story", "repeats": "WEEKLY", "holidays": "keep", "at": "11:00",
            "due_hours": 5,
            "grace_hours": 5, "minutes": 20, "credit_minor": 0, "place": "/manage/",
        }  # fmt: skip
        assert client.post("/ops/templates/social-post/", sent).status_code == 422
        assert client.post("/ops/templates/social-post/", sent | {"days": ["TU", "SA"]}).status_code == 302
        never = sent | {"repeats": "rule", "rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}
        assert "Nothing would ever be done" in client.post("/ops/templates/social-post/", never).content.decode()
        row.refresh_from_db()
        assert (row.title, row.rrule) == ("Write a story", "FREQ=WEEKLY;BYDAY=TU,SA")
        assert client.post("/ops/templates/social-post/retire/").status_code == 302
        assert "Everybody is here" in client.get("/ops/work/away/").content.decode()
        gone = {"person": mei.public_id, "starts_on": "2026-11-24", "ends_on": "2026-11-30", "cover": ada.public_id}
        assert client.post("/ops/work/away/", gone | {"ends_on": "2026-11-24"}).status_code == 422
        assert client.post("/ops/work/away/", gone).status_code == 302
        assert "Not away after all" in client.get("/ops/work/away/").content.decode()


@pytest.mark.parametrize("first", [START, START + timedelta(days=7)])
def test_an_absence_that_has_not_begun_or_began_today_is_taken_back_with_its_tasks(
    plan: Any, mei: User, ada: User, client_for: Callable[..., Any], now: datetime, first: date
) -> None:
    days = {"starts_on": first, "ends_on": first + timedelta(days=3)}
    covering.note_absence(person=mei, cover=ada, **days, by=MEI, now=now)
    assert whose(first) == ("Ada", "Mei")
    client = client_for(None, ada)
    with travel(now, tick=False):
        assert "Not away after all" in client.get("/ops/work/away/").content.decode()
        (row,) = Absence.objects.all()
        assert client.post(f"/ops/work/away/{row.pk}/end/").status_code == 302
    assert (whose(first), Absence.objects.exists()) == (("Mei", None), False)


def test_a_clause_is_given_to_somebody_for_good_with_its_tasks_but_those_handed_over_by_name(
    plan: Any, riverside: Any, mei: User, ada: User, tomas: User, now: datetime
) -> None:
    """Also what comes later, also under a new version that keeps the promise; who is away is covered."""
    tuesday = START + timedelta(days=1)
    operations.hand_over(task=Task.objects.get(occurs_on=tuesday).public_id, to=tomas, note="", by=MEI, now=now)
    away = {"starts_on": START + timedelta(days=2), "ends_on": START + timedelta(days=3)}
    covering.note_absence(person=ada, cover=tomas, **away, by=MEI, now=now)
    gone = User.objects.create_user("gone.test@hutong.example", name="Gone", kind=User.Kind.AGENCY)
    with pytest.raises(assigning.AssignRefused):
        assigning.assign(contract=CONTRACT, people={plan.public_id: gone}, by=MEI, now=now)
    moved = assigning.assign(contract=CONTRACT, people={plan.public_id: ada}, by=MEI, now=now)
    assert moved == planning.HORIZON_DAYS - 1
    assert assigning.assign(contract=CONTRACT, people={plan.public_id: ada}, by=MEI, now=now) == 0
    assert [whose(START + timedelta(days=day)) for day in range(4)] == [
        ("Ada", None), ("Tomas", None), ("Tomas", "Ada"), ("Ada", None),
    ]  # fmt: skip
    planning.generate(now=now + timedelta(days=5))
    assert whose(START + timedelta(days=planning.HORIZON_DAYS + 2)) == ("Ada", None)
    later = START + timedelta(days=20)
    second = {"version": 2, "starts_on": later, "assignee": mei, "now": now + timedelta(days=5)}
    kept, new = begin(
        riverside, replace(POSTS, rrule="FREQ=DAILY"), replace(POSTS, number="2.2", title="Reply"), **second
    )
    assert (kept.assignee, new.assignee) == (ada, mei)


def test_what_is_late_and_what_is_nobodys_needs_a_person_on_the_overview(
    plan: Any, mei: User, ada: User, client_for: Callable[..., Any], now: datetime
) -> None:
    """Else what somebody left behind without a cover is missed before anybody looks under Nobody's."""
    client = client_for(None, ada)
    with travel(now, tick=False):
        assert "tasks are late" not in client.get("/ops/").content.decode()
    days = {"starts_on": START + timedelta(days=3), "ends_on": START + timedelta(days=5)}
    covering.note_absence(person=mei, cover=None, **days, by=MEI, now=now)
    with travel(now + timedelta(days=1), tick=False):
        page = client.get("/ops/").content.decode()
        assert "1 task is late" in page
        assert "the next is missed after Nov 24, 8:00 AM UTC" in page
        assert "2 tasks are nobody’s" in page
        assert client.get("/ops/work/?tab=coming&whose=nobody").content.decode().count('class="name"') == 2
        assert "?tab=coming&amp;whose=nobody" in page
