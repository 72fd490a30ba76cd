"""What malls tell the console of refunds that are held up."""

from tenants.relay.events import Event

from .models import HeldRefund


def refund_trouble(event: Event) -> None:
    """Note that a refund is held up, or that it is under way or was paid; news that are older than what is known change nothing."""
    told, at = event.payload, event.happened_at
    row = HeldRefund.objects.filter(public_id=told["refund"]).first() or HeldRefund(
        public_id=told["refund"], held_at=at
    )
    if row.pk and row.told_at > at:
        return
    row.tenant_schema, row.order_number = event.schema_name, told["order_number"]
    row.amount_minor, row.currency = told["amount_minor"], told["currency"]
    row.state, row.detail = told["state"], told["detail"]
    if not told["is_solved"] and row.solved_at is not None:
        row.held_at = at
    row.solved_at, row.told_at = at if told["is_solved"] else None, at
    row.save()
