"""Mandates: given by a contract's version, ended, paused; what a visit may do by them now (A1, A2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from time_machine import travel

from ops_console.mandates import grants, operations, roles, standing
from ops_console.mandates.models import Mandate, Visit
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM, Actor
from tenants.isolation.entrance import inside
from tests.factories.mandates import CLAUSES, give
from tests.factories.visiting import come_in

HOUR = timedelta(hours=1)
ALMA = Actor(kind="merchant", name="Alma", public_id="a" * 26)


def visit_of(tenant: Any, person: Any, now: datetime, **errand: Any) -> Visit:
    operations.open_visit(tenant=tenant, person=person, reason="The lunch deal's rules", minutes=30, now=now, **errand)
    return Visit.objects.latest("pk")


def may(visit: Visit, at: datetime) -> Any:
    return standing.of_visit(visit=visit.public_id, schema=visit.tenant.schema_name, now=at)


def test_a_visit_carries_the_contract_the_task_and_the_clauses(riverside: Any, mei: Any, now: datetime) -> None:
    """A1: the access is what the contract gave, and looking goes with it."""
    mandate = give(riverside, "content.edit", "deals.draft", now=now)
    visit = visit_of(riverside, mei, now, task="t" * 26)
    clauses = {key: CLAUSES[key] for key in ("content.edit", "deals.draft")}
    look = ", ".join(sorted(clauses.values(), key=lambda one: int(one[2:])))
    assert (visit.contract, visit.task, visit.permissions) == (mandate.contract, "t" * 26, clauses | {"look": look})
    opened = AuditEntry.objects.get(action="visit.opened")
    assert (opened.clause, opened.data["task"], opened.data["reason"]) == (look, "t" * 26, "The lunch deal's rules")


def test_a_mandate_begins_and_ends_to_the_instant(riverside: Any, mei: Any, now: datetime) -> None:
    give(riverside, now=now, starts_at=now, ends_at=now + HOUR / 4)
    assert standing.powers(riverside.pk, at=now - timedelta(microseconds=1)) is None
    visit = visit_of(riverside, mei, now)
    assert may(visit, now + HOUR / 4 - timedelta(microseconds=1)).is_open
    assert not may(visit, now + HOUR / 4).is_open


def test_what_the_contract_ended_is_closed_within_the_minute(riverside: Any, mei: Any, now: datetime) -> None:
    mandate = give(riverside, now=now)
    visit = visit_of(riverside, mei, now)
    assert grants.end(contract=mandate.contract, at=now - HOUR, by=SYSTEM, now=now) == 1
    assert grants.end(contract=mandate.contract, at=now, by=SYSTEM, now=now) == 0
    assert not may(visit, now).is_open
    assert operations.close_ended(now=now + timedelta(seconds=30)) == 1
    mandate.refresh_from_db()
    assert mandate.ends_at == now, "the past stays as it was"


def test_an_amendment_replaces_what_the_former_version_gave_and_leaves_the_past(riverside: Any, now: datetime) -> None:
    first = give(riverside, "content.edit", now=now)
    again = give(riverside, "theme.edit", now=now, contract=first.contract)
    assert again.pk == first.pk, "the same version again changes nothing"
    give(riverside, "deals.draft", now=now, contract=first.contract, version=2, starts_at=now + HOUR, ends_at=None)
    before, after = (standing.powers(riverside.pk, at=at) for at in (now, now + HOUR))
    assert before is not None
    assert after is not None
    assert set(before.permissions) == {"look", "content.edit"}
    assert set(after.permissions) == {"look", "deals.draft"}


def test_a_contract_that_gives_nothing_lets_the_agency_look_by_its_clause_of_access(
    riverside: Any, mei: Any, client_for: Any, now: datetime
) -> None:
    """Without a clause the trail refuses every request of the visit, and each page failed."""
    give(riverside, now=now, permissions=[])
    client = come_in(client_for(riverside), riverside, mei, now=now)
    with travel(now, tick=False):
        assert client.get("/manage/").status_code == 200
    with inside(riverside):
        assert set(AuditEntry.objects.filter(action="agency.request").values_list("clause", flat=True)) == {"3.1"}


def test_two_contracts_give_together_and_the_lower_limit_holds(riverside: Any, now: datetime) -> None:
    give(riverside, "content.edit", "deals.draft", now=now, limits={"refund_minor": 5000, "coupon_uses": 10})
    give(riverside, "content.edit", now=now, permissions=[("content.edit", "10.2")], limits={"refund_minor": 2000})
    found = standing.powers(riverside.pk, at=now)
    assert found is not None
    assert found.permissions["content.edit"] == f"{CLAUSES['content.edit']}, 10.2"
    assert set(found.permissions) == {"look", "content.edit", "deals.draft"}
    assert found.limits == {"refund_minor": 2000, "coupon_uses": 10}


def test_a_visit_from_before_a_mandate_is_over_when_one_begins(riverside: Any, mei: Any, now: datetime) -> None:
    """Support of no contract sees everything: beside a mandate it would outlive the merchant's pause and what the contract leaves out."""
    visit = visit_of(riverside, mei, now)
    give(riverside, "content.edit", now=now, starts_at=now + HOUR / 4)
    assert may(visit, now + HOUR / 4 - timedelta(microseconds=1)).is_open
    assert not may(visit, now + HOUR / 4).is_open
    assert grants.pause(tenant=riverside, by=ALMA, now=now + HOUR / 4) == 1
    assert not may(visit, now + HOUR / 3).is_open


