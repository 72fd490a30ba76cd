"""Reads of statements. All run on the platform's schema and return plain data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from billing.ledger.models import Account
from tenants.registry.models import Tenant

from .drafting import Place
from .models import Remark, Statement, StatementLine

State = Statement.State
_SUMS = {name: Sum(f"{name}_minor") for name in ("gross", "commission", "tax", "agency", "net")}


@dataclass(frozen=True)
class Totals:
    """The lines of one kind added up, minor units."""

    kind: str
    word: str
    count: int
    gross_minor: int
    commission_minor: int
    tax_minor: int
    agency_minor: int
    net_minor: int


@dataclass(frozen=True)
class StatementRow:
    """A statement in a list. `mall` is the mall's name."""

    public_id: str
    tenant_schema: str
    mall: str
    currency: str
    first_day: date
    state: str
    word: str
    opening_minor: int
    closing_minor: int
    earned_minor: int
    paid_minor: int
    lines_count: int
    issued_at: datetime


@dataclass(frozen=True)
class Wanted:
    """Which statements: of a mall, in some states, of a month, of malls whose name holds a text."""

    schema: str = ""
    states: tuple[str, ...] = ()
    first_day: date | None = None
    text: str = ""


def statements(wanted: Wanted, *, limit: int, offset: int = 0) -> list[StatementRow]:
    """Return statements, the newest month first, an open question before the others of its month. Two queries."""
    earned = Sum("lines__net_minor", filter=Q(lines__kind=StatementLine.Kind.EARNED), default=0)
    paid_kinds = [StatementLine.Kind.PAYOUT, StatementLine.Kind.PAYOUT_RETURNED]
    paid = Sum("lines__net_minor", filter=Q(lines__kind__in=paid_kinds), default=0)
    rows = _filtered(wanted).annotate(earned=earned, paid=paid).order_by("-first_day", "-pk")
    found = list(rows[offset : offset + limit])
    names = _names({row.tenant_schema for row in found})
    return [_row(row, names) for row in found]


def count(wanted: Wanted) -> int:
    """Return how many statements match."""
    return _filtered(wanted).count()


def counts_by_state() -> dict[str, int]:
    """Return how many statements stand in each state."""
    return dict(Statement.objects.order_by().values_list("state").annotate(number=Count("pk")))


def _filtered(wanted: Wanted) -> "QuerySet[Statement]":
    rows = Statement.objects.all()
    if wanted.schema:
        rows = rows.filter(tenant_schema=wanted.schema)
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.first_day:
        rows = rows.filter(first_day=wanted.first_day)
    if wanted.text:
        named = Tenant.objects.filter(Q(name__icontains=wanted.text) | Q(slug__icontains=wanted.text))
        rows = rows.filter(tenant_schema__in=named.values("schema_name"))
    return rows


def _names(schemas: Iterable[str]) -> dict[str, str]:
    return dict(Tenant.objects.filter(schema_name__in=schemas).values_list("schema_name", "name"))


def _row(row: Any, names: dict[str, str]) -> StatementRow:
    return StatementRow(
        public_id=row.public_id,
        tenant_schema=row.tenant_schema,
        mall=names.get(row.tenant_schema, row.tenant_schema),
        currency=row.currency,
        first_day=row.first_day,
        state=row.state,
        word=row.get_state_display(),
        opening_minor=row.opening_minor,
        closing_minor=row.closing_minor,
        earned_minor=row.earned,
        paid_minor=-row.paid,
        lines_count=row.lines_count,
        issued_at=row.issued_at,
    )


def find(public_id: str, *, schema: str = "") -> Statement | None:
    """Return a statement, of the mall if one is named; None where there is none."""
    rows = Statement.objects.filter(public_id=public_id)
    return (rows.filter(tenant_schema=schema) if schema else rows).first()


def totals(statement: Statement) -> list[Totals]:
    """Return the lines added up by kind, in the order in which people read them; kinds without lines are left out."""
    rows = statement.lines.order_by().values("kind").annotate(number=Count("pk"), **_SUMS)
    by_kind = {row["kind"]: row for row in rows}
    return [
        Totals(
            kind.value,
            str(kind.label),
            by_kind[kind]["number"],
            *(int(by_kind[kind][name]) for name in _SUMS),
        )
        for kind in StatementLine.Kind
        if kind in by_kind
    ]


def lines(statement: Statement, *, kind: str = "", text: str = "") -> "QuerySet[StatementLine]":
    """Return the lines in their order, of a kind if one is named, that hold a text. Read them on the platform."""
    rows = statement.lines.all()
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        rows = rows.filter(
            Q(order_number__icontains=text)
            | Q(title__icontains=text)
            | Q(voucher_public_id=text)
            | Q(reason__icontains=text)
        )
    return rows


def remarks(statement: Statement) -> list[Remark]:
    """Return what was asked and answered, oldest first."""
    return list(statement.remarks.all())


def places() -> list[Place]:
    """Return every mall and currency of which the books have something that statements tell."""
    rows = Account.objects.filter(kind__in=["merchant_pending", "commission", "merchant_receivable"])
    found = rows.order_by("tenant_schema", "currency").values_list("tenant_schema", "currency").distinct()
    return [Place(schema, currency) for schema, currency in found if schema]


def confirmed() -> list[str]:
    """Return the statements that wait to be paid, oldest first."""
    rows = Statement.objects.filter(state=State.CONFIRMED).order_by("first_day", "pk")
    return list(rows.values_list("public_id", flat=True))
