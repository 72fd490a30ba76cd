"""Writes of the daily reconciliation. On the platform; reads malls, never writes there, never talks to Stripe: `reading` does."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.ledger import books
from billing.ledger import operations as ledger
from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg, Posting
from billing.packages.marked import marked
from billing.settlements.models import Earning
from billing.statements import checking as statements
from saas.audit import operations as audit
from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id
from saas.kernel.locking import alone, locked, locked_one
from saas.kernel.tasks import enqueue
from tenants.registry import queries as registry

from . import compare, gathering
from .compare import SOURCE_KINDS, CashItem, Finding
from .models import Break, Check, Movement

Kind = Account.Kind
# How long a thing may be known to one side only: tasks, the relay and Stripe's events take a moment.
GRACE = timedelta(hours=1)
# How far back a mall's facts are compared each day.
WINDOW = timedelta(days=45)
# After so many malls a check says how far it is.
REPORT_EVERY = 20


class BreakClosed(DomainError):
    """The break was closed before."""

    code = "break_closed"
    message = _("This has been closed already.")


class CheckUnderWay(DomainError):
    """Two comparisons at once would only be in each other's way."""

    code = "check_under_way"
    message = _("The sides are being compared already.")


class JournalUnknown(DomainError):
    """A break is closed by a journal that the books have."""

    code = "journal_unknown"
    message = _("The books have no journal of this number.")


class ExplanationMissing(DomainError):
    """A break is closed by words or by the books, never by a click alone."""

    code = "explanation_missing"
    message = _("Say why the two sides differ.")


@dataclass(frozen=True)
class MovementFacts:
    """A balance transaction as it was read from Stripe; see `models.Movement`."""

    movement_id: str
    stripe_type: str
    source_kind: str
    source_id: str
    tenant_schema: str
    amount_minor: int
    fee_minor: int
    currency: str
    moved_at: datetime


@transaction.atomic
def note_movements(told: Sequence[MovementFacts], *, now: datetime) -> int:
    """
    Store what Stripe moved, once each, and book the fees and what went to the platform's own bank or came back from it; return how many
    were new. Locks: accounts of the books.
    """
    known = set(
        Movement.objects.filter(movement_id__in=[one.movement_id for one in told]).values_list("movement_id", flat=True)
    )
    made = [Movement(**vars(one), read_at=now) for one in told if one.movement_id not in known]
    Movement.objects.bulk_create(made, ignore_conflicts=True)
    entries = [_fee(row) for row in made if gathering.fee_of(row)]
    entries += [_to_bank(row) for row in made if row.source_kind == "payout"]
    ledger.post_many([Posting(entry, public_id()) for entry in entries], now=now)
    return len(made)


def _fee(row: Movement) -> Entry:
    fee_minor = gathering.fee_of(row)
    taken = Leg(gathering.FEE, Kind.STRIPE_FEES, Kind.STRIPE_CASH, fee_minor)
    returned = Leg(f"{gathering.FEE}_returned", Kind.STRIPE_CASH, Kind.STRIPE_FEES, -fee_minor)
    return Entry(
        key=f"fee:{row.movement_id}",
        tenant_schema=row.tenant_schema,
        currency=row.currency,
        legs=[taken if fee_minor > 0 else returned],
        by="Stripe",
        happened_at=row.moved_at,
        details={"movement": row.movement_id, "for": f"{row.source_kind} {row.source_id}"},
    )


@transaction.atomic
def adopt(*, now: datetime) -> int:
    """Handle the movements that a former release had no word for and this one has; return how many. Locks: accounts of the books."""
    rows = list(Movement.objects.filter(source_kind="other", stripe_type__in=SOURCE_KINDS).select_for_update())
    for row in rows:
        row.source_kind = SOURCE_KINDS[row.stripe_type]
    Movement.objects.bulk_update(rows, ["source_kind"])
    entries = [_to_bank(row) for row in rows if row.source_kind == "payout"]
    ledger.post_many([Posting(entry, public_id()) for entry in entries], now=now)
    return len(rows)


