"""
Audits as this mall takes part in them: a deal is sent, a verdict comes back, and publishing asks for it (`gates`).

A change of a deal on sale does not touch the sale: it waits beside the deal as `DealReview.proposed` and is written when the audit has
said yes. Ending a deal never waits. A change of the deal's page waits the same way (`page_changes`); one case is about both.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from tenants.isolation import current

from . import bounds, checks, guard, operations, page_changes, pages, sending, snapshots
from .capacity import Kind
from .checks import DealDraft, Problem
from .models import Deal, DealReview
from .operations import DealHasEnded, DealNotReady, DealRefused

State = DealReview.State


class NoAuditHere(DomainError):
    """The mall publishes alone."""

    code = "no_audit_here"
    message = _("This mall's deals are not audited. Publish it.")


class ReasonNeeded(DomainError):
    """An override of the guard has no reason that somebody else could understand."""

    code = "reason_needed"
    message = _("Say in a sentence why more can be served or earned than the guard computes.")


class SomethingGone(DomainError):
    """A picture or category of a change was deleted while the change was audited, or a picture got another file."""

    code = "something_gone"
    message = _(
        "Its picture or category was changed or deleted meanwhile. Look at the change, save it and send it again."
    )


class NothingToOverride(DomainError):
    """The guard does not stop the deal."""

    code = "nothing_to_override"
    message = _("The guard does not stop this deal.")


@dataclass(frozen=True)
class Verdict:
    """
    How the platform's case stands. `version` counts its changes; `stages` are {key, name, state}, `asked` {stage, field, text}.

    `state` is a `DealReview.State`; `submission`, `fingerprint` and `page` (a `pages.digest`) say what it is about.
    """

    version: int
    submission: str
    fingerprint: str
    state: str
    stages: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    words: str = ""
    page: str = ""


@transaction.atomic
def submit(*, deal_public_id: str, by: Actor, now: datetime) -> DealReview:
    """
    Send a draft to the audit. Repeated without a change it changes nothing. Locks: Deal.

    :raises NoAuditHere: the mall publishes alone
    :raises DealHasEnded: it is over
    :raises DealNotReady: it lacks something, the guard does not know enough, or it stops the deal without an override
    """
    if current.mall().audited_at is None:
        raise NoAuditHere
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    if deal.state == Deal.State.ENDED:
        raise DealHasEnded
    review, _made = DealReview.objects.get_or_create(deal=deal)
    draft = sending.draft_to_send(deal, review)
    if problems := (*_lacking(deal, at=now), *_open_questions(draft, deal, at=now)):
        raise DealNotReady(problems)
    return sending.send(deal, review, draft, by=by, now=now)


@transaction.atomic
def update(*, deal_public_id: str, draft: DealDraft, by: Actor, now: datetime) -> Deal:
    """
    Change a deal, as `operations.update` does. On sale in an audited mall the change waits for the audit, which it is sent to; the deal
    stays on sale as it was approved. Written as it is on sale, no change of the form waits any more. Locks: Deal.

    :raises DealHasEnded: it is over
    :raises DealRefused: see `operations.update`; or the guard does not know enough, or stops the change without an override
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    if deal.state != Deal.State.PUBLISHED or current.mall().audited_at is None:
        changed = operations.update(deal_public_id=deal_public_id, draft=draft, by=by, now=now)
        DealReview.objects.filter(deal=deal).update(proposed=None)
        return changed
    operations.check_change(deal, draft)
    is_same = snapshots.fingerprint(snapshots.snapshot(draft)) == snapshots.fingerprint_of(deal)
    # A second person is asked only for what can be done with their yes.
    if not is_same and (problems := _open_questions(draft, deal, at=now)):
        raise DealRefused(problems)
    by = bounds.by_right(deal, draft, by=by)
    bounds.refuse_change(deal, draft, by=by, now=now)
    review, _made = DealReview.objects.get_or_create(deal=deal)
    if is_same and review.proposed is None:
        return deal
    review.proposed = None if is_same else snapshots.as_json(draft)
    review.save(update_fields=["proposed"])
    sending.send(deal, review, draft, by=by, now=now)
    return deal


