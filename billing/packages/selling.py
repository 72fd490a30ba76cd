"""Selling a package to a merchant: offered by the agency, taken by the merchant in person, begun at Stripe, ended with notice."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.gateway import invoices as stripe_invoices
from billing.gateway import packages as stripe
from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM, Actor, refuse_all_but_merchant
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

from .each import one_by_one
from .models import Package, Price, Subscription

State, PaysBy = Subscription.State, Subscription.PaysBy
DAYS_UNTIL_DUE = 14
# How a subscription stands at Stripe whose first payment has not come.
NOT_BEGUN = ("incomplete", "incomplete_expired")
# Stripe's page is open for at least 30 minutes and at most a day.
PAGE_WINDOW, SHORTEST_PAGE = timedelta(hours=23), timedelta(minutes=31)


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


@dataclass(frozen=True)
class PaySteps:
    """What the merchant does next: open Stripe's page for the card (`url`), or nothing (empty)."""

    url: str = ""


@transaction.atomic
def offer(*, tenant: Tenant, package: str, pays_by: str, by: Actor, now: datetime) -> Subscription:
    """
    Offer a package to a mall, with its items as they are now; the owner is told by mail.

    :raises OfferRefused: a retired package, another currency than the mall's, or something is offered or taken already
    """
    found = Package.objects.get(public_id=package)
    if found.retired_at is not None:
        raise OfferRefused(_("This package is offered no more."))
    if found.currency != tenant.currency:
        raise OfferRefused(_("The package's currency is not the mall's."))
    try:
        with transaction.atomic():
            offered = Subscription.objects.create(
                tenant_schema=tenant.schema_name,
                package=found,
                name=found.name,
                currency=found.currency,
                items=[frozen(price) for price in found.prices.select_related("module")],
                minimum_months=found.minimum_months,
                notice_days=found.notice_days,
                pays_by=pays_by,
                offered_by=by.name[:160],
                offered_at=now,
            )
    except IntegrityError as error:
        raise OfferRefused(_("This mall has an offer or a package already.")) from error
    _note("package.offered", offered, f"Offered {offered.name} to {tenant.name}", by=by, now=now)
    enqueue("billing.packages.tell_owner", subscription=offered.public_id, what="offered")
    return offered


@transaction.atomic
def withdraw(*, subscription: str, by: Actor, now: datetime) -> Subscription:
    """
    Take back an offer that nobody has answered. Locks: Subscription. Repeated it changes nothing.

    :raises OfferDecided: answered before
    """
    return _close(subscription, State.WITHDRAWN, by=by, now=now)


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
    _note("package.taken", found, f"{by.name} took {found.name}", by=by, now=now)
    return found


def begin(*, subscription: str, tenant: Tenant, urls: tuple[str, str], now: datetime) -> PaySteps:
    """
    Begin a taken package at Stripe: by card on Stripe's page (`urls`: where it leads after, and when cancelled), else at once.

    Repeated it finds what it began before. Never inside a transaction.

    :raises GatewayUnavailable: unknown; calling it again is safe
    """
    found = Subscription.objects.get(public_id=subscription)
    if found.state != State.BEGINNING or (found.contract and now < (found.answered_at or now)):
        return PaySteps()
    customer = stripe.customer(tenant_schema=tenant.schema_name, name=tenant.name, email=tenant.owner_email, now=now)
    Subscription.objects.filter(pk=found.pk).update(stripe_customer=customer)
    request = stripe.SubscriptionRequest(
        key=found.public_id,
        tenant_schema=tenant.schema_name,
        customer_id=customer,
        items=_stripe_items(found, month=0),
        days_until_due=0 if found.pays_by == PaysBy.CARD else DAYS_UNTIL_DUE,
    )
    if found.pays_by == PaysBy.CARD:
        return _open_page(found, request, urls, now=now)
    _start(subscription, stripe.subscribe(request, now=now), now=now)
    return PaySteps()


