"""An insider alone with a deal: nobody takes one through two guarded stages, by whatever way they try (A4, practice row 8)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from ops_console.audits.models import AuditCase, GuardedPass
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from storefront.deals import operations as deals
from storefront.deals.models import Deal
from storefront.deals.operations import DealNotReady
from tenants.isolation.entrance import inside
from tests.ops_console.audits.conftest import ALMA, states, told

GUARDED = ("price", "terms", "field", "final")


def test_an_insider_who_may_decide_every_stage_passes_one_guarded_stage_and_no_other(
    case: AuditCase,
    deal: Deal,
    staff: Callable[[str, str], User],
    client_for: Any,
    now: datetime,
) -> None:
    """The page, another role for oneself, a stage sent twice, a row written by hand: each is stopped, and the deal stays unsold."""
    grace = staff("Grace", roles.MANAGER)
    client = client_for(None, grace)
    assert set(case.stages.filter(is_guarded=True).values_list("key", flat=True)) == set(GUARDED)
    given = {"fingerprint": case.fingerprint, "outcome": "passed", "note": "All in order."}

    def passes(stage: str) -> tuple[int, bool]:
        answer = client.post(f"/ops/audits/{case.public_id}/{stage}/decide/", given)
        return answer.status_code, "Another person must pass this one" in answer.content.decode()

    assert passes("terms") == (302, False)
    assert passes("price") == (422, True)
    grace.groups.set(Group.objects.filter(name__in=[roles.MANAGER, roles.FINANCE, roles.REVIEWER, roles.ADMIN]))
    assert passes("price") == (422, True), "more roles are no second person"
    assert passes("terms")[0] == 422, "and a stage is not passed twice"
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardedPass.objects.create(case=case, person=grace, stage="price")
    found = states(case)
    assert {key for key in GUARDED if found[key] == "passed"} == {"terms"}
    assert told(case, now) == "submitted"
    with inside(case.tenant), pytest.raises(DealNotReady, match="being audited"):
        deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    passed = AuditEntry.objects.filter(action="audit.stage_passed", subject_id=case.public_id)
    assert list(passed.values_list("actor_name", "data__stage")) == [("Grace", "terms")]
    tomas = client_for(None, staff("Tomas", roles.FINANCE))
    assert tomas.post(f"/ops/audits/{case.public_id}/price/decide/", given).status_code == 302, "another person may"
