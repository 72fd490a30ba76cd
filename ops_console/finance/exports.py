"""The books as files: CSV and xlsx, in major units, no cell that a spreadsheet would run as a formula."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.http import HttpResponse

from billing.ledger.books import AccountBalance, AccountStatement
from billing.ledger.queries import LedgerLine
from billing.ledger.taxes import TaxLine
from cms.backoffice.exports import csv_response, sheet_response
from saas.kernel.money import to_major

# More rows than this are asked for in shorter periods.
MOST_ROWS = 50_000
Cell = str | int | Decimal
BALANCE_HEAD = ("account", "mall", "currency", "debit", "credit")
STATEMENT_HEAD = ("happened", "what", "credit", "debit", "journal", "order", "voucher", "by", "amount", "balance")
TAX_HEAD = ("month", "currency", "kind", "transfers", "amount")
LINES_HEAD = (
    "happened",
    "mall",
    "what",
    "credit",
    "debit",
    "amount",
    "currency",
    "journal",
    "order",
    "voucher",
    "by",
    "reason",
    "takes_back",
)


def balance_rows(found: Iterable[AccountBalance]) -> list[tuple[Cell, ...]]:
    """Return a trial balance as rows, debit and credit in major units."""
    return [
        (
            one.kind,
            one.tenant_schema,
            one.currency,
            to_major(one.debit_minor, one.currency),
            to_major(one.credit_minor, one.currency),
        )
        for one in found
    ]


def statement_rows(found: AccountStatement) -> list[tuple[Cell, ...]]:
    """Return an account's statement as rows: opening, each transfer, closing."""
    blank = ("",) * 6
    rows: list[tuple[Cell, ...]] = [("", "opening", *blank, "", to_major(found.opening_minor, found.currency))]
    for one in found.lines:
        line = one.line
        signed, balance = to_major(one.signed_minor, found.currency), to_major(one.balance_minor, found.currency)
        when = line.happened_at.isoformat()
        names = (line.kind, line.credit, line.debit, line.journal_id, line.order, line.voucher, line.by)
        rows.append((when, *names, signed, balance))
    return [*rows, ("", "closing", *blank, "", to_major(found.closing_minor, found.currency))]


def line_rows(found: Iterable[LedgerLine]) -> list[tuple[Cell, ...]]:
    """Return transfers as rows."""
    return [
        (
            line.happened_at.isoformat(),
            line.tenant_schema,
            line.kind,
            line.credit,
            line.debit,
            to_major(line.amount_minor, line.currency),
            line.currency,
            line.journal_id,
            line.order,
            line.voucher,
            line.by,
            line.reason,
            int(line.reverses),
        )
        for line in found
    ]


def tax_rows(found: Iterable[TaxLine]) -> list[tuple[Cell, ...]]:
    """Return the tax on commissions as rows, by month, currency and kind."""
    return [
        (f"{one.month:%Y-%m}", one.currency, one.kind, one.count, to_major(one.amount_minor, one.currency))
        for one in found
    ]


def file_response(name: str, form: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """Answer with a file; `form` is csv or xlsx. Numbers stay numbers."""
    if form == "csv":
        return csv_response(f"{name}.csv", header, rows)
    return sheet_response(f"{name}.xlsx", header, rows)
