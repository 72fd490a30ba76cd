"""Reads of the books. All run on the platform's schema and return plain data."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate, TruncMonth, TruncWeek

from .models import Account, Transfer

Kind = Account.Kind


@dataclass(frozen=True)
class MallBalances:
    """What the books say of a mall, in minor units of `currency`."""

    currency: str
    prepaid_minor: int
    pending_minor: int
    available_minor: int
    commission_minor: int
    owed_minor: int
    in_transit_minor: int = 0
    disputed_minor: int = 0


@dataclass(frozen=True)
class LedgerLine:
    """A transfer as a person reads it. `amount_minor` > 0; `reverses` tells that it takes an earlier one back."""

    kind: str
    debit: str
    credit: str
    amount_minor: int
    currency: str
    tenant_schema: str
    journal_id: str
    order: str
    voucher: str
    details: dict[str, Any]
    reason: str
    by: str
    happened_at: datetime
    reverses: bool


@dataclass(frozen=True)
class MallSales:
    """A mall's sales in a period: paid orders, their sum, the commission earned net of what was taken back."""

    sales_minor: int
    commission_minor: int
    orders_count: int
    last_sale_at: datetime | None


def mall_balances(schema: str, *, currency: str) -> MallBalances:
    """Return a mall's balances; accounts that were never used count as zero."""
    return malls_balances({schema: currency})[schema]


