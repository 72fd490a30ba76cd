"""Subscriptions that follow a contract which both sides signed: agreed, changed and ended by it. Its signature is the merchant's yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Phrase, phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.registry.models import Tenant

from . import beginning
from .each import one_by_one
from .models import Package, Subscription
from .selling import OfferRefused

State, PaysBy = Subscription.State, Subscription.PaysBy
OPEN = (State.OFFERED, State.BEGINNING, State.ACTIVE)
# How long after a contract's first day its card can be entered before invoices are sent, and at least after it was asked for.
CARD_DAYS, ASKED_FOR = timedelta(days=3), timedelta(days=2)


@dataclass(frozen=True)
class Agreement:
    """
    What a contract says of money. `items` are prices as a subscription keeps them, minor units; `starts_at` is when the first month
    begins, `ends_at` when the last one is over, None for open. `package` is the catalogue's from which it was quoted, None for one of
    single modules.
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
    package: Package | None = None


@transaction.atomic
def agree(agreement: Agreement, *, tenant: Tenant, by: Actor, now: datetime) -> Subscription:
    """
    Take a contract's prices as the mall's subscription. By invoice or out of the balance it begins at Stripe on its first day
    (`start_due`); by card when the merchant has entered one. It may wait for a former one's end. Repeated it changes nothing.

    Locks: Tenant.

    :raises OfferRefused: the mall has an offer, or a subscription that is open for the same time
    """
    found = Subscription.objects.filter(contract=agreement.contract).first()
    if found:
        return found
    one = agreement
    locked_one(Tenant.objects.filter(pk=tenant.pk))
    _refuse_overlap(one, tenant)
    found = Subscription.objects.create(
        tenant_schema=tenant.schema_name, contract=one.contract, package=one.package, name=one.name, currency=one.currency,
        items=list(one.items), minimum_months=one.minimum_months, notice_days=one.notice_days, pays_by=one.pays_by,
        state=State.BEGINNING, offered_by=by.name[:160], offered_at=now, answered_by=one.signed_by[:160],
        answered_at=one.starts_at, minimum_until_at=one.starts_at + relativedelta(months=one.minimum_months),
        ends_at=one.ends_at,
    )  # fmt: skip
    _note("package.agreed", found, phrase(_("%(package)s: by contract"), package=found.name), by=by, now=now)
    enqueue("billing.packages.start_agreed")
    return found


def _refuse_overlap(one: Agreement, tenant: Tenant) -> None:
    for other in Subscription.objects.filter(tenant_schema=tenant.schema_name, state__in=OPEN):
        is_before = other.ends_at is not None and other.ends_at <= one.starts_at
        is_after = bool(other.contract and other.answered_at and one.ends_at and one.ends_at <= other.answered_at)
        if not (is_before or is_after):
            raise OfferRefused(
                _("This mall has a package or an offer that is open. End or withdraw that first, under Services.")
            )


@transaction.atomic
def change(*, contract: str, items: Sequence[dict[str, Any]], since: datetime, by: Actor, now: datetime) -> None:
    """
    Change a contract's prices from the next period on; what was billed stays. Introductory months of what is new count from `since`.

    Locks: Subscription. Repeated it changes nothing. What it pays already keeps its name, so that it stays the same price at Stripe.
    """
    for found in locked(Subscription.objects.filter(contract=contract, state__in=[State.BEGINNING, State.ACTIVE])):
        known = {one["price"]: one for one in found.items}
        wanted = [_named_as(known.get(one["price"]), one) for one in items]
        if found.items == wanted:
            continue
        found.added |= {one["price"]: since.isoformat() for one in wanted if one["price"] not in known}
        found.items = wanted
        found.save(update_fields=["items", "added"])
        _note(
            "package.changed",
            found,
            phrase(_("%(package)s: prices changed by contract"), package=found.name),
            by=by,
            now=now,
        )
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
        _note(
            "package.notice",
            found,
            phrase(_("%(package)s ends on %(day)s"), package=found.name, day=ends_at.date()),
            by=by,
            now=now,
        )
    enqueue("billing.packages.end_agreed")


