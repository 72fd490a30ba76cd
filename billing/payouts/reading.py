"""What asks the gateway for payouts. Never inside a transaction."""

from datetime import UTC, datetime, time, timedelta

from billing.gateway import payouts as gateway
from billing.gateway.payouts import PayoutState

from . import operations, queries
from .operations import PayoutFacts

# A payout can come back some days after it was paid.
LOOK_BACK = timedelta(days=30)


def read_payouts(*, schema: str, now: datetime) -> int:
    """
    Bring a mall's payouts to what Stripe says and return how many were looked at; in the order in which they were made.

    :raises GatewayUnavailable: no clear answer; nothing is half done, call it again
    """
    account_id = queries.account_ids().get(schema)
    if account_id is None:
        return 0
    found = gateway.payouts_since(account_id=account_id, since=now - LOOK_BACK)
    for state in reversed(found):
        operations.note_payout(schema=schema, facts=facts_of(state), now=now)
    return len(found)


def facts_of(state: PayoutState) -> PayoutFacts:
    """Return a payout as the operation takes it."""
    return PayoutFacts(
        payout_id=state.payout_id,
        amount_minor=state.amount_minor,
        currency=state.currency,
        status=state.status,
        detail=state.failure,
        arrives_at=datetime.combine(state.arrives_on, time(), tzinfo=UTC),
        created_at=state.created_at,
    )
