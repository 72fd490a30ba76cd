"""
The page of a deal as its audit sees it. While the deal is on sale in a mall whose deals are audited, shoppers read what has passed.

Every way to a live page ends in `DealPage.publish` (`holds`) or `DealPage.save` (`refuse_unaudited`); see ADR 0022.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from wagtail.models import Revision

from cms.media.models import MallImage
from saas.accounts.middleware import actor_for
from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked_one
from storefront.deals import page_changes
from storefront.deals.models import Deal, DealReview
from storefront.deals.pages import Held, Pages, PageText
from tenants.isolation import current

if TYPE_CHECKING:
    from .models import DealPage

_GOES_THERE = _("“%(title)s” is on sale as the audit approved it. What you publish here goes to the audit first.")
_WAITS = {
    DealReview.State.SUBMITTED: _(
        "What was published last of “%(title)s” waits for the audit, and is shown by itself when it has passed. Shoppers read the page as"
        " it was approved until then."
    ),
    DealReview.State.ASKED: _(
        "The audit asks for a change before what was published last of “%(title)s” is shown. Make it and publish again."
    ),
    DealReview.State.REFUSED: _(
        "The audit has refused what was published last of “%(title)s”. Shoppers read the page as it was approved."
    ),
}
_SHOWN = frozenset(("live", "description", "gallery", "steps", "seo_title", "search_description"))


def holds(page: "DealPage", revision: int, *, by: Actor, now: datetime) -> bool:
    """
    Send a version that would be shown to the deal's audit, and tell whether it waits for that.

    Locks: Deal, until the caller's transaction ends. A mall that publishes alone is not asked for anything.
    """
    if current.mall().audited_at is None:
        page_changes.forget(page.deal_id)
        return False
    return page_changes.propose(deal_public_id=page.deal.public_id, revision=revision, by=by, now=now)


def standing(page: "DealPage") -> str:
    """Say how the page of a deal on sale stands with the audit; "" in a mall that publishes alone, and for other deals."""
    if current.mall().audited_at is None or page.deal.state != Deal.State.PUBLISHED:
        return ""
    review = DealReview.objects.filter(deal=page.deal).exclude(proposed_page=None).first()
    text = _WAITS.get(DealReview.State(review.state), _WAITS[DealReview.State.SUBMITTED]) if review else _GOES_THERE
    return str(text) % {"title": page.title}


def refuse_unaudited(page: "DealPage", fields: Collection[str] | None) -> None:
    """
    Refuse to save a live page that says what the deal's audit has not passed. Inside a transaction. Locks: Deal.

    :raises PageWaits: see there
    """
    if not page.live or current.mall().audited_at is None or not (fields is None or _SHOWN & set(fields)):
        return
    deal = locked_one(Deal.objects.filter(pk=page.deal_id))
    if page_changes.must_wait(deal, _held(page)):
        raise page_changes.PageWaits


def keep_what_was_shown(page: "DealPage") -> None:
    """Keep what shoppers read until now with the deal's audit when a page is hidden, so that it can be shown again. Locks: Deal."""
    if page.pk and current.mall().audited_at is not None:
        page_changes.keep_shown(locked_one(Deal.objects.filter(pk=page.deal_id)))


def person(user: Any) -> Actor:
    """Return who publishes, where nobody but Wagtail is there to say it."""
    return actor_for(user) if user is not None else SYSTEM


def showing(image: MallImage) -> list[str]:
    """Return the titles of the audited deals on sale whose page shows a picture; none in a mall that publishes alone."""
    if current.mall().audited_at is None:
        return []
    on_sale = Deal.objects.filter(state=Deal.State.PUBLISHED)
    rows = _model().objects.filter(live=True, deal__state=Deal.State.PUBLISHED).select_related("deal")
    found = {page.deal.title for page in rows if image.pk in _pictures(page)}
    return sorted(found | set(on_sale.filter(picture=image).values_list("title", flat=True)))


def _model() -> Any:
    return apps.get_model("cms_pages", "DealPage")


def _pictures(page: "DealPage") -> list[int]:
    return [block["value"] for block in page.gallery.raw_data if block["value"]]


def _held(page: "DealPage") -> Held:
    wanted = _pictures(page)
    found = MallImage.objects.in_bulk(wanted)
    search = [page.seo_title or "", page.search_description or ""]
    return {
        "page_description": page.description or "",
        "page_steps": [str(step.value) for step in page.steps],
        "page_search": search if any(search) else [],
        "page_gallery": [
            {"id": pk, "title": found[pk].title, "alt": found[pk].description, "hash": found[pk].file_hash}
            for pk in wanted
            if pk in found
        ],
    }


def _text(page: "DealPage | None") -> PageText | None:
    if page is None:
        return None
    return PageText(page.pk, _held(page), is_live=page.live, changed_at=page.latest_revision_created_at)


class _DealPages:
    """What `settings.DEAL_PAGES` names; see `storefront.deals.pages.Pages`."""

    def shown(self, deal: Deal) -> PageText | None:
        """Return the page as its row stands."""
        return _text(_model().objects.filter(deal=deal).first())

    def latest(self, deal: Deal) -> PageText | None:
        """Return the page as it was last written."""
        page = _model().objects.filter(deal=deal).first()
        return _text(page.get_latest_revision_as_object()) if page is not None else None

    def version(self, deal: Deal, revision: int) -> PageText | None:
        """Return one version of the page."""
        page = _model().objects.filter(deal=deal).first()
        found = (
            Revision.page_revisions.filter(pk=revision, object_id=str(page.pk)).first() if page is not None else None
        )
        said = _text(found.as_object()) if found is not None else None
        return replace(said, is_live=False) if said is not None else None

    def show(self, deal: Deal, revision: int, *, by: Actor, now: datetime) -> None:
        """Show a version of the page, and write down whose act that is."""
        page = _model().objects.get(deal=deal)
        found = Revision.page_revisions.get(pk=revision, object_id=str(page.pk))
        data: dict[str, object] = {"revision": revision}
        # A planted page that was never edited is live without a version to come back to.
        if not page.live or page.live_revision_id is not None:
            data["former"] = page.live_revision_id if page.live else None
        found.publish(skip_permission_checks=True)
        audit.record(
            action="page.published", subject=("page", str(page.pk)), summary=page.title, by=by, now=now, **data
        )


PAGES: Pages = _DealPages()
