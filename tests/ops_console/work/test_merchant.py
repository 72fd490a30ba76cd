"""What the merchant answers, what leaves with a mall, and what is too large to be sent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from time_machine import travel

from ops_console.work import moving, operations
from ops_console.work.models import Evidence, Plan, Task
from ops_console.work.operations import Proof
from saas.accounts.models import User
from tests.factories.work import MEI, POSTS, begin

START = date(2026, 11, 23)


@pytest.fixture
def now() -> datetime:
    """Monday at noon in UTC."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def task(riverside: Any, mei: User, now: datetime) -> Task:
    """A post that waits for Alma."""
    begin(riverside, replace(POSTS, needs_merchant=True), starts_on=START, assignee=mei, now=now)
    found = Task.objects.earliest("occurs_on")
    return operations.wait_for_merchant(task=found.public_id, question="May this go out?", by=MEI, now=now)


def test_the_merchant_agrees_or_answers_in_the_back_office(
    task: Task, riverside: Any, alma: User, client_for: Callable[..., Any], now: datetime
) -> None:
    client, here = client_for(riverside, alma), "/manage/hosting/questions/"
    with travel(now, tick=False):
        assert "May this go out?" in client.get(here).content.decode()
        assert client.post(f"{here}{task.public_id}/", {"verb": "otherwise", "answer": ""}).status_code == 422
        assert (
            client.post(f"{here}{task.public_id}/", {"verb": "otherwise", "answer": "Another\0 picture"}).status_code
            == 302
        )
        task.refresh_from_db()
        assert (task.state, task.reason, task.agreed_at) == ("doing", "Another picture", None)
        operations.wait_for_merchant(task=task.public_id, question="And now?", by=MEI, now=now)
        assert client.post(f"{here}{task.public_id}/", {"verb": "agree"}).status_code == 302
        assert "Nothing waits for you" in client.get(here).content.decode()
    task.refresh_from_db()
    assert (task.state, task.agreed_by, task.agreed_at) == ("doing", alma.get_full_name(), now)


def test_another_malls_question_is_neither_seen_nor_answered(
    task: Task, hillside: Any, cleo: User, client_for: Callable[..., Any], now: datetime
) -> None:
    client, here = client_for(hillside, cleo), "/manage/hosting/questions/"
    with travel(now, tick=False):
        assert "May this go out?" not in client.get(here).content.decode()
        assert client.post(f"{here}{task.public_id}/", {"verb": "agree"}).status_code == 422
        assert client.post(f"{here}{'x' * 26}/", {"verb": "agree"}).status_code == 422
    task.refresh_from_db()
    assert task.agreed_at is None


def test_two_hundred_megabytes_are_refused_before_they_are_read(
    task: Task, mei: User, client_for: Callable[..., Any], now: datetime
) -> None:
    """The body of this request says that it has 200 MB and never comes: whoever read it would wait or fail."""
    client = client_for(None, mei)
    client.handler.enforce_csrf_checks = True
    with travel(now, tick=False):
        answer = client.generic(
            "POST", f"/ops/tasks/{task.public_id}/evidence/", b"--b", "multipart/form-data; boundary=b",
            CONTENT_LENGTH=str(200 * 1024 * 1024),
        )  # fmt: skip
    assert answer.status_code == 413
    assert "at most 26.0" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_work_follows_a_mall_that_moves_and_is_forgotten_with_one_that_is_erased(
    task: Task, riverside: Any, hillside: Any, now: datetime
) -> None:
    kept = operations.attach(task=task.public_id, proof=Proof("text", text="The owner said yes"), by=MEI, now=now)
    Evidence.objects.filter(pk=kept.pk).update(file_key=f"{riverside.schema_name}/evidence/2026-11/a.png")
    moving.follow(from_schemas=[riverside.schema_name], to_schema=hillside.schema_name)
    moving.follow(from_schemas=[riverside.schema_name], to_schema=hillside.schema_name)
    kept.refresh_from_db()
    assert kept.file_key == f"{hillside.schema_name}/evidence/2026-11/a.png"
    assert set(Task.objects.values_list("tenant", flat=True)) == {hillside.pk}
    with travel(now, tick=False):
        moving.forget(schema_name=hillside.schema_name)
    kept.refresh_from_db()
    assert (kept.text, kept.file_key) == ("", "")
    assert not Task.objects.filter(state__in=Task.STANDING).exists()
    assert not Task.objects.exclude(reason="").exists()
    assert Plan.objects.get().ends_on is not None
