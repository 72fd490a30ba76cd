"""A report as a PDF, with pictures of its evidence."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from saas.ui import papers
from saas.ui.formats import babel_locale

from . import pictures, presenting
from .models import Report
from .pictures import Printed
from .presenting import Clause, Shown, TaskLine


def file_name(report: Report) -> str:
    """Return a file's name, in letters that every system takes."""
    return f"report-{report.kind}-{report.starts_on:%Y-%m-%d}-{report.public_id[:6]}.pdf"


def as_pdf(report: Report) -> bytes:
    """Return the report as a tagged PDF on A4, in the contract's language; `report.tenant` must be loaded."""
    with override(report.language):
        shown = presenting.present(report)
        content = paper(shown, report, pictures.of_report(report, shown))
        return papers.as_pdf("ops_console.reports", "report.typ", content)


def paper(shown: Shown, report: Report, printed: list[Printed]) -> dict[str, Any]:
    """Return what stands on the paper; a picture as its bytes' numbers, which is what the typesetter reads."""
    return {
        "language": str(babel_locale().language),
        "title": f"{shown.title}: {shown.span}",
        "mall": shown.mall,
        "lead": shown.lead,
        "facts": [
            [_("Contract"), shown.contract],
            [_("Issued"), f"{shown.issued} ({shown.time_zone})"],
            [_("Who looks after the mall"), f"{shown.by['name']}, {shown.by['email']}"],
            [_("Time spent"), shown.hours],
        ],
        "done_title": _("What was promised and done"),
        "done_head": [_("Task"), _("Promised"), _("Done"), _("Late"), _("Missed"), _("Excused"), _("Open")],
        "done": [_clause(one) for one in shown.clauses],
        "nothing": _("Nothing was promised for this time."),
        "judged_title": _("What it is judged by") if shown.judged else "",
        "judged_head": [pgettext("judged", "Figure"), _("Task"), _("This time"), pgettext("figure", "Before")],
        "judged": [
            [capfirst(one.figure), f"{one.clause} {one.title}".strip(), one.now, one.before or "–"]
            for one in shown.judged
        ],
        "learnt_title": _("What became of earlier work") if shown.learnt else "",
        "learnt": [_line(title, task) for title, task in shown.learnt],
        "credits_title": _("Credited on the next invoice") if shown.credits else "",
        "credits": [[title, day, amount] for title, day, _clause_number, amount in shown.credits],
        "credited": [_("Together"), shown.credited],
        "otherwise_title": _("Credits that come off no invoice") if shown.otherwise else "",
        "otherwise": shown.otherwise,
        "came_title": _("What came of it"),
        "steps": [list(step) for step in shown.steps],
        "charts": [bars(one) for one in shown.charts],
        "rates": [[rate.name, rate.shown, rate.note] for rate in shown.rates],
        "evidence_title": _("Task by task, with evidence"),
        "evidence": _tasks(shown.clauses),
        "pictures_title": _("Pictures of the work"),
        "pictures": [[list(one.content), one.words] for one in printed],
        "next_title": _("What is next"),
        "next": [list(one) for one in shown.upcoming],
        "next_nothing": _("Nothing is planned yet."),
        "waiting": [[_("Waits for you: %(title)s") % one, one["question"]] for one in shown.waiting],
        "note": _("An issued report is never changed. What is learnt later stands in the next one."),
        "page": pgettext("document", "Page"),
        "id": report.public_id[:6],
    }


def _clause(one: Clause) -> list[str]:
    name = f"{one.number} {one.title}".strip()
    return [name, *(str(count) for count in (one.promised, one.done, one.late, one.missed, one.excused, one.open))]


def bars(one: Any) -> dict[str, Any]:
    """Return a chart as bars of at most one, with the words beside them; a second row of figures has its own bar under the first."""
    top = max([*one.values, *one.second, 0]) or 1
    pairs = [(value / top, shown) for value, shown in zip(one.values, one.shown, strict=True)]
    seconds = [(value / top, shown) for value, shown in zip(one.second, one.second_shown, strict=True)]
    return {
        "title": one.title,
        "nothing": one.empty if not any([*one.values, *one.second]) else "",
        "names": [one.names[1], one.second_name] if seconds else [],
        "bars": [
            [label, list(pair)] for label, *pair in zip(one.labels, pairs, *([seconds] if seconds else []), strict=True)
        ],
    }


def _tasks(clauses: list[Clause]) -> list[list[str]]:
    return [_line(clause.title, task) for clause in clauses for task in clause.tasks]


def _line(title: str, task: TaskLine) -> list[str]:
    said = [
        f"{one.word}: {one.text or one.url}" + (f" ({_('came late')})" if one.is_late else "") for one in task.evidence
    ]
    return [task.day, title, task.word, task.by or task.reason, "\n".join(said) or "–"]
