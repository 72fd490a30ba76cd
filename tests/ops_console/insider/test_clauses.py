"""Every write in a mandate's session carries person, task, clause and reason; every address that nobody named is closed (A2, A3)."""

from datetime import datetime
from typing import Any

from time_machine import travel

from saas.audit.models import AuditEntry
from tenants.entry import gate, mandated
from tenants.entry.models import AgencyVisit
from tenants.isolation.entrance import inside
from tests.factories.mandates import CLAUSES, give
from tests.factories.visiting import REASON, come_in
from tests.isolation.crawler.addresses import addresses
from tests.isolation.crawler.test_staff import Visitor, cells, path_of

TASK = "t" * 26
LEAVING = ("entry:enter", "entry:end", "account_logout", "wagtailadmin_logout")


def test_every_named_address_is_one_of_the_mall() -> None:
    """The gate names no address that has gone, and no key that does not exist."""
    names = {address.name for address in addresses("mall")}
    assert (set(gate.WRITES) | gate.FREE) - names == set()
    opened = {key for keys in [*gate.WRITES.values(), *mandated.PERMISSIONS.values()] for key in keys}
    assert opened <= set(mandated.KEYS)


def test_every_write_of_every_address_carries_person_task_clause_and_reason(
    riverside: Any, mei: Any, client_for: Any, now: datetime
) -> None:
    """100 %: each address of the mall is written to with all keys given; what is not named is refused; each try is in the audit."""
    give(riverside, now=now)
    sent, opened, unmarked = 0, 0, []
    with travel(now, tick=False):
        visitor = Visitor(riverside, mei, client_for, now=now)
        for address, row in cells("mall"):
            path = path_of(address, row, riverside)
            if path.startswith(("/static/", "/media/", "/theme.css")) or address.name in LEAVING:
                continue
            client = visitor.anew(ended_at=None)
            with inside(riverside):
                AgencyVisit.objects.update(task=TASK)
                before = AuditEntry.objects.count()
            answer = client.post(path)
            sent += 1
            known = address.name in gate.WRITES or address.name in gate.FREE or address.name == "wagtail_bulk_action"
            opened += known
            if not known and answer.status_code not in (403, 404, 301, 302):
                unmarked.append(f"{path} answered {answer.status_code}")
            with inside(riverside):
                made = list(AuditEntry.objects.order_by("pk")[before:])
            assert any(entry.action == "agency.request" for entry in made), path
            for entry in made:
                whole = (entry.actor_public_id, entry.data.get("task"), entry.data.get("reason"), entry.on_behalf_of)
                if whole != (mei.public_id, TASK, REASON, riverside.name) or not entry.clause:
                    unmarked.append(f"{path}: {entry.action} {whole} {entry.clause!r}")
    assert unmarked == []
    assert sent >= 150
    assert opened >= 50


def test_the_clause_of_a_write_is_the_one_that_gives_it(
    riverside: Any, mei: Any, client_for: Any, now: datetime
) -> None:
    give(riverside, "theme.edit", "stores.edit", now=now)
    client = come_in(client_for(riverside), riverside, mei, now=now, task=TASK)
    look = {"name": "Riverside Noodles", "brand_colour": "#1f5f8b", "accent_colour": "#e0a03a"}
    with travel(now, tick=False):
        assert client.post("/manage/look/", look).status_code == 302
        assert client.post("/manage/deals/new/", {"title": "Free lunch"}).status_code == 403
        page = client.get("/manage/").content.decode()
    with inside(riverside):
        changed = AuditEntry.objects.get(action="look.changed")
        refused = AuditEntry.objects.get(action="agency.request", summary__contains="/manage/deals/new/")
    assert (changed.clause, changed.data["task"]) == (CLAUSES["theme.edit"], TASK)
    assert refused.summary.endswith("403")
    assert f"clauses {CLAUSES['stores.edit']}, {CLAUSES['theme.edit']}" in page or f"{CLAUSES['theme.edit']}" in page
    assert f"/ops/tasks/{TASK}/" in page
