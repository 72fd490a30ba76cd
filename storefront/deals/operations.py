"""Writes of deals. Units are held and sold by checkout, under the same lock."""

from datetime import datetime

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import random_id
from saas.kernel.locking import locked_one
from saas.kernel.outbox import operations as outbox
from storefront.stores.models import Store
from tenants.isolation import current

from . import bounds, checks, gates, guard, snapshots
from .checks import DealDraft, Problem
from .models import Deal, DealReview

_PLAIN_FIELDS = (
    "title summary price_minor was_price_minor units_total units_per_person sale_starts_at sale_ends_at valid_from_at valid_until_at "
    "valid_days refund_policy needs_booking contents rules category_id picture_id service_minutes cost_minor"
).split()


class DealRefused(DomainError):
    """The deal cannot be as it was written. `problems` says what is wrong, field by field."""

    code = "deal_refused"
    message = _("Please correct the deal.")

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.text for problem in problems), problems=problems)


class DealNotReady(DealRefused):
    """The deal cannot be published yet. `problems` says what is missing."""

    code = "deal_not_ready"


class DealHasEnded(DomainError):
    """An ended deal stays as it was sold."""

    code = "deal_has_ended"
    message = _("This deal has ended. Make a new one from it instead.")


class ChangeNeedsAudit(DomainError):
    """The deal is on sale as the audit approved it; a change of it goes through `reviews.update`."""

    code = "change_needs_audit"
    message = _("A change of this deal is audited before it is shown.")


class PublishingStopped(DomainError):
    """An invoice of the mall's service package is past due; what is on sale stays on sale."""

    code = "publishing_stopped"
    message = _("New deals cannot be published until the open invoice of your service package is paid.")


@transaction.atomic
def create(*, draft: DealDraft, by: Actor, now: datetime) -> Deal:
    """
    Write a new deal as a draft, in the mall's currency.

    Locks: nothing.

    :raises DealRefused: see `checks.problems_of`; a store that does not exist
    """
    currency = current.mall().currency
    stores = _checked(draft, currency=currency)
    fields = {name: getattr(draft, name) for name in _PLAIN_FIELDS}
    deal = Deal.objects.create(slug=_free_slug(draft), currency=currency, created_at=now, **fields)
    deal.stores.set(stores)
    audit.record(action="deal.created", subject=("deal", deal.public_id), summary=deal.title, by=by, now=now)
    return deal


@transaction.atomic
def update(*, deal_public_id: str, draft: DealDraft, by: Actor, now: datetime, is_approved: bool = False) -> Deal:
    """
    Change a deal. What was sold keeps the terms that it was sold with; the slug stays, because links point at it.

    Locks: Deal. With `is_approved` the audit has said yes to this change, and to what it does to the capacity.

    :raises DealHasEnded: it is over
    :raises DealRefused: see `checks.problems_of`; fewer units than are held and sold; published, and something needed is gone, or the
        change takes it over what the stores can serve or under its cost
    :raises NotInTheContract, SecondPersonNeeded: see `bounds.refuse_change`
    :raises ChangeNeedsAudit: it is on sale in a mall whose deals are audited
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    stores = check_change(deal, draft)
    if deal.state == Deal.State.PUBLISHED and not is_approved:
        if current.mall().audited_at is not None:
            raise ChangeNeedsAudit
        _refuse_over_capacity(deal, draft, at=now)
    by = bounds.by_right(deal, draft, by=by)
    bounds.refuse_change(deal, draft, by=by, now=now)
    before, was = {name: getattr(deal, name) for name in _PLAIN_FIELDS}, snapshots.as_json(snapshots.draft_of(deal))
    for name in _PLAIN_FIELDS:
        setattr(deal, name, getattr(draft, name))
    deal.save(update_fields=_PLAIN_FIELDS)
    deal.stores.set(stores)
    if deal.state == Deal.State.PUBLISHED and (problems := _lost(deal, at=now)):
        raise DealRefused(problems)
    changed = [name for name in _PLAIN_FIELDS if before[name] != getattr(draft, name)]
    audit.record(
        action="deal.changed",
        subject=("deal", deal.public_id),
        summary=deal.title,
        by=by,
        now=now,
        fields=changed,
        before={name: was[name] for name in changed},
    )
    return deal


@transaction.atomic
def publish(*, deal_public_id: str, by: Actor, now: datetime) -> Deal:
    """
    Put a draft on sale, from its sale window's start. Repeated it changes nothing.

    Locks: Deal.

    :raises DealHasEnded: it is over
    :raises DealNotReady: something is in the way, see `gates.in_the_way`: incomplete, over capacity, not audited
    :raises PublishingStopped: an invoice of the mall's service package is past due
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    if deal.state == Deal.State.ENDED:
        raise DealHasEnded
    if deal.state == Deal.State.PUBLISHED:
        return deal
    if current.mall().restricted_at is not None:
        raise PublishingStopped
    if problems := gates.in_the_way(deal, at=now):
        raise DealNotReady(problems)
    gates.keep_page(deal)
    deal.state, deal.published_at = Deal.State.PUBLISHED, now
    deal.save(update_fields=["state", "published_at"])
    audit.record(action="deal.published", subject=("deal", deal.public_id), summary=deal.title, by=by, now=now)
    return deal


