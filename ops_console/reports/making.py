"""
What stands on a report, as JSON values that are never changed:

`promised` [{clause, template, title, promised, done, late, missed, excused, open, minutes, tasks: [{title, day, state, late, reason, by,
done_at, evidence: [{id, kind, text, url, figure, added_at, late}]}]}], `sums` of these, `learnt` (tasks with their titles that were
closed since the report before, which told of their days: it never changes), `credits` [{id, title, day, clause, amount_minor}] of this
time, of what was learnt, and of what the report before told as held up, `credited_minor`, `days` (see `facts.Day`), `totals` and `before`
(the time before) of them,
`held` and `settled` (credits that come off no invoice, and that were settled by hand, with `why`: neither counts to what is credited),
`judged` (see `judging`), `earlier` (what the report before said of it), `next` [{title, count, first}], `waiting` [{title, question}],
`by` {name, email} of the account manager, `minimum_sample`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from ops_console.contracts.models import Contract
from ops_console.work import queries as work
from ops_console.work.models import Evidence, Task
from tenants.registry.models import Tenant

from . import becoming, facts, judging
from .models import CreditLine, Report
from .periods import Period

SETTLED = CreditLine.State.SETTLED
_COUNTED = ("promised", "done", "late", "missed", "excused", "open", "minutes")
_TOTALS = (
    "views",
    "visits",
    "orders",
    "sales_minor",
    "redemptions",
    "guests",
    "again",
    "sold",
    "used",
    "refunded_minor",
)
# A report of a time in which nothing was.
EMPTY: dict[str, Any] = {
    "promised": [], "sums": dict.fromkeys(_COUNTED, 0), "learnt": [], "credits": [], "credited_minor": 0, "days": [],
    "held": [], "settled": [],
    "totals": dict.fromkeys(_TOTALS, 0), "before": dict.fromkeys(_TOTALS, 0), "judged": [], "earlier": [], "next": [], "waiting": [],
    "by": {"name": "", "email": ""}, "minimum_sample": 30,
}  # fmt: skip
# A report names so many tasks of one clause; the counts are of all.
MOST_TASKS = 60


def content(contract: Contract, period: Period) -> dict[str, Any]:
    """Return what a contract's report of a time says. On the platform; enters the mall. Never inside a transaction."""
    tasks = work.tasks_of_contract(contract.public_id, first=period.first, until=period.until)
    promised = _promised(tasks)
    before = period.before()
    days = facts.of_mall(contract.tenant, first=period.first, until=period.until)
    former = _former(contract.public_id, period)
    given, held = _credits(contract.public_id, period, former)
    totals = _totals(days)
    totals_before = _totals(facts.of_mall(contract.tenant, first=before.first, until=before.until))
    return {
        "promised": promised,
        "sums": {name: sum(row[name] for row in promised) for name in _COUNTED},
        "learnt": _learnt(former),
        "credits": given,
        "held": held,
        "settled": _settled(contract.public_id, period, former),
        "credited_minor": sum(one["amount_minor"] for one in given),
        "days": [day.as_json() for day in days],
        "totals": totals,
        "before": totals_before,
        "judged": judging.of_tasks(tasks, totals=totals, before=totals_before),
        "earlier": former.content.get("judged", []) if former else [],
        "next": _next(contract.public_id, period.following()),
        "waiting": _waiting(contract.tenant, contract.public_id),
        "by": {"name": contract.account_manager.get_full_name(), "email": str(contract.account_manager.email)},
        "minimum_sample": settings.REPORT_MINIMUM_SAMPLE,
    }


