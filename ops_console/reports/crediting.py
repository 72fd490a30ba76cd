"""
Missed work becomes a credit line on the merchant's next invoice, by itself, once for each task, to the cent; after the last invoice it
lowers one that is open, or is paid into what the mall has earned.
"""

from datetime import datetime

from babel.dates import format_date
from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from billing.gateway import invoices
from billing.packages import invoicing, items, returning, trade, usage
from billing.packages.credited import CreditRefused
from billing.packages.each import one_by_one
from billing.packages.models import Invoice, Price, Subscription
from billing.packages.returning import GivenBack
from ops_console.contracts.models import Contract
from ops_console.work.models import Task
from saas.audit import operations as audit
from saas.audit.phrases import Amount, Phrase, phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from saas.ui.formats import babel_locale

from .models import NO_ROOM, NOT_BEGUN, CreditLine

State = CreditLine.State
# Letters of the line's public id that stand on the invoice, so that both find each other.
REFERENCE = 8
# Why a credit is not given yet; kept in English, shown in the reader's language.
NO_PACKAGE = gettext_noop("No package runs on whose invoice it could stand.")
LESS_PAID = gettext_noop("Less was paid than what is to be paid back.")


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
            "currency": _currency(missed),
            "made_at": now,
        },
    )
    if is_new:
        summary = phrase(
            gettext_lazy("%(mall)s: %(amount)s for %(task)s, %(day)s"),
            mall=line.tenant.name,
            amount=_amount(line),
            task=trade.told(line.title),
            day=line.occurs_on,
        )
        _note("credit.given", line, summary, now=now)
        enqueue("ops_console.reports.bill_credits")
    return line


def _currency(missed: Task) -> str:
    """A contract keeps its currency."""
    signed = Contract.objects.filter(public_id=missed.contract).values_list("currency", flat=True).first()
    return signed or str(missed.tenant.currency)


def bill_due(*, now: datetime) -> int:
    """
    Put what is due on the malls' next invoices, and note what stands on one; return how many were put or given back.

    A mall that never had a package keeps its credits until it has one; Finance sees them with why. What stood on an invoice that was
    taken back is due again, and so is what waits for an invoice of a package that has ended. Never inside a transaction.
    """
    give_missing(now=now)
    _take_back_voided(now=now)
    one_by_one(list(_stranded()), lambda line: _take_off(line, now=now))
    one_by_one(list(_held()), lambda line: _give_held_back(line, now=now))
    rows = CreditLine.objects.filter(state=State.DUE).select_related("tenant").order_by("pk")
    put = one_by_one(list(rows), lambda line: _bill(line, now=now))
    for line in CreditLine.objects.filter(state=State.BILLED).select_related("tenant").order_by("pk"):
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


def _is_left_to_people(line: CreditLine) -> bool:
    """
    Tell whether somebody has said how a credit was settled and nobody has answered: given besides, the merchant would have it twice. What
    has begun goes on.
    """
    key = line.stripe_item if line.state == State.HELD else _key(line)
    is_proposed = CreditLine.objects.get(pk=line.pk).is_proposed
    return (
        is_proposed and not returning.has_begun(key) and (line.state == State.HELD or not invoices.was_item_asked(key))
    )


def _key(line: CreditLine) -> str:
    return f"credit:{line.public_id}" + (f":{line.attempt}" if line.attempt else "")


def _bill(line: CreditLine, *, now: datetime) -> bool:
    if _is_left_to_people(line):
        return False
    found = _subscription(line, now=now)
    if found is None or found.state == Subscription.State.BEGINNING:
        CreditLine.objects.filter(pk=line.pk, state=State.DUE).update(problem=NOT_BEGUN if found else NO_PACKAGE)
        return False
    words = line.words or _words(line)
    if not CreditLine.objects.filter(pk=line.pk, state=State.DUE).update(words=words):
        return False  # settled by hand since the list was read
    key = _key(line)
    gives_back = found.state == Subscription.State.ENDED or returning.has_begun(key)
    if gives_back and not invoices.was_item_asked(key):
        return _give_back(line, found, words=words, key=key, now=now)
    if not invoices.was_item_asked(key) and _is_full(found, line.amount_minor, now=now):
        CreditLine.objects.filter(pk=line.pk, state=State.DUE).update(problem=NO_ROOM)
        return False
    item = invoicing.bill_once(
        subscription=found.public_id, amount_minor=-line.amount_minor, what=words, key=key, now=now
    )
    if _billed(line.pk, subscription=found.public_id, item=item, now=now):
        return True
    if CreditLine.objects.filter(pk=line.pk, state=State.SETTLED).exists():  # by hand, while Stripe was asked
        invoices.take_off(item)
    return False


