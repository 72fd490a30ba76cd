"""
The figures by which a contract judges its promises: what people noted as evidence of the tasks, and what the mall counts itself.

`judged` of a report: [{clause, title, figure, values: [numbers as text, in the order in which they were noted], counted: int or null,
before: int or null}]. Where somebody noted a figure, that is what is said; else what the mall counted in this time and `before`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.packages.trade import named
from ops_console.work.models import Evidence, Task
from ops_console.work.saying import LANGUAGES

# What the mall counts, by the name that a template gives it: -> in the totals of a report.
_COUNTED = {
    "visits": "visits",
    "orders": "orders",
    "redemptions": "redemptions",
    "second visits": "again",
    "came again": "again",
}
# Tasks whose figures of these names are something else: visits to guests, and those of them who came.
_OTHERS = ("apology-visit", "festival-gift")


@dataclass(frozen=True)
class Judged:
    """One figure as it is shown: of which clause, its name, this time's value, the one before ("" where there is none)."""

    clause: str
    title: str
    figure: str
    now: str
    before: str


def of_tasks(tasks: Sequence[Task], *, totals: Mapping[str, int], before: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return `judged` of a time's tasks, which come with their evidence; each figure of each clause once."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for task in sorted(tasks, key=lambda one: (one.clause, one.occurs_on)):
        for figure in task.terms.figures:
            row = found.setdefault((task.clause, task.title, figure), _row(task, figure, totals, before))
            row["values"] += [f"{one.normalize():f}" for one in _noted_in(task, figure)]
    return list(found.values())


def _row(task: Task, figure: str, totals: Mapping[str, int], before: Mapping[str, int]) -> dict[str, Any]:
    name = "" if task.template in _OTHERS else _COUNTED.get(named(figure, "en").casefold(), "")
    return {
        "clause": task.clause, "title": task.title, "figure": figure, "values": [],
        "counted": totals.get(name), "before": before.get(name),
    }  # fmt: skip


def _noted_in(task: Task, figure: str) -> list[Decimal]:
    """Return what a task's evidence says of a figure, known by its name in any language of contracts."""
    names = {" ".join(named(figure, language).split()).casefold() for language in LANGUAGES}
    rows = [one for one in task.evidence.all() if one.kind == Evidence.Kind.FIGURE]
    return [one.figure for one in rows if one.figure is not None and " ".join(one.text.split()).casefold() in names]


def shown(content: Mapping[str, Any], former: Mapping[str, Any]) -> tuple[list[Judged], list[str]]:
    """Return the figures of a report's content that are known, with those of the one before, and the names of those that nobody noted."""
    earlier = {(one["clause"], one["title"], one["figure"]): one["values"] for one in former.get("judged", [])}
    known, unknown = [], []
    for one in content.get("judged", []):
        was = earlier.get((one["clause"], one["title"], one["figure"]), [])
        before = was[-1:] if one["values"] else [str(one["before"])] if one["before"] is not None else []
        text = _noted(one["values"]) if one["values"] else _counted(one["counted"])
        if text:
            known.append(Judged(one["clause"], one["title"], named(one["figure"]), text, "".join(map(_number, before))))
        else:
            unknown.append(named(one["figure"]))
    return known, list(dict.fromkeys(unknown))


def _noted(values: Sequence[str]) -> str:
    last = _number(values[-1])
    if len(values) == 1:
        return last
    words = ngettext(
        "%(last)s (noted %(n)d time, together %(sum)s)", "%(last)s (noted %(n)d times, together %(sum)s)", len(values)
    )
    return words % {"last": last, "n": len(values), "sum": _number(str(sum(map(Decimal, values))))}


def _counted(value: int | None) -> str:
    return "" if value is None else _("%(n)s, counted by the mall") % {"n": f"{value:,}"}


def _number(text: str) -> str:
    return f"{Decimal(text):,f}"