def test_a_pause_of_the_merchant_holds_at_once_and_for_the_next_version(
    riverside: Any, mei: Any, now: datetime
) -> None:
    mandate = give(riverside, now=now)
    visit = visit_of(riverside, mei, now)
    assert grants.pause(tenant=riverside, by=ALMA, now=now) == 1
    assert grants.pause(tenant=riverside, by=ALMA, now=now) == 0
    assert not may(visit, now).is_open
    with pytest.raises(operations.MandatePaused):
        visit_of(riverside, mei, now)
    give(riverside, now=now, contract=mandate.contract, version=2, starts_at=now)
    assert standing.powers(riverside.pk, at=now) is None
    with pytest.raises(grants.PausedByMerchant):
        grants.resume(tenant=riverside, by=Actor(kind="agency", name="Mei"), now=now)
    assert grants.resume(tenant=riverside, by=ALMA, now=now) == 1
    assert may(visit, now).is_open
    told = AuditEntry.objects.filter(action__startswith="mandate.").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["mandate.granted", "mandate.paused", "mandate.granted", "mandate.resumed"]


@pytest.mark.parametrize("change", ["role", "active"])
def test_without_role_or_account_nothing_stands_behind_a_visit(
    riverside: Any, mei: Any, now: datetime, change: str
) -> None:
    give(riverside, now=now)
    visit = visit_of(riverside, mei, now)
    if change == "role":
        mei.groups.clear()
    else:
        mei.is_active = False
        mei.save()
    assert not may(visit, now).is_open


@pytest.mark.parametrize("role", sorted(roles.ROLE_KEYS))
def test_a_role_uses_of_a_mandate_what_is_its_own(riverside: Any, mei: Any, now: datetime, role: str) -> None:
    give(riverside, now=now)
    mei.groups.set(Group.objects.filter(name=role))
    assert set(visit_of(riverside, mei, now).permissions) == roles.ROLE_KEYS[role]


def test_a_visit_is_known_in_its_own_mall_only(riverside: Any, hillside: Any, mei: Any, now: datetime) -> None:
    visit = visit_of(riverside, mei, now)
    assert may(visit, now).permissions is None, "without a contract there is no mandate"
    assert not standing.of_visit(visit=visit.public_id, schema=hillside.schema_name, now=now).is_open


@pytest.mark.parametrize(
    "wrong",
    [
        {"permissions": [("payouts.change", "1.1")]},
        {"permissions": [("content.edit", " ")]},
        {"limits": {"refunds": 5}},
        {"limits": {"refund_minor": -1}},
        {"ends_at": "before"},
    ],
)
def test_what_no_contract_can_give_is_refused(riverside: Any, now: datetime, wrong: dict[str, Any]) -> None:
    if wrong.get("ends_at") == "before":
        wrong = {"ends_at": now - timedelta(days=1)}
    with pytest.raises(grants.GrantRefused):
        give(riverside, now=now, **wrong)
    assert not Mandate.objects.exists()


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/" + "x" * 300, "javascript:alert(1)"])
def test_a_visit_arrives_in_the_mall_whatever_path_was_asked_for(
    riverside: Any, mei: Any, in_riverside: Any, now: datetime, path: str
) -> None:
    from tenants.entry.models import Ticket

    visit_of(riverside, mei, now, next_path="/manage/deals/")
    visit_of(riverside, mei, now, next_path=path)
    with in_riverside():
        assert list(Ticket.objects.order_by("pk").values_list("next_path", flat=True)) == ["/manage/deals/", "/manage/"]
