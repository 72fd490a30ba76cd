"""What stands between a deal and its sale: what it lacks, the guard, the audit. In words, with the field to mend."""

from datetime import datetime

from django.utils.translation import gettext as _

from tenants.isolation import current

from . import checks, guard, pages, sending, snapshots
from .checks import Problem
from .models import Deal, DealReview

State = DealReview.State


def in_the_way(deal: Deal, *, at: datetime) -> tuple[Problem, ...]:
    """Return what must be mended, overridden or audited before the deal can be published at `at`; empty when it is ready."""
    missing = checks.missing_for_sale(deal, at=at)
    return (*missing, *guard.stops(snapshots.draft_of(deal), deal=deal, at=at), *unaudited(deal))


def unaudited(deal: Deal) -> tuple[Problem, ...]:
    """Return what the audit still wants, with the list of open stages; nothing in a mall that publishes alone."""
    if current.mall().audited_at is None:
        return ()
    review = DealReview.objects.filter(deal=deal).first() or DealReview(deal=deal)
    exact = snapshots.fingerprint_of(deal)
    is_page_approved = is_page(deal, review, review.approved_page, since=review.told_at)
    if exact == review.approved_fingerprint and is_page_approved and review.state != State.REFUSED:
        return ()
    is_sent = review.fingerprint == exact and is_page(deal, review, review.sent_page, since=review.submitted_at)
    return (Problem("audit", _said(review, is_sent=is_sent)),)


def is_page(deal: Deal, review: DealReview, known: pages.Held | None, *, since: datetime | None) -> bool:
    """Tell whether the deal's page, with what waits of it, is as it was `known`; see `sending.is_as`."""
    said = sending.page_to_send(deal, review)
    return sending.is_as(known, said, pages.with_picture(said.held, sending.draft_to_send(deal, review)), since=since)


def keep_page(deal: Deal) -> None:
    """Keep what the page says with an approval of before pages were audited. Inside the transaction that puts the deal on sale."""
    review = DealReview.objects.filter(deal=deal, approved_page__isnull=True).first()
    if current.mall().audited_at is not None and review is not None:
        said = sending.page_to_send(deal, review)
        review.approved_page = pages.with_picture(said.held, snapshots.draft_of(deal))
        review.save(update_fields=["approved_page"])


def _said(review: DealReview, *, is_sent: bool) -> str:
    if review.state == State.NONE:
        return _("Every deal of this mall is audited before it goes on sale. Send it to the audit.")
    if review.state == State.REFUSED:
        return _("The audit has refused this deal: %(words)s") % {"words": review.words}
    if review.state == State.ASKED:
        return _("The audit asks for a change. Make it and send the deal again.")
    if not is_sent:
        return _(
            "It, or its page, was changed since it was sent to the audit. Send it again; only what the change touches is looked at anew."
        )
    names = open_stages(review)
    if not names:
        return _("It is being audited.")
    return _("It is being audited. Still open: %(stages)s.") % {"stages": ", ".join(names)}


def open_stages(review: DealReview) -> list[str]:
    """Return the names of the stages that are not passed, as the platform last told."""
    return [str(stage["name"]) for stage in review.stages if stage.get("state") != "passed"]