def _open_page(
    found: Subscription, request: stripe.SubscriptionRequest, urls: tuple[str, str], *, now: datetime
) -> PaySteps:
    """
    Lead to the page of the running window; whoever comes after its end gets a new one. Paid, the package begins.

    A page lives half an hour longer than its window: the one before is closed first, so that two cannot begin two subscriptions.
    """
    since = found.answered_at or now
    window = (now - since) // PAGE_WINDOW
    own = f"{found.public_id}:{window}"
    if window and (paid := stripe.close_other_pages(customer_id=request.customer_id, stem=found.public_id, keep=own)):
        _start(found.public_id, paid, now=now)
        return PaySteps()
    page = stripe.subscribe_page(
        replace(request, key=own),
        success_url=urls[0],
        cancel_url=urls[1],
        now=now,
        expires_at=since + (window + 1) * PAGE_WINDOW + SHORTEST_PAGE,
    )
    if began := stripe.subscription_of_page(page.session_id):
        _start(found.public_id, began, now=now)
        return PaySteps()
    return PaySteps(page.url)


@transaction.atomic
def begun(*, subscription: str, state: stripe.SubscriptionState, now: datetime) -> Subscription:
    """Note that Stripe has begun a package. Locks: Subscription. Repeated it changes nothing."""
    found = locked_one(Subscription.objects.filter(public_id=subscription))
    if found.state != State.BEGINNING or state.status in NOT_BEGUN:
        return found
    found.state, found.stripe_subscription = State.ACTIVE, state.subscription_id
    found.begins_at = state.period_starts_at
    if not found.contract:
        found.minimum_until_at = state.period_starts_at + relativedelta(months=found.minimum_months)
    found.save()
    _note("package.began", found, f"{found.name} began", by=SYSTEM, now=now)
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
    _note("package.notice", found, f"{found.name} ends on {found.ends_at:%Y-%m-%d}", by=by, now=now)
    enqueue("billing.packages.tell_owner", subscription=found.public_id, what="ending")
    return found


@transaction.atomic
def take_back_notice(*, subscription: str, by: Actor, now: datetime, schema: str = "") -> Subscription:
    """Let a package go on that was to end. Locks: Subscription. Repeated it changes nothing."""
    found = _locked(subscription, schema)
    if found.contract:
        raise FollowsContract
    if found.state == State.ACTIVE and found.ends_at is not None:
        found.ends_at = None
        found.save(update_fields=["ends_at"])
        _note("package.goes_on", found, f"{found.name} goes on", by=by, now=now)
    return found


def end_due(*, now: datetime) -> int:
    """End at Stripe the packages whose end has come, and then here; return how many. Never inside a transaction."""
    return one_by_one(Subscription.objects.filter(state=State.ACTIVE, ends_at__lte=now), lambda row: _end(row, now=now))


def _end(found: Subscription, *, now: datetime) -> bool:
    stripe.end_subscription(subscription_id=found.stripe_subscription, at_period_end=False)
    return _ended(found.public_id, now=now)


@transaction.atomic
def _ended(subscription: str, *, now: datetime) -> bool:
    found = locked_one(Subscription.objects.filter(public_id=subscription))
    if found.state != State.ACTIVE:
        return False
    found.state, found.ends_at = State.ENDED, found.ends_at or now
    found.save()
    _note("package.ended", found, f"{found.name} has ended", by=SYSTEM, now=now)
    return True


def refresh(*, stripe_subscription: str, now: datetime) -> None:
    """
    Bring a subscription to what Stripe says: begun by card, or ended there. Never inside a transaction.

    One that began after all was withdrawn, on a page that was still open, ends at once, so that nobody is charged on.
    """
    state = stripe.read_subscription(stripe_subscription)
    found = Subscription.objects.filter(stripe_subscription=stripe_subscription).first()
    if found is None:
        rows = Subscription.objects.filter(stripe_customer=state.customer_id)
        found = rows.filter(state=State.BEGINNING).first()
        if found is not None:
            _start(found.public_id, state, now=now)
        elif state.status != "canceled" and not rows.filter(state=State.ACTIVE).exists():
            _end_withdrawn(rows.filter(state=State.WITHDRAWN).first(), stripe_subscription, now=now)
        return
    if state.status == "canceled":
        _ended(found.public_id, now=now)


def _end_withdrawn(found: Subscription | None, stripe_subscription: str, *, now: datetime) -> None:
    if found is None:
        return
    stripe.end_subscription(subscription_id=stripe_subscription, at_period_end=False)
    summary = f"{found.name} was paid after it was withdrawn: ended at Stripe, give the payment back"
    with transaction.atomic():
        _note("package.ended", found, summary, by=SYSTEM, now=now)


