"""A statement as files: PDF, spreadsheet, CSV. Plain data in, bytes out; nothing here asks the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from saas.kernel import money
from saas.ui import papers, sheets
from saas.ui.formats import babel_locale, format_money

from .models import Remark, Statement, StatementLine
from .queries import Totals

# A statement with more lines names them in the spreadsheet only: a book of hundreds of pages is read by nobody.
PDF_LINES = 600
_COLUMNS = (
    gettext_lazy("No."),
    gettext_lazy("When"),
    gettext_lazy("What"),
    gettext_lazy("For"),
    gettext_lazy("Order"),
    gettext_lazy("Voucher"),
    gettext_lazy("Price"),
    gettext_lazy("Commission"),
    gettext_lazy("Tax on commission"),
    gettext_lazy("Agency’s share"),
    pgettext_lazy("money", "Yours"),
    gettext_lazy("Currency"),
    gettext_lazy("Reason"),
)


@dataclass(frozen=True)
class Paper:
    """All that stands on a statement: whose it is, its sums by kind, its lines, what was said about it."""

    statement: Statement
    mall: str
    zone: ZoneInfo
    totals: Sequence[Totals]
    lines: Sequence[StatementLine]
    remarks: Sequence[Remark] = ()


def month_words(statement: Statement) -> str:
    """Return the month as people write it: "November 2026"."""
    return str(format_skeleton("yMMMM", statement.first_day, locale=babel_locale()))


def file_name(statement: Statement, form: str) -> str:
    """Return a file's name, in letters that every system takes."""
    return f"statement-{statement.first_day:%Y-%m}-{statement.public_id[:6]}.{form}"


def as_csv(paper: Paper) -> bytes:
    """Return the lines as CSV, amounts in major units."""
    return sheets.as_csv(_COLUMNS, _rows(paper))


def as_xlsx(paper: Paper) -> bytes:
    """Return a workbook: the sums, and the lines; amounts in major units, as numbers."""
    return sheets.as_xlsx([(_("Sums"), [_("What"), _("Amount")], _sums(paper)), (_("Lines"), _COLUMNS, _rows(paper))])


def _sums(paper: Paper) -> list[list[object]]:
    one = paper.statement

    def major(minor: int) -> object:
        return money.to_major(minor, one.currency)

    return [
        [paper.mall, ""],
        [month_words(one), one.currency.upper()],
        [_("At the beginning"), major(one.opening_minor)],
        *([row.word, major(row.net_minor)] for row in paper.totals),
        [_("At the end"), major(one.closing_minor)],
        *([word, major(minor)] for word, minor in _parts(one)),
    ]


def _parts(one: Statement) -> list[tuple[str, int]]:
    """Return what the closing balance is made of."""
    return [
        (_("of it pending"), one.pending_minor),
        (_("of it available"), one.available_minor),
        (_("of it on its way to the bank"), one.in_transit_minor),
        (_("less what is owed"), -one.owed_minor),
    ]


def _rows(paper: Paper) -> list[list[object]]:
    currency = paper.statement.currency
    return [
        [
            line.number,
            line.happened_at.astimezone(paper.zone).isoformat(timespec="seconds"),
            line.get_kind_display(),
            line.title,
            line.order_number,
            line.voucher_public_id,
            *(
                money.to_major(minor, currency)
                for minor in (
                    line.gross_minor,
                    line.commission_minor,
                    line.tax_minor,
                    line.agency_minor,
                    line.net_minor,
                )
            ),
            currency.upper(),
            line.reason,
        ]
        for line in paper.lines
    ]


def as_pdf(paper: Paper) -> bytes:
    """Return the statement as a tagged PDF on A4."""
    return papers.as_pdf("billing.statements", "statement.typ", _typeset(paper))


def _typeset(paper: Paper) -> dict[str, object]:
    one, currency = paper.statement, paper.statement.currency

    def amount(minor: int) -> str:
        return format_money(minor, currency)

    return {
        "language": str(babel_locale().language),
        "title": _("Statement %(month)s") % {"month": month_words(one)},
        "mall": paper.mall,
        "facts": _facts(paper),
        "sums_head": [_("What"), _("Price"), _("Commission"), _("Tax"), _("Agency"), pgettext("money", "Yours")],
        "sums": [
            [
                f"{row.word} ({row.count})",
                *(amount(minor) for minor in (row.gross_minor, row.commission_minor, row.tax_minor, row.agency_minor)),
                amount(row.net_minor),
            ]
            for row in paper.totals
        ],
        "opening": [_("At the beginning"), amount(one.opening_minor)],
        "closing": [_("At the end"), amount(one.closing_minor)],
        "parts": [[word, amount(minor)] for word, minor in _parts(one)],
        "lines_title": _("Lines"),
        "lines_head": [
            _("When"),
            _("What"),
            _("Order"),
            _("Price"),
            pgettext("statement", "Taken off"),
            pgettext("money", "Yours"),
        ],
        "lines": [_line(line, paper, amount) for line in paper.lines[:PDF_LINES]],
        "more": ""
        if len(paper.lines) <= PDF_LINES
        else _("The first %(shown)d of %(all)d lines. The spreadsheet has them all.")
        % {"shown": PDF_LINES, "all": len(paper.lines)},
        "remarks_title": _("Questions and answers") if paper.remarks else "",
        "remarks": [
            [f"{one.get_kind_display()}: {one.by}, {_day(one.said_at, paper.zone)}", one.text] for one in paper.remarks
        ],
        "note": _("Lines equal the platform's books. What is corrected later is a line of the next statement."),
        "page": pgettext("document", "Page"),
    }


def _facts(paper: Paper) -> list[list[str]]:
    one = paper.statement
    span = f"{format_date(one.first_day, locale=babel_locale())} – {format_date(one.last_day, locale=babel_locale())}"
    facts = [
        [_("Period"), f"{span} ({paper.zone.key})"],
        [pgettext("document", "Number"), f"{one.first_day:%Y-%m}-{one.public_id[:6]}"],
        [_("Currency"), one.currency.upper()],
        [_("Issued"), _day(one.issued_at, paper.zone)],
        [_("State"), one.get_state_display()],
    ]
    if one.confirmed_at:
        facts.append([_("Confirmed"), f"{one.confirmed_by}, {_day(one.confirmed_at, paper.zone)}"])
    if one.paid_at:
        facts.append([pgettext("statement", "Paid"), _day(one.paid_at, paper.zone)])
    return facts


def _day(at: datetime, zone: ZoneInfo) -> str:
    return str(format_date(at.astimezone(zone).date(), locale=babel_locale()))


def _line(line: StatementLine, paper: Paper, amount: Callable[[int], str]) -> list[str]:
    taken_minor = line.commission_minor + line.tax_minor + line.agency_minor
    what = " · ".join(filter(None, [str(line.get_kind_display()), line.title, line.reason]))
    at = line.happened_at.astimezone(paper.zone).replace(tzinfo=None)
    return [
        str(format_datetime(at, "short", locale=babel_locale())),
        what,
        line.order_number,
        amount(line.gross_minor),
        amount(taken_minor),
        amount(line.net_minor),
    ]
