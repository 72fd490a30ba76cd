"""
Answering the bank from the console. Each enters the mall for one act; none runs inside a transaction.

What the evidence holds is personal: it is made in the mall on a person's word, and the mall's trail says who made, saved and sent it.
"""

from dataclasses import dataclass
from datetime import datetime

from saas.audit import queries as audit
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from storefront.disputes import evidence, looking, queries
from storefront.disputes import operations as disputes
from storefront.disputes.models import Dispute
from tenants.isolation.entrance import inside

from .models import Case


@dataclass(frozen=True)
class Shown:
    """A dispute as its mall has it now; `trail` is who did what with it."""

    dispute: Dispute
    trail: list[AuditEntry]
    is_late: bool

    @property
    def can_answer(self) -> bool:
        """Whether evidence can still be written."""
        return self.dispute.is_open and self.dispute.submitting_at is None and not self.is_late

    @property
    def can_send(self) -> bool:
        """Whether there is evidence that can go to the bank, also after an outcome that nobody knows."""
        return self.dispute.is_open and self.dispute.submitted_at is None and not self.is_late and bool(self.texts)

    @property
    def is_unknown(self) -> bool:
        """Whether evidence was on its way when something was cut off."""
        return self.dispute.is_open and self.dispute.submitting_at is not None and self.dispute.submitted_at is None

    @property
    def texts(self) -> dict[str, str]:
        """The saved evidence by Stripe's field names."""
        return dict(self.dispute.evidence)


def shown(case: Case, *, now: datetime) -> Shown:
    """
    Return a case's dispute with its trail.

    :raises UnknownDispute: the mall has it no more
    """
    with inside(case.tenant_schema):
        dispute = queries.by_public_id(case.public_id)
        trail = audit.of_subject("dispute", case.public_id)
    return Shown(dispute, trail, dispute.is_late(at=now))


def make_evidence(case: Case, *, by: Actor, now: datetime) -> None:
    """
    Make the evidence from what the mall's record says now, and save it, in place of what was saved.

    :raises DomainError: see `storefront.disputes.operations.save_evidence`
    """
    with inside(case.tenant_schema):
        made = evidence.made(queries.by_public_id(case.public_id))
        disputes.save_evidence(dispute_public_id=case.public_id, evidence=made, by=by, now=now)


def save_evidence(case: Case, texts: dict[str, str], *, by: Actor, now: datetime) -> None:
    """
    Save what a person made of the evidence.

    :raises DomainError: see `storefront.disputes.operations.save_evidence`
    """
    with inside(case.tenant_schema):
        disputes.save_evidence(dispute_public_id=case.public_id, evidence=texts, by=by, now=now)


def send_evidence(case: Case, *, version: int, by: Actor, now: datetime) -> None:
    """
    Send the saved version that the person has read to the bank, once.

    :raises GatewayUnavailable: unknown; sending again sends the same once
    :raises PaymentRefused: Stripe does not take it
    :raises DomainError: see `storefront.disputes.operations.begin_submission`
    """
    with inside(case.tenant_schema):
        looking.submit(dispute_public_id=case.public_id, version=version, by=by, now=now)


def give_up(case: Case, *, reason: str, by: Actor, now: datetime) -> None:
    """
    Accept that a dispute is lost. It cannot be taken back.

    :raises GatewayUnavailable: unknown; look again
    :raises PaymentRefused: the bank has decided meanwhile
    :raises DisputeDecided: likewise, and we know it
    """
    with inside(case.tenant_schema):
        looking.accept(dispute_public_id=case.public_id, reason=reason, by=by, now=now)


def look_again(case: Case, *, now: datetime) -> None:
    """
    Ask Stripe how a dispute stands.

    :raises GatewayUnavailable: no clear answer
    """
    with inside(case.tenant_schema):
        looking.look_again(dispute_public_id=case.public_id, now=now)
