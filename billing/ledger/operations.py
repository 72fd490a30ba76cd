"""The only code that writes transfers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Q, Value, When

from saas.kernel.errors import DomainError
from saas.kernel.locking import locked

from .models import Account, Transfer


class KeyReused(DomainError):
    """A key that was booked came again with other amounts. Nothing was booked."""

    code = "ledger_key_reused"


class NothingToReverse(DomainError):
    """The entry that should be taken back was never booked. Nothing was booked."""

    code = "ledger_nothing_to_reverse"


@dataclass(frozen=True)
class Leg:
    """
    One transfer to be: `amount_minor` > 0 from the account of kind `credit` to the one of kind `debit`. `voucher` is whose money it is,
    where an entry is about several.
    """

    kind: str
    debit: str
    credit: str
    amount_minor: int
    voucher: str = ""


@dataclass(frozen=True)
class Entry:
    """A business event to book: its legs share a journal. `key` is made from the event, never random."""

    key: str
    tenant_schema: str
    currency: str
    legs: list[Leg]
    by: str
    happened_at: datetime
    order: str = ""
    voucher: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


# Accounts of the platform itself; every other kind has one for each mall.
_PLATFORM_KINDS = {Account.Kind.STRIPE_CASH, Account.Kind.STRIPE_FEES, Account.Kind.BANK, Account.Kind.TAX_PAID}
# Kind, mall (empty: the platform), currency.
_Place = tuple[str, str, str]


@dataclass(frozen=True)
class Posting:
    """An entry and the journal that it belongs to."""

    entry: Entry
    journal_id: str


def post(entry: Entry, *, journal_id: str, now: datetime) -> list[Transfer]:
    """
    Book an entry once and return its transfers; see `post_many`.

    :raises KeyReused: the key was booked with other amounts
    """
    return post_many([Posting(entry, journal_id)], now=now)


@transaction.atomic
def post_many(postings: Sequence[Posting], *, now: datetime) -> list[Transfer]:
    """
    Book entries, each once, all or none, and return their transfers. Legs of zero are left out.

    Locks: all their accounts at once, in the order of their primary keys. What was booked before with the same legs changes nothing.

    :raises KeyReused: a key was booked with other legs
    """
    drafts = [
        (posting, number, leg)
        for posting in postings
        for number, leg in enumerate(leg for leg in posting.entry.legs if leg.amount_minor)
    ]
    accounts = _locked_accounts(drafts)
    keys = [_key(posting.entry, number) for posting, number, _leg in drafts]
    known = {row.key: row for row in Transfer.objects.filter(key__in=keys)}
    made: list[Transfer] = []
    booked: list[Transfer] = []
    for posting, number, leg in drafts:
        row = _transfer(posting, number, leg, accounts, now)
        before = known.get(row.key)
        if before is None:
            made.append(row)
        elif _facts(before) != _facts(row):
            raise KeyReused(key=posting.entry.key)
        booked.append(before or row)
    Transfer.objects.bulk_create(made)
    _move(made)
    return booked


def _facts(row: Transfer) -> tuple[int, int, int]:
    return row.debit_id, row.credit_id, row.amount_minor


@dataclass(frozen=True)
class Reversal:
    """The opposite of an entry to be: `original_key` names what is taken back, `key` this act."""

    key: str
    original_key: str
    by: str
    reason: str
    happened_at: datetime


@transaction.atomic
def reverse(reversal: Reversal, *, journal_id: str, now: datetime) -> list[Transfer]:
    """
    Book the opposite of an entry, once, and return the reversing transfers.

    Locks: the accounts. Repeated it changes nothing.

    :raises NothingToReverse: no transfer has the original key
    """
    originals = list(Transfer.objects.filter(key__startswith=f"{reversal.original_key}:").order_by("key"))
    if not originals:
        raise NothingToReverse(key=reversal.original_key)
    return reverse_transfers(originals, reversal, journal_id=journal_id, now=now)


@transaction.atomic
def reverse_transfers(
    originals: Sequence[Transfer], reversal: Reversal, *, journal_id: str, now: datetime
) -> list[Transfer]:
    """
    Book the opposite of some transfers, once, and return the reversing ones; `reversal.original_key` is not looked at.

    Locks: the accounts. Repeated it changes nothing. The database refuses to reverse a transfer twice, and a balance below zero.
    """
    locked(Account.objects.filter(pk__in={pk for row in originals for pk in (row.debit_id, row.credit_id)}))
    known = list(Transfer.objects.filter(key__startswith=f"{reversal.key}:").order_by("key"))
    if known:
        return known
    transfers = [_opposite(row, number, reversal, journal_id, now) for number, row in enumerate(originals)]
    Transfer.objects.bulk_create(transfers)
    _move(transfers)
    return transfers


def _opposite(row: Transfer, number: int, reversal: Reversal, journal_id: str, now: datetime) -> Transfer:
    return Transfer(
        key=f"{reversal.key}:{number}",
        journal_id=journal_id,
        kind=f"{row.kind}_reversed",
        debit_id=row.credit_id,
        credit_id=row.debit_id,
        amount_minor=row.amount_minor,
        currency=row.currency,
        tenant_schema=row.tenant_schema,
        order_public_id=row.order_public_id,
        voucher_public_id=row.voucher_public_id,
        details=row.details,
        reverses=row,
        reason=reversal.reason,
        by=reversal.by,
        happened_at=reversal.happened_at,
        booked_at=now,
    )


def _key(entry: Entry, number: int) -> str:
    return f"{entry.key}:{number}"


def _transfer(posting: Posting, number: int, leg: Leg, accounts: dict[_Place, Account], now: datetime) -> Transfer:
    entry = posting.entry
    return Transfer(
        key=_key(entry, number),
        journal_id=posting.journal_id,
        kind=leg.kind,
        debit=accounts[_place(leg.debit, entry)],
        credit=accounts[_place(leg.credit, entry)],
        amount_minor=leg.amount_minor,
        currency=entry.currency,
        tenant_schema=entry.tenant_schema,
        order_public_id=entry.order,
        voucher_public_id=leg.voucher or entry.voucher,
        details=entry.details,
        reason=entry.reason[:200],
        by=entry.by[:160],
        happened_at=entry.happened_at,
        booked_at=now,
    )


def _place(kind: str, entry: Entry) -> _Place:
    return str(kind), "" if kind in _PLATFORM_KINDS else entry.tenant_schema, entry.currency


def _locked_accounts(drafts: Sequence[tuple[Posting, int, Leg]]) -> dict[_Place, Account]:
    """Find or open the accounts that the legs name, lock them, and return them by kind, mall and currency."""
    places = {_place(kind, posting.entry) for posting, _number, leg in drafts for kind in (leg.debit, leg.credit)}
    rows = locked(Account.objects.filter(_any_of(places)))
    missing = places - {_place_of(row) for row in rows}
    if missing:  # the first time that money goes there
        for kind, schema, currency in sorted(missing):
            Account.objects.get_or_create(kind=kind, tenant_schema=schema, currency=currency)
        rows = locked(Account.objects.filter(_any_of(places)))
    return {_place_of(row): row for row in rows}


def locked_balances(*kinds: str, schema: str, currency: str) -> dict[str, int]:
    """
    Lock a mall's accounts of some kinds and return what each holds, minor units; one that was never used holds 0.

    For whoever decides by a balance how much to move: until the end of the transaction nobody else moves it. Name all accounts that
    will be posted to. Locks: the accounts, all at once, in the order of their primary keys.
    """
    rows = locked(Account.objects.filter(kind__in=kinds, tenant_schema=schema, currency=currency))
    held = {row.kind: row.balance_minor for row in rows}
    return {kind: held.get(str(kind), 0) for kind in kinds}


def _place_of(row: Account) -> _Place:
    return row.kind, row.tenant_schema, row.currency


def _any_of(places: set[_Place]) -> Q:
    found = Q(pk__in=[])
    for kind, schema, currency in sorted(places):
        found |= Q(kind=kind, tenant_schema=schema, currency=currency)
    return found


def _move(transfers: list[Transfer]) -> None:
    """Bring the balances of locked accounts up to date."""
    changes: dict[int, int] = {}
    for row in transfers:
        for account, sign in ((row.debit, 1), (row.credit, -1)):
            change = row.amount_minor * (sign if account.kind in Account.DEBIT_NORMAL else -sign)
            changes[account.pk] = changes.get(account.pk, 0) + change
    if changes:
        whens = [When(pk=pk, then=Value(change)) for pk, change in sorted(changes.items())]
        moved = F("balance_minor") + Case(*whens, output_field=BigIntegerField())
        Account.objects.filter(pk__in=changes).update(balance_minor=moved)
