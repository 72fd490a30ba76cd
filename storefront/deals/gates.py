"""What stands between a deal and its sale: what it lacks, the guard, the audit. In words, with the field to mend."""

from datetime import datetime

from django.utils.translation import gettext as _

from tenants.isolation import current

from . import checks, guard, snapshots
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
    if exact == review.approved_fingerprint and review.state != State.REFUSED:
        return ()
    return (Problem("audit", _said(review, exact)),)


def _said(review: DealReview, exact: str) -> str:
    if review.state == State.NONE:
        return _("Every deal of this mall is audited before it goes on sale. Send it to the audit.")
    if review.state == State.REFUSED:
        return _("The audit has refused this deal: %(words)s") % {"words": review.words}
    if review.state == State.ASKED:
        return _("The audit asks for a change. Make it and send the deal again.")
    if review.fingerprint != exact:
        return _(
            "It was changed since it was sent to the audit. Send it again; only what the change touches is looked at anew."
        )
    names = open_stages(review)
    if not names:
        return _("It is being audited.")
    return _("It is being audited. Still open: %(stages)s.") % {"stages": ", ".join(names)}


def open_stages(review: DealReview) -> list[str]:
    """Return the names of the stages that are not passed, as the platform last told."""
    return [str(stage["name"]) for stage in review.stages if stage.get("state") != "passed"]
