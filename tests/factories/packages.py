"""Service packages for tests: sold to a mall, brought to what Stripe has, counted in the books."""

from datetime import datetime

from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg, post
from billing.packages import beginning, invoicing, selling
from billing.packages.models import Package, Subscription
from saas.kernel.actors import Actor
from saas.kernel.ids import public_id
from tenants.registry.models import Tenant
from tests.stripe_sandbox import StripeSandbox

MEI = Actor(kind="agency", name="Mei")
ALMA = Actor(kind="merchant", name="Alma")
URLS = ("http://riverside.localhost/begun/", "http://riverside.localhost/services/")
DAY = 24 * 3600


def sold(tenant: Tenant, package: Package, *, pays_by: str, now: datetime) -> Subscription:
    """Offer the package and take it; by card its page is opened and left."""
    offered = selling.offer(tenant=tenant, package=package.public_id, pays_by=pays_by, by=MEI, now=now)
    selling.accept(subscription=offered.public_id, schema=tenant.schema_name, by=ALMA, now=now)
    beginning.begin(subscription=offered.public_id, tenant=tenant, urls=URLS, now=now)
    offered.refresh_from_db()
    return offered


def told(stripe: StripeSandbox, *, now: datetime) -> None:
    """Bring our rows to what Stripe has, as its events do, each twice and in a wrong order."""
    seen = [event["data"]["object"]["id"] for event in stripe.events() if event["type"].startswith("invoice.")]
    for invoice in [*reversed(seen), *seen]:
        invoicing.refresh(stripe_invoice=invoice, now=now)


def revenue(tenant: Tenant) -> int:
    """Return what the books say was earned with packages."""
    return sum(
        Account.objects.filter(kind="package_fees", tenant_schema=tenant.schema_name).values_list(
            "balance_minor", flat=True
        )
    )


def earn(tenant: Tenant, amount_minor: int, *, now: datetime) -> None:
    """Make something available to the mall."""
    legs = [Leg("settled", Account.Kind.STRIPE_CASH, Account.Kind.MERCHANT_AVAILABLE, amount_minor)]
    post(Entry(f"earned:{public_id()}", tenant.schema_name, "usd", legs, "test", now), journal_id="e" * 26, now=now)
