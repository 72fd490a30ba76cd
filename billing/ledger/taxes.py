"""
The tax on commissions: what of it was booked, by month and kind, and what of that has gone to the tax office.

What was booked stands on each mall's `commission_tax`; what was paid over on the platform's own `tax_paid`, so that no mall's books or
statements change by it. Left to pay is the difference. Months are UTC's, by the instant of booking, as everywhere in the books.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import Amount, phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import alone, locked, locked_one
from saas.ui.formats import format_money

from . import operations
from .models import Account, TaxPayment, Transfer
from .operations import Entry, Leg

Kind, State = Account.Kind, TaxPayment.State
REFERENCE = 80


class TaxPaymentRefused(DomainError):
    """No amount, more than is left to pay, no reference, one that is known, or a month that has not begun."""

    code = "tax_payment_refused"


class TaxPaymentDecided(DomainError):
    """A person has decided before."""

    code = "tax_payment_decided"
    message = _("This has been decided already.")


class AnotherPersonNeeded(DomainError):
    """Whoever asked does not decide (A4)."""

    code = "tax_payment_needs_another"
    message = _("You wrote this down. A second person books it.")


@dataclass(frozen=True)
class TaxLine:
    """Transfers of one kind on the tax of one month and currency: how many, and their sum in minor units, below zero where given back."""

    month: date
    currency: str
    kind: str
    count: int
    amount_minor: int


@dataclass(frozen=True)
class TaxStanding:
    """A currency's tax on commissions, minor units: booked less what was given back, paid over, and what waits for a second person."""

    currency: str
    booked_minor: int
    paid_minor: int
    waiting_minor: int

    @property
    def left_minor(self) -> int:
        """What is still to pay; below zero what the tax office owes, because sales were taken back after it was paid."""
        return self.booked_minor - self.paid_minor


@dataclass(frozen=True)
class PaymentDraft:
    """A payment to the tax office, minor units, for a month (its first day), with the bank's or the office's reference."""

    currency: str
    month: date
    amount_minor: int
    reference: str


def lines(*, since: datetime, until: datetime) -> list[TaxLine]:
    """Return the tax that was booked or given back within [since, until), by month, newest first, currency and kind. Two queries."""
    counts: Counter[tuple[date, str, str]] = Counter()
    sums: Counter[tuple[date, str, str]] = Counter()
    for side, sign in (("credit", 1), ("debit", -1)):
        rows = Transfer.objects.filter(
            **{f"{side}__kind": Kind.COMMISSION_TAX}, booked_at__gte=since, booked_at__lt=until
        ).annotate(month=TruncMonth("booked_at", tzinfo=UTC))
        grouped = rows.values_list("month", "currency", "kind").annotate(n=Count("pk"), total=Sum("amount_minor"))
        for month, currency, kind, n, total in grouped:
            name = (month.date(), currency, kind)
            counts[name] += n
            sums[name] += sign * total
    ordered = sorted(counts, key=lambda name: (-name[0].toordinal(), name[1], name[2]))
    return [TaxLine(*name, counts[name], sums[name]) for name in ordered]


def standing() -> list[TaxStanding]:
    """Return how each currency stands that ever had tax on a commission. Two queries."""
    booked, paid = _balances(Kind.COMMISSION_TAX), _balances(Kind.TAX_PAID)
    waits = TaxPayment.objects.filter(state=State.WAITING).values_list("currency").annotate(total=Sum("amount_minor"))
    waiting = Counter(dict(waits))
    names = sorted({name for held in (booked, paid, waiting) for name in held})
    return [TaxStanding(name, booked[name], paid[name], waiting[name]) for name in names]


def _balances(kind: str) -> Counter[str]:
    rows = Account.objects.filter(kind=kind).values_list("currency").annotate(total=Sum("balance_minor"))
    return Counter(dict(rows))


def payments() -> "QuerySet[TaxPayment]":
    """Return all payments, newest first."""
    return TaxPayment.objects.order_by("-asked_at", "-pk")


def taken_back(journals: list[str]) -> dict[str, str]:
    """Return which of some journals were taken back, and by which ones; where that was taken back in turn, the journal stands."""
    found: dict[str, str] = {}
    ends, is_gone = {one: one for one in journals}, False
    while ends:  # once more than the longest row of corrections of corrections
        is_gone = not is_gone
        rows = Transfer.objects.filter(reverses__journal_id__in=ends.values())
        later = dict(rows.values_list("reverses__journal_id", "journal_id"))
        ends = {first: later[last] for first, last in ends.items() if last in later}
        for first, last in ends.items():
            found[first] = last if is_gone else ""
    return {first: last for first, last in found.items() if last}


