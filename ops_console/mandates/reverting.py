"""
Taking back what the agency did for a merchant. Runs in the mall, as the merchant; each is written down as the merchant's own act.

What can be taken back is what the trail kept the former state of (a deal's fields, a store's, a product's, the look, a page's former
version), and what has an opposite: a promotion is stopped, news are taken down or shown again, a deal on sale is ended.
`WHY_NOT` says of the rest why it stays, and what to do instead.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cms.backoffice.deals import operations as deals
from cms.backoffice.stores import operations as stores
from cms.media.models import MallImage
from cms.news import operations as news
from cms.news.models import Notice
from cms.pages import operations as pages
from cms.theming import operations as theming
from cms.theming.models import Theme
from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked, locked_one
from storefront.catalog import operations as catalog
from storefront.catalog.models import Category, Product
from storefront.deals import operations as deals_
from storefront.deals import snapshots
from storefront.deals.models import Deal
from storefront.promotions import operations as promotions
from storefront.promotions.models import Promotion
from storefront.stores.models import Store
from tenants.isolation import current

REVERTED = "act.reverted"


class CannotRevert(DomainError):
    """What was done stays, or is undone by hand."""

    code = "cannot_revert"
    message = _("This cannot be taken back here.")


class ChangedSince(CannotRevert):
    """Somebody changed the same thing later."""

    code = "changed_since"
    message = _("The same thing was changed again later. Look at it as it is now, and change it by hand.")


class RevertedBefore(CannotRevert):
    """It was taken back already."""

    code = "reverted_before"
    message = _("This was taken back already.")


@transaction.atomic
def revert(*, entry_id: int, by: Actor, now: datetime) -> None:
    """
    Take back one act that the agency did on the merchant's behalf. Locks: the thing that it is about.

    :raises OnlyTheMerchant: somebody else than the merchant in person
    :raises CannotRevert: not such an act; RevertedBefore, ChangedSince
    """
    refuse_all_but_merchant(by)
    entry = AuditEntry.objects.filter(pk=entry_id).first()
    if entry is None or not is_revertible(entry):
        raise CannotRevert
    _HOW[entry.action](entry, by, now)
    audit.record(
        action=REVERTED,
        subject=(entry.subject_kind, entry.subject_id),
        summary=entry.told,
        by=by,
        now=now,
        entry=entry.pk,
        act=entry.action,
    )


def is_revertible(entry: AuditEntry) -> bool:
    """Tell whether an act is of a kind that can be taken back; whether it still can, `revert` says."""
    if entry.actor_kind != User.Kind.AGENCY or not entry.on_behalf_of or entry.action not in _HOW:
        return False
    return entry.action in _OPPOSITES or bool(entry.data.get("before")) or "former" in entry.data


def why_not(entry: AuditEntry) -> str:
    """Say why an act stays and what to do instead; "" for one that changed nothing, or that can be taken back."""
    if is_revertible(entry):
        return ""
    kept = _("What was there before was not kept. Change it by hand.") if entry.action in _HOW else ""
    return str(WHY_NOT.get(entry.action, kept))


def waits(entry: AuditEntry) -> bool:
    """Tell whether taking an act back goes to the audit first: a deal on sale, or its page, in a mall whose deals are audited."""
    if current.mall().audited_at is None:
        return False
    sold = Deal.objects.filter(state=Deal.State.PUBLISHED)
    if entry.action == "page.published" and entry.data.get("former"):
        return sold.filter(page__pk=entry.subject_id).exists()
    return entry.action == "deal.changed" and sold.filter(public_id=entry.subject_id).exists()


def reverted(entries: list[AuditEntry]) -> dict[int, AuditEntry]:
    """Return who took back which of some acts, by the act's id."""
    found = AuditEntry.objects.filter(action=REVERTED, data__entry__in=[entry.pk for entry in entries])
    return {one.data["entry"]: one for one in found}


def _check(entry: AuditEntry) -> None:
    """Refuse after the thing was locked, so that of two who take back at once one is told."""
    if AuditEntry.objects.filter(action=REVERTED, data__entry=entry.pk).exists():
        raise RevertedBefore
    fields = set(entry.data.get("fields", []))
    later = AuditEntry.objects.filter(action=entry.action, subject_kind=entry.subject_kind, subject_id=entry.subject_id)
    if any(not fields or fields & set(one.data.get("fields", [])) for one in later.filter(pk__gt=entry.pk)):
        raise ChangedSince


def _before(entry: AuditEntry) -> dict[str, Any]:
    """Return the fields that the trail kept, without a picture or category that was deleted since."""
    kept = dict(entry.data["before"])
    models: tuple[tuple[str, Any], ...] = (("picture_id", MallImage), ("logo_id", MallImage), ("category_id", Category))
    for name, model in models:
        if kept.get(name) and not model.objects.filter(pk=kept[name]).exists():
            kept[name] = None
    return kept


