"""A hosted mall with a deal that can be sent, and the agency's people who decide."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from ops_console.audits import operations, pipelines, telling
from ops_console.audits.models import AuditCase, CaseStage
from ops_console.audits.operations import Decision
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from storefront.deals import reviews, snapshots
from storefront.deals.models import Deal
from tenants.isolation.entrance import inside
from tenants.relay.operations import relay
from tests.factories import shop

ALMA = Actor(kind="merchant", name="Alma", public_id="alma")
WEEK = {day: [["10:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
FULL = dict.fromkeys(("place", "product", "service", "clean", "honest"), 4)


@pytest.fixture
def staff(riverside: Any) -> Callable[[str, str], User]:
    """Return a maker of the agency's people: name and role."""
    roles.ensure_roles()

    def make(name: str, role: str) -> User:
        person = User.objects.create_user(f"{name.lower()}.audits@hutong.example", name=name, kind=User.Kind.AGENCY)
        person.groups.set(Group.objects.filter(name=role))
        return person

    return make


@pytest.fixture
def hosted(riverside: Any, now: datetime) -> Any:
    """Riverside, whose deals are audited."""
    pipelines.require(tenant=riverside, by=SYSTEM, now=now - timedelta(days=1))
    return riverside


@pytest.fixture
def deal(hosted: Any, now: datetime) -> Deal:
    """Return a draft of Riverside's that lacks nothing."""
    with inside(hosted):
        made = shop.a_deal(now=now, state=Deal.State.DRAFT, service_minutes=60, cost_minor=700)
        made.stores.update(stations=2, hours=WEEK)
    return made


@pytest.fixture
def send(hosted: Any, deal: Deal, now: datetime) -> Callable[..., AuditCase]:
    """Return what changes the deal as Alma (fields of the draft), sends it, and carries it to the platform."""

    def act(**fields: Any) -> AuditCase:
        with inside(hosted):
            deal.refresh_from_db()
            if fields:
                draft = replace(snapshots.draft_of(deal), **fields)
                reviews.update(deal_public_id=deal.public_id, draft=draft, by=ALMA, now=now)
            reviews.submit(deal_public_id=deal.public_id, by=ALMA, now=now)
        relay(schema=hosted.schema_name, now=now)
        return AuditCase.objects.get(deal=deal.public_id)

    return act


@pytest.fixture
def case(send: Callable[..., AuditCase]) -> AuditCase:
    """Return the deal's case, just opened."""
    return send()


def decide(case: AuditCase, stage: str, outcome: str, person: User, *, now: datetime, **fields: Any) -> CaseStage:
    """Decide a stage as a person who sees the deal as it is."""
    case.refresh_from_db()
    given = Decision(outcome=outcome, fingerprint=case.exact, note="Looked at it.")
    by = Actor(kind="agency", name=person.get_full_name(), public_id=person.public_id)
    return operations.decide(
        case=case.public_id, stage=stage, decision=replace(given, **fields), person=person, by=by, now=now
    )


def told(case: AuditCase, now: datetime) -> str:
    """Carry the case's state into the mall, and return how the deal stands there."""
    telling.tell(case=case.public_id, now=now)
    with inside(case.tenant):
        return str(Deal.objects.select_related("review").get(public_id=case.deal).review.state)


def states(case: AuditCase) -> dict[str, str]:
    """Return how each stage stands."""
    return dict(case.stages.values_list("key", "state"))
