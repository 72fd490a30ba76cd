"""Statements: the months, one of them with its lines, yes or a question, files."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.statements import documents, operations
from billing.statements.models import Statement, StatementLine
from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import DomainError
from saas.ui import sheets
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import queries
from .queries import Shown

# Who answers for the merchant: the owner.
MAY_ANSWER = "terms.change_termproposal"
CRUMBS = [
    ("backoffice:money", gettext_lazy("Money")),
    ("backoffice:statements", gettext_lazy("Statements")),
]
FILES: dict[str, tuple[Callable[[documents.Paper], bytes], str]] = {
    "pdf": (documents.as_pdf, "application/pdf"),
    "xlsx": (documents.as_xlsx, sheets.XLSX),
    "csv": (documents.as_csv, "text/csv; charset=utf-8"),
}


class ListFilter(forms.Form):
    """Statements of a state."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[("", gettext_lazy("All")), *Statement.State.choices]
    )

    def states(self) -> tuple[str, ...]:
        """Return the wanted states; none: all."""
        self.is_valid()
        wanted = self.cleaned_data.get("state")
        return (wanted,) if wanted else ()


class LinesFilter(forms.Form):
    """Lines of a kind, or that hold a text."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=80)
    kind = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("All")), *StatementLine.Kind.choices]
    )

    def read(self) -> dict[str, str]:
        """Return what is wanted; what cannot be read filters nothing."""
        self.is_valid()
        return {"kind": self.cleaned_data.get("kind") or "", "text": (self.cleaned_data.get("q") or "").strip()}


class QuestionForm(forms.Form):
    """What is asked."""

    text = forms.CharField(
        label=gettext_lazy("What is not clear, or not right?"),
        help_text=gettext_lazy("Finance reads it and answers here; you get a mail."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@require_safe
@needs("payments.view_payment")
def index(request: HttpRequest) -> HttpResponse:
    """List the months."""
    form = ListFilter(request.GET)
    states = form.states()
    page = Paginator(range(queries.rows(states=states, limit=0)[1]), frame.ROWS).get_page(request.GET.get("page"))
    rows, _count = queries.rows(states=states, limit=frame.ROWS, offset=frame.ROWS * (page.number - 1))
    return frame.page(
        request,
        "backoffice/statements/index.html",
        _("Statements"),
        CRUMBS[:1],
        form=form,
        page=page,
        rows=[(row, queries.KINDS[row.state]) for row in rows],
        is_filtered=bool(states),
    )


@never_cache
@require_safe
@needs("payments.view_payment")
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a statement: sums, how it is paid, what was said, lines."""
    shown = _shown_or_404(public_id)
    return _page(request, shown, QuestionForm())


@require_POST
@needs(MAY_ANSWER)
def confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say yes."""
    _shown_or_404(public_id)
    schema, by = mall().schema_name, actor(request)
    try:
        with on_platform():
            operations.confirm(statement=public_id, schema=schema, by=by, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Confirmed. It is marked as paid when all of it has reached your bank."))
    return redirect("backoffice:statement", public_id)


@require_http_methods(["POST"])
@needs(MAY_ANSWER)
def ask(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask finance."""
    shown, form = _shown_or_404(public_id), QuestionForm(request.POST)
    if not form.is_valid():
        return _page(request, shown, form, status=422)
    schema, by = mall().schema_name, actor(request)
    try:
        with on_platform():
            operations.ask(statement=public_id, schema=schema, text=form.cleaned_data["text"], by=by, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your question is with finance."))
    return redirect("backoffice:statement", public_id)


@require_safe
@needs("payments.view_payment")
def download(request: HttpRequest, public_id: str, form: str) -> HttpResponse:
    """Answer with the statement as a file."""
    paper = queries.paper(public_id)
    if paper is None or form not in FILES:
        raise Http404
    make, kind = FILES[form]
    response = HttpResponse(make(paper), content_type=kind)
    name = documents.file_name(paper.statement, form)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _shown_or_404(public_id: str) -> Shown:
    shown = queries.shown(public_id)
    if shown is None:
        raise Http404
    return shown


def _page(request: HttpRequest, shown: Shown, question: QuestionForm, *, status: int = 200) -> HttpResponse:
    form = LinesFilter(request.GET)
    wanted = form.read()
    count = queries.lines(shown.statement, **wanted, limit=0, offset=0)[1]
    page = Paginator(range(count), frame.ROWS).get_page(request.GET.get("page"))
    lines, _count = queries.lines(shown.statement, **wanted, limit=frame.ROWS, offset=frame.ROWS * (page.number - 1))
    return frame.page(
        request,
        "backoffice/statements/detail.html",
        _("Statement %(month)s") % {"month": shown.month},
        CRUMBS,
        shown=shown,
        statement=shown.statement,
        form=form,
        question=question,
        question_forms=[question],
        page=page,
        lines=lines,
        is_filtered=any(wanted.values()),
        may_answer=request.user.has_perm(MAY_ANSWER),
        is_open=shown.statement.state in (Statement.State.ISSUED, Statement.State.QUESTION),
        status=status,
    )
