"""The mall's statements as the merchant reads them. The rows are the platform's."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from billing.statements import documents, paying
from billing.statements import queries as statements
from billing.statements.documents import Paper
from billing.statements.models import Remark, Statement, StatementLine
from billing.statements.paying import Payment
from billing.statements.queries import StatementRow, Totals, Wanted
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

KINDS = {"issued": "warning", "question": "info", "confirmed": "success", "paid": "success"}


@dataclass(frozen=True)
class Shown:
    """A statement with everything that its page shows."""

    statement: Statement
    month: str
    badge: str
    totals: list[Totals]
    remarks: list[Remark]
    payment: Payment


def rows(*, states: tuple[str, ...], limit: int, offset: int = 0) -> tuple[list[StatementRow], int]:
    """Return the mall's statements, newest first, and how many there are."""
    wanted = Wanted(schema=mall().schema_name, states=states)
    with on_platform():
        return statements.statements(wanted, limit=limit, offset=offset), statements.count(wanted)


def waiting() -> int:
    """Return how many statements wait for the merchant's yes."""
    wanted = Wanted(schema=mall().schema_name, states=("issued",))
    with on_platform():
        return statements.count(wanted)


def shown(public_id: str) -> Shown | None:
    """Return one of the mall's statements; None where it has none of this id."""
    schema = mall().schema_name
    with on_platform():
        found = statements.find(public_id, schema=schema)
        if found is None:
            return None
        return Shown(
            found,
            documents.month_words(found),
            KINDS[found.state],
            statements.totals(found),
            statements.remarks(found),
            paying.payment_of(found),
        )


def lines(statement: Statement, *, kind: str, text: str, limit: int, offset: int) -> tuple[list[StatementLine], int]:
    """Return the lines that match, and how many."""
    with on_platform():
        found = statements.lines(statement, kind=kind, text=text)
        return list(found[offset : offset + limit]), found.count()


def paper(public_id: str) -> Paper | None:
    """Return a statement for its files."""
    tenant = mall()
    with on_platform():
        found = statements.find(public_id, schema=tenant.schema_name)
        if found is None:
            return None
        lines = list(statements.lines(found))
        return Paper(
            found, tenant.name, ZoneInfo(tenant.time_zone), statements.totals(found), lines, statements.remarks(found)
        )
