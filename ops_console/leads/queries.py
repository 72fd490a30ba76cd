"""Reads of the pipeline, on the platform's schema."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from saas.accounts.models import User

from .models import Contact, Lead
from .operations import ORDER

# So many cards a column of the board shows; the list has them all.
CARDS = 30


@dataclass(frozen=True)
class Column:
    """One stage of the board: its leads, overdue steps first, and how many there are in all."""

    stage: str
    label: str
    leads: list[Lead]
    count: int


def matching(wanted: Mapping[str, Any], *, today: date) -> "QuerySet[Lead]":
    """Return leads for list and board, the earliest next step first; `wanted` is `FilterForm`'s."""
    rows = Lead.objects.select_related("owner", "tenant")
    if stage := wanted.get("stage"):
        rows = rows.filter(stage=stage)
    if owner := wanted.get("owner"):
        rows = rows.filter(owner__isnull=True) if owner == "none" else rows.filter(owner__public_id=owner)
    if trade := wanted.get("trade"):
        rows = rows.filter(trade=trade)
    if wanted.get("step") == "overdue":
        rows = rows.filter(next_step_date__lt=today)
    elif wanted.get("step") == "none":
        rows = rows.filter(next_step_date=None).exclude(stage=Lead.Stage.LOST)
    elif wanted.get("step") == "today":
        rows = rows.filter(next_step_date=today)
    for word in (wanted.get("q") or "").split():
        named = Contact.objects.filter(name__icontains=word).values("lead")
        rows = rows.filter(
            Q(name__icontains=word) | Q(place__icontains=word) | Q(source__icontains=word) | Q(pk__in=named)
        )
    return rows.order_by(F("next_step_date").asc(nulls_last=True), "stage_since_at", "pk")


def board(wanted: Mapping[str, Any], *, today: date) -> list[Column]:
    """Return the stages in their order with their leads, in one query; lost ones are in the list only."""
    rows = matching({**wanted, "stage": ""}, today=today).exclude(stage=Lead.Stage.LOST)
    order = [F("next_step_date").asc(nulls_last=True), F("stage_since_at").asc(), F("pk").asc()]
    placed = rows.annotate(
        nth=Window(RowNumber(), partition_by="stage", order_by=order),
        in_stage=Window(Count("pk"), partition_by="stage"),
    )
    counts: dict[str, int] = {}
    by_stage: defaultdict[str, list[Lead]] = defaultdict(list)
    for lead in placed.filter(nth__lte=CARDS):
        counts[lead.stage] = lead.in_stage
        by_stage[lead.stage].append(lead)
    return [Column(stage.value, str(stage.label), by_stage[stage], counts.get(stage.value, 0)) for stage in ORDER]


def overdue_count(*, today: date, owner: User | None = None) -> int:
    """Return how many next steps should have been done before today, of one person or of all."""
    rows = Lead.objects.filter(next_step_date__lt=today)
    return rows.filter(owner=owner).count() if owner else rows.count()


def masked(text: str) -> str:
    """Return an address or number with only its ends, for those who need not know it (R6)."""
    if "@" in text:
        name, _at, host = text.partition("@")
        return f"{name[:1]}…@{host}"
    return f"…{text[-2:]}" if text else ""