def _to_bank(row: Movement) -> Entry:
    gone = Leg("paid_to_bank", Kind.BANK, Kind.STRIPE_CASH, -row.amount_minor)
    back = Leg("back_from_bank", Kind.STRIPE_CASH, Kind.BANK, row.amount_minor)
    return Entry(
        key=f"own_payout:{row.movement_id}",
        tenant_schema="",
        currency=row.currency,
        legs=[gone if row.amount_minor < 0 else back],
        by="Stripe",
        happened_at=row.moved_at,
        details={"payout": row.source_id, "movement": row.movement_id},
    )


@transaction.atomic
def ask(*, by: Actor, now: datetime) -> Check:
    """
    Have all sides compared now, on a person's word; a worker does it. Locks: the newest check.

    :raises CheckUnderWay: one works already
    """
    newest = locked(Check.objects.filter(pk__in=Check.objects.order_by("-started_at").values("pk")[:1]))
    if newest and newest[0].is_under_way(at=now):
        raise CheckUnderWay
    check = Check.objects.create(started_at=now, started_by=by.name[:160])
    subject = ("check", str(check.pk))
    audit.record(action="break.check_asked", subject=subject, summary=_("Compare all sides now"), by=by, now=now)
    enqueue("billing.reconciliation.reconcile", check_pk=check.pk)
    return check


def reconcile(*, stripe_balance: dict[str, int] | None, now: datetime, check: Check | None = None) -> Check:
    """
    Compare all sides and note what does not agree; return the check with its counts.

    `stripe_balance` is Stripe's balance by currency (available, pending and reserved); None when it could not be read: then the
    check says that it is not complete, and nothing of that side is closed. `check` is the row of one that was asked for. Not in one
    transaction: malls are entered one by one.
    """
    check = check or Check.objects.create(started_at=now)
    before, compared = now - GRACE, Counter[str]()
    found: list[Finding] = []
    if stripe_balance is not None:
        found, check.sums = _cash(stripe_balance, before, compared)
    found += _inner(compared)
    found += _statements(now=now) + _marked()
    schemas = registry.served_schemas()
    check.malls_total = len(schemas)
    for number, schema in enumerate(schemas):
        if number % REPORT_EVERY == 0:
            check.compared, check.progressed_at = dict(compared), clock.now()
            check.save()
        found += _mall(schema, before=before, now=now, compared=compared)
    note_findings(found, is_complete=stripe_balance is not None, now=now)
    check.compared, check.breaks_found = dict(compared), len(found)
    check.is_complete, check.ended_at = stripe_balance is not None, max(now, clock.now())
    check.detail = "" if check.is_complete else "Stripe did not answer"
    check.save()
    return check


def _cash(
    stripe_balance: dict[str, int], before: datetime, compared: Counter[str]
) -> tuple[list[Finding], dict[str, dict[str, int]]]:
    """Compare the pot item by item and in sum; return what differs, and the sums as `models.Check.sums` has them."""
    ours, theirs = gathering.booked_cash(), gathering.moved_cash()
    booked_fees, charged_fees = gathering.booked_fees(), gathering.charged_fees()
    compared.update(booked_cash=len(ours), movements=len(theirs), fees=len(charged_fees))
    found = compare.cash(ours=ours, theirs=theirs, before=before)
    found += compare.fees(booked=booked_fees, charged=charged_fees, before=before)
    moved = _by_currency(theirs)
    for item in charged_fees:
        moved[item.currency] -= item.fee_minor
    # What Stripe has must be what its movements add up to, and the books' pot what their items add up to; between the two
    # every difference has a row of its own above.
    found += compare.totals("stripe_balance_differs", expected=moved, found=stripe_balance)
    booked = _by_currency(ours)
    fee_account = _fees_of_books()
    for currency in {*booked, *fee_account}:
        booked[currency] -= fee_account.get(currency, 0)
    account = _account(Kind.STRIPE_CASH)
    sides = {"stripe": stripe_balance, "moved": moved, "booked": booked, "account": account}
    currencies = sorted({currency for side in sides.values() for currency in side})
    sums = {currency: {name: side.get(currency, 0) for name, side in sides.items()} for currency in currencies}
    return found + compare.totals("cash_account_differs", expected=booked, found=account), sums


