"""What a dispute's change is told to: the trail, the books, settlements and the console, the merchant's letter."""

from datetime import datetime

from saas.audit import operations as audit
from saas.audit.phrases import Words
from saas.kernel.actors import Actor
from saas.kernel.outbox import operations as outbox
from saas.kernel.tasks import enqueue

from . import queries
from .models import Dispute

# What the buyer's own timeline says too; our preparations stand in the dispute's trail only.
_OF_ORDER = ("dispute.opened", "dispute.won", "dispute.lost", "dispute.closed")


def note(action: str, dispute: Dispute, text: Words, *, by: Actor, now: datetime, **data: object) -> None:
    """Write into the trail of the order or of the dispute, see `_OF_ORDER`; `data` stands beside the words."""
    is_of_order = action in _OF_ORDER
    audit.record(
        action=action,
        subject=("order", dispute.order.public_id) if is_of_order else ("dispute", dispute.public_id),
        summary=text,
        by=by,
        now=now,
        dispute=dispute.public_id,
        **data,
    )


def books(dispute: Dispute, kind: str, *, now: datetime, **more: object) -> None:
    """Tell the books; Stripe's id is the name under which they are compared with Stripe."""
    payload: dict[str, object] = {
        "dispute": dispute.stripe_dispute,
        "order": dispute.order.public_id,
        "order_number": dispute.order.number,
        "currency": dispute.currency,
        **more,
    }
    outbox.tell(kind=kind, subject=dispute.order.public_id, payload=payload, now=now)


def changed(dispute: Dispute, *, now: datetime) -> None:
    """Tell settlements and the console how a dispute stands; nothing personal."""
    until, closed_at = dispute.answer_until_at, dispute.closed_at
    books(
        dispute,
        "dispute.changed",
        now=now,
        public_id=dispute.public_id,
        payment_reference=dispute.payment_reference,
        state=dispute.state,
        is_inquiry=dispute.is_inquiry,
        reason=dispute.reason,
        amount_minor=dispute.amount_minor,
        fee_minor=dispute.fee_minor,
        opened_at=dispute.opened_at.isoformat(),
        answer_until_at=until.isoformat() if until else None,
        closed_at=closed_at.isoformat() if closed_at else None,
        is_saved=bool(dispute.evidence),
        has_note=bool(dispute.note),
        holds=dispute.holds or queries.is_held_by_another(dispute),
        merchant_minor=queries.merchant_minor(dispute),
    )


def letter(dispute: Dispute) -> None:
    """Have the merchant written to, after commit."""
    enqueue("cms.backoffice.tell_of_dispute", public_id=dispute.public_id, state=dispute.state)
