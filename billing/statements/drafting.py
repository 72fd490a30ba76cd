"""
What the books say of a merchant, as lines: each entry that changes what the merchant has coming, or what the others took of it.

Accounts are found by mall, so that a mall that moved to another schema keeps its bookings of before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet, Sum

from billing.ledger.models import Account, Transfer

from .models import StatementLine

Kind = Account.Kind
Word = StatementLine.Kind
# What a merchant has coming; owed counts against it, which its debit side does by itself.
POSITION = (Kind.MERCHANT_PENDING, Kind.MERCHANT_AVAILABLE, Kind.PAYOUTS_IN_TRANSIT, Kind.MERCHANT_RECEIVABLE)
PARTS = {Kind.COMMISSION: "commission", Kind.COMMISSION_TAX: "tax", Kind.AGENCY_SHARE: "agency"}
# The first word of an entry's key → what the merchant reads.
WORDS = {
    "redeemed": Word.EARNED,
    "undone": Word.UNDONE,
    "redemption_refunded": Word.REFUND,
    "refund_failed": Word.REFUND,
    "dispute_lost": Word.DISPUTE,
    "package_netted": Word.PACKAGE,
    "package_returned": Word.PACKAGE,
    "payout": Word.PAYOUT,
    "payout_returned": Word.PAYOUT_RETURNED,
}


@dataclass(frozen=True)
class Place:
    """Whose books: a mall's, in a currency."""

    schema: str
    currency: str


@dataclass(frozen=True)
class Position:
    """What a merchant has coming, by account, minor units."""

    pending_minor: int
    available_minor: int
    in_transit_minor: int
    owed_minor: int

    @property
    def total_minor(self) -> int:
        """All of it, less what is owed."""
        return self.pending_minor + self.available_minor + self.in_transit_minor - self.owed_minor


def accounts_of(place: Place) -> "QuerySet[Account]":
    """Return the accounts whose bookings are lines."""
    return Account.objects.filter(
        kind__in=[*POSITION, *PARTS], tenant_schema=place.schema, currency=place.currency
    ).order_by("pk")


def position(place: Place, *, before: datetime) -> Position:
    """Return what the books said at an instant: all that was booked before it."""
    found = dict.fromkeys(POSITION, 0)
    for account in accounts_of(place).filter(kind__in=POSITION):
        credited = _sum(Transfer.objects.filter(credit=account, booked_at__lt=before))
        debited = _sum(Transfer.objects.filter(debit=account, booked_at__lt=before))
        sign = -1 if account.kind in Account.DEBIT_NORMAL else 1
        found[Kind(account.kind)] = sign * (credited - debited)
    return Position(*(found[kind] for kind in POSITION))


def _sum(rows: "QuerySet[Transfer]") -> int:
    return int(rows.aggregate(total=Sum("amount_minor"))["total"] or 0)


def bookings(accounts: Sequence[Account], *, since: datetime | None, before: datetime) -> "QuerySet[Transfer]":
    """Return the transfers on any of the accounts within [since, before), in the order of booking."""
    rows = Transfer.objects.select_related("debit", "credit").filter(
        Q(debit__in=accounts) | Q(credit__in=accounts), booked_at__lt=before
    )
    if since is not None:
        rows = rows.filter(booked_at__gte=since)
    return rows.order_by("booked_at", "pk")


def lines(transfers: Iterable[Transfer]) -> list[StatementLine]:
    """Return unsaved lines, one for each entry that is not only a move between the merchant's own accounts."""
    grouped: dict[str, list[Transfer]] = {}
    for row in transfers:
        grouped.setdefault(row.key.rsplit(":", 1)[0], []).append(row)
    drafts = [_line(key, group) for key, group in grouped.items()]
    return [line for line in drafts if any((line.net_minor, line.commission_minor, line.tax_minor, line.agency_minor))]


def _line(key: str, group: list[Transfer]) -> StatementLine:
    net_minor, parts = 0, dict.fromkeys(PARTS.values(), 0)
    for row in group:
        for account, signed_minor in ((row.credit, row.amount_minor), (row.debit, -row.amount_minor)):
            if account.kind in POSITION:
                net_minor += signed_minor
            elif account.kind in PARTS:
                parts[PARTS[Kind(account.kind)]] += signed_minor
    first, vouchers = group[0], {row.voucher_public_id for row in group}
    return StatementLine(
        key=key,
        kind=WORDS.get(key.split(":", maxsplit=1)[0], Word.OTHER),
        journal_id=first.journal_id,
        order_public_id=first.order_public_id,
        order_number=str(first.details.get("order_number", ""))[:40],
        voucher_public_id=first.voucher_public_id if len(vouchers) == 1 else "",
        title=str(first.details.get("title") or first.details.get("payout") or "")[:200],
        reason=first.reason,
        gross_minor=net_minor + sum(parts.values()),
        commission_minor=parts["commission"],
        tax_minor=parts["tax"],
        agency_minor=parts["agency"],
        net_minor=net_minor,
        happened_at=first.happened_at,
        booked_at=first.booked_at,
    )