def _by_currency(items: list[CashItem]) -> defaultdict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    for item in items:
        sums[item.currency] += item.amount_minor
    return sums


def _account(kind: str) -> dict[str, int]:
    """Return the platform's own account by currency."""
    return {name.strip(): minor for name, minor in gathering.balances(kind).items()}


def _fees_of_books() -> dict[str, int]:
    return _account(Kind.STRIPE_FEES)


def _inner(compared: Counter[str]) -> list[Finding]:
    """Compare the books with themselves and with settlements. What differs is read again: it may just have moved."""
    found: list[Finding] = []
    for _attempt in range(2):
        rows = books.balance_differences()
        found = [Finding("balance_row_differs", name, "", summed, stored) for name, stored, summed in rows]
        for kind, account, sums in (
            ("pending_differs", Kind.MERCHANT_PENDING, gathering.earned(Earning.State.PENDING)),
            ("available_differs", Kind.MERCHANT_AVAILABLE, gathering.earned(Earning.State.RELEASED)),
            ("transit_differs", Kind.PAYOUTS_IN_TRANSIT, gathering.on_their_way()),
        ):
            found += compare.totals(kind, expected=sums, found=gathering.balances(account))
        if not found:
            break
    compared.update(accounts=len(books.trial_balance()))
    return found


def _statements(*, now: datetime) -> list[Finding]:
    """Compare issued statements with the books, and say which malls have none for a month that is long over."""
    found = [Finding(**vars(one)) for one in statements.differences()]
    without = statements.malls_without(now=now)
    return found + [
        Finding("statement_missing", place.schema, place.schema, currency=place.currency) for place in without
    ]


def _marked() -> list[Finding]:
    """Return the invoices of packages that were netted, and marked at Stripe as paid by hand as well."""
    return [
        Finding(
            "package_marked_paid",
            one.stripe_invoice,
            one.tenant_schema,
            one.total_minor,
            2 * one.total_minor,
            one.currency,
            one.number,
        )
        for one in marked()
    ]


def _mall(schema: str, *, before: datetime, now: datetime, compared: Counter[str]) -> list[Finding]:
    """Compare a mall's facts with its journals, and its open vouchers with what the books say is prepaid."""
    found: list[Finding] = []
    for _attempt in range(2):
        side = gathering.mall_side(schema, since=now - WINDOW)
        told = side.told.facts
        booked = gathering.booked_facts(schema, {fact.key for fact in told}, since=now - WINDOW)
        told = gathering.own_facts(schema, told, booked)
        found = compare.facts(schema=schema, told=told, booked=booked, before=before)
        if side.waiting_since is not None and side.waiting_since < before:
            detail = f"{side.waiting} since {side.waiting_since:%Y-%m-%d %H:%M}"
            found.append(Finding("events_stuck", schema, schema, 0, side.waiting, "", detail))
        if side.waiting == 0:
            prepaid_minor = sum(
                minor
                for name, minor in gathering.balances(Kind.SHOPPER_PREPAID).items()
                if name.startswith(f"{schema} ")
            )
            if prepaid_minor != side.told.open_minor:
                found.append(Finding("prepaid_differs", schema, schema, side.told.open_minor, prepaid_minor))
        if not found:
            break
    compared.update(malls=1, facts=len(told))
    return found


