"""Subscriptions that follow a contract which both sides signed: agreed, changed and ended by it. Its signature is the merchant's yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.kernel.actors import Actor
from saas.kernel.locking import locked
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

from . import selling
from .each import one_by_one
from .models import Subscription
from .selling import OfferRefused, PaysBy, State


@dataclass(frozen=True)
class Agreement:
    """
    What a contract says of money. `items` are prices as a subscription keeps them, minor units; `starts_at` is when the first month
    begins, `ends_at` when the last one is over, None for open.
    """

    contract: str
    name: str
    currency: str
    pays_by: str
    items: Sequence[dict[str, Any]]
    minimum_months: int
    notice_days: int
    starts_at: datetime
    ends_at: datetime | None
    signed_by: str


@transaction.atomic
def agree(agreement: Agreement, *, tenant: Tenant, by: Actor, now: datetime) -> Subscription:
    """
    Take a contract's prices as the mall's subscription. By invoice or out of the balance it begins at Stripe on its first day
    (`start_due`); by card when the merchant has entered one. Repeated it changes nothing.

    :raises OfferRefused: the mall has another offer or subscription that is open
    """
    found = Subscription.objects.filter(contract=agreement.contract).first()
    if found:
        return found
    one = agreement
    try:
        with transaction.atomic():
            found = Subscription.objects.create(
                tenant_schema=tenant.schema_name, contract=one.contract, name=one.name, currency=one.currency,
                items=list(one.items), minimum_months=one.minimum_months, notice_days=one.notice_days, pays_by=one.pays_by,
                state=State.BEGINNING, offered_by=by.name[:160], offered_at=now, answered_by=one.signed_by[:160],
                answered_at=one.starts_at, minimum_until_at=one.starts_at + relativedelta(months=one.minimum_months),
                ends_at=one.ends_at,
            )  # fmt: skip
    except IntegrityError as error:
        message = _("This mall has a package or an offer that is open. End or withdraw that first, under Services.")
        raise OfferRefused(message) from error
    _note("package.agreed", found, f"{found.name}: by contract", by=by, now=now)
    enqueue("billing.packages.start_agreed")
    return found


@transaction.atomic
def change(*, contract: str, items: Sequence[dict[str, Any]], by: Actor, now: datetime) -> None:
    """
    Change a contract's prices from the next period on; what was billed stays. Locks: Subscription. Repeated it changes nothing.
    """
    for found in locked(Subscription.objects.filter(contract=contract, state__in=[State.BEGINNING, State.ACTIVE])):
        if found.items == list(items):
            continue
        found.items = list(items)
        found.save(update_fields=["items"])
        _note("package.changed", found, f"{found.name}: prices changed by contract", by=by, now=now)
        enqueue("billing.packages.follow_items", subscription=found.public_id)


@transaction.atomic
def end(*, contract: str, ends_at: datetime, by: Actor, now: datetime) -> None:
    """
    End a contract's subscription at an instant; one that never began is withdrawn when that has come. What was paid stays paid (M20).

    Locks: Subscription. Repeated it changes nothing.
    """
    for found in locked(Subscription.objects.filter(contract=contract, state__in=[State.BEGINNING, State.ACTIVE])):
        found.ends_at = ends_at
        if found.state == State.BEGINNING and ends_at <= now:
            found.state = State.WITHDRAWN
        found.save(update_fields=["ends_at", "state"])
        _note("package.notice", found, f"{found.name} ends at {ends_at:%Y-%m-%d}", by=by, now=now)
    enqueue("billing.packages.end_agreed")


def start_due(*, now: datetime) -> int:
    """
    Begin at Stripe what a contract's first day has come for and no card is needed for; return how many. What ended before it began is
    withdrawn. Never inside a transaction.
    """
    waiting = Subscription.objects.filter(state=State.BEGINNING, answered_at__lte=now).exclude(contract="")
    waiting.filter(ends_at__lte=now).update(state=State.WITHDRAWN)
    rows = waiting.exclude(pays_by=PaysBy.CARD)
    return one_by_one(rows, lambda row: _start(row, now=now))


def _start(row: Subscription, *, now: datetime) -> bool:
    tenant = Tenant.objects.get(schema_name=row.tenant_schema)
    selling.begin(subscription=row.public_id, tenant=tenant, urls=("", ""), now=now)
    return Subscription.objects.filter(pk=row.pk, state=State.ACTIVE).exists()


def _note(action: str, found: Subscription, summary: str, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("subscription", found.public_id), summary=summary[:300], by=by, now=now)