def _promised(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    by_clause: dict[tuple[str, str, str], list[Task]] = {}
    for task in tasks:
        by_clause.setdefault((task.clause, task.template, task.title), []).append(task)
    return [
        {
            "clause": clause,
            "template": template,
            "title": title,
            "promised": len(rows),
            "done": sum(row.state == Task.State.DONE for row in rows),
            "late": sum(row.was_late for row in rows),
            "missed": sum(row.state == Task.State.MISSED for row in rows),
            "excused": sum(row.state == Task.State.EXCUSED for row in rows),
            "open": sum(row.is_standing for row in rows),
            "minutes": sum(row.minutes_spent or 0 for row in rows),
            "tasks": [_task(row) for row in rows[:MOST_TASKS]],
        }
        for (clause, template, title), rows in sorted(by_clause.items())
    ]


def _task(task: Task) -> dict[str, Any]:
    return {
        "day": task.occurs_on.isoformat(),
        "state": task.state,
        "late": task.was_late,
        "reason": task.reason,
        "by": task.done_by.get_full_name() if task.done_by else "",
        "done_at": task.done_at.isoformat() if task.done_at else "",
        "evidence": [_evidence(one) for one in task.evidence.all()],
    }


def _evidence(one: Evidence) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "kind": one.kind,
        "text": one.text or one.trail_sentence,
        "url": one.url,
        "figure": f"{one.figure.normalize():f}" if one.figure is not None else "",
        "added_at": one.added_at.isoformat(),
        "late": one.is_late,
    }


def _former(contract: str, period: Period) -> Report | None:
    """Return the report of the same kind before this one."""
    rows = Report.objects.filter(contract=contract, kind=period.kind, starts_on__lt=period.first)
    return rows.order_by("-starts_on").first()


def _learnt(former: Report | None) -> list[dict[str, Any]]:
    """Return what became, since the report before was issued, of tasks of its days and of earlier ones; also evidence that came since."""
    if former is None:
        return []
    proved = Evidence.objects.filter(task=OuterRef("pk"), added_at__gt=former.issued_at)
    changed = Q(closed_at__gt=former.issued_at) | Q(Exists(proved), closed_at__isnull=False)
    rows = Task.objects.filter(changed, contract=former.contract, occurs_on__lt=former.ends_on)
    rows = rows.exclude(state=Task.State.CANCELLED).select_related("plan", "done_by").prefetch_related("evidence")
    return [{"title": row.title} | _task(row) for row in rows.order_by("occurs_on", "clause", "pk")[:MOST_TASKS]]


def _credits(contract: str, period: Period, former: Report | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """
    Return the credits of this time, of what was learnt and of what the report before told as held up: those that come off an invoice, and
    those that are held up (still).
    """
    told = Q(occurs_on__gte=period.first, occurs_on__lt=period.until)
    if former is not None:
        told |= Q(occurs_on__lt=former.ends_on, made_at__gt=former.issued_at)
        told |= Q(public_id__in=[one["id"] for one in former.content.get("held", []) if "id" in one])
    rows = list(CreditLine.objects.filter(told, contract=contract).exclude(state=SETTLED).order_by("occurs_on", "pk"))
    given, held = ([becoming.told(row) for row in rows if row.is_held_up is is_held] for is_held in (False, True))
    return given, held


def _settled(contract: str, period: Period, former: Report | None) -> list[dict[str, Any]]:
    """Return what a person settled since the report before was issued, of its days and earlier ones, and of this time."""
    since = Q(occurs_on__gte=period.first, occurs_on__lt=period.until)
    if former is not None:
        since |= Q(occurs_on__lt=former.ends_on, settled_at__gt=former.issued_at)
    rows = CreditLine.objects.filter(since, contract=contract, state=SETTLED)
    return [becoming.told(row) for row in rows.order_by("occurs_on", "pk")]


def _totals(days: Sequence[facts.Day]) -> dict[str, int]:
    return {name: sum(getattr(day, name) for day in days) for name in _TOTALS}


def _next(contract: str, period: Period) -> list[dict[str, Any]]:
    rows = Task.objects.filter(
        contract=contract, occurs_on__gte=period.first, occurs_on__lt=period.until, state__in=Task.STANDING
    )
    found: dict[str, list[date]] = {}
    for title, day in rows.order_by("occurs_on", "pk").values_list("title", "occurs_on"):
        found.setdefault(title, []).append(day)
    return [{"title": title, "count": len(days), "first": days[0].isoformat()} for title, days in found.items()]


def _waiting(tenant: Tenant, contract: str) -> list[dict[str, str]]:
    return [
        {"title": task.title, "question": task.reason}
        for task in work.waiting_for(tenant.pk)
        if task.contract in ("", contract)
    ]