def _is_full(found: Subscription, amount_minor: int, *, now: datetime) -> bool:
    """
    Tell whether a credit would make the next invoice less than nothing: Stripe keeps that for the customer's later invoices, and after the
    last one nobody gets it. One that is more than a month's fee has no better invoice to wait for.
    """
    fee_minor = _next_fee(found, now=now)
    if amount_minor > fee_minor:
        return False
    waiting = invoices.pending(customer_id=found.stripe_customer, currency=found.currency)
    return fee_minor + sum(one.amount_minor for one in waiting) < amount_minor


def _next_fee(found: Subscription, *, now: datetime) -> int:
    """Return what the next invoice asks for the month after it, minor units; an introductory price only if it still holds then."""
    at = usage.period_of(found, now=now)[1]
    monthly = [one for one in found.items if one["kind"] == Price.Kind.MONTHLY]
    return sum(
        one["intro_amount_minor"]
        if one["intro_months"] > items.month_of(found, one["price"], now=at)
        else one["amount_minor"]
        for one in monthly
    )


def _subscription(line: CreditLine, *, now: datetime) -> Subscription | None:
    """Return the package that pays the credit, in its currency: the contract's own, else the mall's next, else the one that ended last."""
    rows = Subscription.objects.filter(tenant_schema=line.tenant.schema_name, currency=line.currency)
    rows = rows.exclude(state=Subscription.State.ACTIVE, stripe_customer="")
    own = rows.filter(contract=line.contract, state__in=[Subscription.State.ACTIVE, Subscription.State.BEGINNING])
    ended = rows.filter(state=Subscription.State.ENDED).order_by("contract", "-ends_at")
    return (
        own.first()
        or returning.goes_on(line.tenant.schema_name, currency=line.currency, now=now)
        or ended.filter(contract=line.contract).first()
        or ended.first()
    )


def _give_back(line: CreditLine, found: Subscription, *, words: str, key: str, now: datetime) -> bool:
    try:
        given = returning.give_back(found, line.amount_minor, why=words, key=key, now=now)
    except CreditRefused:
        _hold(line.pk, LESS_PAID, now=now)
        return False
    return _given_back(line.pk, subscription=found.public_id, given=given, now=now)


@transaction.atomic
def _given_back(pk: int, *, subscription: str, given: GivenBack, now: datetime) -> bool:
    """Locks: CreditLine."""
    line = locked_one(CreditLine.objects.select_related("tenant").filter(pk=pk))
    if line.state not in (
        State.DUE,
        State.BILLED,
        State.HELD,
        State.SETTLED,
    ):  # settled by hand while it was booked: both are told
        return False
    number = Invoice.objects.filter(public_id=given.invoice).values_list("number", flat=True).first() or ""
    line.state, line.subscription, line.billed_at, line.problem = State.PAID, subscription, now, ""
    line.invoice, line.invoice_number, line.invoiced_at = given.invoice, number, now
    line.proposed_at = None
    line.save()
    said = [phrase(gettext_lazy("lowers %(invoice)s"), invoice=number)] if given.invoice else []
    if given.paid_minor:
        paid = Amount(given.paid_minor, line.currency)
        said.append(phrase(gettext_lazy("%(amount)s is paid into what the mall has earned"), amount=paid))
    where = phrase(gettext_lazy("%(amount)s: %(where)s"), amount=_amount(line), where=said)
    _note("credit.given_back", line, where, now=now)
    return True


