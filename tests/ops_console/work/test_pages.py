"""My work, boards and tasks in the console: what an operator sees, does, and is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from time_machine import travel

from ops_console.mandates import roles
from ops_console.work import cadence
from ops_console.work.cadence import CadenceRefused
from ops_console.work.models import Evidence, Task
from saas.accounts.models import User
from tenants.isolation.entrance import inside
from tenants.isolation.storage import media
from tenants.registry.models import Domain
from tests.factories.work import MEI, POSTS, begin

START = date(2026, 11, 23)


@pytest.fixture
def now() -> datetime:
    """Monday at noon in UTC."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def task(riverside: Any, mei: User, now: datetime) -> Task:
    """Mei's first post: opened this morning."""
    riverside.time_zone = "UTC"
    begin(
        riverside,
        replace(POSTS, checklist=("Spelling",), evidence=("picture",)),
        starts_on=START,
        assignee=mei,
        now=now,
    )
    return Task.objects.earliest("occurs_on")


@pytest.fixture
def asks(mei: User, client_for: Callable[..., Any], now: datetime) -> Any:
    """Mei's client in the console, at noon."""
    with travel(now, tick=False):
        yield client_for(None, mei)


def png(size: tuple[int, int] = (40, 30)) -> bytes:
    kept = BytesIO()
    Image.new("RGB", size, "teal").save(kept, "PNG")
    return kept.getvalue()


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_my_work_shows_what_is_due_and_only_mine(asks: Any, task: Task, tomas: User) -> None:
    page = text_of(asks.get("/ops/work/"))
    assert "Write a post" in page
    assert "due in 6 hours" in " ".join(page.split())
    Task.objects.update(assignee=tomas)
    assert "Nothing is due" in text_of(asks.get("/ops/work/"))
    assert "Write a post" in text_of(asks.get("/ops/work/?whose=all"))
    assert "No task is like that" in text_of(asks.get("/ops/work/?whose=all&q=salon"))


def test_my_work_asks_the_database_as_often_for_many_tasks_as_for_one(
    asks: Any, task: Task, django_assert_max_num_queries: Any
) -> None:
    Task.objects.update(due_at=task.due_at, opens_at=task.opens_at)
    with django_assert_max_num_queries(12):
        assert text_of(asks.get("/ops/work/")).count("task-row") > 10


def test_the_trades_own_words_are_in_the_readers_language_whatever_they_were_frozen_in(
    riverside: Any, mei: User, client_for: Any, now: datetime
) -> None:
    """A title frozen in a Chinese contract's language, a line of the checklist as it was seeded, and a line of the agency's own."""
    lines = ("Prices and dates are those of the mall", "Ask Bo")
    begin(riverside, replace(POSTS, title="撰写并发布内容", checklist=lines), starts_on=START, assignee=mei, now=now)
    task = Task.objects.order_by("opens_at").first()
    assert task is not None
    with travel(now, tick=False):
        client = client_for(None, mei)
        english = client.get(f"/ops/tasks/{task.public_id}/").content.decode()
        chinese = client.get(f"/ops/tasks/{task.public_id}/", headers={"accept-language": "zh-CN"}).content.decode()
    assert "<h1>Write and publish a post" in english
    assert "撰写并发布内容" not in english
    assert "价格和日期与商城一致" in chinese
    assert "Ask Bo" in english
    assert "Ask Bo" in chinese


def test_a_task_is_done_from_its_page_once_nothing_is_missing(asks: Any, task: Task, riverside: Any) -> None:
    here = f"/ops/tasks/{task.public_id}/"
    refused = asks.post(f"{here}finish/", {"minutes": 30})
    assert refused.status_code == 422
    assert "“Spelling” of the checklist, picture" in text_of(refused)
    asks.post(f"{here}tick/", {"item": 0, "is_done": 1})
    sent = {"kind": "picture", "file": SimpleUploadedFile("post.png", png()), "text": "The post"}
    assert asks.post(f"{here}evidence/", sent).status_code == 302
    kept = Evidence.objects.get()
    assert kept.file_key.startswith(f"{riverside.schema_name}/evidence/2026-11/")
    shown = asks.get(f"{here}evidence/{kept.public_id}/")
    assert (shown["content-type"], b"".join(shown.streaming_content)) == ("image/png", png())
    assert asks.post(f"{here}finish/", {"minutes": 30}).status_code == 302
    assert "Done by Mei" in text_of(asks.get(here))
    asks.post(f"{here}undo/")
    asks.post(f"{here}evidence/{kept.public_id}/remove/")
    assert not Evidence.objects.exists()
    with inside(riverside):
        assert not media.exists(kept.file_key)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.png", b"MZ\x90\x00" + b"\0" * 300, "This is a program"),
        ("a.jpg", b"#!/bin/sh\nrm -rf /\n", "This is a program"),
        ("a.png", b"\x7fELF" + b"\0" * 300, "This is a program"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "no picture that can be shown"),
        ("a.png", png()[:60], "no picture that can be shown"),
        ("a.png", png() + b"\0" * (25 * 1024 * 1024), "at most 25 MB"),
    ],
    ids=["windows", "shell", "elf", "svg", "cut off", "25 MB and more"],
)
def test_what_is_no_picture_is_not_kept(
    asks: Any, task: Task, riverside: Any, name: str, content: bytes, said: str
) -> None:
    with inside(riverside):
        before = {key for key, _size in media.listing()}
    answer = asks.post(
        f"/ops/tasks/{task.public_id}/evidence/", {"kind": "picture", "file": SimpleUploadedFile(name, content)}
    )
    assert answer.status_code == 422
    assert said in text_of(answer)
    with inside(riverside):
        assert {key for key, _size in media.listing()} == before


