"""Doing a task: what has to be there, who was first, what the clock and a pause make of it."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from ops_console.mandates import grants
from ops_console.work import operations, planning, proving, queries, sweeping
from ops_console.work.models import Evidence, Task
from ops_console.work.operations import Proof
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, OnlyTheMerchant
from tenants.registry.models import Tenant
from tests.factories.work import CONTRACT, MEI, POSTS, begin

START = date(2026, 11, 23)
ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture
def now() -> datetime:
    """Monday at noon in UTC, two hours after the first post opened."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def task(riverside: Any, now: datetime) -> Task:
    """The first post: opened this morning, due this evening."""
    Tenant.objects.filter(pk=riverside.pk).update(time_zone="UTC")
    riverside.refresh_from_db()
    begin(riverside, starts_on=START, now=now)
    return Task.objects.earliest("occurs_on")


def asking(task: Task, **changes: Any) -> Task:
    """Let the task's clause ask for more."""
    assert task.plan
    task.plan.clause = replace(task.terms, **changes).as_json()
    task.plan.save()
    return task


def finish(task: Task, now: datetime, **more: Any) -> Task:
    return operations.finish(**{"task": task.public_id, "minutes": 40, "by": MEI, "now": now} | more)


def test_a_task_is_done_with_its_minutes_and_can_be_taken_back_for_a_while(task: Task, now: datetime) -> None:
    done = finish(task, now, note="Published")
    assert (done.state, done.done_at, done.minutes_spent, done.note) == ("done", now, 40, "Published")
    later = now + timedelta(minutes=29)
    assert operations.undo_finish(task=task.public_id, by=MEI, now=later).state == "doing"
    finish(task, later)
    with pytest.raises(operations.TaskRefused):
        operations.undo_finish(task=task.public_id, by=MEI, now=later + timedelta(minutes=30))


def test_a_finish_is_not_taken_back_into_a_time_that_is_over(task: Task, now: datetime) -> None:
    finish(task, task.lapses_at - timedelta(minutes=1))
    with pytest.raises(operations.TaskRefused, match="so it stays done"):
        operations.undo_finish(task=task.public_id, by=MEI, now=task.lapses_at)
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert task.state == "done"


def test_a_question_that_was_settled_excuses_nothing_when_a_finish_is_taken_back(task: Task, now: datetime) -> None:
    """Asked, finished without the answer, taken back: whoever then leaves it has missed it."""
    operations.wait_for_merchant(task=task.public_id, question="Which picture?", by=MEI, now=now)
    finish(task, now)
    operations.undo_finish(task=task.public_id, by=MEI, now=now)
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert task.state == "missed"


def test_what_the_contract_asks_for_has_to_be_there_and_the_refusal_says_what(task: Task, now: datetime) -> None:
    asking(task, checklist=("Spelling", "Link works"), evidence=("link", "figure"), needs_merchant=True)
    with pytest.raises(operations.NotReady) as refusal:
        finish(task, now)
    assert refusal.value.data["missing"] == [
        "“Spelling”, “Link works” of the checklist", "link", "figure", "the merchant’s agreement",
    ]  # fmt: skip
    for item in (0, 1):
        operations.tick(task=task.public_id, item=item, is_done=True, by=MEI, now=now)
    operations.attach(task=task.public_id, proof=Proof("link", url="https://example.org/post"), by=MEI, now=now)
    operations.attach(task=task.public_id, proof=Proof("figure", text="readers", figure=120), by=MEI, now=now)  # type: ignore[arg-type]
    operations.wait_for_merchant(task=task.public_id, question="May this go out?", by=MEI, now=now)
    with pytest.raises(OnlyTheMerchant):
        operations.agree(task=task.public_id, tenant_id=task.tenant_id, by=MEI, now=now)
    operations.agree(task=task.public_id, tenant_id=task.tenant_id, by=ALMA, now=now)
    assert finish(task, now).agreed_by == "Alma"


def test_work_of_another_day_cannot_be_finished_today(task: Task, now: datetime) -> None:
    with pytest.raises(operations.NotYet):
        finish(Task.objects.order_by("occurs_on")[1], now)


