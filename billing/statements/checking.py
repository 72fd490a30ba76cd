"""The proof that statements equal the books: each disagreement as plain data, for the daily reconciliation."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Sum

from billing.ledger.models import Transfer

from . import drafting, operations, queries
from .drafting import Place
from .models import Statement, StatementLine

# How long after a month's end its statement may be missing.
LATE = operations.GRACE + timedelta(hours=22)
_BATCH = 500


@dataclass(frozen=True)
class Difference:
    """`kind` is its class, `subject` the statement; `expected_minor` is what the books say."""

    kind: str
    subject: str
    tenant_schema: str
    expected_minor: int
    found_minor: int
    currency: str


def differences() -> list[Difference]:
    """
    Compare each mall's newest statement with the books, line by line, and all statements with their own sums and neighbours.

    Classes: `statement_sum_differs` (the lines do not add up), `statement_chain_broken` (it does not begin where the last one ended),
    `statement_books_differ` (the closing balance), `statement_line_differs` (a line and its journal).
    """
    by_mall: defaultdict[Place, list[Statement]] = defaultdict(list)
    for one in Statement.objects.annotate(moved=Sum("lines__net_minor", default=0), listed=Count("lines")).order_by(
        "first_day"
    ):
        by_mall[Place(one.tenant_schema, one.currency)].append(one)
    return [found for place, rows in by_mall.items() for found in _mall(place, rows)]


def _mall(place: Place, rows: list[Statement]) -> Iterator[Difference]:
    before_minor = 0
    for one in rows:
        moved_minor, listed = one.moved, one.listed  # type: ignore[attr-defined]  # annotated above
        if one.opening_minor + moved_minor != one.closing_minor or listed != one.lines_count:
            yield _differs("statement_sum_differs", one, one.closing_minor - one.opening_minor, moved_minor)
        if one.opening_minor != before_minor:
            yield _differs("statement_chain_broken", one, before_minor, one.opening_minor)
        before_minor = one.closing_minor
    newest = rows[-1]
    booked_minor = drafting.position(place, before=newest.ends_at).total_minor
    if booked_minor != newest.closing_minor:
        yield _differs("statement_books_differ", newest, booked_minor, newest.closing_minor)
    yield from _lines(newest)


def _lines(statement: Statement) -> Iterator[Difference]:
    rows = list(statement.lines.all())
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        booked = {line.key: line for line in drafting.lines(_transfers(part))}
        for line in part:
            found = booked.get(line.key)
            if found is None or _amounts(found) != _amounts(line):
                yield _differs(
                    "statement_line_differs",
                    statement,
                    found.net_minor if found else 0,
                    line.net_minor,
                    f" {line.number}",
                )


def _transfers(lines: list[StatementLine]) -> list[Transfer]:
    """Return the transfers of the lines' entries, by their journals."""
    journals = {line.journal_id for line in lines}
    rows = Transfer.objects.select_related("debit", "credit").filter(journal_id__in=journals)
    return list(rows.order_by("booked_at", "pk"))


def _amounts(line: StatementLine) -> tuple[int, ...]:
    return line.gross_minor, line.commission_minor, line.tax_minor, line.agency_minor, line.net_minor


def _differs(kind: str, one: Statement, expected: int, found: int, more: str = "") -> Difference:
    return Difference(kind, f"{one.public_id}{more}", one.tenant_schema, expected, found, one.currency)


def malls_without(*, now: datetime) -> list[Place]:
    """Return the malls whose newest statement ends more than a month and `LATE` ago."""
    newest = Statement.objects.order_by().values_list("tenant_schema", "currency").annotate(end=Max("ends_at"))
    stale = {Place(schema, currency) for schema, currency, end in newest if end + timedelta(days=31) + LATE < now}
    return [place for place in queries.places() if place in stale]
