"""Selling a package to a merchant: offered by the agency, taken by the merchant in person, left with notice."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

from .each import one_by_one
from .models import Package, Price, Subscription
from .trade import worded

State = Subscription.State


class OfferRefused(DomainError):
    """The package cannot be offered to this mall now."""

    code = "offer_refused"


class OfferDecided(DomainError):
    """The offer was answered or withdrawn before."""

    code = "offer_decided"
    message = _("This offer was decided before. Look at the page again to see how.")


class TermNotOver(DomainError):
    """The minimum term still runs."""

    code = "term_not_over"


class FollowsContract(DomainError):
    """It was agreed by a signed contract, and ends with that."""

    code = "follows_contract"
    message = _("This follows the hosting contract. It ends when that is ended, under Hosting.")


@transaction.atomic
def offer(*, tenant: Tenant, package: str, pays_by: str, by: Actor, now: datetime) -> Subscription:
    """
    Offer a package to a mall, with its items as they are now; the owner is told by mail. Locks: Tenant.

    :raises OfferRefused: a retired package, another currency than the mall's, or something is offered or taken already
    """
    found = Package.objects.get(public_id=package)
    if found.retired_at is not None:
        raise OfferRefused(_("This package is offered no more."))
    if found.currency != tenant.currency:
        raise OfferRefused(_("The package's currency is not the mall's."))
    locked_one(Tenant.objects.filter(pk=tenant.pk))
    open_states = [State.OFFERED, State.BEGINNING, State.ACTIVE]
    if Subscription.objects.filter(tenant_schema=tenant.schema_name, state__in=open_states).exists():
        raise OfferRefused(_("This mall has an offer or a package already."))
    offered = Subscription.objects.create(
        tenant_schema=tenant.schema_name,
        package=found,
        name=found.name,
        currency=found.currency,
        items=[worded(frozen(price), tenant.language) for price in found.prices.select_related("module")],
        minimum_months=found.minimum_months,
        notice_days=found.notice_days,
        pays_by=pays_by,
        offered_by=by.name[:160],
        offered_at=now,
    )
    note(
        "package.offered",
        offered,
        phrase(_("Offered %(package)s to %(mall)s"), package=offered.name, mall=tenant.name),
        by=by,
        now=now,
    )
    enqueue("billing.packages.tell_owner", subscription=offered.public_id, what="offered")
    return offered


@transaction.atomic
def withdraw(*, subscription: str, by: Actor, now: datetime) -> Subscription:
    """
    Take back an offer that nobody has answered. Locks: Subscription. Repeated it changes nothing.

    :raises OfferDecided: answered before
    """
    return _close(subscription, State.WITHDRAWN, by=by, now=now)


def withdraw_unanswered(*, now: datetime) -> int:
    """Take back each offer that nobody answered within `settings.OFFER_DAYS`; return how many. Locks: Subscription. Repeatable."""
    due = Subscription.objects.filter(state=State.OFFERED, offered_at__lte=now - timedelta(days=settings.OFFER_DAYS))
    return one_by_one(list(due.values_list("public_id", flat=True)), lambda one: _lapse(one, now=now))


@transaction.atomic
def _lapse(subscription: str, *, now: datetime) -> bool:
    if _locked(subscription).state != State.OFFERED:
        return False
    _close(subscription, State.WITHDRAWN, by=SYSTEM, now=now)
    return True


@transaction.atomic
def decline(*, subscription: str, schema: str, by: Actor, now: datetime) -> Subscription:
    """
    Say no. Locks: Subscription. Repeated it changes nothing.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises OfferDecided: taken or withdrawn before
    """
    refuse_all_but_merchant(by)
    return _close(subscription, State.DECLINED, by=by, now=now, schema=schema)


@transaction.atomic
def accept(*, subscription: str, schema: str, by: Actor, now: datetime) -> Subscription:
    """
    Take the package. It begins when Stripe has begun it (`begin`). Locks: Subscription. Repeated it changes nothing.

    :raises OnlyTheMerchant: `by` is not of the merchant's people
    :raises OfferDecided: declined or withdrawn before
    """
    refuse_all_but_merchant(by)
    found = _locked(subscription, schema)
    if found.state in (State.BEGINNING, State.ACTIVE):
        return found
    if found.state != State.OFFERED:
        raise OfferDecided
    found.state, found.answered_by, found.answered_at = State.BEGINNING, by.name[:160], now
    found.save()
    note(
        "package.taken", found, phrase(_("%(name)s took %(package)s"), name=by.name, package=found.name), by=by, now=now
    )
    return found


@transaction.atomic
def give_notice(*, subscription: str, by: Actor, now: datetime, schema: str = "") -> Subscription:
    """
    End a package at the earliest day that its terms allow: after the notice, not before the minimum term. Locks: Subscription.

    Repeated it changes nothing. What was paid stays paid, balances are untouched (M20). Stripe is told by a task.

    :raises OfferDecided: it does not run
    """
    found = _locked(subscription, schema)
    if found.contract:
        raise FollowsContract
    if found.ends_at is not None:
        return found
    if found.state != State.ACTIVE:
        raise OfferDecided
    found.ends_at = max(now + timedelta(days=found.notice_days), found.minimum_until_at or now)
    found.save(update_fields=["ends_at"])
    note(
        "package.notice",
        found,
        phrase(_("%(package)s ends on %(day)s"), package=found.name, day=found.ends_at.date()),
        by=by,
        now=now,
    )
    enqueue("billing.packages.tell_owner", subscription=found.public_id, what="ending")
    return found


@transaction.atomic
def take_back_notice(*, subscription: str, by: Actor, now: datetime, schema: str = "") -> Subscription:
    """
    Let a package go on that was to end. Locks: Tenant, Subscription. Repeated it changes nothing.

    :raises OfferRefused: another was taken for the time after it
    """
    place = Subscription.objects.get(public_id=subscription).tenant_schema
    locked_one(Tenant.objects.filter(schema_name=place))
    found = _locked(subscription, schema)
    if found.contract:
        raise FollowsContract
    if found.state == State.ACTIVE and found.ends_at is not None:
        if (
            Subscription.objects.filter(tenant_schema=place, state__in=[State.BEGINNING, State.ACTIVE])
            .exclude(pk=found.pk)
            .exists()
        ):
            raise OfferRefused(_("Another package follows it already. It ends as it was agreed."))
        found.ends_at = None
        found.save(update_fields=["ends_at"])
        note("package.goes_on", found, phrase(_("%(package)s goes on"), package=found.name), by=by, now=now)
        enqueue("billing.packages.follow_notice", subscription=found.public_id)
    return found


def frozen(price: Price) -> dict[str, Any]:
    """Return a price as an item of a subscription keeps it."""
    return {
        "price": price.public_id,
        "module": price.module.name,
        "kind": price.kind,
        "amount_minor": price.amount_minor,
        "unit_name": price.unit_name,
        "intro_amount_minor": price.intro_amount_minor,
        "intro_months": price.intro_months,
    }


def _locked(subscription: str, schema: str = "") -> Subscription:
    rows = Subscription.objects.filter(public_id=subscription)
    return locked_one(rows.filter(tenant_schema=schema) if schema else rows)


def _close(subscription: str, state: Subscription.State, *, by: Actor, now: datetime, schema: str = "") -> Subscription:
    found = _locked(subscription, schema)
    if found.state == state:
        return found
    if found.state != State.OFFERED:
        raise OfferDecided
    found.state, found.answered_by, found.answered_at = state, by.name[:160], now
    found.save()
    note(
        f"package.{state.value}",
        found,
        phrase(_("%(package)s: %(standing)s"), package=found.name, standing=state.label),
        by=by,
        now=now,
    )
    return found


def note(action: str, found: Subscription, summary: Phrase, *, by: Actor, now: datetime, **data: object) -> None:
    """Leave a trail of an act on a subscription; `data` are JSON values."""
    audit.record(action=action, subject=("subscription", found.public_id), summary=summary, by=by, now=now, **data)
