"""Reads of settlements. On the platform's schema."""

from datetime import datetime

from .earnings import due
from .models import SettlementRun


def schemas_to_release(*, at: datetime) -> list[str]:
    """Return the malls that have an earning whose hold is over."""
    return list(due(at=at).order_by("tenant_schema").values_list("tenant_schema", flat=True).distinct())


def runs_for_second(person: str) -> int:
    """Return how many runs wait for a second person that this one (a public id) may be: somebody else has approved them."""
    return SettlementRun.objects.filter(state=SettlementRun.State.SECOND).exclude(approved_by_id=person).count()


def unfinished_runs() -> list[str]:
    """Return the approved runs of which something is left to send."""
    rows = SettlementRun.objects.filter(state=SettlementRun.State.APPROVED)
    return list(rows.values_list("public_id", flat=True))
