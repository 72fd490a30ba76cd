"""
Changes of the terms: the agency offers, the merchant confirms or declines (M7). Nothing changes before the merchant's yes,
and what was ordered before keeps its terms (M3).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Phrase, each, phrase
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from saas.kernel.outbox import operations as outbox
from saas.kernel.tasks import enqueue

from .models import CommissionTerm, TermProposal
from .operations import TermDraft, add_term, refuse_nonsense, refuse_overlap
from .queries import explanation, in_words

State = TermProposal.State


class ProposalStands(DomainError):
    """Another offer for the same thing waits for an answer."""

    code = "proposal_stands"
    message = _("An offer for the same thing waits for the merchant. Withdraw it first.")


class ProposalDecided(DomainError):
    """The offer was answered or withdrawn before."""

    code = "proposal_decided"
    message = _("This offer was decided before. Look at the page again to see how.")


class ProposalLapsed(ProposalDecided):
    """Nobody answered within `settings.OFFER_DAYS`."""

    code = "proposal_lapsed"
    message = _("Nobody answered this offer in time, so it was withdrawn. Nothing has changed; ask for a new one.")


class ProposalTooLate(DomainError):
    """The time for which the offer was made is over."""

    code = "proposal_too_late"
    message = _("The time that this offer was for is over. Nothing has changed; ask for a new one.")


@transaction.atomic
def propose(*, draft: TermDraft, reason: str, by: Actor, now: datetime) -> TermProposal:
    """
    Offer a rule to the merchant, who is told by mail.

    :raises TermRefused: see `operations.add_term`
    :raises TermOverlaps: see `operations.add_term`
    :raises ProposalStands: an offer for the same scope is open
    """
    refuse_nonsense(draft, now=now)
    replaced = refuse_overlap(draft)
    fields = {name: value for name, value in vars(draft).items() if name != "is_replacing"}
    before = [explanation(one) for one in replaced]
    try:
        with transaction.atomic():
            offered = TermProposal.objects.create(
                **fields, before=before, reason=reason, proposed_by=by.name[:160], proposed_at=now
            )
    except IntegrityError as error:
        raise ProposalStands(scope=draft.scope, scope_id=draft.scope_id) from error
    _note(
        "terms.proposed",
        offered,
        phrase(_("Offered: %(terms)s. %(reason)s"), terms=_words(offered), reason=reason),
        by=by,
        now=now,
    )
    enqueue("cms.backoffice.tell_of_proposal", proposal=offered.public_id)
    return offered


@transaction.atomic
def accept(*, proposal: str, by: Actor, now: datetime) -> CommissionTerm:
    """
    Confirm an offer: its rule is added, from its start or from now if that has passed. Repeated it returns the same rule.

    Locks: TermProposal, then as `operations.add_term`.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises ProposalDecided: declined or withdrawn before
    :raises ProposalTooLate: its end has passed
    """
    refuse_all_but_merchant(by)
    offered = locked_one(TermProposal.objects.filter(public_id=proposal))
    if offered.state == State.ACCEPTED and offered.term:
        return offered.term
    _refuse_decided(offered)
    if offered.ends_at is not None and offered.ends_at <= now:
        raise ProposalTooLate
    draft = replace(draft_of(offered), starts_at=max(offered.starts_at, now), is_replacing=True)
    offered.term = add_term(draft=draft, by=by, now=now)
    _decide(offered, State.ACCEPTED, by=by, now=now)
    return offered.term


@transaction.atomic
def decline(*, proposal: str, answer: str, by: Actor, now: datetime) -> TermProposal:
    """
    Say no to an offer; nothing changes. Locks: TermProposal. Repeated it changes nothing.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises ProposalDecided: confirmed or withdrawn before
    """
    refuse_all_but_merchant(by)
    return _close(proposal, State.DECLINED, answer=answer, by=by, now=now)


@transaction.atomic
def withdraw(*, proposal: str, by: Actor, now: datetime) -> TermProposal:
    """
    Take back an offer that nobody has answered. Locks: TermProposal. Repeated it changes nothing.

    :raises ProposalDecided: confirmed or declined before
    """
    return _close(proposal, State.WITHDRAWN, answer="", by=by, now=now)


def draft_of(offered: TermProposal) -> TermDraft:
    """Return the rule of an offer as a draft."""
    return TermDraft(
        name=offered.name,
        rate_bp=offered.rate_bp,
        starts_at=offered.starts_at,
        ends_at=offered.ends_at,
        scope=offered.scope,
        scope_id=offered.scope_id,
        minimum_minor=offered.minimum_minor,
        maximum_minor=offered.maximum_minor,
        agency_rate_bp=offered.agency_rate_bp,
        tax_rate_bp=offered.tax_rate_bp,
    )


def as_term(offered: TermProposal) -> CommissionTerm:
    """Return the rule of an offer as an unsaved row, to be explained and compared."""
    fields = {name: value for name, value in vars(draft_of(offered)).items() if name != "is_replacing"}
    return CommissionTerm(**fields)


def _close(proposal: str, state: TermProposal.State, *, answer: str, by: Actor, now: datetime) -> TermProposal:
    offered = locked_one(TermProposal.objects.filter(public_id=proposal))
    if offered.state == state:
        return offered
    _refuse_decided(offered)
    offered.answer = answer[:300]
    _decide(offered, state, by=by, now=now)
    return offered


def _refuse_decided(offered: TermProposal) -> None:
    if offered.state == State.WITHDRAWN and offered.decided_by == SYSTEM.name:
        raise ProposalLapsed
    if offered.state != State.OPEN:
        raise ProposalDecided


@transaction.atomic
def withdraw_unanswered(*, now: datetime) -> int:
    """
    Withdraw the offers that nobody answered within `settings.OFFER_DAYS`, or whose time is over; return how many. The platform is told.

    Locks: TermProposal. Repeated it changes nothing.
    """
    is_due = Q(proposed_at__lte=now - timedelta(days=settings.OFFER_DAYS)) | Q(ends_at__lte=now)
    found = [one for one in locked(TermProposal.objects.filter(is_due, state=State.OPEN)) if one.state == State.OPEN]
    for offered in found:
        _decide(offered, State.WITHDRAWN, by=SYSTEM, now=now)
    return len(found)


def _decide(offered: TermProposal, state: TermProposal.State, *, by: Actor, now: datetime) -> None:
    offered.state, offered.decided_by, offered.decided_at = state, by.name[:160], now
    offered.save()
    said = phrase(_("%(state)s: %(terms)s"), state=state.label, terms=_words(offered))
    words = phrase(_("%(said)s. %(answer)s"), said=said, answer=offered.answer) if offered.answer else said
    _note(f"terms.{state.value}", offered, words, by=by, now=now)
    if state != State.WITHDRAWN or by == SYSTEM:
        payload = {"proposal": offered.public_id, "state": state.value, "answer": offered.answer, **said.told()}
        outbox.tell(
            kind="terms.answered",
            subject=offered.public_id,
            payload={**payload, "by": by.name, "by_kind": by.kind},
            now=now,
        )


def _words(offered: TermProposal) -> Phrase:
    term = as_term(offered)
    return each(lambda: in_words(term))


def _note(action: str, offered: TermProposal, summary: Phrase, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("term_proposal", offered.public_id), summary=summary, by=by, now=now)
