"""What speaks to the gateway for a dispute. Never inside a transaction; every step may be repeated, and be cut off anywhere."""

from datetime import datetime, timedelta

from billing.gateway import disputes as gateway
from billing.gateway.disputes import DisputeState, Evidence
from billing.gateway.operations import GatewayUnavailable, PaymentRefused
from saas.kernel.actors import Actor
from storefront.checkout import paying
from storefront.payments import queries as payments
from tenants.isolation import current

from . import documents, operations
from .evidence import PAPER
from .models import Dispute
from .queries import by_public_id

# From when on the PDF is not waited for.
LAST_DAY = timedelta(days=1)


def look_at(*, payment_reference: str, dispute_id: str, now: datetime) -> Dispute:
    """
    Ask how a dispute stands and note it. A payment of which nobody has told us yet is settled first.

    :raises PaymentUnknown: no payment of this mall has the reference
    :raises NotThere: Stripe knows no such dispute
    :raises GatewayUnavailable: no clear answer
    """
    if payments.by_reference(payment_reference).state in payments.LIVE:
        paying.look_at(payment_reference=payment_reference, now=now)
    return _follow(payment_reference, gateway.read_dispute(dispute_id), now=now)


def submit(*, dispute_public_id: str, version: int, by: Actor, now: datetime) -> Dispute:
    """
    Send the saved evidence to the bank, once, as texts and as a PDF, and return the dispute.

    :raises GatewayUnavailable: unknown; asking again sends the same once
    :raises PaymentRefused: Stripe does not take it; it can be changed
    :raises DomainError: see `operations.begin_submission`
    """
    dispute = operations.begin_submission(dispute_public_id=dispute_public_id, version=version, by=by, now=now)
    try:
        dispute = _with_paper(dispute, now=now)
        told = gateway.submit_evidence(
            key=f"{dispute.stripe_dispute}:{dispute.version}",
            dispute_id=dispute.stripe_dispute,
            evidence=Evidence(more=dispute.evidence),
        )
    except PaymentRefused:
        operations.note_refused(dispute_public_id=dispute_public_id, now=now)
        raise
    return _follow(dispute.payment_reference, told, now=now)


def _with_paper(dispute: Dispute, *, now: datetime) -> Dispute:
    """
    Return the dispute with the PDF of its evidence at Stripe, uploaded and noted now or at an earlier try.

    What Stripe will not take as a file (too large) goes as texts alone, and on the last day what Stripe's host for files gives no answer
    about: the deadline does not wait.
    """
    if PAPER in dispute.evidence:
        return dispute
    content = documents.as_pdf(documents.Pack(dispute, current.mall().name, dispute.evidence))
    try:
        file_id = gateway.upload_evidence(dispute_id=dispute.stripe_dispute, content=content)
    except PaymentRefused:
        file_id = ""
    except GatewayUnavailable:
        if dispute.answer_until_at is None or dispute.answer_until_at - now > LAST_DAY:
            raise
        file_id = ""
    return operations.note_paper(dispute_public_id=dispute.public_id, version=dispute.version, file_id=file_id, now=now)


def accept(*, dispute_public_id: str, reason: str, by: Actor, now: datetime) -> Dispute:
    """
    Give a dispute up: the bank keeps the money. Cannot be taken back.

    :raises GatewayUnavailable: unknown; ask again
    :raises PaymentRefused: the bank has decided meanwhile
    :raises DisputeDecided: see `operations.note_accepted`
    """
    dispute = operations.note_accepted(dispute_public_id=dispute_public_id, reason=reason, by=by, now=now)
    return _follow(dispute.payment_reference, gateway.accept(dispute.stripe_dispute), now=now)


def look_again(*, dispute_public_id: str, now: datetime) -> Dispute:
    """
    Ask how a known dispute stands and note it.

    :raises UnknownDispute: no such dispute in this mall
    :raises GatewayUnavailable: no clear answer
    """
    dispute = by_public_id(dispute_public_id)
    return look_at(payment_reference=dispute.payment_reference, dispute_id=dispute.stripe_dispute, now=now)


def _follow(payment_reference: str, told: DisputeState, *, now: datetime) -> Dispute:
    return operations.follow(payment_reference=payment_reference, told=told, now=now)
