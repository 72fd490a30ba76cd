"""A contract that lets the agency work on deals has them audited, from its first day to its last."""

from datetime import date, datetime, timedelta

import pytest

from ops_console.audits import pipelines
from ops_console.audits.models import MallAudit
from ops_console.contracts import compiling
from ops_console.contracts.models import ContractVersion
from saas.accounts.models import User
from saas.kernel.actors import Actor
from tenants.registry.models import Tenant
from tests.factories import hosting

START = date(2026, 11, 23)
GRACE = Actor(kind="agency", name="Grace", public_id="grace")


@pytest.mark.parametrize(("keys", "expected"), [(["deals.draft"], True), (["content.edit"], False)])
def test_deals_are_audited_from_the_day_on_which_a_contract_about_deals_begins(
    riverside: Tenant, mei: User, now: datetime, keys: list[str], *, expected: bool
) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    version = ContractVersion.objects.get(contract=contract)
    ContractVersion.objects.filter(pk=version.pk).update(
        clauses=[{**one, "permissions": keys} for one in version.clauses]
    )
    compiling.apply_due(now=now)
    riverside.refresh_from_db()
    assert riverside.audited_at is None
    compiling.apply_due(now=now + timedelta(days=4))
    riverside.refresh_from_db()
    assert (riverside.audited_at is not None) == expected


def test_after_the_contract_a_mall_publishes_alone_unless_a_person_chose_otherwise(
    riverside: Tenant, now: datetime
) -> None:
    pipelines.follow_contract(tenant=riverside, keys={"deals.publish"}, now=now)
    pipelines.follow_contract(tenant=riverside, keys=set(), now=now)
    riverside.refresh_from_db()
    assert (riverside.audited_at, MallAudit.objects.exists()) == (None, False)
    pipelines.require(tenant=riverside, by=GRACE, now=now)
    pipelines.follow_contract(tenant=riverside, keys=set(), now=now)
    riverside.refresh_from_db()
    assert riverside.audited_at == now
