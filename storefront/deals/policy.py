"""What a refund policy allows (X1, X2), and the right to withdraw that the place's law puts above it (X14)."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from billing.jurisdictions import rules as jurisdictions
from storefront.stores import moments

from .models import Deal


def binding(deal: Deal) -> str:
    """Return the refund policy under which a deal sells: any time where the place's law has unused vouchers refunded (X2), else its own."""
    if jurisdictions.of_currency(deal.currency).must_refund_unused:
        return Deal.RefundPolicy.ANY_TIME
    return deal.refund_policy


def holds_parts(currency: str) -> bool:
    """Tell whether a code's minimum may keep a part of an order from going back on the buyer's word (X9): not where the law refunds all."""
    return not jurisdictions.of_currency(currency).must_refund_unused


def withdrawal_days(deal: Deal) -> int:
    """Return for how many days after the purchase who buys the deal now may withdraw without a reason (X14), 0 for none."""
    return jurisdictions.of_currency(deal.currency).withdrawal_days


def withdrawal_ends_at(offer: Mapping[str, Any], *, bought_at: datetime) -> datetime | None:
    """
    Return until when (exclusive) a buyer may withdraw, by the days that were frozen with the order; None where there were none.

    The day of the purchase does not count, and the last day counts to its end on the mall's clock (Regulation (EEC, Euratom) No 1182/71,
    article 3; that a period ends after a day of rest is not looked at).
    """
    days = int(offer.get("withdrawal_days") or 0)
    if not days:
        return None
    after = moments.local(bought_at).date() + timedelta(days=days + 1)
    return datetime.combine(after, time.min, moments.zone())


def allows_refund(policy: str, *, is_expired: bool) -> bool:
    """Tell whether an unused voucher goes back on its owner's word, by the policy that was frozen when it was sold."""
    if policy == Deal.RefundPolicy.ANY_TIME:
        return True
    return policy == Deal.RefundPolicy.UNTIL_EXPIRY and not is_expired


def goes_back(offer: Mapping[str, Any], *, bought_at: datetime, is_expired: bool, at: datetime) -> bool:
    """Tell whether an unused voucher goes back on its owner's word at `at`: by the policy, or because its buyer may still withdraw."""
    if allows_refund(str(offer.get("refund_policy", "")), is_expired=is_expired):
        return True
    ends_at = withdrawal_ends_at(offer, bought_at=bought_at)
    return ends_at is not None and at < ends_at
