"""Writes of deals together with their pages."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from cms.pages import operations as pages
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from storefront.deals import operations as deals
from storefront.deals import reviews, snapshots
from storefront.deals.checks import DealDraft
from storefront.deals.models import Deal
from storefront.deals.reviews import Verdict

_SAME = (
    "title price_minor units_total sale_ends_at summary was_price_minor units_per_person valid_from_at valid_until_at valid_days "
    "refund_policy needs_booking contents rules category_id picture_id service_minutes cost_minor"
).split()


@transaction.atomic
def create(*, draft: DealDraft, by: Actor, now: datetime) -> Deal:
    """
    Write a new deal with its page, both unseen by shoppers.

    :raises DealRefused: see `storefront.deals.operations.create`
    """
    deal = deals.create(draft=draft, by=by, now=now)
    pages.ensure_deal_page(deal=deal, by=by, now=now)
    return deal


@transaction.atomic
def update(*, deal_public_id: str, draft: DealDraft, by: Actor, now: datetime) -> Deal:
    """
    Change a deal and the title of its page; what waits for an audit changes neither. Locks: Deal.

    :raises DealHasEnded, DealRefused: see `storefront.deals.reviews.update`
    """
    deal = reviews.update(deal_public_id=deal_public_id, draft=draft, by=by, now=now)
    pages.ensure_deal_page(deal=deal, by=by, now=now)
    return deal


class ChangedSince(DomainError):
    """A deal, or what waits for its audit, is not as it was when a change of it was asked for."""

    code = "changed_since_asked"
    message = _lazy("The deal was changed since this was asked for. Decline it; it can be asked for anew.")


@transaction.atomic
def carry_out(act: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """
    Change a deal as a second person has agreed to, if it still is as it was then; see `tenants.entry.approvals`. Locks: Deal.

    `act` is {deal, before, draft, proposed}: its id, and by `snapshots` the deal, the change, and what waited for the audit beside it.

    :raises ChangedSince: it is another one by now, or another change of it waits for the audit
    :raises DealHasEnded, DealRefused: see `update`
    """
    deal = locked_one(Deal.objects.filter(public_id=act["deal"]))
    if snapshots.as_json(snapshots.draft_of(deal)) != act["before"]:
        raise ChangedSince
    if snapshots.waiting(deal) != act.get("proposed"):
        raise ChangedSince
    update(deal_public_id=deal.public_id, draft=snapshots.from_json(act["draft"]), by=by, now=now)


@transaction.atomic
def publish(*, deal_public_id: str, by: Actor, now: datetime) -> Deal:
    """
    Put a deal on sale and show its page. Locks: Deal.

    :raises DealHasEnded, DealNotReady: see `storefront.deals.operations.publish`
    """
    deal = deals.publish(deal_public_id=deal_public_id, by=by, now=now)
    pages.publish_deal_page(deal=deal, by=by, now=now)
    return deal


@transaction.atomic
def take_verdict(*, deal_public_id: str, verdict: Verdict, by: Actor, now: datetime) -> bool:
    """
    Take what the audit says of a deal, and its page's title with an approved change; tell whether it was news. Locks: Deal.

    :raises Deal.DoesNotExist: there is no such deal
    """
    deal = reviews.take_verdict(deal_public_id=deal_public_id, verdict=verdict, by=by, now=now)
    if deal is None:
        return False
    deal.refresh_from_db()
    pages.ensure_deal_page(deal=deal, by=by, now=now)
    return True


@transaction.atomic
def duplicate(*, deal_public_id: str, by: Actor, now: datetime) -> Deal:
    """
    Make a new draft from a deal, with nothing sold. Its sale starts now; an end or validity that has passed gets as long as it had.

    :raises Deal.DoesNotExist: there is no such deal
    """
    source = Deal.objects.get(public_id=deal_public_id)
    fields = {name: getattr(source, name) for name in _SAME}
    title = _("%(title)s (copy)") % {"title": source.title[:130]}
    draft = DealDraft(
        sale_starts_at=now, store_ids=tuple(source.stores.values_list("pk", flat=True)), **{**fields, "title": title}
    )
    return create(draft=_moved(draft, source.sale_starts_at, now), by=by, now=now)


def _moved(draft: DealDraft, started_at: datetime, now: datetime) -> DealDraft:
    shift = max(now - started_at, timedelta(0))
    if draft.sale_ends_at is not None and draft.sale_ends_at <= now:
        draft = replace(draft, sale_ends_at=draft.sale_ends_at + shift)
    if draft.valid_until_at is not None and draft.valid_until_at <= (draft.sale_ends_at or now):
        draft = replace(draft, valid_until_at=draft.valid_until_at + shift, valid_from_at=None)
    return draft
