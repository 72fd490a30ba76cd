"""One act on one kind of task in many malls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from billing.packages.models import Module
from ops_console.work import bulk, operations
from ops_console.work.bulk import BulkDraft
from ops_console.work.models import BulkAct, BulkResult, Task, TaskTemplate
from saas.accounts.models import User
from tests.factories.work import MEI, POSTS, begin

START = date(2026, 11, 23)


@pytest.fixture
def now() -> datetime:
    """Monday at noon in UTC."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def tasks(riverside: Any, hillside: Any, mei: User, now: datetime) -> list[str]:
    """The first day's post in two malls."""
    for tenant, contract in ((riverside, "r" * 26), (hillside, "h" * 26)):
        tenant.time_zone = "UTC"
        begin(tenant, replace(POSTS, evidence=("text",)), contract=contract, starts_on=START, assignee=mei, now=now)
    return list(Task.objects.filter(occurs_on=START).order_by("pk").values_list("public_id", flat=True))


def test_one_text_finishes_a_kind_of_task_in_many_malls_with_a_result_for_each(
    tasks: list[str], now: datetime, run_tasks: Callable[[], Any]
) -> None:
    operations.excuse(task=tasks[1], reason="The shop is closed", by=MEI, now=now)
    with travel(now, tick=False), run_tasks():
        act = bulk.ask(BulkDraft("finish", text="The week's post is out", minutes=15), tasks=tasks, by=MEI, now=now)
    first, second = act.results.order_by("pk").select_related("task")
    assert (first.task.state, first.task.minutes_spent, first.problem) == ("done", 15, "")
    assert first.task.evidence.get().text == "The week's post is out"
    assert second.done_at
    assert "takes no evidence" in second.problem
    assert second.task.state == "excused"


def test_a_checklist_is_ticked_for_many_malls_at_once_and_what_is_not_ticked_leaves_them_open(
    riverside: Any, mei: User, client_for: Callable[..., Any], now: datetime, run_tasks: Callable[[], Any]
) -> None:
    riverside.time_zone = "UTC"
    asked_for = replace(POSTS, evidence=("text",), checklist=("Read all", "Answer all"))
    begin(riverside, asked_for, starts_on=START, assignee=mei, now=now)
    task = Task.objects.get(occurs_on=START)
    sent = {"verb": "finish", "task": task.public_id, "minutes": "5", "text": "All are answered", "is_sure": "1"}
    client = client_for(None, mei)
    with travel(now, tick=False):
        assert "Answer all" in client.post("/ops/work/many/", sent | {"is_sure": ""}).content.decode()
        for ticked, state in ((["Read all"], "open"), (["Read all", "Answer all"], "done")):
            with run_tasks():
                client.post("/ops/work/many/", sent | {"ticked": ticked})
            task.refresh_from_db()
            assert task.state == state
    assert "“Answer all”" in BulkResult.objects.earliest("pk").problem
    assert BulkResult.objects.latest("pk").problem == ""


def test_who_excuses_many_reads_where_the_merchant_is_asked(
    riverside: Any, mei: User, client_for: Callable[..., Any], now: datetime, run_tasks: Callable[[], Any]
) -> None:
    riverside.time_zone = "UTC"
    begin(riverside, replace(POSTS, credit_minor=2_500), starts_on=START, assignee=mei, now=now)
    task = Task.objects.get(occurs_on=START)
    with travel(now, tick=False), run_tasks():
        act = bulk.ask(BulkDraft("excuse", text="Public mourning"), tasks=[task.public_id], by=MEI, now=now)
    with travel(now, tick=False):
        assert "The merchant is asked" in client_for(None, mei).get(f"/ops/work/many/{act.public_id}/").content.decode()


