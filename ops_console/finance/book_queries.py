"""Reads of the books' pages: which accounts, their sums, periods."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from billing.ledger.books import AccountBalance

from .naming import schemas_like


@dataclass(frozen=True)
class Sum:
    """A trial balance in one currency, minor units: equal, or the books are wrong."""

    currency: str
    debit_minor: int
    credit_minor: int

    @property
    def is_balanced(self) -> bool:
        """Tell whether both sides are equal."""
        return self.debit_minor == self.credit_minor


def chosen(everything: Iterable[AccountBalance], wanted: Mapping[str, Any]) -> list[AccountBalance]:
    """Return the accounts that are not zero, of a kind, a currency, a mall; `wanted` is `BalanceForm`'s."""
    schemas = set(schemas_like(wanted["q"])) if wanted.get("q") else None
    currency = wanted.get("currency", "").lower()
    return [
        one
        for one in everything
        if one.balance_minor
        and wanted.get("kind") in (None, "", one.kind)
        and currency in ("", one.currency)
        and (schemas is None or one.tenant_schema in schemas)
    ]


def sums(everything: Iterable[AccountBalance]) -> list[Sum]:
    """Return both sides of the whole trial balance by currency."""
    found: dict[str, tuple[int, int]] = {}
    for one in everything:
        debit, credit = found.get(one.currency, (0, 0))
        found[one.currency] = debit + one.debit_minor, credit + one.credit_minor
    return [Sum(currency, *sides) for currency, sides in sorted(found.items()) if any(sides)]


def period(since: date | None, until: date | None, *, now: datetime) -> tuple[datetime, datetime]:
    """Return a period's instants, UTC, the end exclusive: from the month's first day and through today where nothing is said."""
    today = now.astimezone(UTC).date()
    first = since or (until or today).replace(day=1)
    last = until or max(today, first)
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
