"""Writes of deal pages, for the back office and the kits."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Revision

from saas.accounts.models import User
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from storefront.deals.models import Deal

from . import audited
from .models import DealIndexPage, DealPage


@transaction.atomic
def ensure_deal_page(*, deal: Deal, by: Actor, now: datetime) -> DealPage:
    """
    Return the deal's page, made unpublished if there is none, with the deal's title and slug as they are now.

    Locks: Deal. Repeated it changes nothing; call it after each change of a deal.
    """
    locked_one(Deal.objects.filter(pk=deal.pk))
    page: DealPage | None = DealPage.objects.filter(deal=deal).first()
    if page is None:
        page = DealPage(
            deal=deal, title=deal.title, slug=deal.slug, live=False, owner=_person(by), latest_revision_created_at=now
        )
        DealIndexPage.objects.get().add_child(instance=page)
    elif (page.title, page.slug) != (deal.title, deal.slug):
        page.title = page.draft_title = deal.title
        page.slug = deal.slug
        page.save()
    return page


@transaction.atomic
def publish_deal_page(*, deal: Deal, by: Actor, now: datetime) -> DealPage:
    """
    Show the deal's page as it was last written, making it if there is none. Repeated it shows what was written since.

    Locks: Deal. The caller publishes the deal itself; a page whose deal is a draft stays hidden. What its audit has not passed is not
    shown but sent there, see `audited.holds`.
    """
    page = ensure_deal_page(deal=deal, by=by, now=now)
    if page.live and not page.has_unpublished_changes:
        return page
    person = _person(by)
    revision = page.get_latest_revision() or page.save_revision(user=person, changed=False)
    if not audited.holds(page, revision.pk, by=by, now=now):
        revision.publish(user=person, skip_permission_checks=True)
    shown: DealPage = DealPage.objects.get(pk=page.pk)
    return shown


@transaction.atomic
def unpublish_deal_page(*, deal: Deal, by: Actor, now: datetime) -> DealPage:
    """
    Hide the deal's page. Repeated it changes nothing. A deal that has ended keeps its page, which says so.

    Locks: Deal.
    """
    page = ensure_deal_page(deal=deal, by=by, now=now)
    if page.live:
        page.unpublish(user=_person(by), set_expired=False)
    return page


class NotShownAnyMore(DomainError):
    """Another version of the page is shown by now."""

    code = "not_shown_any_more"
    message = _("Another version of the page is shown by now.")


@transaction.atomic
def show_former(
    *, page_id: int, shown: int | None, former: int | None, check: Callable[[], None], by: Actor, now: datetime
) -> None:
    """
    Show the version `former` of a page again instead of `shown`, or hide a page that was not shown before. Locks: Deal where it is a
    deal's page, as everything that shows one, then the page.

    The former version of an audited deal's page goes to the audit like any other, and is shown when that has passed it.
    `check` is asked once the page is locked, and may refuse.

    :raises NotShownAnyMore: it is gone, or another version than `shown` is live
    """
    locked(Deal.objects.filter(page__pk=page_id))
    found = locked(Page.objects.filter(pk=page_id))
    if not found:
        raise NotShownAnyMore
    check()
    page = found[0].specific
    if not page.live or page.live_revision_id != shown:
        raise NotShownAnyMore
    version = Revision.objects.filter(pk=former, object_id=str(page.pk)).first() if former else None
    if version is None:
        page.unpublish(user=_person(by))
    elif not (isinstance(page, DealPage) and audited.holds(page, version.pk, by=by, now=now)):
        version.publish(user=_person(by), skip_permission_checks=True)


def _person(by: Actor) -> User | None:
    return User.objects.filter(public_id=by.public_id).first() if by.public_id else None
