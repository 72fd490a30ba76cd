"""What reached a merchant's bank: Stripe pays by its schedule, we read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from .client import api, asked, every
from .once import refuse_transaction


@dataclass(frozen=True)
class PayoutState:
    """A payout of a merchant's account: `status` pending, in_transit, paid, failed or canceled; a paid one can still fail (M15)."""

    payout_id: str
    account_id: str
    amount_minor: int
    currency: str
    status: str
    arrives_on: date
    created_at: datetime
    is_automatic: bool
    failure: str


def read_payout(*, account_id: str, payout_id: str) -> PayoutState:
    """
    Return a payout as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: the account has no such payout
    """
    refuse_transaction()
    acting = {"stripe_account": account_id}
    return _payout(asked(lambda: api().payouts.retrieve(payout_id, {}, acting)), account_id)


def payouts_since(*, account_id: str, since: datetime) -> list[PayoutState]:
    """Return an account's payouts since an instant, newest first. Their lines are `balance.movements(payout_id=…)`."""
    refuse_transaction()
    params = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    acting = {"stripe_account": account_id}
    return [_payout(one, account_id) for one in every(asked(lambda: api().payouts.list(params, acting)))]


def _payout(found: Any, account_id: str) -> PayoutState:
    return PayoutState(
        payout_id=found.id,
        account_id=account_id,
        amount_minor=found.amount,
        currency=found.currency,
        status=found.status,
        arrives_on=datetime.fromtimestamp(found.arrival_date, UTC).date(),
        created_at=datetime.fromtimestamp(found.created, UTC),
        is_automatic=found.automatic,
        failure=found.failure_message or found.failure_code or "",
    )
