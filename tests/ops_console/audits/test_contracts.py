"""A contract that lets the agency work on deals has them audited, from its first day to its last."""

from datetime import date, datetime, timedelta

import pytest

from billing.packages.models import Package, Subscription
from ops_console.audits import pipelines
from ops_console.audits.models import MallAudit
from ops_console.contracts import compiling, drafting, quoting, signing
from ops_console.contracts.models import ContractVersion, Quote
from ops_console.contracts.quoting import QuoteDraft
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


def test_a_mall_hosted_by_a_packages_contract_has_the_packages_pipeline_from_its_first_day_on(
    riverside: Tenant, mei: User, now: datetime
) -> None:
    """Also while its card or invoice is not there yet; a contract of single modules has the default one."""
    price = hosting.module(now=now).prices.get()
    package = Package.objects.create(name="Deals", currency="usd")
    package.prices.add(price)
    stages = pipelines.standard()
    draft = pipelines.PipelineDraft("For deals", stages, package=package)
    own = pipelines.save(pipeline="", draft=draft, by=GRACE, now=now)
    quote = quoting.make(
        QuoteDraft(riverside, "Hosting", "en", [price.public_id], (), 3, 30, package.public_id), by=GRACE, now=now
    )
    commission = drafting.Commission(riverside, mei, "card", drafting.Terms(START, None, 3, 30))
    contract = drafting.draft(quote=quote.public_id, commission=commission, by=GRACE, now=now)
    hosting.sign_both(signing.send(contract=contract.public_id, by=GRACE, now=now), riverside, mei, now=now)
    assert pipelines.of_mall(riverside, now=now).is_default, "it has not begun"
    assert pipelines.of_mall(riverside, now=now + timedelta(days=4)) == own
    Quote.objects.update(package=None)
    Subscription.objects.update(package=None)
    assert pipelines.of_mall(riverside, now=now + timedelta(days=4)).is_default


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
