"""
Writes of disputes. Lock order: deals, order, vouchers, dispute. Nothing here speaks to Stripe; `looking` does.

What Stripe answers moves a dispute forward only: a closed one stays closed, however late and in which order news arrive.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from billing.gateway.disputes import DisputeState
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked, locked_one
from storefront.checkout import settling
from storefront.checkout.operations import locked_order
from storefront.orders.models import Order
from storefront.payments import queries as payments
from storefront.payments.models import Payment
from storefront.vouchers.models import Voucher

from . import closing, queries, telling
from .evidence import PAPER
from .models import Dispute
from .refusals import (
    DisputeDecided,
    EvidenceChanged,
    EvidenceMissing,
    EvidenceSent,
    EvidenceTooLate,
    EvidenceTooLong,
    NoteMissing,
    UnknownDispute,
)

State = Dispute.State
# What a bank takes, https://docs.stripe.com/api/disputes/evidence_object
LONGEST_FIELD, LONGEST = 20_000, 150_000
_ENDS = {"lost": State.LOST, "won": State.WON}


@transaction.atomic
def follow(*, payment_reference: str, told: DisputeState, now: datetime) -> Dispute:
    """
    Bring a dispute to what Stripe says, forward only, and return it. Repeated it changes nothing.

    Money taken: what was sold for the payment is frozen. Lost: unused vouchers are void, used ones are taken from the merchant, as far
    as the amount goes. Won, or an inquiry closed: everything is as it was.

    Locks: deals, order, vouchers, dispute. Outbox: "dispute.opened" when money was taken, "dispute.won" when it came back,
    "dispute.lost", and "dispute.changed" whenever anything changed.

    :raises PaymentUnknown: no payment of this mall has the reference
    :raises Busy: somebody else held a lock for too long
    """
    payment = payments.by_reference(payment_reference)
    _deals, order, _lines = locked_order(payment.order_public_id)
    sold = Voucher.objects.select_related("line", "deal").filter(line__order=order)
    # A payment that bought nothing stands for no voucher: the platform bears what a bank takes of it.
    vouchers = locked(sold) if payment.state == Payment.State.PAID else []
    dispute = _row(told, payment_reference, order, now=now)
    before, only_asked = _standing(dispute), dispute.pk is not None and dispute.is_inquiry
    _note_facts(dispute, told, now=now)
    if only_asked and dispute.holds and told.is_open:
        _escalated(dispute)
    _note_money(dispute, told, now=now)
    if dispute.is_open:
        _note_state(dispute, told, vouchers, is_news=dispute.pk is None or (only_asked and dispute.holds), now=now)
    dispute.save()
    if _standing(dispute) != before:
        telling.changed(dispute, now=now)
    return dispute


def _row(told: DisputeState, payment_reference: str, order: Order, *, now: datetime) -> Dispute:
    known = Dispute.objects.select_related("order").filter(stripe_dispute=told.dispute_id)
    if known.exists():
        return locked_one(known)
    return Dispute(
        stripe_dispute=told.dispute_id,
        order=order,
        payment_reference=payment_reference,
        is_inquiry=told.is_inquiry,
        reason=told.reason[:60],
        amount_minor=told.amount_minor,
        currency=told.currency,
        opened_at=told.opened_at,
        checked_at=now,
    )


def _standing(dispute: Dispute) -> tuple[object, ...]:
    """Return what somebody outside wants to hear of when it changes."""
    is_new = dispute.pk is None
    return (
        is_new,
        dispute.state,
        dispute.is_inquiry,
        dispute.answer_until_at,
        dispute.amount_minor,
        dispute.taken_minor,
        dispute.given_back_minor,
        dispute.fee_minor,
        dispute.submitted_at,
    )


def _note_facts(dispute: Dispute, told: DisputeState, *, now: datetime) -> None:
    dispute.checked_at = now
    dispute.is_inquiry = told.is_inquiry and not told.withdrawn_minor
    dispute.reason, dispute.amount_minor = told.reason[:60], told.amount_minor
    dispute.answer_until_at = told.answer_until_at or dispute.answer_until_at
    dispute.fee_minor = told.fee_minor


def _note_money(dispute: Dispute, told: DisputeState, *, now: datetime) -> None:
    """Tell the books once of what was taken, and once of what came back. Both happen in one piece at Stripe."""
    if told.withdrawn_minor and not dispute.taken_minor:
        dispute.taken_minor = told.withdrawn_minor
        telling.books(dispute, "dispute.opened", now=now, amount_minor=dispute.taken_minor)
    if told.reinstated_minor and not dispute.given_back_minor:
        dispute.given_back_minor = min(told.reinstated_minor, dispute.taken_minor)
        telling.books(dispute, "dispute.won", now=now, amount_minor=dispute.given_back_minor)


def _escalated(dispute: Dispute) -> None:
    """The bank that only asked takes the money, and is answered anew: what was sent to its question does not count."""
    dispute.state, dispute.version = State.OPEN, dispute.version + 1
    dispute.evidence = {name: text for name, text in dispute.evidence.items() if name != PAPER}
    dispute.submitting_at, dispute.submitted_at, dispute.submitted_by = None, None, ""


def _note_state(dispute: Dispute, told: DisputeState, vouchers: list[Voucher], *, is_news: bool, now: datetime) -> None:
    if told.is_open:
        # Evidence that answered a mere question is counted by Stripe still, and answers nothing now.
        if told.status.endswith("under_review") or (told.submissions and dispute.submitting_at):
            dispute.state = State.SENT
            dispute.submitted_at = dispute.submitted_at or now
        if is_news or (dispute.holds and not any(one.disputed_at for one in vouchers)):
            frozen = closing.freeze(vouchers, now=now) if dispute.holds else 0
            if is_news:
                _opened(dispute, frozen, now=now)
        return
    if dispute.taken_minor and told.status == "lost":  # it was lost before anybody told us that it was opened
        closing.freeze(vouchers, now=now)
    _end(dispute, told, vouchers, now=now)


def _opened(dispute: Dispute, frozen: int, *, now: datetime) -> None:
    text = (
        gettext_lazy("The bank asks about the payment")
        if dispute.is_inquiry
        else gettext_lazy("The bank took the payment back")
    )
    telling.note("dispute.opened", dispute, text, by=SYSTEM, now=now, frozen=frozen)
    telling.letter(dispute)


def _end(dispute: Dispute, told: DisputeState, vouchers: list[Voucher], *, now: datetime) -> None:
    dispute.state, dispute.closed_at = _ENDS.get(told.status, State.CLOSED), now
    gone_minor = dispute.taken_minor - dispute.given_back_minor
    if dispute.state == State.LOST and gone_minor:
        dispute.lost_vouchers = closing.take(vouchers, amount_minor=gone_minor, now=now)
        told_of = {"vouchers": dispute.lost_vouchers}
        if settling.taken_by_bank(payment_reference=dispute.payment_reference, now=now):
            told_of["was_going_back"] = True
        telling.books(dispute, "dispute.lost", now=now, amount_minor=gone_minor, **told_of)
    if not queries.is_held_by_another(dispute):
        closing.let_go(vouchers)
    action = f"dispute.{dispute.state}"
    texts = {
        State.WON: gettext_lazy("The bank decided for the shop"),
        State.LOST: gettext_lazy("The bank decided for the buyer"),
        State.CLOSED: gettext_lazy("The bank closed its question"),
    }
    telling.note(action, dispute, texts[State(dispute.state)], by=SYSTEM, now=now, vouchers=len(dispute.lost_vouchers))
    telling.letter(dispute)


@transaction.atomic
def add_note(*, dispute_public_id: str, note: str, by: Actor, now: datetime) -> Dispute:
    """
    Keep what the merchant knows about the purchase; it goes into the evidence. Locks: dispute.

    :raises UnknownDispute: no such dispute in this mall
    :raises NoteMissing: `note` is empty
    :raises DisputeDecided: the bank has decided
    :raises EvidenceSent: the evidence has gone
    :raises EvidenceTooLate: the deadline has passed
    """
    dispute = _answerable(dispute_public_id, now=now)
    note = note.strip()[:4000]
    if not note:
        raise NoteMissing
    dispute.note, dispute.noted_by, dispute.noted_at = note, by.name[:160], now
    dispute.save(update_fields=["note", "noted_by", "noted_at"])
    telling.note("dispute.noted", dispute, gettext_lazy("Wrote what the shop knows"), by=by, now=now)
    telling.changed(dispute, now=now)
    return dispute


@transaction.atomic
def save_evidence(*, dispute_public_id: str, evidence: dict[str, str], by: Actor, now: datetime) -> Dispute:
    """
    Keep a version of the evidence, which has not gone to the bank. Locks: dispute. The trail says who read and wrote it.

    :raises UnknownDispute: no such dispute in this mall
    :raises EvidenceTooLong: more than a bank takes
    :raises DisputeDecided: see `add_note`, as EvidenceSent and EvidenceTooLate
    """
    dispute = _answerable(dispute_public_id, now=now)
    kept = {name: text.strip() for name, text in evidence.items() if text.strip()}
    for name, text in kept.items():
        if len(text) > LONGEST_FIELD:
            raise EvidenceTooLong(field=name, limit=LONGEST_FIELD)
    if sum(map(len, kept.values())) > LONGEST:
        raise EvidenceTooLong(field="", limit=LONGEST)
    if kept == dispute.evidence:
        return dispute
    dispute.evidence, dispute.version = kept, dispute.version + 1
    dispute.saved_by, dispute.saved_at = by.name[:160], now
    dispute.save(update_fields=["evidence", "version", "saved_by", "saved_at"])
    telling.note(
        "dispute.evidence_saved",
        dispute,
        gettext_lazy("Evidence saved, not sent"),
        by=by,
        now=now,
        version=dispute.version,
    )
    telling.changed(dispute, now=now)
    return dispute


@transaction.atomic
def begin_submission(*, dispute_public_id: str, version: int, by: Actor, now: datetime) -> Dispute:
    """
    Decide that a saved version of the evidence goes to the bank, once. Asked again by reason of an unknown outcome, the same goes.

    Locks: dispute. `version` is what the person has read.

    :raises UnknownDispute: no such dispute in this mall
    :raises EvidenceMissing: nothing is saved
    :raises EvidenceChanged: another version was saved meanwhile
    :raises DisputeDecided: see `add_note`, as EvidenceSent and EvidenceTooLate
    """
    dispute = _answerable(dispute_public_id, now=now, may_be_on_its_way=True)
    if not dispute.evidence:
        raise EvidenceMissing
    if dispute.version != version:
        raise EvidenceChanged(version=dispute.version)
    if dispute.submitting_at is None:
        dispute.submitting_at, dispute.submitted_by = now, by.name[:160]
        dispute.save(update_fields=["submitting_at", "submitted_by"])
        telling.note(
            "dispute.evidence_sent", dispute, gettext_lazy("Evidence sent to the bank"), by=by, now=now, version=version
        )
    return dispute


@transaction.atomic
def note_paper(*, dispute_public_id: str, version: int, file_id: str, now: datetime) -> Dispute:
    """
    Note the PDF that goes with a version of the evidence; the first stays, so that every later try sends the same.

    Locks: dispute. `file_id` is empty where Stripe did not take it: the texts go alone.

    :raises EvidenceChanged: another version was saved meanwhile
    """
    dispute = _locked(dispute_public_id)
    if dispute.version != version:
        raise EvidenceChanged(version=dispute.version)
    if PAPER not in dispute.evidence:
        dispute.evidence = {**dispute.evidence, PAPER: file_id}
        dispute.save(update_fields=["evidence"])
        if not file_id:
            text = gettext_lazy("The payment service did not take the PDF; the texts go without it")
            telling.note("dispute.paper_refused", dispute, text, by=SYSTEM, now=now, version=version)
    return dispute


@transaction.atomic
def note_refused(*, dispute_public_id: str, now: datetime) -> None:
    """Note that Stripe did not take the evidence, so that it can be changed and sent again. Locks: dispute."""
    dispute = _locked(dispute_public_id)
    if dispute.submitted_at is None:
        dispute.submitting_at, dispute.submitted_by = None, ""
        dispute.save(update_fields=["submitting_at", "submitted_by"])
        telling.note(
            "dispute.evidence_refused",
            dispute,
            gettext_lazy("The payment service did not take the evidence"),
            by=SYSTEM,
            now=now,
        )


@transaction.atomic
def note_accepted(*, dispute_public_id: str, reason: str, by: Actor, now: datetime) -> Dispute:
    """
    Note who gives a dispute up, before Stripe is told. Locks: dispute.

    :raises UnknownDispute: no such dispute in this mall
    :raises DisputeDecided: the bank has decided
    """
    dispute = _locked(dispute_public_id)
    if not dispute.is_open:
        raise DisputeDecided(state=dispute.state)
    telling.note("dispute.accepted", dispute, reason.strip()[:200] or gettext_lazy("Given up"), by=by, now=now)
    return dispute


def _answerable(dispute_public_id: str, *, now: datetime, may_be_on_its_way: bool = False) -> Dispute:
    dispute = _locked(dispute_public_id)
    if not dispute.is_open:
        raise DisputeDecided(state=dispute.state)
    if dispute.submitted_at is not None or (dispute.submitting_at is not None and not may_be_on_its_way):
        raise EvidenceSent
    if dispute.is_late(at=now):
        raise EvidenceTooLate(answer_until_at=dispute.answer_until_at)
    return dispute


def _locked(dispute_public_id: str) -> Dispute:
    try:
        return locked_one(Dispute.objects.select_related("order").filter(public_id=dispute_public_id))
    except Dispute.DoesNotExist as error:
        raise UnknownDispute from error
