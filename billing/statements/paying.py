"""
Whether what a statement says was earned has reached the bank.

Settlements carry the earnings; Stripe pays a merchant's account out in the order in which it was filled. So a settlement has arrived
when the payouts that the bank has are as much as everything that was settled up to it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum

from billing.payouts import queries as payouts
from billing.settlements.earnings import reference_of_given
from billing.settlements.models import Earning, Recovery, Settlement

from .models import Statement, StatementLine

_BATCH = 1000
_WAITING = (Earning.State.PENDING, Earning.State.RELEASED)


@dataclass(frozen=True)
class SettledPart:
    """A settlement that carries earnings of the statement: `earned_minor` of them, `total_minor` was sent in all."""

    public_id: str
    claimed_at: datetime
    state: str
    word: str
    earned_minor: int
    total_minor: int


@dataclass(frozen=True)
class Payment:
    """
    How a statement's earnings are paid, minor units.

    `waiting_minor` is in no settlement yet, `missing_minor` was settled and is not at the bank.
    """

    settlements: tuple[SettledPart, ...]
    waiting_minor: int
    missing_minor: int

    @property
    def has_arrived(self) -> bool:
        """Whether nothing waits and nothing is missing."""
        return not self.waiting_minor and not self.missing_minor


def payment_of(statement: Statement) -> Payment:
    """Return how the statement's earnings are paid. What was taken back is not waited for."""
    waiting_minor, carried = 0, dict[int, int]()
    for state, settlement_id, net_minor in _earnings(statement):
        if state in _WAITING:
            waiting_minor += net_minor
        elif settlement_id is not None:
            carried[settlement_id] = carried.get(settlement_id, 0) + net_minor
    rows = [
        SettledPart(row.public_id, row.claimed_at, row.state, row.get_state_display(), carried[row.pk], row.total_minor)
        for row in Settlement.objects.filter(pk__in=carried, claimed_at__isnull=False).order_by("claimed_at", "pk")
        if row.claimed_at is not None
    ]
    missing_minor = _missing(statement, rows[-1].claimed_at) if rows else 0
    return Payment(tuple(rows), waiting_minor, missing_minor)


def _earnings(statement: Statement) -> list[tuple[str, int | None, int]]:
    """Return state, settlement and amount of each earning that the statement lists, a credit that was given too."""
    keys = statement.lines.filter(kind=StatementLine.Kind.EARNED).values_list("key", flat=True)
    redemptions = [key.split(":")[1] for key in keys]
    given = statement.lines.filter(kind=StatementLine.Kind.PACKAGE, key__startswith="package_returned:")
    redemptions += [reference_of_given(key) for key in given.values_list("key", flat=True)]
    found: list[tuple[str, int | None, int]] = []
    for start in range(0, len(redemptions), _BATCH):
        rows = Earning.objects.filter(redemption__in=redemptions[start : start + _BATCH])
        found += rows.values_list("state", "settlement_id", "net_minor")
    return found


def _missing(statement: Statement, claimed_at: datetime) -> int:
    """Return what was settled up to an instant and has not arrived."""
    settled = Settlement.objects.filter(
        tenant_schema=statement.tenant_schema, currency=statement.currency, claimed_at__lte=claimed_at
    )
    sent_minor = int(settled.aggregate(total=Sum(F("earned_minor") - F("netted_minor")))["total"] or 0)
    brought_back = Recovery.objects.filter(state=Recovery.State.DONE, part__settlement__in=settled)
    sent_minor -= int(brought_back.aggregate(total=Sum("amount_minor"))["total"] or 0)
    return max(0, sent_minor - payouts.paid_minor(statement.tenant_schema, currency=statement.currency))