@transaction.atomic
def take_verdict(*, deal_public_id: str, verdict: Verdict, by: Actor, now: datetime) -> Deal | None:
    """
    Take how the platform's case stands; an approved change of a deal on sale is written now. Returns the deal, None when the news are
    old or about an earlier submission. Locks: Deal.
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    review, _made = DealReview.objects.get_or_create(deal=deal)
    if verdict.version <= review.told_version or verdict.submission != review.submission:
        return None
    was = review.state
    review.told_version, review.told_at, review.state = verdict.version, now, verdict.state
    review.stages, review.asked, review.words = verdict.stages, verdict.asked, verdict.words
    if verdict.state == State.APPROVED:
        if verdict.page != pages.digest(review.sent_page):
            return _ask_again(deal, review, by=by, now=now)
        review.approved_fingerprint = verdict.fingerprint
        _write_proposed(deal, review, by=by, now=now)
    review.save()
    if review.state != was:
        audit.record(
            action=f"deal.audit_{review.state}", subject=("deal", deal.public_id), summary=deal.title, by=by, now=now
        )
    return deal


def _ask_again(deal: Deal, review: DealReview, *, by: Actor, now: datetime) -> Deal:
    """Send once more what was passed without its page, by a release that knew no pages."""
    review.save()
    sending.send(deal, review, sending.draft_to_send(deal, review), by=_sender(deal) or by, now=now, again=True)
    return deal


def _write_proposed(deal: Deal, review: DealReview, *, by: Actor, now: datetime) -> None:
    """Write what was approved, as the act of who sent it. What can no longer be written is asked back, in words."""
    draft = snapshots.from_json(review.proposed) if review.proposed is not None else None
    is_waiting = draft is not None or review.proposed_page is not None
    before = review.approved_page
    review.approved_page = review.sent_page if review.sent_page is not None else before
    # A mall that publishes alone by now decides itself what becomes of it.
    if not is_waiting or current.mall().audited_at is None:
        return
    try:
        if draft is not None and not _is_as_sent(draft, review):
            raise SomethingGone
        with transaction.atomic():
            if draft is not None:
                sender = _sender(deal) or by
                operations.update(deal_public_id=deal.public_id, draft=draft, by=sender, now=now, is_approved=True)
            page_changes.show_approved(deal, review, draft or snapshots.draft_of(deal), by=by, now=now)
    except (DealRefused, DealHasEnded, SomethingGone, page_changes.PageGone) as refusal:
        review.state, review.words = State.ASKED, str(refusal)
        review.approved_fingerprint, review.approved_page = snapshots.fingerprint_of(deal), before
    else:
        review.proposed = review.proposed_page = None


def _is_as_sent(draft: DealDraft, review: DealReview) -> bool:
    """Tell whether a change is what the audit has seen, with the file under its picture."""
    exact = snapshots.fingerprint(snapshots.snapshot(draft))
    return exact == review.fingerprint and pages.has_file_of(review.sent_page, draft)


def _sender(deal: Deal) -> Actor | None:
    """Return who sent the deal itself last, with the clause, the task and the reason by which one of the agency did, from the trail."""
    sent = AuditEntry.objects.filter(action="deal.submitted", subject_kind="deal", subject_id=deal.public_id)
    return page_changes.actor_of(sent.exclude(data__has_key="page").order_by("-pk").first())


@transaction.atomic
def drop_change(*, deal_public_id: str, by: Actor, now: datetime) -> DealReview:
    """
    Take back what waits, of the deal and of its page: the audit gets both as they are sold. What was written on the page stays its draft.
    Repeated it changes nothing. Locks: Deal.
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    review, _made = DealReview.objects.get_or_create(deal=deal)
    if review.proposed is None and review.proposed_page is None:
        return review
    review.proposed = review.proposed_page = None
    review.save(update_fields=["proposed", "proposed_page"])
    return sending.send(deal, review, snapshots.draft_of(deal), by=by, now=now)


@transaction.atomic
def override_guard(*, deal_public_id: str, reason: str, by: Actor, now: datetime) -> DealReview:
    """
    Let a deal through although the guard stops it, for exactly these figures. Name and reason stay with the deal. Locks: Deal.

    :raises OnlyTheMerchant: `by` acts on the merchant's behalf, or is not of the merchant's people
    :raises ReasonNeeded: fewer than ten letters
    :raises NothingToOverride: the guard does not stop it
    """
    refuse_all_but_merchant(by)
    reason = reason.strip()[:300]
    if sum(letter.isalnum() for letter in reason) < 10 or not by.name:
        raise ReasonNeeded
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    review, _made = DealReview.objects.get_or_create(deal=deal)
    draft = sending.draft_to_send(deal, review)
    found = guard.examined(draft, deal=deal, at=now)
    if not found.is_stopped:
        raise NothingToOverride
    review.override_of = guard.figures(draft, deal=deal, at=now)
    review.override_reason, review.override_by, review.override_at = reason, by.name[:160], now
    review.save()
    said = " ".join(one.text for one in found.of(Kind.STOP))
    audit.record(
        action="deal.guard_overridden",
        subject=("deal", deal.public_id),
        summary=f"{deal.title}: {reason}"[:300],
        by=by,
        now=now,
        guard=said,
    )
    return review


def _lacking(deal: Deal, *, at: datetime) -> tuple[Problem, ...]:
    return checks.missing_for_sale(deal, at=at) if deal.state == Deal.State.DRAFT else ()


def _open_questions(draft: DealDraft, deal: Deal, *, at: datetime) -> tuple[Problem, ...]:
    """Return what the guard must know or have overridden before somebody's time is spent on an audit."""
    asks = guard.examined(draft, deal=deal, at=at).of(Kind.ASK)
    return (*(Problem(one.field, one.text) for one in asks), *guard.stops(draft, deal=deal, at=at))
