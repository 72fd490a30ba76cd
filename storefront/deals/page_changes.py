"""
Changes of the page of a deal that is on sale in an audited mall: held beside what shoppers read until the audit has passed them.

`propose` is asked by whoever would show a version of such a page; `must_wait` refuses what goes round it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from tenants.isolation import current

from . import pages, sending
from .checks import DealDraft
from .models import Deal, DealReview
from .operations import DealHasEnded
from .snapshots import draft_of


class PageGone(DomainError):
    """The version that passed cannot be shown as it was audited."""

    code = "page_gone"
    message = _(
        "Its page, or a picture on it, was changed or deleted meanwhile. Look at the page and publish it again."
    )


class PageWaits(DomainError):
    """The page of a deal on sale would show what nobody has audited."""

    code = "page_waits"
    message = _(
        "The deal of this page is on sale as the audit approved it. Publish the page in its editor: it goes to the audit."
    )


def must_wait(deal: Deal, held: Mapping[str, Any]) -> bool:
    """Tell whether a deal's page may not say this yet: it is on sale, audited, and neither what shoppers read nor what was approved."""
    if current.mall().audited_at is None or deal.state != Deal.State.PUBLISHED:
        return False
    known = []
    shown = pages.source().shown(deal)
    if shown is not None and shown.is_live:
        known.append(pages.own(shown.held))
    review = DealReview.objects.filter(deal=deal).first()
    if review is not None and review.approved_page is not None:
        known.append(pages.own(review.approved_page))
    return pages.own(held) not in (known or [pages.own(None)])


def keep_shown(deal: Deal) -> None:
    """
    Keep as approved what shoppers read of a deal on sale from before pages were audited, where nothing is kept. Inside a transaction that
    has locked the deal.
    """
    shown = pages.source().shown(deal)
    if deal.state != Deal.State.PUBLISHED or shown is None or not shown.is_live:
        return
    review, _made = DealReview.objects.get_or_create(deal=deal)
    if review.approved_page is None:
        review.approved_page = pages.with_picture(shown.held, draft_of(deal))
        review.save(update_fields=["approved_page"])


@transaction.atomic
def propose(*, deal_public_id: str, revision: int, by: Actor, now: datetime) -> bool:
    """
    Send a version of a deal's page to the audit, and tell whether it waits for that; False: it may be shown now, and then nothing of
    the page waits any more. Repeated it changes nothing. Locks: Deal.
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    found = pages.source().version(deal, revision)
    if found is None or current.mall().audited_at is None or deal.state != Deal.State.PUBLISHED:
        return False
    review, _made = DealReview.objects.get_or_create(deal=deal)
    waits = must_wait(deal, found.held)
    if not waits and review.proposed_page is None:
        return False
    is_new = review.proposed_page != revision
    review.proposed_page = revision if waits else None
    review.save(update_fields=["proposed_page"])
    if waits and is_new:
        subject = ("page", str(found.page))
        audit.record(action="page.sent", subject=subject, summary=deal.title, by=by, now=now, revision=revision)
    sending.send(deal, review, sending.draft_to_send(deal, review), by=by, now=now, page=found.page)
    return waits


def forget(deal_id: int) -> None:
    """Let no version of a deal's page wait any more, in a mall that publishes alone by now and shows another one."""
    DealReview.objects.filter(deal_id=deal_id, proposed_page__isnull=False).update(proposed_page=None)


def show_approved(deal: Deal, review: DealReview, draft: DealDraft, *, by: Actor, now: datetime) -> None:
    """
    Show the version that waits, exactly as it passed, as the act of who sent it; a later one stays a draft. Inside a transaction that has
    locked the deal.

    :raises PageGone: it is gone, or a picture on it is another by now
    :raises DealHasEnded: nothing of the deal is sold any more
    """
    if review.proposed_page is None:
        return
    if deal.state == Deal.State.ENDED:
        raise DealHasEnded
    found = pages.source().version(deal, review.proposed_page)
    if found is None or pages.digest(pages.with_picture(found.held, draft)) != pages.digest(review.sent_page):
        raise PageGone
    revision = review.proposed_page
    DealReview.objects.filter(pk=review.pk).update(approved_page=review.approved_page, proposed_page=None)
    sent = AuditEntry.objects.filter(action="page.sent", subject_kind="page", subject_id=str(found.page))
    sender = actor_of(sent.filter(data__revision=revision).order_by("-pk").first())
    pages.source().show(deal, revision, by=sender or by, now=now)


def actor_of(told: AuditEntry | None) -> Actor | None:
    """Return who acted, with the clause, the task and the reason by which one of the agency did."""
    if told is None:
        return None
    return Actor(
        kind=told.actor_kind, name=told.actor_name, public_id=told.actor_public_id, on_behalf_of=told.on_behalf_of,
        clause=told.clause, task=told.data.get("task", ""), reason=told.data.get("reason", ""),
    )  # fmt: skip
