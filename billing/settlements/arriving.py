"""
Which settlements a payout brings. Stripe pays an account out in the order in which it was filled, so the transfers and the payouts of
a mall, each in their order, are laid beside each other; a payout that came back brings nothing, the next one brings it again. What was
brought back from the merchant's account is taken off the transfer that it came with.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from billing.payouts.models import Payout

from .models import Part, Recovery

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


def _before(payout: Payout) -> int:
    """Return what earlier payouts brought."""
    others = Payout.objects.filter(
        tenant_schema=payout.tenant_schema,
        currency=payout.currency,
        state__in=[Payout.State.IN_TRANSIT, Payout.State.PAID],
    )
    earlier = others.order_by("created_at", "pk").values_list("pk", "created_at", "amount_minor")
    return sum(minor for pk, at, minor in earlier if (at, pk) < (payout.created_at, payout.pk))


def _cut(payout: Payout, start_minor: int, end_minor: int) -> list[Share]:
    parts = (
        Part.objects.select_related("settlement__run", "charge")
        .filter(
            settlement__tenant_schema=payout.tenant_schema,
            settlement__currency=payout.currency,
            state=Part.State.SENT,
        )
        .annotate(kept_minor=F("amount_minor") - Coalesce(Sum("recoveries__amount_minor", filter=_BROUGHT_BACK), 0))
        .order_by("sent_at", "pk")
    )
    found, at_minor = [], 0
    for part in parts.iterator(chunk_size=2000):
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
