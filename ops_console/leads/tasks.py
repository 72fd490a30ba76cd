"""What other slices tell the pipeline, by name."""

from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from saas.kernel.tasks import task
from tenants.registry.models import Tenant

from . import mails, operations


@task("ops_console.leads.contract_changed")
def contract_changed(*, mall: str, contract: str, state: str, **_later: object) -> None:
    """Let the lead of a mall (its public id) follow its contract's state."""
    tenant = Tenant.objects.get(public_id=mall)
    operations.follow_contract(tenant=tenant, contract=contract, state=state, by=SYSTEM, now=clock.now())


@task("ops_console.leads.welcome")
def welcome(*, mall: str, **_later: object) -> None:
    """Tell the owner of a mall that was opened for a lead where it is."""
    mails.welcome(tenant=Tenant.objects.get(public_id=mall))
