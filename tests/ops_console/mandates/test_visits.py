"""Visits from the console: who may, with what reason, counted and ended on both sides (A1-A3, T11)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from ops_console.mandates import operations, roles
from ops_console.mandates.models import Visit
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.entry.models import AgencyVisit
from tenants.registry.models import Tenant

Carry = Callable[[datetime], int]
REASON = "The lunch deal's rules"


def open_visit(tenant: Any, person: Any, now: datetime, **changes: Any) -> str:
    return operations.open_visit(
        **{"tenant": tenant, "person": person, "reason": REASON, "minutes": 30, "now": now} | changes
    )


def requests_here() -> list[str]:
    entries = AuditEntry.objects.filter(action="visit.request").order_by("pk")
    return [f"{one.actor_name} for {one.on_behalf_of}: {one.summary}" for one in entries]


def test_a_visit_stands_on_both_sides_with_one_id(
    visiting: Any, riverside: Any, mei: Any, in_riverside: Any, now: datetime
) -> None:
    visit = Visit.objects.get()
    assert (visit.person, visit.tenant, visit.reason, visit.ends_at) == (
        mei,
        riverside,
        REASON,
        now + timedelta(minutes=30),
    )
    with in_riverside():
        copy = AgencyVisit.objects.get()
        assert (copy.public_id, copy.reason, copy.ends_at) == (visit.public_id, REASON, visit.ends_at)
        assert copy.person.public_id == mei.public_id
    opened = AuditEntry.objects.get(action="visit.opened")
    assert (opened.actor_public_id, opened.on_behalf_of, opened.clause) == (mei.public_id, "Riverside Noodles", REASON)


@pytest.mark.parametrize("reason", ["", "   ", "help", "!!!!!!!!!!!!!!", "…" * 40, "x" * 301])
def test_without_a_reason_nobody_goes_in(riverside: Any, mei: Any, now: datetime, reason: str) -> None:
    with pytest.raises(operations.ReasonMissing):
        open_visit(riverside, mei, now, reason=reason)
    assert not Visit.objects.exists()


@pytest.mark.parametrize("minutes", [0, -15, 14, 121, 100_000])
def test_a_visit_lasts_one_of_the_times(riverside: Any, mei: Any, now: datetime, minutes: int) -> None:
    with pytest.raises(operations.TimeRefused):
        open_visit(riverside, mei, now, minutes=minutes)
    assert not Visit.objects.exists()


@pytest.mark.parametrize("who", ["tomas", "nobody"])
def test_other_roles_do_not_visit(riverside: Any, now: datetime, request: Any, who: str) -> None:
    with pytest.raises(operations.MayNotVisit):
        open_visit(riverside, request.getfixturevalue(who), now)
    assert not Visit.objects.exists()


@pytest.mark.parametrize("status", [Tenant.Status.OPENING, Tenant.Status.CLOSED])
def test_a_mall_that_is_not_in_use_is_not_visited(riverside: Any, mei: Any, now: datetime, status: str) -> None:
    riverside.status = status
    with pytest.raises(operations.MallNotServed):
        open_visit(riverside, mei, now)


def test_a_suspended_mall_is_visited(riverside: Any, mei: Any, client_for: Any, now: datetime) -> None:
    """A9: the agency may enter a paused mall."""
    from tenants.provisioning import operations as provisioning

    provisioning.suspend(tenant_id=riverside.pk, reason="not paid", by=SYSTEM, now=now)
    riverside.refresh_from_db()
    path = open_visit(riverside, mei, now).partition("localhost")[2].partition("/")[2]
    with travel(now, tick=False):
        client = client_for(riverside)
        assert client.get(f"/{path}").status_code == 302
        assert client.get("/manage/").status_code == 200


def test_the_platforms_audit_has_every_request(visiting: Any, carry: Carry, now: datetime) -> None:
    """A2: every request logged, with both identities."""
    with travel(now + timedelta(minutes=1), tick=False):
        visiting.get("/manage/")
        visiting.get("/manage/nothing/")
        visiting.post("/visit/end/")
    carry(now + timedelta(minutes=2))
    assert requests_here() == [
        "Mei for Riverside Noodles: GET /manage/ → 200",
        "Mei for Riverside Noodles: GET /manage/nothing/ → 404",
        "Mei for Riverside Noodles: POST /visit/end/ → 200",
    ]
    assert Visit.objects.get().requests_count == 3


def test_what_is_carried_twice_is_counted_once(
    visiting: Any, carry: Carry, riverside: Any, in_riverside: Any, now: datetime
) -> None:
    from saas.kernel.outbox.models import OutboxEvent

    with travel(now + timedelta(minutes=1), tick=False):
        visiting.get("/manage/")
    carry(now)
    with in_riverside():
        OutboxEvent.objects.update(sent_at=None)
    carry(now)
    assert Visit.objects.get().requests_count == 1
    assert len(requests_here()) == 1


def test_ended_in_the_mall_it_ends_here(visiting: Any, carry: Carry, now: datetime) -> None:
    with travel(now + timedelta(minutes=3), tick=False):
        visiting.post("/visit/end/")
    carry(now + timedelta(minutes=4))
    visit = Visit.objects.get()
    assert (visit.ended_at, visit.ended_by) == (now + timedelta(minutes=3), "Mei")


def test_ended_here_the_malls_next_request_is_refused(
    visiting: Any, mei: Any, client_for: Any, carry: Carry, now: datetime
) -> None:
    """T11: revoked mid-session, effective on the next request."""
    visit = Visit.objects.get()
    with travel(now + timedelta(minutes=3), tick=False):
        assert client_for(None, mei).post(f"/ops/visits/{visit.public_id}/end/").status_code == 302
        assert visiting.get("/manage/").status_code == 403
        assert visiting.get("/manage/").status_code == 302
    carry(now + timedelta(minutes=4))
    visit.refresh_from_db()
    assert (visit.ended_at, visit.ended_by) == (now + timedelta(minutes=3), "Mei")


def test_the_clock_ends_visits_on_both_sides(visiting: Any, in_riverside: Any, now: datetime) -> None:
    assert operations.close_ended(now=now + timedelta(minutes=29)) == 0
    assert operations.close_ended(now=now + timedelta(minutes=31)) == 1
    assert operations.close_ended(now=now + timedelta(minutes=32)) == 0
    assert Visit.objects.get().ended_at == now + timedelta(minutes=30)
    with in_riverside():
        assert AgencyVisit.objects.get().ended_at == now + timedelta(minutes=30)


@pytest.mark.parametrize("change", ["role", "active"])
def test_who_may_no_longer_visit_is_put_out(visiting: Any, mei: Any, now: datetime, change: str) -> None:
    if change == "role":
        mei.groups.clear()
    else:
        mei.is_active = False
        mei.save()
    assert operations.close_ended(now=now + timedelta(minutes=1)) == 1
    with travel(now + timedelta(minutes=2), tick=False):
        assert visiting.get("/manage/").status_code == 403


def test_one_comes_back_into_ones_own_open_visit_only(visiting: Any, mei: Any, now: datetime) -> None:
    visit = Visit.objects.get()
    assert "/enter/" in operations.come_back(visit=visit, person=mei, now=now + timedelta(minutes=5))
    with pytest.raises(operations.VisitOver):
        operations.come_back(visit=visit, person=mei, now=now + timedelta(minutes=30))
    other = type(mei).objects.create_user("li@hutong.example", name="Li", kind="agency")
    other.groups.set(mei.groups.all())
    with pytest.raises(operations.MayNotVisit):
        operations.come_back(visit=visit, person=other, now=now)


def test_a_mall_cannot_write_about_another_malls_visit(visiting: Any, hillside: Any, now: datetime) -> None:
    from tenants.relay.events import Event

    payload = {"visit": Visit.objects.get().public_id, "method": "GET", "path": "/", "status": 200, "person": "x"}
    event = Event("e" * 26, hillside.schema_name, "agency.acted", payload["visit"], payload, now)
    with pytest.raises(LookupError):
        operations.note_request(event)
    assert Visit.objects.get().requests_count == 0


def test_the_form_asks_for_reason_and_time(riverside: Any, mei: Any, client_for: Any) -> None:
    client = client_for(None, mei)
    page = f"/ops/malls/{riverside.public_id}/open/"
    assert client.get(page).status_code == 200
    for wrong in ({}, {"reason": "hm", "minutes": "30"}, {"reason": REASON, "minutes": "45"}, {"reason": REASON}):
        answer = client.post(page, wrong)
        assert answer.status_code == 422
        assert 'class="error-summary"' in answer.content.decode()
    assert not Visit.objects.exists()
    answer = client.post(page, {"reason": REASON, "minutes": "15"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("http://riverside.localhost")


def test_who_may_not_is_told_who_can(riverside: Any, mei: Any, tomas: Any, client_for: Any) -> None:
    answer = client_for(None, tomas).get(f"/ops/malls/{riverside.public_id}/open/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Admin, Manager, Account manager, Operator, Reviewer, Care" in page
    assert "Mei" in page


def test_lists_show_visits_and_filter_them(visiting: Any, mei: Any, client_for: Any, now: datetime) -> None:
    client = client_for(None, mei)
    with travel(now + timedelta(minutes=1), tick=False):
        assert REASON.replace("'", "&#x27;") in client.get("/ops/visits/?state=open").content.decode()
        assert "No visit is like that" in client.get("/ops/visits/?state=ended").content.decode()
        assert "No visit is like that" in client.get("/ops/visits/?q=zebra").content.decode()
        assert client.get(f"/ops/visits/{Visit.objects.get().public_id}/").status_code == 200


def test_roles_are_made_once(db: None) -> None:
    roles.ensure_roles()
    roles.ensure_roles()
    from django.contrib.auth.models import Group

    assert Group.objects.filter(name__in=roles.ALL).count() == len(roles.ALL) == 8
