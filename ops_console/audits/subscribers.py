"""What malls tell of their deals. Called by the relay, once for each event, inside its transaction."""

from tenants.registry.models import Tenant
from tenants.relay.events import Event

from . import operations


def deal_submitted(event: Event) -> None:
    """A deal, or a change of one, was sent to the audit."""
    tenant = Tenant.objects.get(schema_name=event.schema_name)
    operations.take_submission(tenant=tenant, told=event.payload, now=event.happened_at)


def deal_ended(event: Event) -> None:
    """A deal that was audited is over."""
    tenant = Tenant.objects.get(schema_name=event.schema_name)
    operations.close(tenant=tenant, deal=str(event.payload["deal"]), now=event.happened_at)
