"""Reads of credits and reports, on the platform's schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse

from ops_console.work import proving
from ops_console.work.models import Evidence

from . import presenting
from .models import CreditLine, Report


@dataclass(frozen=True)
class ReportRow:
    """A report in a list: its time in words, what was done of what was promised, what was sold, refunded and credited, minor units."""

    public_id: str
    mall: str
    mall_public_id: str
    word: str
    span: str
    done: int
    promised: int
    missed: int
    late: int
    orders: int
    sales_minor: int
    refunded_minor: int
    credited_minor: int
    currency: str
    issued_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Picture:
    """A picture's bytes and their type."""

    body: bytes
    content_type: str


# What no invoice takes, or cannot be given back; with its `problem` a person may settle it.
UNGIVEN = Q(state__in=[CreditLine.State.DUE, CreditLine.State.HELD])


def credit_lines(wanted: Mapping[str, Any]) -> "QuerySet[CreditLine]":
    """Return credits, newest first; `wanted` is `CreditFilterForm`'s. "held" are those that no invoice takes."""
    rows = CreditLine.objects.select_related("tenant").order_by("-made_at", "-pk")
    state = wanted.get("state")
    if state == "held":
        rows = rows.filter(UNGIVEN).exclude(problem="")
    elif state:
        rows = rows.filter(state=state)
    for word in (wanted.get("q") or "").split():
        rows = rows.filter(Q(tenant__name__icontains=word) | Q(title__icontains=word) | Q(invoice_number__iexact=word))
    return rows


def reports(wanted: Mapping[str, Any]) -> "QuerySet[Report]":
    """Return reports of all malls, newest first; `wanted` is `ReportFilterForm`'s."""
    rows = Report.objects.select_related("tenant").order_by("-starts_on", "tenant__name", "kind")
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    state = wanted.get("state")
    if state == "missed":
        rows = rows.filter(content__sums__missed__gt=0)
    elif state == "unread":
        rows = rows.filter(read_at=None)
    for word in (wanted.get("q") or "").split():
        rows = rows.filter(Q(tenant__name__icontains=word) | Q(contract_title__icontains=word))
    return rows


def of_mall(schema: str, *, kind: str = "") -> list[ReportRow]:
    """Return a mall's reports as plain values, newest first, of one kind if it is named; at most 200."""
    rows = Report.objects.select_related("tenant").filter(tenant__schema_name=schema)
    if kind in Report.Kind.values:
        rows = rows.filter(kind=kind)
    return [row(one) for one in rows.order_by("-starts_on", "kind")[:200]]


def row(report: Report) -> ReportRow:
    """Return a report as a list shows it, in the active language."""
    sums, totals = report.content["sums"], report.content["totals"]
    return ReportRow(
        public_id=report.public_id,
        mall=report.tenant.name,
        mall_public_id=report.tenant.public_id,
        word=str(report.get_kind_display()),
        span=presenting.span_of(report),
        done=sums["done"],
        promised=sums["promised"],
        missed=sums["missed"],
        late=sums["late"],
        orders=totals["orders"],
        sales_minor=totals["sales_minor"],
        refunded_minor=totals.get("refunded_minor", 0),
        credited_minor=report.content["credited_minor"],
        currency=report.currency,
        issued_at=report.issued_at,
        read_at=report.read_at,
    )


def picture(report: Report, evidence: str) -> Picture:
    """
    Return a picture that stands on a report. Enters the mall.

    :raises Http404: it does not stand there, is no picture, or is gone
    """
    told = [task for clause in report.content["promised"] for task in clause["tasks"]]
    told += report.content.get("learnt", [])
    named = {piece["id"] for task in told for piece in task["evidence"]}
    found = Evidence.objects.select_related("task__tenant").filter(
        public_id=evidence, task__tenant=report.tenant, kind=Evidence.Kind.PICTURE
    )
    one = found.first()
    if evidence not in named or one is None:
        raise Http404
    try:
        with proving.opened(one) as file:
            return Picture(file.read(), one.content_type)
    except FileNotFoundError as error:
        raise Http404 from error


def picture_response(picture: Picture) -> HttpResponse:
    """Return a picture as an answer that a browser shows and nothing else."""
    headers = {
        "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=300",
    }
    return HttpResponse(picture.body, content_type=picture.content_type, headers=headers)
