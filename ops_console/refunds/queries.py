"""Reads of held refunds, on the platform's schema."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q, QuerySet

from ops_console.finance.naming import schemas_like

from .models import HeldRefund


def matching(wanted: Mapping[str, Any]) -> "QuerySet[HeldRefund]":
    """Return held refunds for the list, the longest held first, solved ones newest first; `wanted` is `FilterForm`'s."""
    is_open = Q(solved_at__isnull=True)
    rows = HeldRefund.objects.filter(is_open).order_by("held_at", "pk")
    if wanted.get("state") == "solved":
        rows = HeldRefund.objects.exclude(is_open).order_by("-solved_at", "-pk")
    elif wanted.get("state") == "all":
        rows = HeldRefund.objects.order_by(F("solved_at").desc(nulls_first=True), "-held_at", "-pk")
    if words := (wanted.get("q") or "").strip():
        rows = rows.filter(
            Q(order_number__iexact=words) | Q(public_id=words) | Q(tenant_schema__in=schemas_like(words))
        )
    return rows


def waiting() -> int:
    """Return how many refunds are held up."""
    return HeldRefund.objects.filter(solved_at__isnull=True).count()