def test_late_is_counted_and_after_the_grace_it_is_missed(task: Task, now: datetime) -> None:
    late = now + timedelta(hours=8)
    assert sweeping.sweep(now=late) == 0
    assert finish(task, late).was_late
    second = Task.objects.order_by("occurs_on")[1]
    assert sweeping.sweep(now=second.lapses_at) == 1
    second.refresh_from_db()
    assert second.state == Task.State.MISSED
    with pytest.raises(operations.TaskClosed):
        finish(second, second.lapses_at)
    rows = queries.of_contract(CONTRACT, first=START, until=START + timedelta(days=7))
    assert [(row.promised, row.done, row.late, row.missed, row.left) for row in rows] == [(3, 1, 1, 1, 1)]


def test_evidence_after_the_due_time_is_marked_as_late_also_for_a_missed_task(task: Task, now: datetime) -> None:
    on_time = operations.attach(task=task.public_id, proof=Proof("text", text="Draft written"), by=MEI, now=now)
    sweeping.sweep(now=task.lapses_at)
    late = operations.attach(
        task=task.public_id, proof=Proof("text", text="It was up all along"), by=MEI, now=task.lapses_at
    )
    assert (on_time.is_late, late.is_late) == (False, True)


def test_a_merchant_who_never_answers_excuses_the_task_and_it_says_so(task: Task, now: datetime) -> None:
    """In the mall's language: the merchant reads it."""
    Tenant.objects.filter(pk=task.tenant_id).update(language="zh-hans")
    operations.wait_for_merchant(task=task.public_id, question="Which picture?", by=MEI, now=now)
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert (task.state, task.reason) == ("excused", "商家未按时答复：Which picture?")


@pytest.mark.parametrize(
    ("asked", "answered", "becomes"),
    [(1, None, "excused"), (3.9, None, "excused"), (4, None, "missed"), (7.9, None, "missed"), (0, 21, "excused"), (0, 3, "missed")],
    ids=["early", "before half", "at half", "just before it is due", "answered late", "answered in time"],
)  # fmt: skip
def test_a_question_excuses_a_task_only_if_it_leaves_time_for_an_answer(
    task: Task, asked: float, answered: float | None, becomes: str
) -> None:
    """Due eight hours after it opens, 14 of grace. Else one question before the end takes the credit from the merchant."""
    at = task.opens_at + timedelta(hours=asked)
    operations.wait_for_merchant(task=task.public_id, question="Which picture?", by=MEI, now=at)
    if answered is not None:
        later = task.opens_at + timedelta(hours=answered)
        said = {"task": task.public_id, "tenant_id": task.tenant_id, "by": ALMA, "now": later}
        with pytest.raises(operations.AnotherQuestion):
            operations.disagree(**said, answer="The red one", asked_at=later)
        operations.disagree(**said, answer="The red one", asked_at=at)
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert task.state == becomes
    assert not answered or becomes == "missed" or task.reason == "The merchant’s answer came too late for it."


def test_a_mall_that_is_suspended_in_the_middle_misses_nothing(task: Task, now: datetime) -> None:
    Tenant.objects.filter(pk=task.tenant_id).update(status=Tenant.Status.SUSPENDED)
    sweeping.sweep(now=now)
    Tenant.objects.filter(pk=task.tenant_id).update(status=Tenant.Status.OPEN)
    # Too little is left of the eight hours that were agreed.
    sweeping.sweep(now=task.lapses_at - timedelta(hours=1))
    sweeping.sweep(now=task.lapses_at + timedelta(days=2))
    states = dict(Task.objects.order_by("occurs_on").values_list("occurs_on", "state")[:2])
    assert states == {START: "excused", START + timedelta(days=2): "missed"}
    assert Task.objects.get(occurs_on=START).reason == "The mall was suspended"