@transaction.atomic
def _hold(pk: int, problem: str, *, now: datetime) -> None:
    """Say why a credit cannot be given back; one that waits at Stripe no more is held from now on. Locks: CreditLine."""
    line = locked_one(CreditLine.objects.select_related("tenant").filter(pk=pk))
    if line.state not in (State.DUE, State.BILLED, State.HELD):  # given meanwhile by another process
        return
    line.problem = problem
    if line.state == State.BILLED:
        line.state = State.HELD
        _note(
            "credit.held", line, phrase(gettext_lazy("%(amount)s: %(why)s"), amount=_amount(line), why=problem), now=now
        )
    line.save()


def _held() -> "QuerySet[CreditLine]":
    return CreditLine.objects.filter(state=State.HELD).select_related("tenant").order_by("pk")


def _give_held_back(line: CreditLine, *, now: datetime) -> bool:
    """Give a credit back that was refused before, as soon as it can be; where another package goes on, its next invoice carries it."""
    if _is_left_to_people(line):
        return False
    if returning.has_begun(line.stripe_item) or not returning.goes_on(
        line.tenant.schema_name, currency=line.currency, now=now
    ):
        found = Subscription.objects.get(public_id=line.subscription)
        return _give_back(line, found, words=line.words, key=line.stripe_item, now=now)
    return _due_again(line.pk, "It stands on the next package's invoice", now=now)


def _stranded() -> "QuerySet[CreditLine]":
    """Return credits that wait at Stripe for an invoice of a package that has ended."""
    ended = Subscription.objects.filter(state=Subscription.State.ENDED).values("public_id")
    return CreditLine.objects.filter(state=State.BILLED, subscription__in=ended).select_related("tenant")


def _take_off(line: CreditLine, *, now: datetime) -> bool:
    """
    Where no other package of the mall goes on, whose invoice it will stand on, it is given back. By the item's key, as the last invoice
    of a package does: whichever comes first, it is given once.
    """
    goes_on = returning.goes_on(line.tenant.schema_name, currency=line.currency, now=now)
    if not returning.has_begun(line.stripe_item) and (goes_on or _find_invoice(line, now=now)):
        return False
    if not invoices.take_off(line.stripe_item):  # it stands on an invoice that we have not read yet
        return False
    found = Subscription.objects.get(public_id=line.subscription)
    return _give_back(line, found, words=line.words, key=line.stripe_item, now=now)


def _take_back_voided(*, now: datetime) -> None:
    void = Invoice.objects.filter(state=Invoice.State.VOID).values("public_id")
    for pk in CreditLine.objects.filter(state=State.INVOICED, invoice__in=void).values_list("pk", flat=True):
        _due_again(pk, "Its invoice was taken back", now=now)


@transaction.atomic
def _due_again(pk: int, why: str, *, now: datetime) -> bool:
    """Locks: CreditLine."""
    line = locked_one(CreditLine.objects.select_related("tenant").filter(pk=pk))
    if line.state not in (State.BILLED, State.INVOICED, State.HELD):
        return False
    line.problem = ""
    line.state, line.attempt = State.DUE, line.attempt + 1
    line.stripe_item = line.invoice = line.invoice_number = ""
    line.billed_at = line.invoiced_at = None
    line.save()
    _note("credit.due_again", line, phrase(gettext_lazy("%(amount)s: %(why)s"), amount=_amount(line), why=why), now=now)
    return True


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
    line.problem, line.proposed_at = "", None
    line.save()
    return True


@transaction.atomic
def _find_invoice(line: CreditLine, *, now: datetime) -> bool:
    """Note on which invoice a credit stands, once that is issued. Locks: CreditLine."""
    issued = [Invoice.State.OPEN, Invoice.State.PAID]
    found = Invoice.objects.filter(
        subscription__tenant_schema=line.tenant.schema_name,
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
    _note(
        "credit.invoiced",
        row,
        phrase(gettext_lazy("%(amount)s stands on %(invoice)s"), amount=_amount(row), invoice=found.number),
        now=now,
    )
    return True


def _amount(line: CreditLine) -> Amount:
    return Amount(line.amount_minor, line.currency)


def _note(action: str, line: CreditLine, summary: Phrase, *, now: datetime) -> None:
    audit.record(
        action=action, subject=("credit", line.public_id), summary=summary, by=SYSTEM, now=now,
        mall=line.tenant.public_id, contract=line.contract, clause=line.clause, task=line.task,
    )  # fmt: skip
