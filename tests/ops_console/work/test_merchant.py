"""What the merchant answers, what leaves with a mall, and what is too large to be sent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from ops_console.work import asking, moving, operations, sweeping
from ops_console.work.models import Evidence, Plan, Task
from ops_console.work.operations import Proof
from saas.accounts.models import User
from saas.kernel.actors import Actor
from tests.factories.work import MEI, POSTS, begin

HERE = "/manage/hosting/questions/"
START = date(2026, 11, 23)
ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture
def now() -> datetime:
    """Monday at noon in UTC."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def answer(client: Any, task: Task, verb: str, **more: str) -> int:
    """Answer what the page shows; return the status."""
    task.refresh_from_db()
    asked = task.waiting_since_at.isoformat() if task.waiting_since_at else ""
    return int(client.post(f"{HERE}{task.public_id}/", {"verb": verb, "asked": asked, **more}).status_code)


@pytest.fixture
def task(riverside: Any, mei: User, now: datetime) -> Task:
    """A post that waits for Alma."""
    begin(riverside, replace(POSTS, needs_merchant=True), starts_on=START, assignee=mei, now=now)
    found = Task.objects.earliest("occurs_on")
    return operations.wait_for_merchant(task=found.public_id, question="May this go out?", by=MEI, now=now)


def test_the_merchant_agrees_or_answers_in_the_back_office(
    task: Task, riverside: Any, alma: User, client_for: Callable[..., Any], now: datetime
) -> None:
    client, here = client_for(riverside, alma), HERE
    with travel(now, tick=False):
        assert "May this go out?" in client.get(here).content.decode()
        assert f'name="asked" value="{now.isoformat()}"' in client.get(here).content.decode()
        assert answer(client, task, "otherwise", answer="") == 422
        assert answer(client, task, "otherwise", answer="Another\0 picture") == 302
        task.refresh_from_db()
        assert (task.state, task.reason, task.agreed_at) == ("doing", "Another picture", None)
        operations.wait_for_merchant(task=task.public_id, question="And now?", by=MEI, now=now)
        stale = (now - timedelta(hours=1)).isoformat()
        assert answer(client, task, "agree", asked=stale) == 422, "a page from before the question changed"
        assert answer(client, task, "agree", asked="now") == 422
        assert answer(client, task, "agree") == 302
        assert "Nothing waits for you" in client.get(here).content.decode()
    task.refresh_from_db()
    assert (task.state, task.agreed_by, task.agreed_at) == ("doing", alma.get_full_name(), now)


def test_what_gives_something_back_is_left_out_only_with_the_merchants_yes(
    riverside: Any, alma: User, client_for: Callable[..., Any], mailoutbox: Any, run_tasks: Any, now: datetime
) -> None:
    """The signed text gives the credit unless the merchant agrees: nobody of the agency excuses it away, and silence does not."""
    begin(riverside, replace(POSTS, credit_minor=2500), starts_on=START, now=now)
    first, second = Task.objects.order_by("occurs_on")[:2]
    for task in (first, second):
        asked = operations.excuse(task=task.public_id, reason="The shop is being painted", by=MEI, now=now)
        assert (asked.state, asked.closed_at) == ("waiting", None)
    client = client_for(riverside, alma)
    with travel(now, tick=False):
        page = client.get(HERE).content.decode()
        assert "May this be left out? The shop is being painted" in page
        assert "$25.00 comes off your next invoice" in page
        assert "The agency asks, for" in page, "nobody's task, as those of somebody who left"
        assert answer(client, first, "agree") == 422, "to another question"
        assert answer(client, first, "leave_out") == 302
    with run_tasks():
        asking.gather(now=now + timedelta(minutes=5))
    assert "it counts as missed" in mailoutbox[0].body
    assert "as excused" not in mailoutbox[0].body
    third, fourth = Task.objects.order_by("occurs_on")[2:4]
    operations.excuse(task=third.public_id, reason="The shop is being painted", by=MEI, now=now)
    operations.wait_for_merchant(task=fourth.public_id, question="Which picture?", by=MEI, now=now)
    with run_tasks():
        asking.gather(now=now + timedelta(minutes=5))
    assert "Where nothing else is said, what is not answered in time is left out" in mailoutbox[1].body
    sweeping.sweep(now=second.lapses_at)
    for task, state in ((first, "excused"), (second, "missed")):
        task.refresh_from_db()
        assert task.state == state
    with pytest.raises(operations.TaskRefused):
        operations.leave_out(task=second.public_id, tenant_id=riverside.pk, by=ALMA, now=now)


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
            CONTENT_LENGTH=str(200 * 1024 * 1024), headers={"referer": "http://localhost/ops/tasks/t/?proof=picture"},
        )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 413
    assert "at most 26.0" in page
    assert "Nothing was charged" not in page
    assert "proof=picture" in page, "the way back to what was being written"
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["audits/{x}/desk/evidence/", "audits/{x}/visit/", "content/new/", "content/{x}/edit/"],
)
def test_so_it_is_wherever_the_agency_sends_a_picture(mei: User, client_for: Callable[..., Any], address: str) -> None:
    """An audit's evidence and a post's picture, too; the limit is asked before anything is looked for."""
    client = client_for(None, mei)
    sent = {"data": b"--b", "content_type": "multipart/form-data; boundary=b", "CONTENT_LENGTH": str(200 * 1024 * 1024)}
    assert client.generic("POST", f"/ops/{address.format(x='x' * 26)}", **sent).status_code == 413


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


def test_the_merchant_gets_one_letter_for_all_that_was_asked_and_each_question_once(
    task: Task, riverside: Any, mailoutbox: Any, run_tasks: Any, now: datetime
) -> None:
    second = Task.objects.order_by("occurs_on")[1]
    minute = timedelta(minutes=1)

    def swept(at: datetime) -> int:
        with run_tasks():
            return asking.gather(now=at)

    assert swept(now + minute) == 0, "it waits for further questions"
    operations.wait_for_merchant(task=second.public_id, question="Which picture?", by=MEI, now=now + 4 * minute)
    assert [swept(now + n * minute) for n in (5, 6, 60)] == [1, 0, 0]
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([riverside.owner_email], "Riverside Noodles: the agency has 2 questions")
    assert all(words in mail.body for words in ("“May this go out?”", "“Which picture?”", "/manage/hosting/questions/"))
    operations.wait_for_merchant(task=task.public_id, question="May it go out today?", by=MEI, now=now + minute)
    assert swept(now + 60 * minute) == 0, "other words for what waits already are no second letter"
    operations.agree(task=task.public_id, tenant_id=task.tenant_id, by=ALMA, now=now + minute)
    operations.wait_for_merchant(task=task.public_id, question="And this one?", by=MEI, now=now + 2 * minute)
    assert swept(now + 60 * minute) == 1
    assert mailoutbox[1].subject == "Riverside Noodles: the agency has a question"
    assert "Which picture?" not in mailoutbox[1].body


def test_what_was_answered_before_the_letter_or_has_one_of_its_own_is_not_asked_by_mail(
    task: Task, mailoutbox: Any, run_tasks: Any, now: datetime
) -> None:
    later = now + timedelta(minutes=10)
    second = Task.objects.order_by("occurs_on")[1]
    operations.wait_for_merchant(task=second.public_id, question="Read the post", by=MEI, now=now, is_told=True)
    with run_tasks():
        assert asking.gather(now=later) == 1
        operations.agree(task=task.public_id, tenant_id=task.tenant_id, by=ALMA, now=later)
    assert mailoutbox == []
