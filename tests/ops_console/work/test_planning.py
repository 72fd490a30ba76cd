"""A signed clause becomes tasks, once each; an amendment changes the future only; an end ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ops_console.work import cadence, operations, planning, sweeping
from ops_console.work.clauses import ClauseRefused, from_json
from ops_console.work.models import Plan, Task
from tests.factories.work import CONTRACT, MEI, POSTS, begin

START = date(2026, 11, 23)


@pytest.fixture
def now() -> datetime:
    """Sunday noon in UTC, the day before the contract begins."""
    return datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def standing(*, since: date = START, until: date) -> list[date]:
    rows = Task.objects.exclude(state=Task.State.CANCELLED).filter(occurs_on__gte=since, occurs_on__lt=until)
    return list(rows.order_by("occurs_on").values_list("occurs_on", flat=True))


def live(start: datetime, *, days: int) -> None:
    """Let beat run once a day."""
    for day in range(days):
        planning.generate(now=start + timedelta(days=day))


def test_three_posts_a_week_are_exactly_twelve_tasks_in_four_weeks(riverside: Any, now: datetime) -> None:
    begin(riverside, starts_on=START, now=now)
    live(now, days=28)
    assert len(standing(until=START + timedelta(weeks=4))) == 12


def test_amended_to_five_the_past_stays_and_the_future_changes(riverside: Any, now: datetime) -> None:
    begin(riverside, starts_on=START, now=now)
    live(now, days=14)
    amended = START + timedelta(weeks=2)
    before = list(Task.objects.filter(occurs_on__lt=amended).order_by("pk").values())
    five = replace(POSTS, rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
    begin(riverside, five, version=2, starts_on=amended, now=now + timedelta(days=13))
    live(now + timedelta(days=14), days=14)
    assert list(Task.objects.filter(occurs_on__lt=amended).order_by("pk").values()) == before
    assert len(standing(until=amended)) == 6
    assert len(standing(since=amended, until=amended + timedelta(weeks=2))) == 10


def test_an_amendment_that_keeps_a_rule_keeps_its_rhythm(riverside: Any, now: datetime) -> None:
    """Every ninth day: begun anew on the amendment's day, it would be done once more in between."""
    ninth = replace(POSTS, rrule="FREQ=DAILY;INTERVAL=9")
    begin(riverside, ninth, starts_on=START, now=now)
    for version, days in ((2, 4), (3, 13)):
        begin(
            riverside,
            replace(ninth, credit_minor=days),
            version=version,
            starts_on=START + timedelta(days=days),
            now=now,
        )
    planning.generate(now=now)
    assert standing(until=START + timedelta(days=30)) == [START + timedelta(days=9 * number) for number in range(4)]