def start_due(*, now: datetime) -> int:
    """
    Begin at Stripe what a contract's first day has come for and no card is needed for; return how many. For a card the merchant is
    asked once, and invoices are sent instead to who has entered none in `CARD_DAYS`. What ended before it began is withdrawn.

    Never inside a transaction.
    """
    waiting = Subscription.objects.filter(state=State.BEGINNING, answered_at__lte=now).exclude(contract="")
    waiting.filter(ends_at__lte=now).update(state=State.WITHDRAWN)
    begun = one_by_one(waiting.exclude(pays_by=PaysBy.CARD), lambda row: _start(row, now=now))
    by_card = waiting.filter(pays_by=PaysBy.CARD)
    for pk in by_card.filter(card_asked_at=None).values_list("pk", flat=True):
        _ask_for_card(pk, now=now)
    late = [row for row in by_card.exclude(card_asked_at=None) if by_invoice_from(row) <= now]
    return begun + one_by_one(late, lambda row: _start_by_invoice(row, now=now))


def without_card() -> "QuerySet[Subscription]":
    """Return what has begun by contract and waits for a card that the merchant was asked for."""
    return Subscription.objects.filter(state=State.BEGINNING, pays_by=PaysBy.CARD).exclude(card_asked_at=None)


def by_invoice_from(row: Subscription) -> datetime:
    """Return from when on invoices are sent to who enters no card for what a contract began."""
    first = row.answered_at or row.offered_at
    return max(first + CARD_DAYS, (row.card_asked_at or first) + ASKED_FOR)


def _start(row: Subscription, *, now: datetime) -> bool:
    tenant = Tenant.objects.get(schema_name=row.tenant_schema)
    beginning.begin(subscription=row.public_id, tenant=tenant, urls=("", ""), now=now)
    return Subscription.objects.filter(pk=row.pk, state=State.ACTIVE).exists()


@transaction.atomic
def _ask_for_card(pk: int, *, now: datetime) -> None:
    """Locks: Subscription."""
    found = locked_one(Subscription.objects.filter(pk=pk))
    if found.state == State.BEGINNING and found.card_asked_at is None:
        found.card_asked_at = now
        found.save(update_fields=["card_asked_at"])
        enqueue("billing.packages.tell_owner", subscription=found.public_id, what="card")


def _start_by_invoice(row: Subscription, *, now: datetime) -> bool:
    """The work runs and has to be paid: what stood open for a card is closed first, so that nobody pays twice."""
    return not beginning.close_pages(row, now=now) and _take_by_invoice(row.pk, now=now) and _start(row, now=now)


@transaction.atomic
def _take_by_invoice(pk: int, *, now: datetime) -> bool:
    """Locks: Subscription."""
    found = locked_one(Subscription.objects.filter(pk=pk))
    if found.state != State.BEGINNING:
        return False
    if found.pays_by == PaysBy.CARD:
        found.pays_by = PaysBy.INVOICE
        found.save(update_fields=["pays_by"])
        _note(
            "package.by_invoice",
            found,
            phrase(_("%(package)s: no card was entered, invoices are sent"), package=found.name),
            by=SYSTEM,
            now=now,
        )
        enqueue("billing.packages.tell_owner", subscription=found.public_id, what="by_invoice")
    return True


def _note(action: str, found: Subscription, summary: Phrase, *, by: Actor, now: datetime) -> None:
    audit.record(action=action, subject=("subscription", found.public_id), summary=summary, by=by, now=now)


def _named_as(former: dict[str, Any] | None, item: dict[str, Any]) -> dict[str, Any]:
    if former is None:
        return item
    kept = {name: former[name] for name in ("module", "unit_name", "language") if name in former}
    return {**{name: value for name, value in item.items() if name != "language"}, **kept}
