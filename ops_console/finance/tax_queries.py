"""Reads of the page of the tax on commissions: months with their kinds, and payments with what may be done."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from dateutil.relativedelta import relativedelta

from billing.ledger import taxes
from billing.ledger.models import TaxPayment
from billing.ledger.taxes import TaxLine

from .book_queries import period

# Without days the page shows this month and so many before it.
MONTHS_BEFORE = 11


@dataclass(frozen=True)
class TaxMonth:
    """A month of one currency: its kinds, and what they come to in minor units."""

    month: date
    currency: str
    lines: tuple[TaxLine, ...]

    @property
    def total_minor(self) -> int:
        """What was booked less what was given back."""
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True)
class PaymentRow:
    """A payment; `reversed_by` is the journal that took it back ("": none), `is_mine`: the reader wrote it down."""

    payment: TaxPayment
    reversed_by: str
    is_mine: bool


def currencies() -> list[tuple[str, str]]:
    """Return the currencies in which something is left to pay, as choices."""
    return [(one.currency, one.currency.upper()) for one in taxes.standing() if one.left_minor > 0]


def months(since: date | None, until: date | None, *, now: datetime) -> tuple[datetime, datetime]:
    """Return whole months as instants, UTC, the end exclusive: the last twelve where nothing is said."""
    today = now.astimezone(UTC).date()
    last = (until or max(today, since or today)).replace(day=1)
    first = (since or last - relativedelta(months=MONTHS_BEFORE)).replace(day=1)
    return period(first, last + relativedelta(months=1, days=-1), now=now)


def by_month(lines: Iterable[TaxLine]) -> list[TaxMonth]:
    """Return the lines by month and currency, in their order."""
    found: defaultdict[tuple[date, str], list[TaxLine]] = defaultdict(list)
    for line in lines:
        found[line.month, line.currency].append(line)
    return [TaxMonth(*name, tuple(group)) for name, group in found.items()]


def payment_rows(payments: Iterable[TaxPayment], *, person: str) -> list[PaymentRow]:
    """Return payments with what became of them, in a query more than the most that one was taken back and again."""
    rows = list(payments)
    gone = taxes.taken_back([row.journal_id for row in rows if row.journal_id])
    return [PaymentRow(row, gone.get(row.journal_id, ""), row.asked_by_id == person) for row in rows]
