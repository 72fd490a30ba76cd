"""What a refund policy allows (X1, X2)."""

from billing.jurisdictions import rules as jurisdictions

from .models import Deal


def binding(deal: Deal) -> str:
    """Return the refund policy under which a deal sells: any time where the place's law has unused vouchers refunded (X2), else its own."""
    if jurisdictions.of_currency(deal.currency).must_refund_unused:
        return Deal.RefundPolicy.ANY_TIME
    return deal.refund_policy


def allows_refund(policy: str, *, is_expired: bool) -> bool:
    """Tell whether an unused voucher goes back on its owner's word, by the policy that was frozen when it was sold."""
    if policy == Deal.RefundPolicy.ANY_TIME:
        return True
    return policy == Deal.RefundPolicy.UNTIL_EXPIRY and not is_expired
