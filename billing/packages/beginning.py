"""How a taken package begins at Stripe: at once, or when its card has been entered on Stripe's page."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from billing.gateway import invoices as stripe_invoices
from billing.gateway import packages as stripe
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked_one
from tenants.registry.models import Tenant

from . import closing, usage
from .items import at_stripe
from .models import Price, Subscription
from .selling import note

State, PaysBy = Subscription.State, Subscription.PaysBy
DAYS_UNTIL_DUE = 14
# How a subscription stands at Stripe whose first payment has not come.
NOT_BEGUN = ("incomplete", "incomplete_expired")
# Stripe's page is open for at least 30 minutes and at most a day.
PAGE_WINDOW, SHORTEST_PAGE = timedelta(hours=23), timedelta(minutes=31)


@dataclass(frozen=True)
class PaySteps:
    """What the merchant does next: open Stripe's page for the card (`url`), or nothing (empty)."""

    url: str = ""


def begin(*, subscription: str, tenant: Tenant, urls: tuple[str, str], now: datetime) -> PaySteps:
    """
    Begin a taken package at Stripe: by card on Stripe's page (`urls`: where it leads after, and when cancelled), else at once.

    A contract's waits for its first day, and for the end of the mall's former one. Repeated it finds what it began before. Never
    inside a transaction.

    :raises GatewayUnavailable: unknown; calling it again is safe
    """
    found = Subscription.objects.get(public_id=subscription)
    if found.state != State.BEGINNING or (found.contract and now < (found.answered_at or now)):
        return PaySteps()
    if Subscription.objects.filter(tenant_schema=found.tenant_schema, state=State.ACTIVE).exists():
        return PaySteps()
    customer = _customer(tenant, now=now)
    Subscription.objects.filter(pk=found.pk).update(stripe_customer=customer)
    request = stripe.SubscriptionRequest(
        key=found.public_id,
        tenant_schema=tenant.schema_name,
        customer_id=customer,
        items=at_stripe(found, now=now),
        days_until_due=0 if found.pays_by == PaysBy.CARD else DAYS_UNTIL_DUE,
    )
    if found.pays_by == PaysBy.CARD:
        return _open_page(found, request, urls, now=now)
    _start(subscription, stripe.subscribe(request, now=now), now=now)
    return PaySteps()


def _customer(tenant: Tenant, *, now: datetime) -> str:
    """
    Return the mall's customer at Stripe: that of its packages before, so that what waits there for an invoice stands on the next one, also
    where the mall has moved to another schema since; else a new one.
    """
    before = Subscription.objects.filter(tenant_schema=tenant.schema_name).exclude(stripe_customer="").order_by("-pk")
    known = before.values_list("stripe_customer", flat=True).first()
    return known or stripe.customer(
        tenant_schema=tenant.schema_name, name=tenant.name, email=tenant.owner_email, now=now
    )


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


def close_pages(found: Subscription, *, now: datetime) -> bool:
    """
    Close Stripe's pages that are open for a package's card; one that was paid begins the package. Return whether one was.

    Never inside a transaction.

    :raises GatewayUnavailable: unknown; calling it again is safe
    """
    if not found.stripe_customer:
        return False
    paid = stripe.close_other_pages(customer_id=found.stripe_customer, stem=found.public_id, keep="")
    if paid:
        _start(found.public_id, paid, now=now)
    return paid is not None


@transaction.atomic
def begun(*, subscription: str, state: stripe.SubscriptionState, now: datetime) -> Subscription:
    """Note that Stripe has begun a package. Locks: Subscription. Repeated it changes nothing."""
    found = locked_one(Subscription.objects.filter(public_id=subscription))
    if found.state != State.BEGINNING or state.status in NOT_BEGUN:
        return found
    found.state, found.stripe_subscription = State.ACTIVE, state.subscription_id
    found.begins_at = state.period_starts_at
    found.period_starts_at, found.period_ends_at = state.period_starts_at, state.period_ends_at
    if not found.contract:
        found.minimum_until_at = state.period_starts_at + relativedelta(months=found.minimum_months)
    found.save()
    note("package.began", found, phrase(_("%(package)s began"), package=found.name), by=SYSTEM, now=now)
    return found


def _start(subscription: str, state: stripe.SubscriptionState, *, now: datetime) -> None:
    """
    Bill what is paid once, on an invoice of its own, and then note the beginning: cut off in between it is begun again, and finds what
    it did before. What Stripe has ended already ends here too, and bills nothing.
    """
    found = Subscription.objects.get(public_id=subscription)
    once = [one for one in found.items if one["kind"] == Price.Kind.ONE_OFF]
    has_begun = found.state in (State.BEGINNING, State.ACTIVE) and state.status not in (*NOT_BEGUN, "canceled")
    if has_begun and once:
        _bill_once(found, once, state.customer_id, now=now)
    row = begun(subscription=subscription, state=state, now=now)
    if state.status == "canceled" and row.stripe_subscription == state.subscription_id:
        closing.ended(subscription, now=now)


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


def refresh(*, stripe_subscription: str, now: datetime) -> None:
    """
    Bring a subscription to what Stripe says: begun by card, or ended there. Never inside a transaction.

    One that began after all was withdrawn, or beside another, on a page that was still open, ends at once, so that nobody is charged on.
    One that has ended without being known begins nothing: it is such a one, and not what waits now.
    """
    state = stripe.read_subscription(stripe_subscription)
    found = Subscription.objects.filter(stripe_subscription=stripe_subscription).first()
    if found is not None:
        usage.keep_period(state)
        if state.status == "canceled":
            closing.ended(found.public_id, now=now)
        return
    if state.status == "canceled":
        return
    rows = Subscription.objects.filter(stripe_customer=state.customer_id)
    found = rows.filter(state=State.BEGINNING).first()
    if found is not None:
        _start(found.public_id, state, now=now)
    else:
        _end_stray(rows, stripe_subscription, now=now)


def _end_stray(rows: "QuerySet[Subscription]", stripe_subscription: str, *, now: datetime) -> None:
    found = rows.filter(state=State.ACTIVE).first() or rows.filter(state=State.WITHDRAWN).first()
    if found is None:
        return
    stripe.end_subscription(subscription_id=stripe_subscription, at_period_end=False)
    words = _("%(package)s was paid a second time: ended at Stripe, give the payment back")
    if found.state == State.WITHDRAWN:
        words = _("%(package)s was paid after it was withdrawn: ended at Stripe, give the payment back")
    with transaction.atomic():
        note("package.ended", found, phrase(words, package=found.name), by=SYSTEM, now=now)
