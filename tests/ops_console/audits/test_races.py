"""Two reviewers press at once, over real connections in a database that commits (bad input of hosted operation)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from ops_console.audits import operations, pipelines
from ops_console.audits.models import AuditCase, CaseStage, GuardedPass, Step
from ops_console.audits.operations import Decision
from ops_console.audits.refusals import StageDecided, TwoGuardedStages
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.races import Pause, together

CASES = 4


@pytest.fixture
def tenant(committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """Riverside, audited; what its mall would be told is not sent, because nobody there sent anything."""
    monkeypatch.setattr(operations, "enqueue", lambda *_args, **_later: None)
    roles.ensure_roles()
    found = Tenant.objects.get(slug="riverside")
    pipelines.require(tenant=found, by=SYSTEM, now=now)
    return found


def reviewer(name: str) -> User:
    """Return a reviewer who is a manager too."""
    person = User.objects.create_user(f"{name.lower()}.races@hutong.example", name=name, kind=User.Kind.AGENCY)
    person.groups.set(Group.objects.filter(name__in=[roles.REVIEWER, roles.MANAGER]))
    return person


def a_case(tenant: Tenant, number: int, now: datetime) -> AuditCase:
    """Return a case of a deal that need not exist for it."""
    told: dict[str, Any] = {
        "deal": f"deal{number}", "title": "Noodles", "currency": "usd", "submission": f"s{number}", "fingerprint": "f",
        "snapshot": {"title": "Noodles"}, "by": {"name": "Alma", "public_id": "alma"},
    }  # fmt: skip
    return operations.take_submission(tenant=tenant, told=told, now=now)


def press(case: AuditCase, stage: str, person: User, now: datetime) -> Callable[[], str]:
    """Return a press on "pass" that says how it went."""
    decision = Decision(outcome="passed", fingerprint="f", note="Looked at it.")
    by = Actor(kind="agency", name=person.get_full_name(), public_id=person.public_id)

    def act() -> str:
        with on_platform():
            try:
                operations.decide(case=case.public_id, stage=stage, decision=decision, person=person, by=by, now=now)
            except (StageDecided, TwoGuardedStages) as refusal:
                return refusal.code
            return "passed"

    return act


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(tenant: Tenant, now: datetime) -> None:
    vera, grace = reviewer("Vera"), reviewer("Grace")
    for number in range(CASES):
        case = a_case(tenant, number, now)
        acts = [press(case, "terms", vera, now), press(case, "terms", grace, now)]
        assert sorted(together(acts, schema=tenant.schema_name)) == ["passed", "stage_decided"]
        assert Step.objects.filter(case=case, kind="passed").count() == 1
    assert CaseStage.objects.filter(key="terms", state="passed").count() == CASES


def test_one_person_at_two_guarded_stages_at_once_passes_one(tenant: Tenant, now: datetime) -> None:
    vera = reviewer("Vera")
    for number in range(CASES):
        case = a_case(tenant, number, now)
        acts = [press(case, "terms", vera, now), press(case, "price", vera, now)]
        assert sorted(together(acts, schema=tenant.schema_name)) == ["passed", "two_guarded_stages"]
    assert GuardedPass.objects.count() == CaseStage.objects.filter(state="passed").count() == CASES


def test_without_the_lock_two_decide_and_the_database_still_keeps_two_guarded_stages_apart(
    tenant: Tenant, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: both decide one stage; the constraint alone keeps one person from two guarded ones."""
    vera, grace = reviewer("Vera"), reviewer("Grace")
    seen = []
    for number in range(5):
        case = a_case(tenant, number, now)
        monkeypatch.setattr(operations, "locked_one", Pause(2).locked_one)
        acts = [press(case, "capacity", vera, now), press(case, "capacity", grace, now)]
        seen.append(sorted(together(acts, schema=tenant.schema_name)))
        monkeypatch.setattr(operations, "locked_one", Pause(2).locked_one)
        guarded = [press(case, "terms", vera, now), press(case, "price", vera, now)]
        assert sorted(together(guarded, schema=tenant.schema_name)) == ["passed", "two_guarded_stages"]
        monkeypatch.undo()
        monkeypatch.setattr(operations, "enqueue", lambda *_args, **_later: None)
        if ["passed", "passed"] in seen:
            return
    pytest.fail(f"without the lock one was told all the same: {seen}")