def test_a_short_pause_and_one_of_the_agency_excuse_nothing(task: Task, now: datetime) -> None:
    """With an hour's pause there was time enough; what the agency pauses by itself it does not get for nothing."""
    operations.pause(tenant=task.tenant, by=ALMA, now=task.opens_at)
    operations.resume(tenant=task.tenant, by=ALMA, now=task.opens_at + timedelta(hours=1))
    grants.grant(
        contract=task.contract, version=1, tenant=task.tenant, permissions=[("look", "2.1")], limits={}, starts_at=now, ends_at=None,
        by=MEI, now=now,
    )  # fmt: skip
    grants.pause(tenant=task.tenant, by=MEI, now=task.opens_at)
    sweeping.sweep(now=task.opens_at)
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert (task.state, task.reason) == ("missed", "")
    # What the merchant pauses is the merchant's, though the agency was first: only the merchant goes on with it.
    grants.pause(tenant=task.tenant, by=ALMA, now=task.lapses_at)
    with pytest.raises(grants.PausedByMerchant):
        grants.resume(tenant=task.tenant, by=MEI, now=task.lapses_at)


def test_a_pause_of_one_contract_leaves_another_alone(task: Task, now: datetime) -> None:
    operations.pause(tenant=task.tenant, contract="x" * 26, by=ALMA, now=now)
    sweeping.sweep(now=task.lapses_at)
    task.refresh_from_db()
    assert task.state == "missed"


def test_an_excuse_has_a_reason(task: Task, now: datetime) -> None:
    with pytest.raises(operations.TaskRefused):
        operations.excuse(task=task.public_id, reason="...", by=MEI, now=now)
    assert (
        operations.excuse(task=task.public_id, reason="The shop is being painted", by=MEI, now=now).state == "excused"
    )


def test_each_act_stands_in_the_trail_with_its_clause(task: Task, now: datetime) -> None:
    operations.start(task=task.public_id, by=MEI, now=now)
    finish(task, now)
    rows = AuditEntry.objects.filter(subject_id=task.public_id).order_by("pk")
    assert [(row.action, row.data["clause"]) for row in rows] == [("work.started", "2.1"), ("work.done", "2.1")]


def test_of_two_who_finish_at_once_one_does_and_the_other_is_told(committed: None, now: datetime) -> None:
    """Two real connections, ten tasks: each is finished once, by one, and leaves one entry in the trail."""
    riverside = Tenant.objects.get(slug="riverside")
    begin(riverside, replace(POSTS, rrule="FREQ=DAILY", grace_hours=700), starts_on=START, now=now)
    planning.generate(now=now)
    tasks = list(Task.objects.order_by("occurs_on").values_list("public_id", flat=True)[:10])
    at, outcomes, barrier = now + timedelta(days=12), list[str](), threading.Barrier(2)

    def work(minutes: int) -> None:
        try:
            for one in tasks:
                barrier.wait(timeout=20)
                try:
                    operations.finish(task=one, minutes=minutes, by=MEI, now=at)
                    outcomes.append("done")
                except operations.TaskClosed:
                    outcomes.append("told")
        finally:
            connection.close()

    people = [threading.Thread(target=work, args=(minutes,)) for minutes in (10, 20)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert (outcomes.count("done"), outcomes.count("told")) == (10, 10)
    assert AuditEntry.objects.filter(action="work.done", subject_id__in=tasks).count() == 10


def test_without_the_lock_both_would_finish(committed: None, now: datetime) -> None:
    """The negative control: two who read before either writes both find the task open."""
    riverside = Tenant.objects.get(slug="riverside")
    begin(riverside, starts_on=START, now=now)
    one, barrier, seen = Task.objects.earliest("pk").pk, threading.Barrier(2), list[bool]()

    def work() -> None:
        try:
            seen.append(Task.objects.get(pk=one).is_standing)
            barrier.wait(timeout=20)
            Task.objects.filter(pk=one).update(state="done", done_at=now)
        finally:
            connection.close()

    people = [threading.Thread(target=work) for _each in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert seen == [True, True]


def test_evidence_of_a_closed_task_stays(task: Task, now: datetime) -> None:
    kept = operations.attach(task=task.public_id, proof=Proof("text", text="Written"), by=MEI, now=now)
    finish(task, now)
    with pytest.raises(proving.EvidenceRefused):
        operations.remove(evidence=kept.public_id, by=MEI, now=now)
    assert Evidence.objects.filter(pk=kept.pk).exists()
