"""Contracts in the console: the list, one of them with its history, its paper, two versions side by side."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from ops_console.work.clauses import from_json
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock

from . import documents, ending, queries, summary, text, words
from .console_forms import FilterForm
from .models import Contract, Quote
from .queries import ContractRow, VersionRow

PER_PAGE = 30


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List contracts, and quotes that are open."""
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.search(words=wanted.get("q", ""), state=wanted.get("state", ""), waits=wanted.get("waits", ""))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "is_filtered": any(wanted.values()),
        "quotes": Quote.objects.filter(state=Quote.State.OPEN).select_related("tenant")[:50],
    }
    return render(request, "contracts/index.html", context)


@never_cache
@roles.staff_only()
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a contract: what it says, who signed, what can be done, what happened."""
    row = row_or_404(public_id)
    shown = version_or_404(row, request.GET.get("version", ""))
    may_sell = roles.has_role(request.user, roles.MAY_SELL)
    context = {
        "row": row,
        "shown": shown,
        "summary": summary.of(row, shown),
        "rows": [one | {"when": _when(one, row.language)} for one in shown.clauses],
        "blocks": text.blocks(shown.text),
        "former": row.before(shown),
        "history": queries.history(public_id)[:100],
        "may_sell": may_sell,
        "may_end_now": roles.has_role(request.user, (roles.ADMIN,)),
        "earliest_end": ending.earliest_end_of(public_id, now=clock.now()) if row.is_running else None,
        "by_itself": ending.BY_ITSELF,
    }
    return render(request, "contracts/detail.html", context)


@never_cache
@roles.staff_only()
@require_safe
def diff(request: SignedInRequest, public_id: str, number: int) -> HttpResponse:
    """Show what a version changes against the one before it, line by line."""
    row = row_or_404(public_id)
    shown = version_or_404(row, str(number))
    former = row.before(shown)
    if former is None:
        raise Http404
    context = {"row": row, "shown": shown, "former": former, "lines": text.changes(former.text, shown.text)}
    return render(request, "contracts/diff.html", context)


@roles.staff_only()
@require_safe
def pdf(request: SignedInRequest, public_id: str, number: int) -> HttpResponse:
    """Answer with a version as a file."""
    row = row_or_404(public_id)
    version = version_or_404(row, str(number))
    if not version.text:
        raise Http404
    response = HttpResponse(documents.as_pdf(row, version), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{documents.file_name(row, version)}"'
    response["Cache-Control"] = "private, no-store"
    return response


def row_or_404(public_id: str) -> ContractRow:
    """Return a contract, or 404."""
    get_object_or_404(Contract, public_id=public_id)
    return queries.one(public_id, now=clock.now())


def version_or_404(row: ContractRow, number: str) -> VersionRow:
    """Return a version by its number, without one the open one, else what is in force, else the newest; or 404."""
    if number:
        found = next((one for one in row.versions if str(one.number) == number), None)
    else:
        found = row.open_version or row.in_force or row.versions[0]
    if found is None:
        raise Http404
    return found


def _when(clause: dict[str, Any], language: str) -> str:
    found = from_json(clause)
    return words.when(found.rrule, found.holidays, words.language_of(language))
