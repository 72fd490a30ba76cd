"""What the platform's audit is told of a deal: its fields, its page, what the guard found, and who had a hand in it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from saas.kernel.ids import public_id
from saas.kernel.outbox import operations as outbox

from . import guard, pages, snapshots
from .checks import DealDraft
from .models import Deal, DealReview
from .pages import Held, PageText
from .snapshots import Snapshot

State = DealReview.State
WRITING = (
    "deal.created", "deal.changed", "deal.submitted", "page.created", "page.changed", "page.published", "page.sent",
)  # fmt: skip


def send(
    deal: Deal, review: DealReview, draft: DealDraft, *, by: Actor, now: datetime, again: bool = False, **noted: object
) -> DealReview:
    """
    Send a deal as `draft` with its page to the audit; as it was sent last it is not sent twice, except `again`. `noted` goes into the
    trail. Inside a transaction that has locked the deal.
    """
    taken, said = snapshots.snapshot(draft), page_to_send(deal, review)
    exact, held = snapshots.fingerprint(taken), pages.with_picture(said.held, draft)
    if not again and review.fingerprint == exact and _is_sent(review, said, held):
        return review
    review.state, review.submission, review.fingerprint = State.SUBMITTED, public_id(), exact
    review.submitted_at, review.submitted_by, review.sent_page = now, by.name[:160], held
    review.stages, review.asked, review.words = [], [], ""
    review.save()
    audit.record(action="deal.submitted", subject=("deal", deal.public_id), summary=deal.title, by=by, now=now, **noted)
    payload = _payload(deal, review, {**taken, **held}, draft, by=by, now=now)
    outbox.tell(kind="deal.submitted", subject=deal.public_id, payload=payload, now=now)
    return review


def draft_to_send(deal: Deal, review: DealReview) -> DealDraft:
    """Return the deal as the audit gets it: the change that waits, else the deal."""
    return snapshots.from_json(review.proposed) if review.proposed else snapshots.draft_of(deal)


def to_send(deal: Deal, review: DealReview) -> Snapshot:
    """Return all that the audit gets of a deal and its page, as plain data."""
    draft = draft_to_send(deal, review)
    return {**snapshots.snapshot(draft), **pages.with_picture(page_to_send(deal, review).held, draft)}


def page_to_send(deal: Deal, review: DealReview) -> PageText:
    """Return the page as the audit gets it: the version that waits; else as it is sold, and of a draft as it was last written."""
    known = pages.source()
    waiting = known.version(deal, review.proposed_page) if review.proposed_page is not None else None
    found = waiting or (known.latest(deal) if deal.state == Deal.State.DRAFT else known.shown(deal))
    if found is None:
        return PageText(page=0)
    if waiting is None and deal.state != Deal.State.DRAFT and not found.is_live:
        return replace(found, held=pages.part(review.approved_page or {}))
    return found


def _is_sent(review: DealReview, said: PageText, held: Held) -> bool:
    """Tell whether the audit has, or has passed, the page as it is. One that passed and still waits was never shown."""
    if review.state == State.APPROVED and (review.proposed is not None or review.proposed_page is not None):
        return False
    if review.state not in (State.SUBMITTED, State.APPROVED):
        return False
    return is_as(review.sent_page, said, held, since=review.submitted_at)


def is_as(known: Held | None, said: PageText, held: Held, *, since: datetime | None) -> bool:
    """Tell whether a page is as it was `known`; where that was not kept, by a release without pages, whether it is untouched `since`."""
    if known is not None:
        return pages.digest(known) == pages.digest(held)
    return said.changed_at is None or since is None or said.changed_at <= since


def _approved(deal: Deal, review: DealReview) -> Held | None:
    """Return what of the page counts as approved: as it is sold, else as it passed last; None where nothing did."""
    shown = pages.source().shown(deal)
    if deal.state != Deal.State.DRAFT and shown is not None and shown.is_live:
        return pages.with_picture(shown.held, snapshots.draft_of(deal))
    return review.approved_page


def sold(deal: Deal) -> Snapshot | None:
    """Return all that shoppers buy by now, for comparing; None of a deal that was never on sale."""
    if deal.state == Deal.State.DRAFT:
        return None
    draft, shown = snapshots.draft_of(deal), pages.source().shown(deal)
    held = shown.held if shown is not None and shown.is_live else {}
    return {**snapshots.snapshot(draft), **pages.with_picture(held, draft)}


def writers(deal: Deal) -> list[str]:
    """Return the public ids of the agency's people who wrote, changed or sent a deal or its page, by the trail; they do not audit it."""
    page = pages.source().shown(deal)
    about = Q(subject_kind="deal", subject_id=deal.public_id)
    if page is not None:
        about |= Q(subject_kind="page", subject_id=str(page.page))
    acts = (
        AuditEntry.objects.filter(about, action__in=WRITING)
        .filter(actor_kind=User.Kind.AGENCY)
        .exclude(actor_public_id="")
    )
    return sorted(set(acts.values_list("actor_public_id", flat=True)))


def _payload(
    deal: Deal, review: DealReview, taken: Snapshot, draft: DealDraft, *, by: Actor, now: datetime
) -> dict[str, Any]:
    found = guard.examined(draft, deal=deal, at=now)
    figures = (
        "units",
        "days",
        "slots",
        "usable",
        "taken",
        "servable",
        "use_bp",
        "unit_margin_minor",
        "total_margin_minor",
    )
    return {
        "deal": deal.public_id,
        "title": draft.title,
        "currency": deal.currency,
        "slug": deal.slug,
        "submission": review.submission,
        "fingerprint": review.fingerprint,
        "snapshot": taken,
        # A release without pages sends none of the three.
        "page": pages.digest(review.sent_page),
        "page_was": _approved(deal, review),
        "was": sold(deal),
        "is_on_sale": deal.state == Deal.State.PUBLISHED,
        "by": {"kind": by.kind, "name": by.name, "public_id": by.public_id},
        "writers": writers(deal),
        "guard": {
            **{name: getattr(found, name) for name in figures},
            "findings": [{"kind": one.kind, "field": one.field, "text": one.text} for one in found.findings],
            "override": {"by": review.override_by, "reason": review.override_reason}
            if guard.is_overridden(draft, deal, at=now)
            else None,
        },
    }
