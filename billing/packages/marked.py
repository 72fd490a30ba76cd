"""Invoices that the mall's earnings paid, and that somebody marked at Stripe as paid by hand in the same moment."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError
from saas.kernel.locking import locked_one

from . import receiving
from .models import Invoice, Subscription


class NotMarked(DomainError):
    """The invoice is none that was netted and marked as paid by hand, or its second payment went back already."""

    code = "not_marked"
    message = _("This invoice was not paid twice, or the second payment went back already.")


@dataclass(frozen=True)
class MarkedInvoice:
    """An invoice whose sum was kept from earnings, and that is marked as paid by hand too; `total_minor` is what was due."""

    stripe_invoice: str
    number: str
    tenant_schema: str
    currency: str
    total_minor: int


def marked() -> list[MarkedInvoice]:
    """Return the invoices of which nobody has said yet whether the second money is there. One query."""
    rows = Invoice.objects.exclude(marked_at=None).filter(elsewhere_minor=0).select_related("subscription")
    return [
        MarkedInvoice(row.stripe_invoice, row.number, row.subscription.tenant_schema, row.currency, row.total_minor)
        for row in rows.order_by("marked_at", "pk")
    ]


@transaction.atomic
def received(*, stripe_invoice: str, now: datetime) -> str:
    """
    Book that the money is in the platform's bank too, so that what was netted goes back to the mall's earnings; return the journal.

    Locks: Subscription, Invoice, accounts of the books.

    :raises NotMarked: it is none of `marked`
    """
    found = Invoice.objects.filter(stripe_invoice=stripe_invoice).first()
    if found is None:
        raise NotMarked
    locked_one(Subscription.objects.filter(pk=found.subscription_id))
    row = locked_one(Invoice.objects.select_related("subscription").filter(pk=found.pk))
    if row.marked_at is None or row.elsewhere_minor:
        raise NotMarked
    journal = receiving.take_marked(row, now=now)
    row.save()
    return journal
