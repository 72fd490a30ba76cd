"""What malls tell the console of disputes."""

from datetime import datetime

from tenants.relay.events import Event

from .models import Case

_SAME = (
    "state",
    "is_inquiry",
    "reason",
    "amount_minor",
    "currency",
    "fee_minor",
    "merchant_minor",
    "is_saved",
    "has_note",
)


def dispute_changed(event: Event) -> None:
    """Note how a dispute stands; news that are older than what is known change nothing."""
    told = event.payload
    row = Case.objects.filter(stripe_dispute=told["dispute"]).first() or Case(stripe_dispute=told["dispute"])
    if row.pk and row.told_at > event.happened_at:
        return
    for name in _SAME:
        setattr(row, name, told[name])
    row.tenant_schema, row.public_id = event.schema_name, told["public_id"]
    row.order_public_id, row.order_number = told["order"], told["order_number"]
    row.opened_at = datetime.fromisoformat(told["opened_at"])
    row.answer_until_at, row.closed_at = _instant(told["answer_until_at"]), _instant(told["closed_at"])
    row.told_at = event.happened_at
    row.save()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