@transaction.atomic
def ask(*, draft: PaymentDraft, by: Actor, now: datetime) -> TaxPayment:
    """
    Write down that tax was paid to the tax office. Nothing is booked before a second person says so. Locks: the adding of payments of the
    currency, so that of two at once the second sees the first one's; then the currency's payments.

    :raises TaxPaymentRefused: see there; a reference is free again when its payment was not booked, or was taken back
    """
    reference, currency = draft.reference.strip()[:REFERENCE], draft.currency.lower()
    if not reference or not by.public_id:
        raise TaxPaymentRefused(_("Say under which reference it was paid."), field="reference")
    if draft.month.replace(day=1) > now.astimezone(UTC).date():
        raise TaxPaymentRefused(_("That month has not begun."), field="month")
    alone(f"ledger.tax_payments.{currency}")
    known = locked(TaxPayment.objects.filter(currency=currency))
    gone = taken_back([row.journal_id for row in known if row.journal_id])
    if any(row.reference == reference and row.state != State.REFUSED and row.journal_id not in gone for row in known):
        raise TaxPaymentRefused(_("A payment with this reference is written down already."), field="reference")
    waiting_minor = sum(row.amount_minor for row in known if row.state == State.WAITING)
    _refuse_too_much(draft.amount_minor, currency, waiting_minor)
    made = TaxPayment.objects.create(
        currency=currency, period=draft.month.replace(day=1), amount_minor=draft.amount_minor, reference=reference,
        asked_by=by.name[:160], asked_by_id=by.public_id, asked_at=now,
    )  # fmt: skip
    _note("tax.asked", made, by=by, now=now)
    return made


def _refuse_too_much(amount_minor: int, currency: str, waiting_minor: int) -> None:
    left_minor = _balances(Kind.COMMISSION_TAX)[currency] - _balances(Kind.TAX_PAID)[currency] - waiting_minor
    if not 0 < amount_minor <= left_minor:
        said = _("More than zero, and at most what is left to pay: %(left)s.")
        raise TaxPaymentRefused(said % {"left": format_money(max(0, left_minor), currency)}, field="amount")


@transaction.atomic
def book(*, payment: str, by: Actor, now: datetime) -> TaxPayment:
    """
    Book a payment as a second person: from the platform's bank to the tax office. Locks: the currency's payments, accounts.

    :raises TaxPaymentDecided: decided before
    :raises AnotherPersonNeeded: `by` wrote it down, or is nobody
    :raises TaxPaymentRefused: by now less is left to pay
    """
    found = _waiting(payment)
    if not by.public_id or by.public_id == found.asked_by_id:
        raise AnotherPersonNeeded
    _refuse_too_much(found.amount_minor, found.currency, 0)
    found.journal_id = public_id()
    entry = Entry(
        key=f"tax_paid:{found.public_id}",
        tenant_schema="",
        currency=found.currency,
        legs=[Leg("tax_paid", Kind.TAX_PAID, Kind.BANK, found.amount_minor)],
        by=f"{found.asked_by}, {by.name}",
        happened_at=now,
        details={"reference": found.reference, "month": f"{found.period:%Y-%m}"},
    )
    operations.post(entry, journal_id=found.journal_id, now=now)
    return _decided("tax.booked", found, State.BOOKED, by=by, now=now)


@transaction.atomic
def refuse(*, payment: str, by: Actor, now: datetime) -> TaxPayment:
    """
    Leave a payment unbooked; whoever wrote it down may take it back by this. Locks: the currency's payments.

    :raises TaxPaymentDecided: decided before
    """
    return _decided("tax.refused", _waiting(payment), State.REFUSED, by=by, now=now)


def _waiting(payment: str) -> TaxPayment:
    currency = TaxPayment.objects.values_list("currency", flat=True).get(public_id=payment)
    locked(TaxPayment.objects.filter(currency=currency))
    found = locked_one(TaxPayment.objects.filter(public_id=payment))
    if found.state != State.WAITING:
        raise TaxPaymentDecided
    return found


def _decided(action: str, found: TaxPayment, state: "TaxPayment.State", *, by: Actor, now: datetime) -> TaxPayment:
    found.state, found.decided_by, found.decided_by_id, found.decided_at = state, by.name[:160], by.public_id, now
    found.save()
    _note(action, found, by=by, now=now)
    return found


def _note(action: str, found: TaxPayment, *, by: Actor, now: datetime) -> None:
    amount: Mapping[str, object] = {
        "amount": Amount(found.amount_minor, found.currency),
        "reference": found.reference,
        "month": f"{found.period:%Y-%m}",
    }
    words = phrase(_("%(amount)s tax of %(month)s, reference %(reference)s"), **amount)
    audit.record(action=action, subject=("tax_payment", found.public_id), summary=words, by=by, now=now)
