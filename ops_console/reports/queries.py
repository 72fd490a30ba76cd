"""Reads of credits and reports, on the platform's schema."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet

from .models import CreditLine


def credit_lines(wanted: Mapping[str, Any]) -> "QuerySet[CreditLine]":
    """Return credits, newest first; `wanted` is `CreditFilterForm`'s. "held" are those that no invoice takes."""
    rows = CreditLine.objects.select_related("tenant").order_by("-made_at", "-pk")
    state = wanted.get("state")
    if state == "held":
        rows = rows.filter(state=CreditLine.State.DUE).exclude(problem="")
    elif state:
        rows = rows.filter(state=state)
    for word in (wanted.get("q") or "").split():
        rows = rows.filter(Q(tenant__name__icontains=word) | Q(title__icontains=word) | Q(invoice_number__iexact=word))
    return rows
