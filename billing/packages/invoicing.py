"""Invoices of packages as Stripe has them, what they bring into the books, and single items."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.gateway import invoices as stripe
from billing.gateway.operations import PaymentRefused
from billing.ledger import operations as ledger
from billing.ledger.models import Account
from saas.audit.models import AuditEntry
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked, locked_one

from . import receiving, standing
from .beginning import DAYS_UNTIL_DUE
from .each import one_by_one
from .models import Invoice, Subscription
from .selling import note

Kind = Account.Kind
PaysBy = Subscription.PaysBy


def refresh(*, stripe_invoice: str, now: datetime) -> Invoice | None:
    """
    Bring our row of an invoice to what Stripe says, forward only; book a payment once; net an open one when the mall pays so.

    Returns None for an invoice of no package of ours. Never inside a transaction.

    :raises GatewayUnavailable: unknown; calling it again is safe
    """
    state = stripe.read_invoice(stripe_invoice)
    subscription = _subscription_of(state)
    if subscription is None:
        return None
    untold = Invoice.objects.filter(stripe_invoice=stripe_invoice, state=Invoice.State.OPEN).exclude(netted_at=None)
    if state.status == "paid" and untold.exists():
        state = _tell_netted(stripe_invoice, now=now)
    row = _mirror(subscription.pk, state, now=now)
    if row.state == Invoice.State.OPEN and subscription.pays_by == PaysBy.BALANCE and row.remaining_minor > 0:
        return _net(row, now=now)
    standing.lift(row.subscription_id, now=now)
    return row


def _subscription_of(state: stripe.InvoiceState) -> Subscription | None:
    rows = Subscription.objects.filter(stripe_customer=state.customer_id)
    if state.subscription_id:
        return (
            rows.filter(stripe_subscription=state.subscription_id).first()
            or rows.filter(state=Subscription.State.BEGINNING).first()
        )
    begun = rows.exclude(begins_at=None).order_by("-begins_at")
    running = begun.filter(state=Subscription.State.ACTIVE).first()
    return running or rows.filter(state=Subscription.State.BEGINNING).first() or begun.first()


@transaction.atomic
def _mirror(subscription_id: int, state: stripe.InvoiceState, *, now: datetime) -> Invoice:
    """
    Write what Stripe says. What it was paid with becomes revenue here, also what comes when it is paid already.

    Locks: Subscription, so that two deliveries of one event meet, Invoice, accounts of the books.
    """
    subscription = locked_one(Subscription.objects.filter(pk=subscription_id))
    row = next(iter(locked(Invoice.objects.filter(stripe_invoice=state.invoice_id))), None) or Invoice(
        stripe_invoice=state.invoice_id, subscription=subscription, issued_at=state.created_at, currency=state.currency
    )
    if row.state not in (Invoice.State.PAID, Invoice.State.VOID):
        _write(row, state, now=now)
    if row.state == Invoice.State.PAID:
        receiving.take_in(row, state, now=now)
    row.save()
    return row


def _write(row: Invoice, state: stripe.InvoiceState, *, now: datetime) -> None:
    row.number, row.state, row.url, row.due_at = state.number, state.status, state.url[:500], state.due_at
    row.total_minor, row.paid_minor, row.remaining_minor = state.total_minor, state.paid_minor, state.remaining_minor
    row.lines = [
        {
            "description": line.description,
            "amount_minor": line.amount_minor,
            "quantity": line.quantity,
            "starts_at": line.starts_at.isoformat(),
            "ends_at": line.ends_at.isoformat(),
        }
        for line in state.lines
    ]
    if row.state == Invoice.State.PAID:
        row.paid_at = now


def _net(row: Invoice, *, now: datetime) -> Invoice:
    """
    Let the mall's earnings pay an open invoice, if enough is available: books first, then Stripe is told. Paid by card in that moment,
    what was netted goes back (`receiving`).
    """
    if not _owe(row.pk, now=now):
        return row
    row = _mirror(row.subscription_id, _tell_netted(row.stripe_invoice, now=now), now=now)
    standing.lift(row.subscription_id, now=now)
    return row


def _tell_netted(stripe_invoice: str, *, now: datetime) -> stripe.InvoiceState:
    """
    Tell Stripe that the mall's earnings paid an invoice, or find who told it: refused, and paid past Stripe, somebody marked it as paid by
    hand, which is kept (`marked`).
    """
    try:
        return stripe.paid_by_netting(stripe_invoice)
    except PaymentRefused:
        state = stripe.read_invoice(stripe_invoice)
    if state.status == "paid" and state.off_stripe_minor:
        Invoice.objects.filter(stripe_invoice=stripe_invoice, marked_at=None).update(marked_at=now)
    return state


@transaction.atomic
def _owe(invoice_pk: int, *, now: datetime) -> bool:
    """
    Book an invoice's sum as owed by the mall, once; the next settlement nets it from what is available (M13). False where too
    little is available now, and of one that was paid meanwhile. Locks: Invoice, accounts.
    """
    row = locked_one(Invoice.objects.select_related("subscription").filter(pk=invoice_pk))
    if row.netted_at is not None:
        return True
    if row.state != Invoice.State.OPEN:
        return False
    held = ledger.locked_balances(
        Kind.MERCHANT_AVAILABLE,
        Kind.MERCHANT_RECEIVABLE,
        Kind.PACKAGE_FEES,
        schema=row.subscription.tenant_schema,
        currency=row.currency,
    )
    if held[Kind.MERCHANT_AVAILABLE] - held[Kind.MERCHANT_RECEIVABLE] < row.remaining_minor:
        return False
    receiving.owe(row, now=now)
    row.netted_at = now
    row.save(update_fields=["netted_at"])
    return True


def net_open(*, now: datetime) -> int:
    """Try again to net what is open at Stripe now of malls that pay out of their balance; return how many were paid."""
    rows = Invoice.objects.filter(state=Invoice.State.OPEN, subscription__pays_by=PaysBy.BALANCE)
    return one_by_one(rows, lambda row: _is_paid(refresh(stripe_invoice=row.stripe_invoice, now=now)))


def _is_paid(row: Invoice | None) -> bool:
    return row is not None and row.state == Invoice.State.PAID


def bill_once(*, subscription: str, amount_minor: int, what: str, key: str, now: datetime) -> str:
    """
    Put a single item on the mall's next invoice, once for each key; return Stripe's id of it. A credit has a negative amount.

    :raises GatewayUnavailable: unknown; call it again with the same key
    """
    found = Subscription.objects.get(public_id=subscription)
    request = stripe.ItemRequest(
        key=key,
        tenant_schema=found.tenant_schema,
        customer_id=found.stripe_customer,
        amount_minor=amount_minor,
        currency=found.currency,
        description=what,
    )
    return stripe.add_item(request, now=now)


def bill_by_hand(*, subscription: str, amount_minor: int, what: str, key: str, by: Actor, now: datetime) -> None:
    """
    Put what a person decided on the mall's next invoice; the trail says who, how much and why. Once for each key. Locks: Subscription.
    Never inside a transaction.

    :raises GatewayUnavailable: unknown; call it again with the same key
    """
    bill_once(subscription=subscription, amount_minor=amount_minor, what=what, key=key, now=now)
    with transaction.atomic():  # cut off before this, the next press of the same form leaves the trail
        found = locked_one(Subscription.objects.filter(public_id=subscription))
        told = AuditEntry.objects.filter(subject_kind="subscription", subject_id=found.public_id)
        if told.filter(action="package.billed", data__key=key).exists():
            return
        amount = Amount(amount_minor, found.currency)
        words = phrase(_("%(amount)s on the next invoice: %(reason)s"), amount=amount, reason=what)
        note("package.billed", found, words, by=by, now=now, key=key)


def bill_now(*, subscription: str, key: str, now: datetime) -> Invoice | None:
    """Make an invoice of what waits for the mall, without waiting for the month's end. Once for each key."""
    found = Subscription.objects.get(public_id=subscription)
    state = stripe.invoice_items(
        key=key,
        tenant_schema=found.tenant_schema,
        customer_id=found.stripe_customer,
        currency=found.currency,
        days_until_due=0 if found.pays_by == PaysBy.CARD else DAYS_UNTIL_DUE,
        now=now,
    )
    return refresh(stripe_invoice=state.invoice_id, now=now)