@transaction.atomic
def end(*, deal_public_id: str, by: Actor, now: datetime) -> Deal:
    """
    Take a deal off sale for good. Vouchers that were sold stay valid. Repeated it changes nothing.

    Locks: Deal.
    """
    deal = locked_one(Deal.objects.filter(public_id=deal_public_id))
    if deal.state != Deal.State.ENDED:
        deal.state = Deal.State.ENDED
        deal.save(update_fields=["state"])
        if DealReview.objects.filter(deal=deal).exclude(submission="").exists():
            outbox.tell(kind="deal.ended", subject=deal.public_id, payload={"deal": deal.public_id}, now=now)
        audit.record(action="deal.ended", subject=("deal", deal.public_id), summary=deal.title, by=by, now=now)
    return deal


def check_change(deal: Deal, draft: DealDraft) -> list[Store]:
    """
    Return the stores of a change that a deal may take, before any audit.

    :raises DealHasEnded: it is over
    :raises DealRefused: see `update`
    """
    if deal.state == Deal.State.ENDED:
        raise DealHasEnded
    stores = _checked(draft, currency=deal.currency)
    taken = deal.units_held + deal.units_sold
    if draft.units_total < taken:
        raise DealRefused(
            (Problem("units_total", _("%(count)d units are sold or being paid for.") % {"count": taken}),)
        )
    return stores


def _refuse_over_capacity(deal: Deal, draft: DealDraft, *, at: datetime) -> None:
    """Let the guard stop a change of what is on sale, where the change is about what the guard looks at."""
    touched = snapshots.changed(snapshots.snapshot(snapshots.draft_of(deal)), snapshots.snapshot(draft))
    if guard.FIELDS & set(touched) and (problems := guard.stops(draft, deal=deal, at=at)):
        raise DealRefused(problems)


def _checked(draft: DealDraft, *, currency: str) -> list[Store]:
    problems = checks.problems_of(draft, currency=currency)
    stores = list(Store.objects.filter(pk__in=draft.store_ids))
    if len(stores) != len(set(draft.store_ids)):
        problems += (Problem("stores", str(_("One of the stores does not exist any more."))),)
    if problems:
        raise DealRefused(problems)
    return stores


def _lost(deal: Deal, *, at: datetime) -> tuple[Problem, ...]:
    """Return what a deal on sale may not lose by a change. Selling out and the window's end are no mistakes."""
    return tuple(one for one in checks.missing_for_sale(deal, at=at) if one.field in ("stores", "price_minor"))


def _free_slug(draft: DealDraft) -> str:
    wanted = slugify(draft.slug or draft.title)[:100].strip("-") or f"deal-{random_id(6)}"
    return wanted if not Deal.objects.filter(slug=wanted).exists() else f"{wanted}-{random_id(6)}"