def test_an_act_that_was_cut_off_goes_on_and_does_nothing_twice(tasks: list[str], now: datetime) -> None:
    act = bulk.ask(BulkDraft("excuse", text="Public mourning"), tasks=tasks, by=MEI, now=now)
    BulkResult.objects.filter(act=act, task__public_id=tasks[0]).update(done_at=now)
    assert bulk.unfinished(before=now + timedelta(minutes=2)) == [act.public_id]
    assert bulk.do(act=act.public_id, now=now) == 1
    assert list(Task.objects.filter(public_id__in=tasks).order_by("pk").values_list("state", flat=True)) == [
        "open",
        "excused",
    ]
    assert bulk.do(act=act.public_id, now=now) == 0
    assert bulk.unfinished(before=now + timedelta(minutes=2)) == []


@pytest.mark.parametrize(
    "draft", [BulkDraft("finish", text="x"), BulkDraft("excuse"), BulkDraft("assign", text="Please"), None]
)
def test_what_an_act_needs_is_asked_for(tasks: list[str], now: datetime, draft: BulkDraft | None) -> None:
    chosen = tasks
    if draft is None:
        other = Task.objects.exclude(public_id__in=tasks).earliest("pk")
        Task.objects.filter(pk=other.pk).update(template="another", title="Another")
        draft, chosen = BulkDraft("finish", text="All done"), [*tasks, other.public_id]
    with pytest.raises(bulk.BulkRefused):
        bulk.ask(draft, tasks=chosen, by=MEI, now=now)
    assert not BulkAct.objects.exists()


def test_from_my_work_to_the_result(
    tasks: list[str], mei: User, ada: User, client_for: Callable[..., Any], now: datetime, run_tasks: Callable[[], Any]
) -> None:
    client = client_for(None, mei)
    with travel(now, tick=False):
        assert "With what is ticked" in client.get("/ops/work/").content.decode()
        assert "No task was chosen" in client.post("/ops/work/many/", {"verb": "assign"}).content.decode()
        asked = client.post("/ops/work/many/", {"verb": "assign", "task": tasks}).content.decode()
        assert "2 tasks" in asked
        sent = {"verb": "assign", "task": tasks, "is_sure": "1", "to": ada.public_id, "text": "While I am away"}
        with run_tasks():
            answer = client.post("/ops/work/many/", sent)
        assert answer.status_code == 302
        page = client.get(answer["location"]).content.decode()
        assert "2 of 2" in page
        assert "Riverside Noodles" in page
    assert set(Task.objects.filter(public_id__in=tasks).values_list("assignee", flat=True)) == {ada.pk}


def test_all_of_a_filtered_list_are_chosen_also_those_on_other_pages(
    tasks: list[str], mei: User, client_for: Callable[..., Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_for(None, mei)
    module = Module.objects.create(name="Social")
    TaskTemplate.objects.create(module=module, key=POSTS.template, title=POSTS.title, rrule=POSTS.rrule, at=POSTS.at)
    chosen = {"verb": "excuse", "all": "1", "listed": f"tab=due&template={POSTS.template}"}
    with travel(now, tick=False):
        monkeypatch.setattr("ops_console.work.views.PER_PAGE", 1)
        assert "filter by a kind of task first" in client.get("/ops/work/").content.decode()
        assert "All 2 in this list" in client.get(f"/ops/work/?template={POSTS.template}").content.decode()
        page = client.post("/ops/work/many/", chosen).content.decode()
        assert all(f'name="task" value="{one}"' in page for one in tasks)
        assert page.count('name="task"') == 2
        assert "No task was chosen" in client.post("/ops/work/many/", chosen | {"listed": "tab=late"}).content.decode()
        other = Task.objects.exclude(public_id__in=tasks).earliest("pk")
        Task.objects.filter(pk=other.pk).update(template="another", title="Another")
        mixed = client.post("/ops/work/many/", {"verb": "excuse", "task": [tasks[0], other.public_id]})
        assert "one kind" in mixed.content.decode()
        monkeypatch.setattr(bulk, "MOST", 1)
        assert "the first 1 of 2 tasks" in client.post("/ops/work/many/", chosen).content.decode()
