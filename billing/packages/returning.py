"""What becomes of what waits at Stripe when a package has ended and no invoice will come: a last invoice, or what is given back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from billing.gateway import invoices as stripe
from billing.ledger import operations as ledger
from billing.ledger import queries as books
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg
from billing.settlements import earnings
from saas.kernel.actors import SYSTEM

from . import invoicing
from .each import one_by_one
from .invoicing import CreditRefused
from .models import Invoice, Subscription

State, Kind = Subscription.State, Account.Kind
# Single items that are put on in the last hours are on the last invoice.
SETTLES_AFTER = timedelta(days=1)
CARD_WITHIN = timedelta(days=7)


def goes_on(schema: str, *, currency: str, now: datetime) -> Subscription | None:
    """
    Return the mall's package, running or soon to begin, whose invoices carry what waits; None where none will come. One that was taken
    without a contract, and whose card nobody has entered in a week, is not waited for.
    """
    rows = Subscription.objects.filter(tenant_schema=schema, currency=currency)
    running = rows.filter(state=State.ACTIVE).exclude(stripe_customer="").first()
    soon = rows.filter(~Q(contract="") | Q(answered_at__gt=now - CARD_WITHIN), state=State.BEGINNING)
    return running or soon.order_by("answered_at").first()


def settle_ended(*, now: datetime) -> int:
    """
    Make the last invoice of what waits at Stripe for packages that have ended, and give back what is a credit; return how many
    packages were settled. What the mall's next package will bill waits for that. Never inside a transaction.
    """
    rows = Subscription.objects.filter(state=State.ENDED, settled_at=None, ends_at__lte=now - SETTLES_AFTER)
    return one_by_one(rows, lambda row: _settle(row, now=now))


def _settle(found: Subscription, *, now: datetime) -> bool:
    later = goes_on(found.tenant_schema, currency=found.currency, now=now)
    if later is not None and later.state != State.ACTIVE:
        return False
    if later is None and found.stripe_customer:
        _settle_items(found, now=now)
    Subscription.objects.filter(pk=found.pk, settled_at=None).update(settled_at=now)
    return True


def _settle_items(found: Subscription, *, now: datetime) -> None:
    waiting = stripe.pending(customer_id=found.stripe_customer, currency=found.currency)
    if sum(one.amount_minor for one in waiting) < 0:
        for one in waiting:
            if one.amount_minor < 0:
                give_back(found, -one.amount_minor, why=one.description, key=one.item_id, now=now)
                stripe.take_off(one.item_id)
        waiting = [one for one in waiting if one.amount_minor > 0]
    if waiting:
        invoicing.bill_now(subscription=found.public_id, key=f"{found.public_id}:last", now=now)


def give_back(found: Subscription, amount_minor: int, *, why: str, key: str, now: datetime) -> str:
    """
    Give a credit of a package that has ended, minor units, once for each key: an invoice of it that is open becomes lower, and its public
    id is returned; else the sum is paid into what the mall has earned, for the next settlement (""). Never inside a transaction.

    Cut off and called again it goes on where it began: it does not choose anew.

    :raises CreditRefused: what is open is less than the credit, which is paid out once that is paid; or less was paid than the credit
    :raises GatewayUnavailable: unknown; call it again with the same key
    """
    booked_as = f"package_returned:{key}"
    if books.lines_of_keys([f"{booked_as}:"]):
        return ""
    issued = list(Invoice.objects.filter(subscription=found).order_by("issued_at"))
    standing = [one for one in issued if one.state != Invoice.State.VOID]
    if begun := [one for one in standing if stripe.was_credit_asked(_credit_key(key, one))]:
        return _lower(begun[0], amount_minor, why, _credit_key(key, begun[0]), now=now)
    unpaid = [one for one in issued if one.state == Invoice.State.OPEN and one.remaining_minor > 0]
    for one in unpaid:
        if one.remaining_minor >= amount_minor:
            return _lower(one, amount_minor, why, _credit_key(key, one), now=now)
    if unpaid:
        raise CreditRefused
    _pay_out(found, amount_minor, why=why, key=booked_as, now=now)
    return ""


@transaction.atomic
def _pay_out(found: Subscription, amount_minor: int, *, why: str, key: str, now: datetime) -> None:
    """Book a credit as available, out of what was paid, and note it for the next settlement. Locks: accounts of the books."""
    place = {"schema": found.tenant_schema, "currency": found.currency}
    if ledger.locked_balances(Kind.PACKAGE_FEES, Kind.MERCHANT_AVAILABLE, **place)[Kind.PACKAGE_FEES] < amount_minor:
        raise CreditRefused
    entry = Entry(
        key=key,
        tenant_schema=found.tenant_schema,
        currency=found.currency,
        legs=[Leg("package_returned", Kind.PACKAGE_FEES, Kind.MERCHANT_AVAILABLE, amount_minor)],
        by=SYSTEM.name,
        happened_at=now,
        details={"title": why},
    )
    ledger.post(entry, journal_id=found.public_id, now=now)
    earnings.note_given(key=key, subject=found.public_id, amount_minor=amount_minor, now=now, **place)


def _credit_key(key: str, invoice: Invoice) -> str:
    return f"{key}:{invoice.public_id}"


def _lower(invoice: Invoice, amount_minor: int, why: str, key: str, *, now: datetime) -> str:
    if not stripe.was_credit_asked(key) and stripe.read_invoice(invoice.stripe_invoice).status != "open":
        invoicing.refresh(stripe_invoice=invoice.stripe_invoice, now=now)  # paid meanwhile: the next time finds it so
        raise CreditRefused
    request = stripe.CreditRequest(key, invoice.subscription.tenant_schema, invoice.stripe_invoice, amount_minor, why)
    stripe.credit(request, now=now)
    invoicing.refresh(stripe_invoice=invoice.stripe_invoice, now=now)
    return invoice.public_id