def test_each_kind_of_evidence_has_its_form(asks: Any, task: Task) -> None:
    here = f"/ops/tasks/{task.public_id}/"
    for kind, sent in {
        "link": {"url": "https://example.org/p/1"},
        "text": {"text": "Published at ten"},
        "figure": {"figure": "12.5", "text": "readers"},
    }.items():
        assert asks.get(f"{here}?proof={kind}").status_code == 200
        assert asks.post(f"{here}evidence/", {"kind": kind, **sent}).status_code == 302
    assert asks.post(f"{here}evidence/", {"kind": "link", "url": "javascript:alert(1)"}).status_code == 422
    page = text_of(asks.get(here))
    assert all(word in page for word in ("https://example.org/p/1", "Published at ten", "12.5", "readers"))


def test_an_entry_of_the_malls_own_trail_is_evidence(asks: Any, task: Task, riverside: Any, now: datetime) -> None:
    from saas.audit import operations as audit

    with inside(riverside):
        entry = audit.record(
            action="page.published", subject=("page", "7"), summary="Published “Lunch”", by=MEI, now=now
        )
        audit.record(action="agency.visit_began", subject=("visit", "v"), summary="Visit until noon", by=MEI, now=now)
    here = f"/ops/tasks/{task.public_id}/"
    page = text_of(asks.get(f"{here}?proof=trail"))
    assert "Published a page, Published “Lunch”" in page
    assert "Visit until noon" not in page, "coming in proves no work"
    assert asks.post(f"{here}evidence/", {"kind": "trail", "entry": entry.pk}).status_code == 302
    trail = Evidence.objects.get().trail
    assert trail
    assert (trail["summary"], trail["actor"]) == ("Published “Lunch”", "Mei")
    assert "Published “Lunch”" in text_of(asks.get(f"/ops/tasks/{task.public_id}/"))
    assert asks.post(f"{here}evidence/", {"kind": "trail", "entry": entry.pk + 1}).status_code == 422


def test_one_click_opens_the_mall_with_the_task_as_reason(asks: Any, task: Task) -> None:
    from ops_console.mandates.models import Visit

    answer = asks.post(f"/ops/tasks/{task.public_id}/open/")
    assert answer.status_code == 302
    assert answer["location"].startswith("http://riverside.localhost")
    assert "Write a post, clause 2.1" in Visit.objects.get().reason
    task.refresh_from_db()
    assert task.state == "doing"


def test_a_mall_at_its_own_address_is_led_to_by_a_page_between(asks: Any, task: Task, riverside: Any) -> None:
    """Browsers hold a form's redirect against the console's policy, in which the mall's own address cannot stand."""
    Domain.objects.filter(tenant=riverside).update(is_primary=False)
    Domain.objects.create(tenant=riverside, domain="noodles.example.com", is_primary=True)
    answer = asks.post(f"/ops/tasks/{task.public_id}/open/")
    assert answer.status_code == 200
    assert "://noodles.example.com" in answer["Refresh"]


def test_a_number_that_python_does_not_read_is_no_line_of_the_checklist(asks: Any, task: Task) -> None:
    assert asks.post(f"/ops/tasks/{task.public_id}/tick/", {"item": "²", "is_done": "1"}).status_code == 302
    assert asks.get("/ops/contracts/?q=H-²").status_code == 200
    with pytest.raises(CadenceRefused):
        cadence.check("FREQ=DAILY;INTERVAL=²", holidays="keep", starts_on=START)


def test_a_board_moves_tasks_by_buttons(asks: Any, task: Task, riverside: Any) -> None:
    here = f"/ops/malls/{riverside.public_id}/board/"
    assert "Take in hand" in text_of(asks.get(here))
    assert asks.post(f"/ops/tasks/{task.public_id}/start/", {"from": "board"})["location"] == here
    task.refresh_from_db()
    assert task.state == "doing"


def test_handing_over_asking_and_excusing_from_the_page(asks: Any, task: Task, ada: User) -> None:
    here = f"/ops/tasks/{task.public_id}/"
    assert asks.post(f"{here}ask/", {"reason": "Which picture?"}).status_code == 302
    assert "Which picture?" in text_of(asks.get(here))
    assert asks.post(f"{here}hand-over/", {"to": ada.public_id, "note": "You know the shop"}).status_code == 302
    assert asks.post(f"{here}excuse/", {"reason": "x"}).status_code == 422
    assert asks.post(f"{here}excuse/", {"reason": "The shop is closed for a week"}).status_code == 302
    task.refresh_from_db()
    assert (task.assignee, task.state) == (ada, "excused")


def test_finance_reads_and_does_no_tasks(
    task: Task, tomas: User, client_for: Callable[..., Any], now: datetime
) -> None:
    client = client_for(None, tomas)
    with travel(now, tick=False):
        page = text_of(client.get(f"/ops/tasks/{task.public_id}/"))
        assert "It is done" not in page
        assert client.post(f"/ops/tasks/{task.public_id}/start/").status_code == 403
    assert roles.FINANCE not in roles.MAY_VISIT


def test_late_work_stands_under_late(asks: Any, task: Task, now: datetime) -> None:
    with travel(now + timedelta(hours=8), tick=False):
        assert "Late, due" in " ".join(text_of(asks.get("/ops/work/?tab=late")).split())
