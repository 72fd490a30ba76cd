"""Credits on single invoices: what is still free of one, and the note at Stripe that lowers an open one."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from billing.gateway import invoices as stripe
from billing.gateway.operations import GatewayUnavailable, KeyReused, PaymentRefused
from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one
from saas.ui.formats import format_money

from . import invoicing
from .models import Credit, Invoice, Subscription


class CreditRefused(DomainError):
    """The credit is more than the invoice, or the invoice takes none."""

    code = "credit_refused"


def free_minor(invoice: Invoice) -> int:
    """Return how much of an invoice can still be credited: all of it less the credits that were given, and of an open one what is left."""
    given = Credit.objects.filter(invoice=invoice).aggregate(total=Sum("amount_minor"))["total"] or 0
    free = invoice.total_minor - int(given)
    return max(0, min(free, invoice.remaining_minor) if invoice.state == Invoice.State.OPEN else free)


@transaction.atomic
def reserve(*, invoice: str, amount_minor: int, key: str, now: datetime) -> Credit:
    """
    Write down a credit before anybody is asked, once for each key. Locks: Subscription, so that two credits on one invoice meet.

    :raises CreditRefused: nothing, or with those that were given before it is more than the invoice, or the key stands for another
    """
    row = Invoice.objects.get(public_id=invoice)
    locked_one(Subscription.objects.filter(pk=row.subscription_id))
    row.refresh_from_db()
    known = Credit.objects.select_related("invoice").filter(key=key).first()
    if known is not None:
        if (known.invoice_id, known.amount_minor) != (row.pk, amount_minor):
            raise CreditRefused(_("The same request came again with other contents."), field="amount")
        return known
    free = free_minor(row)
    if not 0 < amount_minor <= free:
        data = {"left": format_money(free, row.currency)}
        said = _(
            "A credit is more than zero, and with earlier ones at most the invoice: %(left)s can still be credited."
        )
        raise CreditRefused(said % data, field="amount")
    lowers = row.state == Invoice.State.OPEN
    return Credit.objects.create(key=key, invoice=row, amount_minor=amount_minor, lowers=lowers, made_at=now)


def lower(credit: Credit, why: str, *, now: datetime) -> bool:
    """
    Lower an open invoice by a credit that was written down, once. False, and the credit is gone, when the invoice was paid meanwhile.

    :raises CreditRefused: Stripe's clear no; the credit is gone
    :raises KeyReused: it was asked for in other words before, and may be made: the credit stays
    :raises GatewayUnavailable: unknown; call it again
    """
    row = credit.invoice
    if not stripe.was_credit_asked(credit.key) and stripe.read_invoice(row.stripe_invoice).status != "open":
        let_go(credit, now=now)
        return False
    schema = row.subscription.tenant_schema
    request = stripe.CreditRequest(credit.key, schema, row.stripe_invoice, credit.amount_minor, why)
    try:
        stripe.credit(request, now=now)
    except KeyReused:
        raise
    except PaymentRefused as refusal:
        let_go(credit, now=now)
        raise CreditRefused(_("This invoice takes no such credit: %(state)s.") % {"state": str(refusal)}) from refusal
    invoicing.refresh(stripe_invoice=row.stripe_invoice, now=now)
    return True


def let_go(credit: Credit, *, now: datetime) -> None:
    """Forget a credit that nobody made, and look at its invoice again."""
    Credit.objects.filter(pk=credit.pk).delete()
    try:
        invoicing.refresh(stripe_invoice=credit.invoice.stripe_invoice, now=now)
    except GatewayUnavailable:
        return  # its events, and the next review, say what it is
