"""
Random cadences, time zones, holidays, pauses, amendments and days without beat, against a plain model of what was promised.

The model knows no RFC 5545: it looks at each day by itself and counts.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ops_console.work import cadence, operations, planning, sweeping
from ops_console.work.cadence import Cadence
from ops_console.work.models import Evidence, Pause, Plan, Task
from saas.kernel.actors import Actor
from tenants.registry.models import Tenant
from tests.factories.work import CONTRACT, MEI, POSTS, begin

ALMA = Actor(kind="merchant", name="Alma")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = {
    "Europe/Berlin": "DE",
    "Asia/Shanghai": "CN",
    "America/New_York": "US",
    "Pacific/Auckland": "NZ",
    "Asia/Kolkata": "IN",
}


@dataclass(frozen=True)
class Rhythm:
    """A rule as a child would say it: every so many days; on days of every so many weeks; on a day of the month."""

    kind: str
    every: int
    on: tuple[int, ...]

    @property
    def rule(self) -> str:
        if self.kind == "days":
            return f"FREQ=DAILY;INTERVAL={self.every}"
        if self.kind == "weeks":
            return f"FREQ=WEEKLY;INTERVAL={self.every};BYDAY={','.join(DAYS[day] for day in self.on)}"
        return f"FREQ=MONTHLY;BYMONTHDAY={self.on[0] + 1}"

    def falls_on(self, day: date, start: date) -> bool:
        if self.kind == "days":
            return (day - start).days % self.every == 0
        if self.kind == "weeks":
            mondays = [one - timedelta(days=one.weekday()) for one in (start, day)]
            return day.weekday() in self.on and ((mondays[1] - mondays[0]).days // 7) % self.every == 0
        return day.day == self.on[0] + 1


rhythms = st.one_of(
    st.builds(Rhythm, st.just("days"), st.integers(1, 9), st.just(())),
    st.builds(
        Rhythm,
        st.just("weeks"),
        st.integers(1, 3),
        st.sets(st.integers(0, 6), min_size=1).map(lambda one: tuple(sorted(one))),
    ),
    st.builds(Rhythm, st.just("month"), st.just(1), st.integers(0, 27).map(lambda one: (one,))),
)
policies = st.sampled_from(cadence.Policy.values)
starts = st.dates(date(2026, 1, 1), date(2027, 6, 30))


def promised(rhythm: Rhythm, start: date, until: date, policy: str, region: str) -> list[date]:
    """Return the days of work from `start` to before `until`, day by day."""
    free = holidays.country_holidays(region, years=range(start.year, until.year + 2))
    span = [start + timedelta(days=number) for number in range((until - start).days + 14)]
    nominal = [day for day in span if rhythm.falls_on(day, start)]
    if policy == "keep":
        found = nominal
    elif policy == "skip":
        found = [day for day in nominal if day not in free]
    else:
        busy, found = set(nominal), []
        for day in nominal:
            tries = [day] if day not in free else [day + timedelta(days=step) for step in range(1, 7)]
            for one in tries:
                if one == day or (one not in free and one not in busy):
                    busy.add(one)
                    found.append(one)
                    break
    return sorted(day for day in found if start <= day < until)


@settings(max_examples=150, deadline=None)
@given(rhythms, starts, st.integers(1, 200), policies, st.sampled_from(sorted(ZONES)), st.integers(0, 200))
def test_days_are_those_of_the_plain_model_however_the_span_is_cut(
    rhythm: Rhythm, start: date, length: int, policy: str, zone: str, cut: int
) -> None:
    region, until = ZONES[zone], start + timedelta(days=length)
    assert cadence.region_of(zone) == region
    rule = Cadence(rhythm.rule, start, policy, region)
    found = cadence.days(rule, first=start, until=until)
    assert found == promised(rhythm, start, until, policy, region)
    middle = min(start + timedelta(days=cut), until)
    assert cadence.days(rule, first=start, until=middle) + cadence.days(rule, first=middle, until=until) == found
    if found:
        cadence.check(rhythm.rule, holidays=policy, starts_on=start)


@settings(max_examples=100, deadline=None)
@given(starts, st.times().map(lambda one: one.replace(second=0, microsecond=0)), st.sampled_from(sorted(ZONES)))
def test_a_wall_time_opens_at_its_first_instant_or_after_the_gap(day: date, at: time, zone: str) -> None:
    opens_at = cadence.window(day, at=at, hours=(8, 24), time_zone=zone).opens_at
    local = opens_at.astimezone(ZoneInfo(zone))
    naive = datetime.combine(day, at)
    assert local.replace(tzinfo=None) >= naive
    assert local.replace(tzinfo=None) - naive in (timedelta(0), timedelta(hours=1))
    assert local.fold == 0


@dataclass(frozen=True)
class Story:
    """A contract's life, in days from its start: versions, its end, pauses, the days on which beat ran."""

    versions: tuple[tuple[int, Rhythm], ...]
    ends_after: int
    pauses: tuple[tuple[int, int], ...]
    beats: tuple[int, ...]
    policy: str
    zone: str


