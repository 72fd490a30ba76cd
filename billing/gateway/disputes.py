"""Disputes: the cardholder's bank has the money; evidence goes there, and the bank decides."""

import hashlib
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .client import api, asked, every
from .once import refuse_transaction


@dataclass(frozen=True)
class DisputeState:
    """
    A dispute at Stripe. `status`: needs_response, under_review, won, lost, or a warning_… of them; `answer_until_at` is the
    bank's deadline. `withdrawn_minor` was taken from our pot, `reinstated_minor` came back. `balance_transaction_ids`: both.
    """

    dispute_id: str
    charge_id: str
    payment_intent_id: str
    amount_minor: int
    currency: str
    reason: str
    status: str
    opened_at: datetime
    answer_until_at: datetime | None
    submissions: int
    withdrawn_minor: int
    reinstated_minor: int
    fee_minor: int
    balance_transaction_ids: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the bank has not decided."""
        return self.status in ("needs_response", "under_review", "warning_needs_response", "warning_under_review")

    @property
    def is_inquiry(self) -> bool:
        """Whether the bank only asks: no money was taken."""
        return self.status.startswith("warning_")


@dataclass(frozen=True)
class Evidence:
    """What we can show the bank. Texts of at most 20,000 characters, 150,000 in all; dates as people write them."""

    product_description: str = ""
    customer_name: str = ""
    customer_email_address: str = ""
    service_date: str = ""
    access_activity_log: str = ""
    refund_policy_disclosure: str = ""
    refund_refusal_explanation: str = ""
    uncategorized_text: str = ""
    more: dict[str, str] = field(default_factory=dict)

    def as_params(self) -> dict[str, str]:
        """Return what is sent: filled fields only."""
        names = [name for name in self.__dataclass_fields__ if name != "more"]
        filled = {name: str(getattr(self, name))[:20000] for name in names if getattr(self, name)}
        return {**filled, **self.more}


def read_dispute(dispute_id: str) -> DisputeState:
    """
    Return a dispute as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: Stripe knows no such dispute
    """
    refuse_transaction()
    return _dispute(asked(lambda: api().disputes.retrieve(dispute_id)))


def disputes_since(since: datetime) -> list[DisputeState]:
    """Return all disputes opened since an instant, newest first."""
    refuse_transaction()
    params = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    return [_dispute(one) for one in every(asked(lambda: api().disputes.list(params)))]


class _Paper(io.BytesIO):
    """A file in memory with the name under which it is sent."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def upload_evidence(*, dispute_id: str, content: bytes) -> str:
    """
    Give Stripe a PDF for a dispute and return its id, which goes into a field of the evidence. Until then nobody reads it.

    The same bytes are kept once. What was uploaded twice, or for nothing, Stripe throws away after nine months.

    :raises GatewayUnavailable: unknown; ask again
    :raises PaymentRefused: too large, or no PDF
    """
    refuse_transaction()
    paper = _Paper(content, f"evidence-{dispute_id}.pdf")
    params = {"purpose": "dispute_evidence", "file": paper}
    options = {"idempotency_key": f"file:{dispute_id}:{hashlib.sha256(content).hexdigest()}"}
    return str(asked(lambda: api().files.create(params, options)).id)


def submit_evidence(*, key: str, dispute_id: str, evidence: Evidence, submit: bool = True) -> DisputeState:
    """
    Put evidence on a dispute and send it to the bank; with `submit=False` it is only kept at Stripe.

    `key` names this version of the evidence: asked again with it, it is sent once.

    :raises GatewayUnavailable: unknown; ask again with the same key
    :raises PaymentRefused: the dispute is closed
    """
    refuse_transaction()
    params = {"evidence": evidence.as_params(), "submit": submit}
    options = {"idempotency_key": f"du:{key}:{'submit' if submit else 'keep'}"}
    return _dispute(asked(lambda: api().disputes.update(dispute_id, params, options)))


def accept(dispute_id: str) -> DisputeState:
    """
    Give a dispute up as lost.

    :raises GatewayUnavailable: unknown; ask again
    :raises PaymentRefused: it is closed
    """
    refuse_transaction()
    return _dispute(asked(lambda: api().disputes.close(dispute_id)))


def _dispute(found: Any) -> DisputeState:
    moved = list(found.balance_transactions)
    details = found.evidence_details
    return DisputeState(
        dispute_id=found.id,
        charge_id=found.charge,
        payment_intent_id=found.payment_intent or "",
        amount_minor=found.amount,
        currency=found.currency,
        reason=found.reason,
        status=found.status,
        opened_at=datetime.fromtimestamp(found.created, UTC),
        answer_until_at=datetime.fromtimestamp(details.due_by, UTC) if details.due_by else None,
        submissions=details.submission_count,
        withdrawn_minor=-sum(one.amount for one in moved if one.amount < 0),
        reinstated_minor=sum(one.amount for one in moved if one.amount > 0),
        fee_minor=sum(one.fee for one in moved),
        balance_transaction_ids=tuple(one.id for one in moved),
    )
