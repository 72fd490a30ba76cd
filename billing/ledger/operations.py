"""The only code that writes transfers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from saas.kernel.errors import DomainError
from saas.kernel.locking import locked

from .models import Account, Transfer


class KeyReused(DomainError):
    """A key that was booked came again with other amounts. Nothing was booked."""

    code = "ledger_key_reused"


@dataclass(frozen=True)
class Leg:
    """One transfer to be: `amount_minor` > 0 from the account of kind `credit` to the one of kind `debit`."""

    kind: str
    debit: str
    credit: str
    amount_minor: int


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
_PLATFORM_KINDS = {Account.Kind.STRIPE_CASH, Account.Kind.STRIPE_FEES}


@transaction.atomic
def post(entry: Entry, *, journal_id: str, now: datetime) -> list[Transfer]:
    """
    Book an entry once and return its transfers. Legs of zero are left out.

    Locks: the accounts, in the order of their primary keys. Booked before with the same amounts, it changes nothing.

    :raises KeyReused: the key was booked with other amounts
    """
    legs = [leg for leg in entry.legs if leg.amount_minor]
    accounts = _locked_accounts(entry, legs)
    known = list(Transfer.objects.filter(key__in=[_key(entry, number) for number in range(len(legs))]).order_by("key"))
    if known:
        if [row.amount_minor for row in known] != [leg.amount_minor for leg in legs]:
            raise KeyReused(key=entry.key)
        return known
    transfers = [_transfer(entry, number, leg, accounts, journal_id, now) for number, leg in enumerate(legs)]
    Transfer.objects.bulk_create(transfers)
    _move(transfers)
    return transfers


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
    """
    originals = list(Transfer.objects.filter(key__startswith=f"{reversal.original_key}:").order_by("key"))
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


def _transfer(
    entry: Entry, number: int, leg: Leg, accounts: dict[str, Account], journal_id: str, now: datetime
) -> Transfer:
    return Transfer(
        key=_key(entry, number),
        journal_id=journal_id,
        kind=leg.kind,
        debit=accounts[leg.debit],
        credit=accounts[leg.credit],
        amount_minor=leg.amount_minor,
        currency=entry.currency,
        tenant_schema=entry.tenant_schema,
        order_public_id=entry.order,
        voucher_public_id=entry.voucher,
        details=entry.details,
        reason=entry.reason,
        by=entry.by,
        happened_at=entry.happened_at,
        booked_at=now,
    )


def _locked_accounts(entry: Entry, legs: list[Leg]) -> dict[str, Account]:
    """Find or open the accounts that the legs name, lock them, and return them by kind."""
    kinds = {kind for leg in legs for kind in (leg.debit, leg.credit)}
    opened = [
        Account.objects.get_or_create(
            kind=kind, tenant_schema="" if kind in _PLATFORM_KINDS else entry.tenant_schema, currency=entry.currency
        )[0].pk
        for kind in sorted(kinds)
    ]
    return {account.kind: account for account in locked(Account.objects.filter(pk__in=opened))}


def _move(transfers: list[Transfer]) -> None:
    """Bring the balances of locked accounts up to date."""
    changes: dict[int, int] = {}
    for row in transfers:
        for account, sign in ((row.debit, 1), (row.credit, -1)):
            change = row.amount_minor * (sign if account.kind in Account.DEBIT_NORMAL else -sign)
            changes[account.pk] = changes.get(account.pk, 0) + change
    for pk, change in sorted(changes.items()):
        Account.objects.filter(pk=pk).update(balance_minor=F("balance_minor") + change)
