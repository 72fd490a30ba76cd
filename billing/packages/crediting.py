"""A credit that Finance gives on an invoice."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.gateway import invoices as stripe
from billing.gateway.operations import KeyReused, PaymentRefused
from saas.audit.models import AuditEntry
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked_one

from . import credited, invoicing, returning
from .credited import CreditRefused
from .models import Credit, Invoice, Subscription
from .selling import note


@dataclass(frozen=True)
class CreditDraft:
    """A credit on an invoice, minor units, with what it is for in words that the merchant reads."""

    invoice: str
    amount_minor: int
    reason: str
    key: str


def credit(*, draft: CreditDraft, by: Actor, now: datetime) -> Invoice | None:
    """
    Credit part of an invoice, once for each key: an open one is lowered by a credit note; of a paid one the sum comes off the next
    invoice, or, where the package has ended and none follows, is given back (`returning`). Never inside a transaction.

    :raises CreditRefused: nothing, with earlier credits more than the invoice, it was taken back, or the key stands for another sum
    :raises KeyReused: the key stands for other words; what was asked for before may be made, and stays written down
    :raises GatewayUnavailable: unknown; call it again with the same key
    """
    row = Invoice.objects.select_related("subscription").get(public_id=draft.invoice)
    if row.state == Invoice.State.OPEN and not Credit.objects.filter(key=draft.key).exists():
        row = invoicing.refresh(stripe_invoice=row.stripe_invoice, now=now) or row  # it may have been paid meanwhile
    if row.state not in (Invoice.State.OPEN, Invoice.State.PAID):
        raise CreditRefused(_("This invoice takes no such credit: %(state)s.") % {"state": row.get_state_display()})
    written = credited.reserve(invoice=row.public_id, amount_minor=draft.amount_minor, key=draft.key, now=now)
    if not written.lowers:
        _come_off_what_follows(row, written, draft, now=now)
    elif not credited.lower(written, draft.reason, now=now):
        raise CreditRefused(_("It was paid just now. Please credit it once more: it then comes off the next invoice."))
    _note(row, draft, by=by, now=now)
    return invoicing.refresh(stripe_invoice=row.stripe_invoice, now=now)


def _come_off_what_follows(row: Invoice, written: Credit, draft: CreditDraft, *, now: datetime) -> None:
    package = row.subscription
    what = _("Credit on %(number)s: %(reason)s") % {"number": row.number, "reason": draft.reason}
    follows = package.state == Subscription.State.ACTIVE or returning.goes_on(
        package.tenant_schema, currency=package.currency, now=now
    )
    try:
        if stripe.was_item_asked(draft.key) or (follows and not returning.has_begun(draft.key)):
            invoicing.bill_once(
                subscription=package.public_id, amount_minor=-draft.amount_minor, what=what, key=draft.key, now=now
            )
        else:
            returning.give_back(package, draft.amount_minor, why=what, key=draft.key, now=now)
    except KeyReused:
        raise
    except (PaymentRefused, CreditRefused):
        credited.let_go(written, now=now)
        raise


@transaction.atomic
def _note(row: Invoice, draft: CreditDraft, *, by: Actor, now: datetime) -> None:
    """
    Let the trail say who gave which credit and why, once for each key; cut off before this, the next press of the same form leaves it.
    Locks: Subscription.
    """
    found = locked_one(Subscription.objects.filter(pk=row.subscription_id))
    told = AuditEntry.objects.filter(subject_kind="subscription", subject_id=found.public_id)
    if told.filter(action="package.credited", data__key=draft.key).exists():
        return
    amount = Amount(draft.amount_minor, row.currency)
    words = _("Credited %(amount)s on %(invoice)s: %(reason)s")
    summary = phrase(words, amount=amount, invoice=row.number, reason=draft.reason)
    note("package.credited", found, summary, by=by, now=now, key=draft.key)
