"""What malls tell the agency: refunds that do not get through."""

from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM
from saas.ui.formats import format_money
from tenants.registry.models import Tenant
from tenants.relay.events import Event


def refund_trouble(event: Event) -> None:
    """Note in the console's trail that a refund is held up, or that it was sent again; finance filters by it."""
    told = event.payload
    tenant = Tenant.objects.filter(schema_name=event.schema_name).first()
    amount = format_money(told["amount_minor"], told["currency"])
    words = "sent again" if told["is_solved"] else f"held up ({told['state']}): {told['detail']}"
    audit.record(
        action="refund.sent_again" if told["is_solved"] else "refund.held_up",
        subject=("mall", tenant.public_id if tenant else event.schema_name),
        summary=f"{tenant.name if tenant else event.schema_name}: refund of {amount}, order {told['order_number']}, {words}"[
            :300
        ],
        by=SYSTEM,
        now=event.happened_at,
        refund=told["refund"],
    )