def _deal(entry: AuditEntry, by: Actor, now: datetime) -> None:
    deal = locked_one(Deal.objects.filter(public_id=entry.subject_id))
    _check(entry)
    draft = snapshots.from_json(snapshots.as_json(snapshots.draft_of(deal)) | _before(entry))
    deals.update(deal_public_id=deal.public_id, draft=draft, by=by, now=now)


def _look(entry: AuditEntry, by: Actor, now: datetime) -> None:
    theme = locked_one(Theme.objects.all())
    _check(entry)
    for name, value in _before(entry).items():
        setattr(theme, name, (int(value) if value else None) if name == "logo_id" else value)
    theming.change(theme=theme, by=by, now=now)


def _promotion(entry: AuditEntry, by: Actor, now: datetime) -> None:
    row = locked_one(Promotion.objects.filter(public_id=entry.subject_id))
    _check(entry)
    if row.state == Promotion.State.ACTIVE:
        promotions.stop(promotion=row.public_id, by=by, now=now)
    elif row.state == Promotion.State.PROPOSED:
        promotions.decline(promotion=row.public_id, answer="", by=by, now=now)
    else:
        raise ChangedSince


def _page(entry: AuditEntry, by: Actor, now: datetime) -> None:
    data = entry.data
    try:
        pages.show_former(
            page_id=int(entry.subject_id),
            shown=data["revision"],
            former=data["former"],
            check=lambda: _check(entry),
            by=by,
            now=now,
        )
    except pages.NotShownAnyMore as error:
        raise ChangedSince from error


def _deal_on_sale(entry: AuditEntry, by: Actor, now: datetime) -> None:
    deal = locked_one(Deal.objects.filter(public_id=entry.subject_id))
    _check(entry)
    if deal.state != Deal.State.PUBLISHED:
        raise ChangedSince
    deals_.end(deal_public_id=deal.public_id, by=by, now=now)


def _store(entry: AuditEntry, by: Actor, now: datetime) -> None:
    locked_one(Store.objects.filter(public_id=entry.subject_id))
    _check(entry)
    stores.bring_back(store_public_id=entry.subject_id, before=entry.data["before"], by=by, now=now)


def _product(entry: AuditEntry, by: Actor, now: datetime) -> None:
    found = locked(Product.objects.filter(public_id=entry.subject_id))
    if not found:
        raise ChangedSince
    _check(entry)
    # An import changes products and leaves no entry for each.
    if "after" in entry.data and catalog.as_json(found[0]) != entry.data["after"]:
        raise ChangedSince
    catalog.change(product_public_id=entry.subject_id, draft=catalog.from_json(entry.data["before"]), by=by, now=now)


def _news(entry: AuditEntry, by: Actor, now: datetime) -> None:
    locked_one(Notice.objects.filter(public_id=entry.subject_id))
    _check(entry)
    turn = news.show_again if entry.action == "notice.withdrawn" else news.withdraw
    if not turn(source=entry.data["source"], by=by, now=now):
        raise ChangedSince


_HOW: dict[str, Callable[[AuditEntry, Actor, datetime], None]] = {
    "deal.changed": _deal,
    "look.changed": _look,
    "page.published": _page,
    "promotion.proposed": _promotion,
    "promotion.changed": _promotion,
    "deal.published": _deal_on_sale,
    "store.changed": _store,
    "product.changed": _product,
    "notice.published": _news,
    "notice.withdrawn": _news,
    "notice.shown_again": _news,
}
# What needs no former state.
_OPPOSITES = frozenset(name for name in _HOW if name.startswith(("promotion.", "notice."))) | {"deal.published"}
WHY_NOT = {
    "deal.created": _("A draft: shoppers do not see it. Open it under Deals to change or end it."),
    "deal.ended": _("Ended for good. Duplicate it under Deals to sell it again."),
    "mall.language": _("Choose the language again under Look."),
    "page.created": _("A draft: shoppers do not see it. Open it under Pages to change or delete it."),
    "page.changed": _("A draft: shoppers see what was there before. Earlier versions stand in the page’s history."),
    "page.sent": _("Shoppers see what was there before, until the audit has passed it. Take it back at the deal."),
    "page.unpublished": _("Open it under Pages and publish it again."),
    "promotion.stopped": _("Who has used the code keeps the discount. Make a new one under Promotions."),
    "product.created": _("Open it under Products to hide or remove it."),
    "store.added": _("Open it under Stores: a store that does not serve is not shown."),
    "store.moved": _("Move it back under Stores."),
    "voucher.refund_requested": _(
        "Money on its way to a buyer cannot be fetched back. Speak with the agency if it was wrong."
    ),
    "voucher.refund_decided": _(
        "Money on its way to a buyer cannot be fetched back. Speak with the agency if it was wrong."
    ),
    "voucher.redeemed": _("Undone at the counter, within the hour."),
    "catalog.import_started": _("The import’s report lists each row that it wrote; change products by hand."),
    "order.mail_resent": _("A message that was sent cannot be fetched back."),
}
KINDS = tuple(_HOW)
