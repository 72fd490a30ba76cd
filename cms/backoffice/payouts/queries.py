"""What a merchant reads of settlements and payouts. The rows are the platform's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db.models import QuerySet

from billing.gateway import accounts
from billing.payouts import queries as payouts
from billing.payouts.models import Payout, PayoutTerms
from billing.payouts.standing import Standing, standing_of
from billing.settlements import arriving
from billing.settlements.models import Earning, Settlement
from storefront.orders.models import Order
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

# What a merchant sees of a settlement: proposals are the platform's preview.
_TOLD = (Settlement.State.SENDING, Settlement.State.SENT, Settlement.State.REFUSED, Settlement.State.EMPTY)
_KINDS = {"sent": "success", "empty": "info", "refused": "danger", "sending": "warning"}
_PAYOUT_KINDS = {"paid": "success", "in_transit": "info", "failed": "danger", "returned": "danger"}


@dataclass(frozen=True)
class Terms:
    """How often the mall is paid, how long an earning waits, and whether somebody has stopped it."""

    schedule: str
    word: str
    hold_days: int
    next_day: date
    stopped_reason: str


@dataclass(frozen=True)
class SettlementRow:
    """A settlement, minor units: what was earned, what was kept of it, what is sent."""

    public_id: str
    day: date
    state: str
    word: str
    kind: str
    lines_count: int
    earned_minor: int
    netted_minor: int
    total_minor: int
    currency: str


@dataclass(frozen=True)
class PayoutRow:
    """A payout to the bank; `detail` is the bank's word where it did not arrive. `arrives_on` is Stripe's day, in no time zone."""

    payout_id: str
    state: str
    word: str
    kind: str
    amount_minor: int
    currency: str
    detail: str
    created_at: datetime
    arrives_on: date | None


@dataclass(frozen=True)
class EarningRow:
    """One used voucher in a settlement: `net_minor` of its price is the merchant's."""

    order: str
    order_number: str
    voucher: str
    earned_at: datetime
    gross_minor: int
    net_minor: int
    is_taken_back: bool


@dataclass(frozen=True)
class ShareRow:
    """What a payout brings of a settlement, out of one order's payment."""

    settlement: str
    day: date
    order: str
    order_number: str
    amount_minor: int


def standing() -> Standing:
    """Return how the mall's account stands, as Stripe was last asked."""
    return standing_of(accounts.known_account(mall().schema_name))


def terms(*, today: date) -> Terms:
    """Return how often the mall is paid. Not inside a transaction."""
    schema = mall().schema_name
    with on_platform():
        found: PayoutTerms = payouts.terms_of(schema)
    return Terms(
        found.schedule, found.get_schedule_display(), found.hold_days, found.next_due(today), found.stopped_reason
    )


def settlements(*, limit: int, offset: int = 0) -> tuple[list[SettlementRow], int]:
    """Return the mall's settlements, newest first, and how many there are."""
    schema = mall().schema_name
    with on_platform():
        rows = _settlements(schema).order_by("-run__day", "-pk")
        return [_settlement(row) for row in rows[offset : offset + limit]], rows.count()


def _settlements(schema: str) -> "QuerySet[Settlement]":
    return Settlement.objects.select_related("run").filter(tenant_schema=schema, state__in=_TOLD)


def _settlement(row: Settlement) -> SettlementRow:
    return SettlementRow(
        public_id=row.public_id,
        day=row.run.day,
        state=row.state,
        word=row.get_state_display(),
        kind=_KINDS.get(row.state, "info"),
        lines_count=row.lines_count,
        earned_minor=row.earned_minor,
        netted_minor=row.netted_minor,
        total_minor=row.total_minor,
        currency=row.currency,
    )


def settlement(public_id: str) -> SettlementRow | None:
    """Return one of the mall's settlements."""
    schema = mall().schema_name
    with on_platform():
        found = _settlements(schema).filter(public_id=public_id).first()
    return _settlement(found) if found else None


def earnings(settlement: str, *, limit: int, offset: int = 0) -> list[EarningRow]:
    """Return the used vouchers that a settlement of the mall is made of, oldest first."""
    schema = mall().schema_name
    with on_platform():
        rows = Earning.objects.filter(settlement__public_id=settlement, tenant_schema=schema)
        found = list(rows.order_by("earned_at", "pk")[offset : offset + limit])
    numbers = _order_numbers({row.order_public_id for row in found})
    return [
        EarningRow(
            row.order_public_id,
            numbers.get(row.order_public_id, ""),
            row.voucher_public_id,
            row.earned_at,
            row.gross_minor,
            row.net_minor,
            row.state == Earning.State.TAKEN_BACK,
        )
        for row in found
    ]


def _order_numbers(orders: set[str]) -> dict[str, str]:
    return dict(Order.objects.filter(public_id__in=orders).values_list("public_id", "number"))


def payout_rows(*, limit: int, offset: int = 0) -> tuple[list[PayoutRow], int]:
    """Return the mall's payouts, newest first, and how many there are."""
    schema = mall().schema_name
    with on_platform():
        rows = Payout.objects.filter(tenant_schema=schema)
        return [_payout(row) for row in rows[offset : offset + limit]], rows.count()


def payout(payout_id: str) -> tuple[PayoutRow, list[ShareRow]] | None:
    """Return one of the mall's payouts with what it brings."""
    schema = mall().schema_name
    with on_platform():
        found = Payout.objects.filter(tenant_schema=schema, payout_id=payout_id).first()
        shares = arriving.shares_of(found) if found else []
    if found is None:
        return None
    numbers = _order_numbers({share.order for share in shares})
    rows = [
        ShareRow(share.settlement, share.day, share.order, numbers.get(share.order, ""), share.amount_minor)
        for share in shares
    ]
    return _payout(found), rows


def _payout(row: Payout) -> PayoutRow:
    return PayoutRow(
        payout_id=row.payout_id,
        state=row.state,
        word=row.get_state_display(),
        kind=_PAYOUT_KINDS.get(row.state, "info"),
        amount_minor=row.amount_minor,
        currency=row.currency,
        detail=row.detail,
        created_at=row.created_at,
        arrives_on=row.arrives_at.astimezone(UTC).date() if row.arrives_at else None,
    )