@transaction.atomic
def note_findings(found: Sequence[Finding], *, is_complete: bool, now: datetime) -> int:
    """
    Keep one open row for each disagreement and return how many are new. An explained one comes back only when its amounts change, or
    when it had gone. What a complete check no longer finds has resolved itself; an explanation stays with its row.

    Of two at once the second waits for the first and sees what that wrote. Locks: the noting of breaks.
    """
    alone("reconciliation.breaks")
    open_rows = {(row.kind, row.subject): row for row in Break.objects.filter(state=Break.State.OPEN)}
    explained_rows = list(Break.objects.filter(state=Break.State.EXPLAINED))
    explained = {(row.kind, row.subject, row.expected_minor, row.found_minor) for row in explained_rows}
    made, again = [], []
    seen = set()
    for one in found:
        seen.add((one.kind, one.subject))
        row = open_rows.get((one.kind, one.subject))
        if row is not None:
            row.expected_minor, row.found_minor, row.seen_at = one.expected_minor, one.found_minor, now
            again.append(row)
        elif (one.kind, one.subject, one.expected_minor, one.found_minor) not in explained:
            made.append(Break(**vars(one), found_at=now, seen_at=now))
    Break.objects.bulk_create(made)
    Break.objects.bulk_update(again, ["expected_minor", "found_minor", "seen_at"], batch_size=500)
    if is_complete:
        gone = [row.pk for key, row in open_rows.items() if key not in seen]
        Break.objects.filter(pk__in=gone).update(state=Break.State.RESOLVED, closed_at=now, closed_by="Hutong")
        over = [row.pk for row in explained_rows if (row.kind, row.subject) not in seen]
        Break.objects.filter(pk__in=over).update(state=Break.State.RESOLVED)
    return len(made)


@transaction.atomic
def take(*, break_public_id: str, by: Actor, now: datetime) -> Break:
    """
    Make a person the owner of an open break. Locks: the break.

    :raises BreakClosed: it is not open
    """
    row = _open(break_public_id)
    row.owner_name, row.owner_id = by.name[:160], by.public_id
    row.save(update_fields=["owner_name", "owner_id"])
    audit.record(action="break.taken", subject=("break", row.public_id), summary=row.subject, by=by, now=now)
    return row


@transaction.atomic
def assign(*, break_public_id: str, owner: Actor, by: Actor, now: datetime) -> Break:
    """
    Give an open break to a person, whoever had it. Locks: the break.

    :raises BreakClosed: it is not open
    """
    row = _open(break_public_id)
    row.owner_name, row.owner_id = owner.name[:160], owner.public_id
    row.save(update_fields=["owner_name", "owner_id"])
    summary = f"{row.subject} → {owner.name}"
    audit.record(action="break.assigned", subject=("break", row.public_id), summary=summary, by=by, now=now)
    return row


@transaction.atomic
def explain(
    *, break_public_id: str, explanation: str, by: Actor, now: datetime, journal_id: str = "", is_anew: bool = False
) -> Break:
    """
    Close a break by a person's words, and by the journal that settled it where there is one. Locks: the break.

    :raises BreakClosed: it is not open, nor, where it `is_anew`, closed by words alone
    :raises ExplanationMissing: `explanation` is empty
    :raises JournalUnknown: the books have no such journal
    """
    explanation, journal_id = explanation.strip()[:500], journal_id.strip()
    if not explanation:
        raise ExplanationMissing
    if journal_id and not books.journal(journal_id):
        raise JournalUnknown(journal=journal_id)
    row = _open(break_public_id, or_explained=is_anew)
    row.journal_id = journal_id
    row.state, row.explanation, row.closed_by, row.closed_at = Break.State.EXPLAINED, explanation, by.name[:160], now
    row.save()
    audit.record(action="break.explained", subject=("break", row.public_id), summary=explanation, by=by, now=now)
    return row


def is_by_words(row: Break) -> bool:
    """Tell whether a break was closed by words alone, without a journal."""
    return row.state == Break.State.EXPLAINED and not row.journal_id


def _open(public_id: str, *, or_explained: bool = False) -> Break:
    row = locked_one(Break.objects.filter(public_id=public_id))
    if row.state != Break.State.OPEN and not (or_explained and is_by_words(row)):
        raise BreakClosed(state=row.state)
    return row
