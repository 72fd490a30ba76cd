"""Uses of promotions in a mall that was made from an archive. See ADR 0008."""

from datetime import datetime

from .models import PromotionUse


def settle(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """In a copy, give back what orders claim that wait for a payment: they are closed there."""
    if is_copy:
        claimed = PromotionUse.objects.filter(state=PromotionUse.State.CLAIMED)
        claimed.update(state=PromotionUse.State.RELEASED, closed_at=now)
