"""Promotions and their uses in a mall that was made from an archive. See ADR 0008."""

from datetime import datetime

from .models import Promotion, PromotionUse


def settle(*, is_copy: bool, now: datetime, **_later: object) -> None:
    """
    In a copy, give back what orders claim that wait for a payment: they are closed there. Codes that wait for a second person are withdrawn
    without a word: the mall that lives asks for them, and what the copy told of them would be refused as another's.
    """
    if is_copy:
        claimed = PromotionUse.objects.filter(state=PromotionUse.State.CLAIMED)
        claimed.update(state=PromotionUse.State.RELEASED, closed_at=now)
        Promotion.objects.filter(state=Promotion.State.SECOND).update(state=Promotion.State.WITHDRAWN)
