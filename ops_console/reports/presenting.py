"""An issued report in words, charts and tables of the active language. Plain values out; nothing here asks the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from ops_console.work.models import Evidence, Task
from saas.kernel import money
from saas.ui.charts import Chart
from saas.ui.formats import babel_locale, format_money, listed

from . import becoming, judging
from .judging import Judged
from .models import Report

KINDS = {"done": "success", "missed": "danger", "excused": "", "open": "info", "doing": "info", "waiting": "warning"}


@dataclass(frozen=True)
class Proof:
    """A piece of evidence as a line: what it is, its text, where it is seen ("" for nowhere), whether it came late."""

    id: str
    kind: str
    word: str
    text: str
    url: str
    is_late: bool


@dataclass(frozen=True)
class TaskLine:
    """One task: its day, its state in words with the badge's kind, who did it, and its evidence."""

    day: str
    word: str
    kind: str
    is_late: bool
    by: str
    reason: str
    evidence: list[Proof]


@dataclass(frozen=True)
class Clause:
    """What one clause promised and what became of it."""

    number: str
    title: str
    promised: int
    done: int
    late: int
    missed: int
    excused: int
    open: int
    tasks: list[TaskLine]


@dataclass(frozen=True)
class Rate:
    """A share as words, or why it is not shown."""

    name: str
    shown: str
    note: str
    is_known: bool


@dataclass(frozen=True)
class Shown:
    """All that a page or a paper of a report shows."""

    public_id: str
    mall: str
    kind: str
    word: str
    span: str
    title: str
    contract: str
    lead: str
    clauses: list[Clause]
    sums: dict[str, int]
    hours: str
    judged: list[Judged]
    unnoted: str
    learnt: list[tuple[str, TaskLine]]
    credits: list[tuple[str, str, str, str]]
    credited: str
    otherwise: list[str]
    steps: list[tuple[str, str, str]]
    charts: list[Chart]
    rates: list[Rate]
    upcoming: list[tuple[str, str]]
    waiting: list[dict[str, str]]
    by: dict[str, str]
    issued: str
    time_zone: str


def span_of(report: Report) -> str:
    """Return the time that a report is about, as people say it: "November 2026" or "9 Nov 2026 – 15 Nov 2026"."""
    if report.kind == Report.Kind.MONTHLY:
        return str(format_skeleton("yMMMM", report.starts_on, locale=babel_locale()))
    return f"{_day(report.starts_on)} – {_day(report.last_day)}"


def present(report: Report) -> Shown:
    """Return a report as it is shown, in the active language; `report.tenant` must be loaded."""
    content, zone = report.content, ZoneInfo(report.time_zone)
    sums = content["sums"]
    judged, unnoted = judging.shown(content, {"judged": content.get("earlier", [])})
    return Shown(
        public_id=report.public_id,
        mall=report.tenant.name,
        kind=report.kind,
        word=str(report.get_kind_display()),
        span=span_of(report),
        title=_("Report of the month") if report.kind == Report.Kind.MONTHLY else _("Report of the week"),
        contract=report.contract_title,
        lead=_lead(report),
        clauses=[_clause(row, zone) for row in content["promised"]],
        sums=sums,
        hours=_hours(sums["minutes"]),
        judged=judged,
        unnoted=listed(unnoted),
        learnt=[(one["title"], _task(one, zone)) for one in content.get("learnt", [])],
        credits=[
            (
                one["title"],
                _day(date.fromisoformat(one["day"])),
                one["clause"],
                format_money(one["amount_minor"], report.currency),
            )
            for one in content["credits"]
        ],
        credited=format_money(content["credited_minor"], report.currency) if content["credited_minor"] else "",
        otherwise=becoming.otherwise(content, report.currency),
        steps=_steps(report),
        charts=_charts(report),
        rates=_rates(content),
        upcoming=[
            (one["title"], _times(one["count"], _day(date.fromisoformat(one["first"])))) for one in content["next"]
        ],
        waiting=content["waiting"],
        by=content["by"],
        issued=date_format(report.issued_at.astimezone(zone), "DATETIME_FORMAT"),
        time_zone=report.time_zone,
    )


def _day(day: date) -> str:
    return str(format_date(day, locale=babel_locale()))


def _times(count: int, first: str) -> str:
    return ngettext("once, on %(first)s", "%(n)d times, from %(first)s on", count) % {"n": count, "first": first}