@pytest.mark.parametrize("is_done", [True, False])
def test_what_has_opened_on_an_amendments_first_day_is_not_asked_for_again(
    riverside: Any, now: datetime, is_done: bool
) -> None:
    """Signed in the afternoon: the day's post is done, or in hand, by the former version."""
    begin(riverside, POSTS, starts_on=START, now=now)
    first = Task.objects.earliest("occurs_on")
    afternoon = first.opens_at + timedelta(hours=5)
    (operations.finish if is_done else operations.start)(
        task=first.public_id, by=MEI, now=afternoon, **({"minutes": 40} if is_done else {})
    )
    five = replace(POSTS, rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR")
    night = replace(POSTS, number="2.2", title="Close the day", at="23:00", rrule="FREQ=DAILY")
    begin(riverside, five, night, version=2, starts_on=START, now=afternoon)
    kept = Task.objects.filter(clause="2.1", occurs_on__lt=START + timedelta(days=7)).exclude(state="cancelled")
    assert [task.occurs_on for task in kept.order_by("occurs_on")] == [START + timedelta(days=day) for day in range(5)]
    assert kept.get(occurs_on=START).pk == first.pk
    assert Task.objects.filter(clause="2.2", occurs_on=START).count() == 1


def test_what_was_due_before_it_was_signed_has_its_hours_from_then_on(riverside: Any, now: datetime) -> None:
    """Born late, and without grace missed and credited at once."""
    tight = replace(POSTS, at="00:05", due_hours=1, grace_hours=0)
    begin(riverside, tight, starts_on=START, now=now + timedelta(days=1))
    first, second = Task.objects.order_by("occurs_on")[:2]
    assert (first.opens_at, first.due_at) == (now + timedelta(days=1), now + timedelta(days=1, hours=1))
    assert sweeping.sweep(now=now + timedelta(days=1, minutes=59)) == 0
    assert second.due_at - second.opens_at == timedelta(hours=1)


def test_after_the_end_there_is_nothing(riverside: Any, now: datetime) -> None:
    begin(riverside, starts_on=START, now=now)
    ends_on = START + timedelta(days=9)
    cancelled = operations.end_plans(contract=CONTRACT, ends_on=ends_on, by=MEI, now=now + timedelta(days=5))
    live(now + timedelta(days=5), days=40)
    assert cancelled > 0
    assert standing(since=ends_on, until=START + timedelta(days=365)) == []
    assert len(standing(until=ends_on)) == 4


@pytest.mark.parametrize(
    ("hours", "at_once", "becomes"),
    [(9, True, "open"), (9, False, "open"), (1, True, "excused"), (1, False, "cancelled"), (30, True, "open")],
)
def test_what_was_due_when_the_contract_ends_is_missed_also_if_the_end_came_at_once(
    riverside: Any, now: datetime, hours: int, at_once: bool, becomes: str
) -> None:
    """Due after eight hours, lost after 22: ended on the day after, so many hours after it opened. Only the merchant leaves it out."""
    night = replace(POSTS, at="23:30")
    begin(riverside, night, starts_on=START, now=now)
    task = Task.objects.order_by("occurs_on")[0]
    at = task.opens_at + timedelta(hours=hours)
    operations.end_plans(contract=CONTRACT, ends_on=START + timedelta(days=1), by=MEI, now=at, at_once=at_once)
    task.refresh_from_db()
    assert task.state == becomes
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert (task.state == "missed") == (becomes == "open")


def test_an_end_at_once_on_its_own_day_leaves_what_was_due_to_be_missed(riverside: Any, now: datetime) -> None:
    begin(riverside, starts_on=START, now=now)
    task, later = Task.objects.order_by("occurs_on")[:2]
    operations.end_plans(contract=CONTRACT, ends_on=START, by=MEI, now=task.due_at, at_once=True)
    sweeping.sweep(now=task.lapses_at)
    for one, state in ((task, "missed"), (later, "cancelled")):
        one.refresh_from_db()
        assert one.state == state


def test_days_without_beat_leave_no_gap_and_double_nothing(riverside: Any, now: datetime) -> None:
    begin(riverside, starts_on=START, now=now)
    live(now, days=3)
    planning.generate(now=now + timedelta(days=60))
    planning.generate(now=now + timedelta(days=60))
    found = standing(until=START + timedelta(days=120))
    assert found == cadence.days(
        cadence.Cadence(POSTS.rrule, START), first=START, until=(now + timedelta(days=95)).date()
    )


def test_compiled_twice_it_is_compiled_once(riverside: Any, now: datetime) -> None:
    first = begin(riverside, starts_on=START, now=now)
    count = Task.objects.count()
    assert begin(riverside, starts_on=START, now=now) == first
    assert (Plan.objects.count(), Task.objects.count()) == (1, count)


def test_the_unique_day_of_a_plan_holds_when_the_horizon_is_forgotten(riverside: Any, now: datetime) -> None:
    begin(riverside, starts_on=START, now=now)
    count = Task.objects.count()
    Plan.objects.update(generated_until=START)
    planning.generate(now=now)
    assert Task.objects.count() == count


def test_a_clause_keeps_its_shape_through_json() -> None:
    full = replace(POSTS, checklist=("Spelling", "Link works"), evidence=("picture",), permissions=("content.edit",))
    assert from_json(full.as_json() | {"from_a_later_release": 1}) == full


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, cadence.CadenceRefused),
        ({"evidence": ("oath",)}, ClauseRefused),
        ({"at": "25:00"}, ClauseRefused),
        ({"place": "https://elsewhere.example/"}, ClauseRefused),
        ({"due_hours": 0}, ClauseRefused),
    ],
)
def test_a_clause_that_cannot_be_kept_compiles_to_nothing(
    riverside: Any, now: datetime, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        begin(riverside, replace(POSTS, **changes), starts_on=START, now=now)
    assert not Plan.objects.exists()


@pytest.mark.parametrize("more", [{"starts_on": START - timedelta(days=8)}, {"starts_on": START, "ends_on": START}])
def test_a_contract_in_the_past_or_without_a_day_is_refused(
    riverside: Any, now: datetime, more: dict[str, Any]
) -> None:
    with pytest.raises(operations.PlanRefused):
        begin(riverside, now=now, **more)
    assert not Task.objects.exists()
