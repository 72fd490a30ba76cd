"""Reads of the console's disputes, on the platform's schema."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from ops_console.finance.naming import schemas_like
from storefront.disputes.models import Dispute

from .models import Case

State = Dispute.State
STATES = {"open": (State.OPEN,), "sent": (State.SENT,), "over": (State.WON, State.LOST, State.CLOSED)}
# A deadline within so long is marked.
SOON = timedelta(days=2)


def matching(wanted: Mapping[str, Any]) -> "QuerySet[Case]":
    """Return cases for the list, the next deadline first, what is over newest first; `wanted` is `FilterForm`'s."""
    rows = Case.objects.order_by(F("answer_until_at").asc(nulls_last=True), "-opened_at", "-pk")
    state = wanted.get("state") or ""
    if state in STATES:
        rows = rows.filter(state__in=STATES[state])
    if state == "over":
        rows = rows.order_by("-closed_at", "-pk")
    if wanted.get("reason"):
        rows = rows.filter(reason=wanted["reason"])
    if words := (wanted.get("q") or "").strip():
        rows = rows.filter(
            Q(order_number__iexact=words) | Q(stripe_dispute=words) | Q(tenant_schema__in=schemas_like(words))
        )
    return rows


def waiting(*, at: datetime) -> tuple[int, int]:
    """Return how many disputes wait for evidence, and of how many the deadline is near, for the overview."""
    rows = Case.objects.filter(state=State.OPEN)
    return rows.count(), rows.filter(answer_until_at__gt=at, answer_until_at__lte=at + SOON).count()
