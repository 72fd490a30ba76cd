"""What came in for an invoice: every payment is booked once, and what was paid twice goes back."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from billing.gateway.invoices import CardPayment, InvoiceState
from billing.ledger import operations as ledger
from billing.ledger.models import Account, Transfer
from billing.ledger.operations import Entry, Leg
from billing.settlements import earnings
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.tasks import enqueue

from .models import Invoice, Subscription
from .selling import note

Kind = Account.Kind
_BY = "Hutong"


def take_in(row: Invoice, told: InvoiceState, *, now: datetime) -> None:
    """
    Book what a paid invoice was paid with, each payment once: by card, or past Stripe, straight to the platform's bank. Of what came
    more than was owed, what the mall's earnings paid goes back to them; the rest Stripe itself takes off the customer's next invoice.

    Call it with Subscription and Invoice locked, and save the row. Locks: accounts of the books. Repeated it changes nothing.
    """
    for payment in told.card_payments:
        _take_card(row, payment, now=now)
    netted_minor = _netted_minor(row)
    elsewhere_minor = max(
        0, told.off_stripe_minor - netted_minor
    )  # what is netted is told to Stripe as paid past it, too
    if elsewhere_minor > row.elsewhere_minor:
        key = f"package_paid_elsewhere:{row.stripe_invoice}:{row.elsewhere_minor}"
        leg = Leg("package_paid_elsewhere", Kind.BANK, Kind.PACKAGE_FEES, elsewhere_minor - row.elsewhere_minor)
        _book(row, key, leg, now=now)
        row.elsewhere_minor = elsewhere_minor
    came_minor = sum(one.amount_minor for one in told.card_payments) + netted_minor + elsewhere_minor
    twice_minor = came_minor - told.due_minor - row.doubled_minor
    if twice_minor > 0:
        ours_minor = min(netted_minor, max(0, twice_minor - told.overpaid_minor))
        _give_back(row, ours_minor, twice_minor, now=now)
        row.doubled_minor += twice_minor


def owe(row: Invoice, *, now: datetime) -> None:
    """Book what is left of an invoice as owed by the mall, for the next settlement to keep; once. Locks: accounts of the books."""
    leg = Leg("package_netted", Kind.MERCHANT_RECEIVABLE, Kind.PACKAGE_FEES, row.remaining_minor)
    _book(row, f"package_netted:{row.stripe_invoice}", leg, now=now)


def take_marked(row: Invoice, *, now: datetime) -> str:
    """
    Book that what was netted came to the platform's bank as well, and give the netted back; return the journal.

    Call it with Subscription and Invoice locked, and save the row. Locks: accounts of the books.
    """
    minor = _netted_minor(row)
    leg = Leg("package_paid_elsewhere", Kind.BANK, Kind.PACKAGE_FEES, minor)
    _book(row, f"package_paid_elsewhere:{row.stripe_invoice}:0", leg, now=now)
    _give_back(row, minor, minor, now=now)
    row.elsewhere_minor, row.doubled_minor = minor, row.doubled_minor + minor
    return row.public_id


def is_missing(row: Invoice, told: InvoiceState) -> bool:
    """Tell whether Stripe knows of money for an invoice that is paid by our row, and that `take_in` may not have booked."""
    twice = bool(told.overpaid_minor or (row.netted_at and told.card_payments))
    elsewhere = row.netted_at is None and told.off_stripe_minor > row.elsewhere_minor
    return row.state == Invoice.State.PAID and (elsewhere or (twice and not row.doubled_minor))


def pay_out(found: Subscription, amount_minor: int, *, why: str, key: str, now: datetime) -> None:
    """
    Book part of what was paid for a package as available to the mall, and note it for the next settlement; once for each key. Inside a
    transaction. Locks: accounts of the books.
    """
    leg = Leg("package_returned", Kind.PACKAGE_FEES, Kind.MERCHANT_AVAILABLE, amount_minor)
    entry = Entry(
        key=key,
        tenant_schema=found.tenant_schema,
        currency=found.currency,
        legs=[leg],
        by=SYSTEM.name,
        happened_at=now,
        details={"title": why},
    )
    ledger.post(entry, journal_id=found.public_id, now=now)
    place = {"schema": found.tenant_schema, "currency": found.currency}
    earnings.note_given(key=key, subject=found.public_id, amount_minor=amount_minor, now=now, **place)


def _take_card(row: Invoice, payment: CardPayment, *, now: datetime) -> None:
    base = f"package_paid:{row.stripe_invoice}"
    known = set(Transfer.objects.filter(key__startswith=f"{base}:").values_list("details__payment_intent", flat=True))
    if payment.intent_id in known or payment.amount_minor <= 0:
        return
    key = f"{base}:{payment.intent_id}" if known else base
    leg = Leg("package_paid", Kind.STRIPE_CASH, Kind.PACKAGE_FEES, payment.amount_minor)
    _book(row, key, leg, payment_intent=payment.intent_id, now=now)


def _netted_minor(row: Invoice) -> int:
    if row.netted_at is None:
        return 0
    booked = Transfer.objects.filter(key=f"package_netted:{row.stripe_invoice}:0")
    return booked.values_list("amount_minor", flat=True).first() or 0


def _give_back(row: Invoice, ours_minor: int, twice_minor: int, *, now: datetime) -> None:
    words = _("%(invoice)s was paid twice: %(amount)s comes off the next invoice")
    if ours_minor:
        words = _("%(invoice)s was paid twice: %(amount)s goes back to what the mall has earned")
        key = f"package_returned:twice:{row.stripe_invoice}:{row.doubled_minor}"
        pay_out(row.subscription, ours_minor, why=f"{row.subscription.name} {row.number}", key=key, now=now)
    amount = Amount(twice_minor, row.currency)
    summary = phrase(words, invoice=row.number, amount=amount)
    note("package.paid_twice", row.subscription, summary, by=SYSTEM, now=now, invoice=row.public_id)
    enqueue("billing.packages.tell_owner", subscription=row.subscription.public_id, what="paid_twice")


def _book(row: Invoice, key: str, leg: Leg, *, now: datetime, payment_intent: str = "") -> None:
    entry = Entry(
        key=key,
        tenant_schema=row.subscription.tenant_schema,
        currency=row.currency,
        legs=[leg],
        by=_BY,
        happened_at=now,
        details={"title": row.subscription.name, "invoice": row.number, "payment_intent": payment_intent},
    )
    ledger.post(entry, journal_id=row.public_id, now=now)
