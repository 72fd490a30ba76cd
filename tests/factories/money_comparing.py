"""What is not as it must be in `money.World`: books against model, books against themselves, the mall's facts against the journals."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection

from billing.ledger import books
from billing.ledger.models import Account
from billing.reconciliation import operations as reconciliation
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.money_model import Model

Kind = Account.Kind
# For each voucher what was earned with it and what went back to the shopper, as the books have it; goodwill is the platform's own.
SPENT = """
WITH legs AS (
  SELECT t.voucher_public_id AS voucher, t.amount_minor, d.kind AS debit, c.kind AS credit
  FROM ledger_transfer t JOIN ledger_account d ON d.id = t.debit_id JOIN ledger_account c ON c.id = t.credit_id
  WHERE t.tenant_schema = %s AND t.voucher_public_id = ANY(%s)
)
SELECT voucher,
  coalesce(sum(CASE WHEN credit = ANY(%s) THEN amount_minor END), 0) - coalesce(sum(CASE WHEN debit = ANY(%s) THEN amount_minor END), 0),
  coalesce(sum(CASE WHEN credit = 'stripe_cash' AND debit <> 'goodwill' THEN amount_minor END), 0)
    - coalesce(sum(CASE WHEN debit = 'stripe_cash' AND credit <> 'goodwill' THEN amount_minor END), 0)
FROM legs GROUP BY voucher
"""
EARNED = [
    Kind.MERCHANT_PENDING,
    Kind.MERCHANT_AVAILABLE,
    Kind.MERCHANT_RECEIVABLE,
    Kind.COMMISSION,
    Kind.COMMISSION_TAX,
    Kind.AGENCY_SHARE,
]


class Comparing:
    """Compares a mall's books with the model of them."""

    tenant: Tenant
    now: datetime
    model: Model
    books_at_start: Counter[str]

    def _books(self) -> Counter[str]:
        with on_platform():
            return Counter({row.kind: row.balance_minor for row in books.trial_balance()})

    def differences(self, *, is_full: bool = True) -> list[str]:
        """Return everything that is not as it must be; empty is right. Not full, the books are compared with the model only."""
        found = []
        now_held = self._books()
        found += [f"{kind} is {minor}" for kind, minor in now_held.items() if minor < 0 and not _may_be_below(kind)]
        now_held.subtract(self.books_at_start)
        held = {kind: minor for kind, minor in now_held.items() if minor}
        wanted = self.model.balances()
        if held != wanted:
            found.append(f"books {held} model {wanted}")
        if is_full:
            found += self._overspent()
            found += [f"{one.kind} {one.subject} {one.expected_minor} {one.found_minor}" for one in self._breaks()]
        return found

    def _overspent(self) -> list[str]:
        """Return each voucher with which more was earned and given back than was paid for it (M6), by the books."""
        with on_platform(), connection.cursor() as cursor:
            names = list(self.model.units)
            cursor.execute(SPENT, [self.tenant.schema_name, names, EARNED, EARNED])
            rows = cursor.fetchall()
        return [
            f"{voucher}: earned {earned} and gave back {back} of {unit.price_minor} and {unit.borne_minor} borne"
            for voucher, earned, back, unit in ((*row, self.model.units[row[0]]) for row in rows)
            if min(earned, back) < 0 or back > unit.price_minor or earned + back > unit.price_minor + unit.borne_minor
        ]

    def _breaks(self) -> list[Any]:
        compared = Counter[str]()
        later = self.now + 2 * reconciliation.GRACE
        with on_platform():
            inner = reconciliation._inner(compared)
            return inner + reconciliation._mall(self.tenant.schema_name, before=later, now=self.now, compared=compared)


def _may_be_below(kind: str) -> bool:
    return kind in Account.MAY_BE_NEGATIVE
