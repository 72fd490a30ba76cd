"""Reads of settlements. On the platform's schema."""

from datetime import datetime

from .earnings import due
from .models import SettlementRun


def schemas_to_release(*, at: datetime) -> list[str]:
    """Return the malls that have an earning whose hold is over."""
    return list(due(at=at).order_by("tenant_schema").values_list("tenant_schema", flat=True).distinct())


def unfinished_runs() -> list[str]:
    """Return the approved runs of which something is left to send."""
    rows = SettlementRun.objects.filter(state=SettlementRun.State.APPROVED)
    return list(rows.values_list("public_id", flat=True))
