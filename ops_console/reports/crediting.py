"""Missed work becomes a credit line on the merchant's next invoice, by itself, once for each task, to the cent."""

from datetime import datetime

from babel.dates import format_date
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from billing.packages import invoicing
from billing.packages.each import one_by_one
from billing.packages.models import Invoice, Subscription
from ops_console.work.models import Task
from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from saas.ui.formats import babel_locale
from tenants.registry.models import Tenant

from .models import CreditLine

State = CreditLine.State
# Letters of the line's public id that stand on the invoice, so that both find each other.
REFERENCE = 8


@transaction.atomic
def give(*, task: str, now: datetime) -> CreditLine | None:
    """
    Make the credit that the contract promises for a missed task; None where it is not missed or nothing was promised for it.

    Repeated it returns the first one. It goes to the invoice by a task after the commit.
    """
    missed = Task.objects.select_related("plan", "tenant").get(public_id=task)
    if missed.state != Task.State.MISSED or missed.plan is None or missed.terms.credit_minor == 0:
        return None
    line, is_new = CreditLine.objects.get_or_create(
        task=missed.public_id,
        defaults={
            "tenant": missed.tenant,
            "contract": missed.contract,
            "clause": missed.clause,
            "title": missed.title,
            "occurs_on": missed.occurs_on,
            "amount_minor": missed.terms.credit_minor,
            "currency": missed.tenant.currency,
            "made_at": now,
        },
    )
    if is_new:
        summary = f"{line.tenant.name}: {line.amount_minor} {line.currency} for {line.title}, {line.occurs_on}"
        _note("credit.given", line, summary, now=now)
        enqueue("ops_console.reports.bill_credits")
    return line


def bill_due(*, now: datetime) -> int:
    """
    Put what is due on the malls' next invoices, and note what stands on one; return how many were put. Never inside a transaction.

    A mall without a running package keeps its credits until it has one; Finance sees them with why.
    """
    give_missing(now=now)
    rows = CreditLine.objects.filter(state=State.DUE).select_related("tenant").order_by("pk")
    put = one_by_one(list(rows), lambda line: _bill(line, now=now))
    for line in CreditLine.objects.filter(state=State.BILLED).order_by("pk"):
        _find_invoice(line, now=now)
    return put


def give_missing(*, now: datetime, contract: str = "") -> None:
    """
    Give what a lost or late message has not given: every missed task of a plan has its line, if one was promised. Of one contract, if it
    is named.
    """
    given = CreditLine.objects.values("task")
    missed = Task.objects.filter(state=Task.State.MISSED, plan__isnull=False).exclude(public_id__in=given)
    promised = missed.filter(plan__clause__credit_minor__gt=0, **({"contract": contract} if contract else {}))
    for task in promised.order_by("pk").values_list("public_id", flat=True)[:500]:
        give(task=task, now=now)


def _bill(line: CreditLine, *, now: datetime) -> bool:
    found = _subscription(line.tenant)
    if found is None or found.currency != line.currency:
        why = (
            "No package runs on whose invoice it could stand." if found is None else "The package has another currency."
        )
        CreditLine.objects.filter(pk=line.pk).update(problem=why)
        return False
    words = line.words or _words(line)
    CreditLine.objects.filter(pk=line.pk, state=State.DUE).update(words=words)
    item = invoicing.bill_once(
        subscription=found.public_id,
        amount_minor=-line.amount_minor,
        what=words,
        key=f"credit:{line.public_id}",
        now=now,
    )
    return _billed(line.pk, subscription=found.public_id, item=item, now=now)


def _subscription(tenant: Tenant) -> Subscription | None:
    running = Subscription.objects.filter(tenant_schema=tenant.schema_name, state=Subscription.State.ACTIVE)
    return running.exclude(stripe_customer="").order_by("-begins_at").first()


def _words(line: CreditLine) -> str:
    with translation.override(line.tenant.language):
        facts = {
            "title": line.title,
            "day": format_date(line.occurs_on, locale=babel_locale()),
            "clause": line.clause,
            "reference": line.public_id[:REFERENCE].upper(),
        }
        return _("Credit for missed work: %(title)s, %(day)s (clause %(clause)s) – %(reference)s") % facts


@transaction.atomic
def _billed(pk: int, *, subscription: str, item: str, now: datetime) -> bool:
    """Locks: CreditLine."""
    line = locked_one(CreditLine.objects.filter(pk=pk))
    if line.state != State.DUE:
        return False
    line.state, line.subscription, line.stripe_item, line.billed_at = State.BILLED, subscription, item, now
    line.problem = ""
    line.save()
    return True


@transaction.atomic
def _find_invoice(line: CreditLine, *, now: datetime) -> bool:
    """Note on which invoice a credit stands, once that is issued. Locks: CreditLine."""
    issued = [Invoice.State.OPEN, Invoice.State.PAID]
    found = Invoice.objects.filter(
        subscription__public_id=line.subscription,
        state__in=issued,
        lines__contains=[{"description": line.words, "amount_minor": -line.amount_minor}],
    ).first()
    if found is None:
        return False
    row = locked_one(CreditLine.objects.filter(pk=line.pk))
    if row.state != State.BILLED:
        return False
    row.state, row.invoice, row.invoice_number, row.invoiced_at = State.INVOICED, found.public_id, found.number, now
    row.save()
    _note("credit.invoiced", row, f"{row.amount_minor} {row.currency} stands on {found.number}", now=now)
    return True


def _note(action: str, line: CreditLine, summary: str, *, now: datetime) -> None:
    audit.record(
        action=action, subject=("credit", line.public_id), summary=summary, by=SYSTEM, now=now,
        mall=line.tenant.public_id, contract=line.contract, clause=line.clause, task=line.task,
    )  # fmt: skip
