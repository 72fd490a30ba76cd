"""What Stripe holds, what moved it, and what it cost: read only, for the ledger and for reconciliation."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .client import api, asked, every
from .once import refuse_transaction


@dataclass(frozen=True)
class ChargeState:
    """What a payment took. `fee_minor` is None until Stripe has booked the charge; ask again then."""

    charge_id: str
    payment_intent_id: str
    amount_minor: int
    refunded_minor: int
    currency: str
    status: str
    is_disputed: bool
    transfer_group: str
    fee_minor: int | None
    balance_transaction_id: str


@dataclass(frozen=True)
class BalanceState:
    """What Stripe holds for an account in one currency, in minor units. Their sum is all of it."""

    currency: str
    available_minor: int
    pending_minor: int
    reserved_minor: int


@dataclass(frozen=True)
class Movement:
    """
    One balance transaction. `kind` is Stripe's type (charge, payment, refund, transfer, transfer_refund, adjustment, payout …),
    `category` its reporting category; `net_minor = amount_minor - fee_minor`; `source_id` is the charge, refund, transfer ….
    """

    movement_id: str
    kind: str
    category: str
    source_id: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    status: str
    created_at: datetime
    available_at: datetime


def read_charge(charge_id: str) -> ChargeState:
    """
    Return a charge with its fee.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: Stripe knows no such charge
    """
    refuse_transaction()
    return _charge(asked(lambda: api().charges.retrieve(charge_id, {"expand": ["balance_transaction"]})))


def charge_of_payment(payment_intent_id: str) -> ChargeState:
    """
    Return the charge by which a payment was taken, with its fee.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: Stripe knows no such payment, or it took nothing
    """
    refuse_transaction()
    expand = {"expand": ["latest_charge.balance_transaction"]}
    intent = asked(lambda: api().payment_intents.retrieve(payment_intent_id, expand))
    return _charge(intent.latest_charge)


def read_balance(*, account_id: str = "") -> list[BalanceState]:
    """Return what Stripe holds for the platform, or for a merchant's account, by currency."""
    refuse_transaction()
    found = asked(lambda: api().balance.retrieve({}, _acting(account_id)))
    parts = {"available": found.available, "pending": found.pending}
    parts["reserved"] = getattr(found, "connect_reserved", None) or []
    sums = {name: {one.currency: one.amount for one in part} for name, part in parts.items()}
    currencies = sorted({currency for part in sums.values() for currency in part})
    return [
        BalanceState(
            currency=currency,
            available_minor=sums["available"].get(currency, 0),
            pending_minor=sums["pending"].get(currency, 0),
            reserved_minor=sums["reserved"].get(currency, 0),
        )
        for currency in currencies
    ]


def movements(
    *, since: datetime, until: datetime | None = None, account_id: str = "", payout_id: str = ""
) -> list[Movement]:
    """Return what moved a balance from `since` to before `until`, newest first; of one payout if it is named."""
    refuse_transaction()
    span: dict[str, int] = {"gte": int(since.timestamp())}
    if until:
        span["lt"] = int(until.timestamp())
    params: dict[str, Any] = {"created": span, "limit": 100}
    if payout_id:
        params["payout"] = payout_id
    return [
        _movement(one) for one in every(asked(lambda: api().balance_transactions.list(params, _acting(account_id))))
    ]


def _acting(account_id: str) -> dict[str, str]:
    return {"stripe_account": account_id} if account_id else {}


def _charge(found: Any) -> ChargeState:
    moved = found.balance_transaction
    return ChargeState(
        charge_id=found.id,
        payment_intent_id=found.payment_intent or "",
        amount_minor=found.amount,
        refunded_minor=found.amount_refunded,
        currency=found.currency,
        status=found.status,
        is_disputed=found.disputed,
        transfer_group=found.transfer_group or "",
        fee_minor=moved.fee if moved else None,
        balance_transaction_id=moved.id if moved else "",
    )


def _movement(found: Any) -> Movement:
    return Movement(
        movement_id=found.id,
        kind=found.type,
        category=found.reporting_category,
        source_id=found.source or "",
        amount_minor=found.amount,
        fee_minor=found.fee,
        net_minor=found.net,
        currency=found.currency,
        status=found.status,
        created_at=datetime.fromtimestamp(found.created, UTC),
        available_at=datetime.fromtimestamp(found.available_on, UTC),
    )