@st.composite
def stories(draw: st.DrawFn) -> Story:
    amended = sorted(draw(st.sets(st.integers(1, 60), max_size=2)))
    kept = st.just(draw(rhythms))  # an amendment may leave the rule as it was
    beats = draw(st.sets(st.integers(0, 80), min_size=1, max_size=4))
    starts_at = draw(st.lists(st.integers(0, 70), max_size=2, unique=True))
    ends_after = draw(st.integers(1, 80))
    return Story(
        versions=tuple((after, draw(st.one_of(kept, rhythms))) for after in [0, *amended] if after < ends_after),
        ends_after=ends_after,
        pauses=tuple((one, one + draw(st.integers(1, 12))) for one in sorted(starts_at)),
        beats=tuple(sorted(beats)),
        policy=draw(policies),
        zone=draw(st.sampled_from(sorted(ZONES))),
    )


def live(story: Story, tenant: Tenant, start: date) -> None:
    """Live the story day by day, until everything has lapsed."""
    before = datetime.combine(start, time(0), tzinfo=ZoneInfo(story.zone)).astimezone(UTC) - timedelta(minutes=5)
    acts: list[tuple[int, int, Any]] = []
    for number, (after, rhythm) in enumerate(story.versions, start=1):
        clause = replace(POSTS, rrule=rhythm.rule, holidays=story.policy)
        acts.append((after, 0, (number, clause)))
    acts += [(day, 2, "beat") for day in story.beats]
    acts.append((story.ends_after, 0, "end"))
    acts += [(first, 3, "pause") for first, _last in story.pauses] + [
        (last, 1, "resume") for _first, last in story.pauses
    ]
    for after, _order, act in sorted(acts, key=lambda one: one[:2]):
        now = before + timedelta(days=after)
        if isinstance(act, tuple):
            begin(tenant, act[1], version=act[0], starts_on=start + timedelta(days=after), now=now)
        elif act == "beat":
            planning.generate(now=now)
        elif act == "end":
            operations.end_plans(contract=CONTRACT, ends_on=start + timedelta(days=after), by=MEI, now=now)
        else:
            (operations.pause if act == "pause" else operations.resume)(tenant=tenant, by=ALMA, now=now)
        sweeping.sweep(now=now)
    over = before + timedelta(days=200)
    planning.generate(now=over)
    sweeping.sweep(now=over)


def hindered(task: Task, pauses: list[tuple[datetime, datetime | None]]) -> bool:
    """Count the minutes by fives: fewer were left than half of those that were agreed."""
    steps = [task.opens_at + timedelta(minutes=number) for number in range(0, 22 * 60, 5)]
    left = sum(not any(first <= step and (last is None or step < last) for first, last in pauses) for step in steps)
    return 2 * left < sum(step < task.due_at for step in steps)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories(), starts)
def test_a_contracts_life_makes_each_promised_task_once_and_excuses_what_pauses_left_no_time_for(
    riverside: Tenant, story: Story, start: date
) -> None:
    for model in (Evidence, Task, Plan, Pause):
        model.objects.all().delete()
    riverside.time_zone = story.zone
    live(story, riverside, start)
    ends_on, region, expected = start + timedelta(days=story.ends_after), ZONES[story.zone], list[date]()
    borders = [after for after, _rhythm in story.versions] + [10_000]
    counted_from, before = start, ""
    for (after, rhythm), border in zip(story.versions, borders[1:], strict=True):
        first, until = start + timedelta(days=after), min(ends_on, start + timedelta(days=min(border, 300)))
        counted_from, before = counted_from if rhythm.rule == before else first, rhythm.rule
        found = promised(rhythm, counted_from, until, story.policy, region) if first < until else []
        expected += [day for day in found if day >= first]
    kept = Task.objects.exclude(state=Task.State.CANCELLED).order_by("occurs_on")
    assert [task.occurs_on for task in kept] == expected
    pauses = [(one.starts_at, one.ends_at) for one in Pause.objects.all()]
    for task in kept:
        assert task.state == ("excused" if hindered(task, pauses) else "missed"), (task.occurs_on, pauses)
    event(f"tasks: {min(len(expected) // 10 * 10, 60)}+")


def test_the_plain_model_tells_a_wrong_schedule_from_a_right_one() -> None:
    """The negative control: a rule that is off by a day or a week is seen."""
    start = date(2026, 11, 23)
    rhythm = Rhythm("weeks", 2, (0, 3))
    right = promised(rhythm, start, start + timedelta(weeks=8), "keep", "US")
    for wrong in (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH",
    ):
        assert cadence.days(Cadence(wrong, start), first=start, until=start + timedelta(weeks=8)) != right
    assert len(right) == 8


@pytest.mark.parametrize("zone", sorted(ZONES))
def test_the_places_of_the_test_have_holidays(zone: str) -> None:
    assert len(holidays.country_holidays(ZONES[zone], years=2026)) >= 3