def end_introductions(*, now: datetime) -> int:
    """
    Let prices go up whose introductory months are over, and follow what contracts changed, from the next period on; return how many
    subscriptions changed.
    """
    running = Subscription.objects.filter(state=State.ACTIVE)
    moving = [row for row in running if row.contract or any(item["intro_months"] for item in row.items)]
    return one_by_one(moving, lambda row: follow_items(row, now=now))


def follow(*, subscription: str, now: datetime) -> None:
    """Bring a running subscription's items at Stripe to what they are here. Never inside a transaction."""
    one_by_one(
        Subscription.objects.filter(public_id=subscription, state=State.ACTIVE), lambda row: follow_items(row, now=now)
    )


def follow_items(found: Subscription, *, now: datetime) -> bool:
    """
    Bring a subscription's items at Stripe to what they are here in this month, from the next period on; tell whether any changed.

    Never inside a transaction. Repeated it changes nothing.
    """
    month = _month(found, now)
    wanted = _stripe_items(found, month=month)
    state = stripe.read_subscription(found.stripe_subscription)
    known = {item.price_id: item for item in state.items}
    if {item.price_id for item in wanted} == set(known):
        return False
    items = tuple(known.get(item.price_id, item) for item in wanted)
    # What stands there now is part of the key: a change back and forth within Stripe's day of remembering is three changes.
    change = ":".join(sorted([*(item.item_id for item in state.items), *(item.price_id for item in wanted)]))
    key = f"{found.public_id}:{sha256(change.encode()).hexdigest()[:32]}"
    stripe.change_items(subscription_id=found.stripe_subscription, items=items, key=key)
    return True


def _month(found: Subscription, now: datetime) -> int:
    """Return how many whole months a package runs by the end of today's billing day."""
    gone = relativedelta(now + timedelta(days=1), found.begins_at or now)
    return int(gone.years * 12 + gone.months)


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


def _stripe_items(found: Subscription, *, month: int) -> tuple[stripe.Item, ...]:
    items = []
    for one in found.items:
        if one["kind"] == Price.Kind.ONE_OFF:
            continue
        is_intro = one["intro_months"] > month
        metered = one["kind"] == Price.Kind.PER_UNIT
        request = stripe.PriceRequest(
            key=f"{one['price']}{':intro' if is_intro else ''}",
            product_key=one["price"],
            product_name=one["module"],
            unit_amount_minor=one["intro_amount_minor"] if is_intro else one["amount_minor"],
            currency=found.currency,
            meter_id=stripe.meter(event_name=meter_name(one["price"]), display_name=one["module"]) if metered else "",
        )
        items.append(stripe.Item(stripe.price(request), None if metered else 1))
    return tuple(items)


def meter_name(price: str) -> str:
    """Return the name by which Stripe's meter counts the units of a price."""
    return f"hutong_{price}"


def _start(subscription: str, state: stripe.SubscriptionState, *, now: datetime) -> None:
    """
    Bill what is paid once, on an invoice of its own, and then note the beginning: cut off in between it is begun again, and finds what
    it did before.
    """
    found = Subscription.objects.get(public_id=subscription)
    once = [one for one in found.items if one["kind"] == Price.Kind.ONE_OFF]
    has_begun = found.state in (State.BEGINNING, State.ACTIVE) and state.status not in NOT_BEGUN
    if has_begun and once:
        _bill_once(found, once, state.customer_id, now=now)
    begun(subscription=subscription, state=state, now=now)


def _bill_once(found: Subscription, once: list[dict[str, Any]], customer: str, *, now: datetime) -> None:
    for one in once:
        request = stripe_invoices.ItemRequest(
            key=f"{found.public_id}:{one['price']}",
            tenant_schema=found.tenant_schema,
            customer_id=customer,
            amount_minor=one["amount_minor"],
            currency=found.currency,
            description=one["module"],
        )
        stripe_invoices.add_item(request, now=now)
    stripe_invoices.invoice_items(
        key=f"{found.public_id}:once",
        tenant_schema=found.tenant_schema,
        customer_id=customer,
        currency=found.currency,
        days_until_due=0 if found.pays_by == PaysBy.CARD else DAYS_UNTIL_DUE,
        now=now,
    )


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
    _note(f"package.{state.value}", found, f"{found.name}: {state.label}", by=by, now=now)
    return found


def _note(action: str, found: Subscription, summary: str, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("subscription", found.public_id), summary=summary[:300], by=by, now=now)