def _hours(minutes: int) -> str:
    return _("%(h)d h %(m)02d min") % {"h": minutes // 60, "m": minutes % 60}


def _lead(report: Report) -> str:
    """Return what says how it went: a sentence, and another one where money went back to buyers."""
    return f"{_how_it_went(report)} {_gone_back(report)}".strip()


def _gone_back(report: Report) -> str:
    """Return what was refunded and what is left of the sales; "" where nothing was, as in reports that did not count it yet."""
    totals = report.content["totals"]
    back = totals.get("refunded_minor", 0)
    if not back:
        return ""
    return _("%(back)s was refunded in this time, %(net)s is left of the sales.") % {
        "back": format_money(back, report.currency),
        "net": format_money(totals["sales_minor"] - back, report.currency),
    }


def _how_it_went(report: Report) -> str:
    sums, totals = report.content["sums"], report.content["totals"]
    facts = {
        "done": sums["done"],
        "promised": sums["promised"],
        "orders": totals["orders"],
        "sales": format_money(totals["sales_minor"], report.currency),
    }
    if not sums["promised"]:
        return _("Nothing was promised for this time; shoppers bought for %(sales)s in %(orders)d orders.") % facts
    return (
        _("%(done)d of %(promised)d promised tasks were done, and shoppers bought for %(sales)s in %(orders)d orders.")
        % facts
    )


def _clause(row: dict[str, Any], zone: ZoneInfo) -> Clause:
    counts = {name: row[name] for name in ("title", "promised", "done", "late", "missed", "excused", "open")}
    return Clause(number=row["clause"], tasks=[_task(one, zone) for one in row["tasks"]], **counts)


def _task(one: dict[str, Any], zone: ZoneInfo) -> TaskLine:
    done_at = datetime.fromisoformat(one["done_at"]).astimezone(zone) if one["done_at"] else None
    by = ", ".join(filter(None, [one["by"], date_format(done_at, "DATETIME_FORMAT") if done_at else ""]))
    return TaskLine(
        day=_day(date.fromisoformat(one["day"])),
        word=_("Done late") if one["late"] else str(Task.State(one["state"]).label),
        kind="warning" if one["late"] else KINDS.get(one["state"], ""),
        is_late=one["late"],
        by=by,
        reason=one["reason"] if one["state"] in ("excused", "waiting") else "",
        evidence=[_proof(piece) for piece in one["evidence"]],
    )


def _proof(piece: dict[str, Any]) -> Proof:
    # Reports of former releases may hold "8.4E+2".
    text = f"{piece['text']}: {Decimal(piece['figure']):f}" if piece["figure"] else piece["text"]
    word = str(Evidence.Kind(piece["kind"]).label)
    return Proof(piece["id"], piece["kind"], word, text, piece["url"], piece["late"])


def _steps(report: Report) -> list[tuple[str, str, str]]:
    """Return the way from looking to coming again: name, figure, and how it compares with the time before."""
    totals, before = report.content["totals"], report.content["before"]
    named = [
        (_("Visits to the mall"), "visits"),
        (_("Orders"), "orders"),
        (_("Vouchers redeemed"), "redemptions"),
        (_("Guests who came again"), "again"),
    ]
    return [(word, f"{totals[name]:,}", _("before: %(n)s") % {"n": f"{before[name]:,}"}) for word, name in named]


def _charts(report: Report) -> list[Chart]:
    days = report.content["days"]
    labels = [date_format(date.fromisoformat(one["day"]), "AXIS_DAY_FORMAT") for one in days]

    def chart(title: str, name: str, word: str, empty: str) -> Chart:
        values = [one[name] for one in days]
        return Chart(
            title=title,
            labels=labels,
            values=values,
            shown=[f"{value:,}" for value in values],
            names=(_("Day"), word),
            empty=empty,
        )

    return [
        chart(_("Visits on each day"), "visits", _("Visits"), _("Nobody came to the mall’s pages in this time.")),
        _sold(report, labels),
        _came(days, labels),
    ]


def _sold(report: Report, labels: Sequence[str]) -> Chart:
    values = [one["sales_minor"] for one in report.content["days"]]
    back = [one.get("refunded_minor", 0) for one in report.content["days"]]
    refunds: dict[str, Any] = {}
    if any(back):
        shown = [format_money(value, report.currency) for value in back]
        refunds = {"second": back, "second_shown": shown, "second_name": _("Refunded")}
    return Chart(
        title=_("Sold on each day"), labels=labels, values=values, names=(_("Day"), pgettext("sum", "Sold")), **refunds,
        axis_divisor=10 ** money.digits(report.currency),
        shown=[format_money(value, report.currency) for value in values],
        empty=_("Nothing was sold in this time."),
    )  # fmt: skip


def _came(days: Sequence[dict[str, int]], labels: Sequence[str]) -> Chart:
    redeemed, again = [one["redemptions"] for one in days], [one["again"] for one in days]
    return Chart(
        title=_("Vouchers redeemed, and guests who came again"), labels=labels, values=redeemed, kind="line",
        shown=[f"{value:,}" for value in redeemed], names=(_("Day"), _("Redeemed")), second=again,
        second_shown=[f"{value:,}" for value in again], second_name=_("Came again"),
        empty=_("No voucher was redeemed in this time."),
    )  # fmt: skip


def _rates(content: dict[str, Any]) -> list[Rate]:
    totals, minimum = content["totals"], content["minimum_sample"]
    asked = [
        (_("Of the visits, an order"), totals["orders"], totals["visits"]),
        (_("Of the vouchers sold, those used since"), totals["used"], totals["sold"]),
        (_("Of the guests, those who had been here before"), totals["again"], totals["guests"]),
    ]
    return [_rate(name, part, whole, minimum) for name, part, whole in asked]


def _rate(name: str, part: int, whole: int, minimum: int) -> Rate:
    """Return a share in percent; of fewer than `minimum`, or where the parts are no part of the whole, only why there is none."""
    if whole < minimum:
        facts = {"n": whole, "minimum": minimum}
        return Rate(name, "–", _("%(n)d are too few to tell; shown from %(minimum)d on.") % facts, is_known=False)
    if part > whole:
        return Rate(name, "–", _("More than all: they belong to an earlier time too."), is_known=False)
    note = _("%(part)d of %(whole)d") % {"part": part, "whole": whole}
    return Rate(name, f"{part * 100 / whole:.1f} %", note, is_known=True)
