"""Looks at Stripe for what its news did not tell: news can be lost on both sides (W7)."""

from datetime import datetime

from django.db.models import Q

from billing.gateway import invoices as stripe_invoices
from billing.gateway import packages as stripe
from billing.gateway.invoices import InvoiceState

from . import beginning, invoicing, receiving
from .each import one_by_one
from .models import Invoice, Subscription

State = Subscription.State


def look_again(*, now: datetime) -> int:
    """
    Bring packages that begin or run, or have an open invoice, to what Stripe says; return how many were not there yet. Safe to repeat.
    """
    open_ones = Q(state__in=[State.BEGINNING, State.ACTIVE]) | Q(invoices__state=Invoice.State.OPEN)
    rows = Subscription.objects.filter(open_ones).exclude(stripe_customer="").distinct()
    return one_by_one(rows, lambda row: _follow(row, now=now))


def _follow(found: Subscription, *, now: datetime) -> bool:
    """Bring one to what Stripe says; tell whether anything was news."""
    before = (found.state, found.stripe_subscription)
    for subscription in stripe.subscriptions_of(found.stripe_customer):
        beginning.refresh(stripe_subscription=subscription.subscription_id, now=now)
    found.refresh_from_db()
    news = [one for one in stripe_invoices.invoices_of(found.stripe_customer) if _is_news(one)]
    for invoice in news:
        invoicing.refresh(stripe_invoice=invoice.invoice_id, now=now)
    return bool(news) or before != (found.state, found.stripe_subscription)


def _is_news(told: InvoiceState) -> bool:
    row = Invoice.objects.filter(stripe_invoice=told.invoice_id).first()
    if row is None:
        return told.status != "draft"
    if row.state in (Invoice.State.PAID, Invoice.State.VOID):
        return receiving.is_missing(row, told)
    return (row.state, row.total_minor, row.remaining_minor) != (told.status, told.total_minor, told.remaining_minor)
