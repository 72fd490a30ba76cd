"""What a refund policy allows (X1, X2)."""

from .models import Deal


def allows_refund(policy: str, *, is_expired: bool) -> bool:
    """Tell whether an unused voucher goes back on its owner's word, by the policy that was frozen when it was sold."""
    if policy == Deal.RefundPolicy.ANY_TIME:
        return True
    return policy == Deal.RefundPolicy.UNTIL_EXPIRY and not is_expired
