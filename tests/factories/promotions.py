"""Promotions to test with. Runs inside the current mall."""

from datetime import datetime, timedelta
from typing import Any

from storefront.promotions.models import Promotion


def a_promotion(*, now: datetime, **fields: Any) -> Promotion:
    """Return a running promotion of 20 % with the code SPRING20, which the merchant bears."""
    given = {
        "state": Promotion.State.ACTIVE,
        "code": "SPRING20",
        "name": "Spring",
        "kind": Promotion.Kind.PERCENT,
        "rate_bp": 2_000,
        "currency": "usd",
        "starts_at": now - timedelta(days=1),
        "made_by": "Alma",
        "made_at": now,
        "agreed_by": "Alma",
        "agreed_at": now,
        **fields,
    }
    if given["kind"] == Promotion.Kind.AMOUNT:
        given["rate_bp"] = 0
    if given.get("platform_share_bp"):
        given = {"is_of_platform": True, "budget_minor": 100_000, **given}
    return Promotion.objects.create(**given)