def malls_balances(currencies: dict[str, str]) -> dict[str, MallBalances]:
    """Return the balances of some malls, each in the currency that is given by its schema."""
    rows = Account.objects.filter(tenant_schema__in=list(currencies), currency__in=set(currencies.values()))
    found: defaultdict[tuple[str, str], defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for schema, currency, kind, minor in rows.values_list("tenant_schema", "currency", "kind", "balance_minor"):
        found[schema, currency][kind] = minor
    return {schema: _balances(currency, found[schema, currency]) for schema, currency in currencies.items()}


def _balances(currency: str, found: defaultdict[str, int]) -> MallBalances:
    return MallBalances(
        currency=currency,
        prepaid_minor=found[Kind.SHOPPER_PREPAID],
        pending_minor=found[Kind.MERCHANT_PENDING],
        available_minor=found[Kind.MERCHANT_AVAILABLE],
        commission_minor=found[Kind.COMMISSION],
        owed_minor=found[Kind.MERCHANT_RECEIVABLE],
        in_transit_minor=found[Kind.PAYOUTS_IN_TRANSIT],
        disputed_minor=found[Kind.DISPUTES],
    )


def balances_of(kind: str, *, schemas: list[str]) -> dict[tuple[str, str], int]:
    """Return the balances of one kind of account for some malls, by schema and currency; what was never used is left out."""
    rows = Account.objects.filter(kind=kind, tenant_schema__in=schemas)
    return {
        (schema, currency): minor
        for schema, currency, minor in rows.values_list("tenant_schema", "currency", "balance_minor")
    }


@dataclass(frozen=True)
class LineFilter:
    """
    Which transfers: of a mall, an order, a voucher, that touch an account kind, of some kinds, within [since, until).

    `text` is part of the order's number, of what was sold or of the reason, or a whole id.
    """

    schema: str = ""
    order: str = ""
    voucher: str = ""
    account: str = ""
    kinds: tuple[str, ...] = ()
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def _filtered(wanted: LineFilter) -> "QuerySet[Transfer]":
    rows = Transfer.objects.select_related("debit", "credit")
    if wanted.schema:
        rows = rows.filter(tenant_schema=wanted.schema)
    if wanted.order:
        rows = rows.filter(order_public_id=wanted.order)
    if wanted.voucher:
        rows = rows.filter(voucher_public_id=wanted.voucher)
    if wanted.account:
        rows = rows.filter(Q(debit__kind=wanted.account) | Q(credit__kind=wanted.account))
    if wanted.kinds:
        rows = rows.filter(kind__in=wanted.kinds)
    if wanted.text:
        words = Q(details__order_number__icontains=wanted.text) | Q(details__title__icontains=wanted.text)
        ids = Q(voucher_public_id=wanted.text) | Q(order_public_id=wanted.text) | Q(details__payout=wanted.text)
        rows = rows.filter(words | ids | Q(reason__icontains=wanted.text))
    if wanted.since:
        rows = rows.filter(happened_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(happened_at__lt=wanted.until)
    return rows


def lines(wanted: LineFilter, *, limit: int = 100, offset: int = 0) -> list[LedgerLine]:
    """Return transfers, newest first."""
    return [line_of(row) for row in _filtered(wanted).order_by("-happened_at", "-pk")[offset : offset + limit]]


def lines_count(wanted: LineFilter) -> int:
    """Return how many transfers match."""
    return _filtered(wanted).count()


def lines_of_keys(prefixes: Iterable[str]) -> list[LedgerLine]:
    """Return the transfers whose keys begin with one of some words, oldest first; a key's word ends with a colon."""
    which = Q(pk__in=[])
    for prefix in prefixes:
        which |= Q(key__startswith=prefix)
    return [line_of(row) for row in Transfer.objects.select_related("debit", "credit").filter(which).order_by("pk")]


def line_of(row: Transfer) -> LedgerLine:
    """Return a transfer as a person reads it. Its accounts are read with it."""
    return LedgerLine(
        kind=row.kind,
        debit=row.debit.kind,
        credit=row.credit.kind,
        amount_minor=row.amount_minor,
        currency=row.currency,
        tenant_schema=row.tenant_schema,
        journal_id=row.journal_id,
        order=row.order_public_id,
        voucher=row.voucher_public_id,
        details=row.details,
        reason=row.reason,
        by=row.by,
        happened_at=row.happened_at,
        reverses=row.reverses_id is not None,
    )


# What counts as commission earned: booked to the account, less what was reversed out of it.
_COMMISSION = Sum(
    Case(
        When(credit__kind=Kind.COMMISSION, then=F("amount_minor")),
        When(debit__kind=Kind.COMMISSION, then=-F("amount_minor")),
        default=Value(0),
    )
)
_SALES = Sum("amount_minor", filter=Q(kind="order_paid"), default=0)


def sales_by_mall(*, since: datetime, until: datetime, schemas: Iterable[str] | None = None) -> dict[str, MallSales]:
    """Return the sales of malls that had any movement within [since, until), by schema."""
    rows = Transfer.objects.filter(happened_at__gte=since, happened_at__lt=until)
    if schemas is not None:
        rows = rows.filter(tenant_schema__in=list(schemas))
    summed = rows.values("tenant_schema").annotate(
        sales=_SALES,
        commission=_COMMISSION,
        orders=Count("pk", filter=Q(kind="order_paid")),
        last=Max("happened_at", filter=Q(kind="order_paid")),
    )
    return {
        row["tenant_schema"]: MallSales(row["sales"], row["commission"], row["orders"], row["last"]) for row in summed
    }


def daily_sales(schema: str, *, since: datetime, until: datetime, zone: ZoneInfo) -> dict[date, int]:
    """Return the sum of paid orders for each day of the mall's calendar that had any, in minor units."""
    rows = Transfer.objects.filter(
        tenant_schema=schema, kind="order_paid", happened_at__gte=since, happened_at__lt=until
    )
    summed = rows.annotate(day=TruncDate("happened_at", tzinfo=zone)).values("day").annotate(total=Sum("amount_minor"))
    return {row["day"]: row["total"] for row in summed}


# The transfers that a mall's course is made of: earned (1 gives, -1 takes back), paid to the bank.
_EARNED = {
    "voucher_redeemed": 1,
    "voucher_redeemed_reversed": -1,
    "discount_borne": 1,
    "discount_borne_reversed": -1,
    "redemption_refunded": -1,
    "redemption_refunded_reversed": 1,
    "discount_returned": -1,
    "discount_returned_reversed": 1,
    "dispute_lost": -1,
}
_PAID = {"payout_paid": 1, "payout_paid_reversed": -1}


@dataclass(frozen=True)
class Course:
    """What a merchant earned, net of all parts of others, and what reached the bank within a week or month, minor units."""

    earned_minor: int = 0
    paid_minor: int = 0


def course(schema: str, *, since: datetime, by_month: bool, zone: ZoneInfo) -> dict[date, Course]:
    """Return a mall's course since an instant, by the first day of each week (Monday) or month of its calendar; one query."""
    cut = TruncMonth if by_month else TruncWeek
    touching = Q(kind__in=_PAID) | Q(debit__kind=Kind.MERCHANT_PENDING) | Q(credit__kind=Kind.MERCHANT_PENDING)
    rows = Transfer.objects.filter(touching, tenant_schema=schema, happened_at__gte=since, kind__in=[*_EARNED, *_PAID])
    summed = (
        rows.annotate(first=cut("happened_at", tzinfo=zone)).values_list("first", "kind").annotate(Sum("amount_minor"))
    )
    earned: defaultdict[date, int] = defaultdict(int)
    paid: defaultdict[date, int] = defaultdict(int)
    for first, kind, minor in summed:
        earned[first.date()] += _EARNED.get(kind, 0) * minor
        paid[first.date()] += _PAID.get(kind, 0) * minor
    return {day: Course(earned[day], paid[day]) for day in {*earned, *paid}}
