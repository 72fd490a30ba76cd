"""
The books as an accountant reads them: trial balance, account statement, journal; and the proof that they agree with themselves.

Instants are those of booking: what the books said at an instant never changes afterwards.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from .models import Account, Transfer
from .queries import LedgerLine, line_of


@dataclass(frozen=True)
class AccountBalance:
    """An account in the trial balance, on its normal side, minor units."""

    kind: str
    tenant_schema: str
    currency: str
    balance_minor: int

    @property
    def debit_minor(self) -> int:
        """The balance if it stands on the debit side, else 0."""
        return max(self._on_debit, 0)

    @property
    def credit_minor(self) -> int:
        """The balance if it stands on the credit side, else 0."""
        return max(-self._on_debit, 0)

    @property
    def _on_debit(self) -> int:
        return self.balance_minor if self.kind in Account.DEBIT_NORMAL else -self.balance_minor


@dataclass(frozen=True)
class StatementLine:
    """A transfer on one account: `signed_minor` moves the balance on the account's normal side to `balance_minor`."""

    line: LedgerLine
    signed_minor: int
    balance_minor: int


@dataclass(frozen=True)
class AccountStatement:
    """An account within [since, until): what it began with, each transfer in the order of booking, what it ended with."""

    kind: str
    tenant_schema: str
    currency: str
    opening_minor: int
    lines: tuple[StatementLine, ...]
    closing_minor: int


@dataclass(frozen=True)
class AccountKey:
    """Which account; `tenant_schema` is empty for the platform's own."""

    kind: str
    tenant_schema: str
    currency: str


def trial_balance(*, at: datetime | None = None, currency: str = "") -> list[AccountBalance]:
    """Return every account with its balance as booked before `at` (None: now, from the balance rows)."""
    accounts = Account.objects.order_by("currency", "kind", "tenant_schema")
    if currency:
        accounts = accounts.filter(currency=currency)
    sums = None if at is None else _sums(Q(booked_at__lt=at))
    return [
        AccountBalance(
            row.kind, row.tenant_schema, row.currency, row.balance_minor if sums is None else _normal(row, sums[row.pk])
        )
        for row in accounts
    ]


def _sums(which: Q) -> defaultdict[int, int]:
    """Return what each account was debited less what it was credited, over the transfers that match."""
    sums: defaultdict[int, int] = defaultdict(int)
    for side, sign in (("debit", 1), ("credit", -1)):
        for pk, total in Transfer.objects.filter(which).values_list(side).annotate(total=Sum("amount_minor")):
            sums[pk] += sign * total
    return sums


def _normal(account: Account, debited_minor: int) -> int:
    return debited_minor if account.kind in Account.DEBIT_NORMAL else -debited_minor


def statement(key: AccountKey, *, since: datetime, until: datetime) -> AccountStatement:
    """Return an account's statement for what was booked within [since, until); an account that was never used is empty."""
    account = Account.objects.filter(**vars(key)).first()
    if account is None:
        return AccountStatement(key.kind, key.tenant_schema, key.currency, 0, (), 0)
    on_it = Q(debit=account) | Q(credit=account)
    opening_minor = _normal(account, _sums(on_it & Q(booked_at__lt=since))[account.pk])
    rows = Transfer.objects.select_related("debit", "credit").filter(on_it, booked_at__gte=since, booked_at__lt=until)
    balance_minor, lines = opening_minor, []
    for row in rows.order_by("booked_at", "pk"):
        signed_minor = _normal(account, row.amount_minor if row.debit_id == account.pk else -row.amount_minor)
        balance_minor += signed_minor
        lines.append(StatementLine(line_of(row), signed_minor, balance_minor))
    return AccountStatement(key.kind, key.tenant_schema, key.currency, opening_minor, tuple(lines), balance_minor)


def journal(journal_id: str) -> list[LedgerLine]:
    """Return the transfers of one event, in the order in which they were booked; empty if there are none."""
    rows = Transfer.objects.select_related("debit", "credit").filter(journal_id=journal_id).order_by("pk")
    return [line_of(row) for row in rows]


def everything(*, since: datetime, until: datetime, schema: str = "") -> Iterator[LedgerLine]:
    """Yield all that was booked within [since, until), oldest first, for an export. Consume it on the platform."""
    rows = Transfer.objects.select_related("debit", "credit").filter(booked_at__gte=since, booked_at__lt=until)
    if schema:
        rows = rows.filter(tenant_schema=schema)
    for row in rows.order_by("booked_at", "pk").iterator(chunk_size=2000):
        yield line_of(row)


def balance_differences() -> list[tuple[str, int, int]]:
    """
    Build every balance anew from the transfers and return those that are stored differently: (account, stored, summed).

    Empty is right. Both sides are read in one statement's snapshot only inside a repeatable-read transaction; the nightly
    check asks again for what differs before it says so.
    """
    sums = _sums(Q())
    return [
        (str(account), account.balance_minor, _normal(account, sums[account.pk]))
        for account in Account.objects.order_by("pk")
        if _normal(account, sums[account.pk]) != account.balance_minor
    ]


def booked_count(*, since: datetime, until: datetime, key: AccountKey | None = None, schema: str = "") -> int:
    """Return how many transfers were booked within [since, until), on one account or of one mall if that is given."""
    rows = Transfer.objects.filter(booked_at__gte=since, booked_at__lt=until)
    if key is not None:
        on_it = Account.objects.filter(**vars(key)).values("pk")
        rows = rows.filter(Q(debit__in=on_it) | Q(credit__in=on_it))
    if schema:
        rows = rows.filter(tenant_schema=schema)
    return rows.count()
