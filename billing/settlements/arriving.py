"""
Which settlements a payout brings. Stripe pays an account out in the order in which it was filled, so the transfers and the payouts of
a mall, each in their order, are laid beside each other; a payout that came back brings nothing, the next one brings it again. What was
brought back from the merchant's account is taken off the transfer that it came with.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.payouts.models import Payout

from .models import Earning, Part, Recovery

_BROUGHT_BACK = Q(recoveries__state=Recovery.State.DONE)


@dataclass(frozen=True)
class Share:
    """`amount_minor` of a settlement's transfer that a payout brings, out of the payment for an order."""

    settlement: str
    day: date
    order: str
    transfer_id: str
    amount_minor: int
    sent_at: datetime | None


def shares_of(payout: Payout) -> list[Share]:
    """Return what a payout brings, oldest transfer first. What does not fit into the transfers that are known is left out."""
    if payout.state in (Payout.State.FAILED, Payout.State.RETURNED):
        return []
    start_minor = _before(payout)
    return _cut(payout, start_minor, start_minor + payout.amount_minor)


def payouts_of(*, schema: str, voucher: str) -> list[Payout]:
    """Return the payouts that bring what was earned with a voucher, oldest first: none before it was sent, or when it was taken back."""
    earned = Earning.objects.filter(
        tenant_schema=schema, voucher_public_id=voucher, state=Earning.State.CLAIMED
    ).first()
    if earned is None:
        return []
    parts = Part.objects.filter(settlement=earned.settlement_id, charge=earned.charge_id, state=Part.State.SENT)
    part = parts.filter(is_borne=earned.net_minor == earned.borne_minor).first()
    if part is None:
        return []
    start_minor = end_minor = 0
    for one in _parts(schema, earned.currency).iterator(chunk_size=2000):
        start_minor, end_minor = end_minor, end_minor + one.kept_minor
        if one.pk == part.pk:
            break
    found, at_minor = [], 0
    for payout in _brought(schema, earned.currency):
        at_minor += payout.amount_minor
        if start_minor < at_minor and at_minor - payout.amount_minor < end_minor:
            found.append(payout)
    return found


def _brought(schema: str, currency: str) -> "QuerySet[Payout]":
    """Return the payouts that are with the bank or on their way, in the order in which they were made."""
    states = [Payout.State.IN_TRANSIT, Payout.State.PAID]
    return Payout.objects.filter(tenant_schema=schema, currency=currency, state__in=states).order_by("created_at", "pk")


def _before(payout: Payout) -> int:
    """Return what earlier payouts brought."""
    earlier = _brought(payout.tenant_schema, payout.currency).values_list("pk", "created_at", "amount_minor")
    return sum(minor for pk, at, minor in earlier if (at, pk) < (payout.created_at, payout.pk))


def _parts(schema: str, currency: str) -> "QuerySet[Any, Any]":
    """Return the transfers to a mall's account in their order; `kept_minor` is what of each was not brought back."""
    return (
        Part.objects.select_related("settlement__run", "charge")
        .filter(settlement__tenant_schema=schema, settlement__currency=currency, state=Part.State.SENT)
        .annotate(kept_minor=F("amount_minor") - Coalesce(Sum("recoveries__amount_minor", filter=_BROUGHT_BACK), 0))
        .order_by("sent_at", "pk")
    )


def _cut(payout: Payout, start_minor: int, end_minor: int) -> list[Share]:
    found, at_minor = [], 0
    for part in _parts(payout.tenant_schema, payout.currency).iterator(chunk_size=2000):
        lower, upper = max(start_minor, at_minor), min(end_minor, at_minor + part.kept_minor)
        at_minor += part.kept_minor
        if upper > lower:
            settlement = part.settlement
            found.append(
                Share(
                    settlement.public_id,
                    settlement.run.day,
                    part.charge.order_public_id,
                    part.transfer_id,
                    upper - lower,
                    part.sent_at,
                )
            )
        if at_minor >= end_minor:
            break
    return found
