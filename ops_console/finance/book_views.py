"""The books: trial balance at any instant, an account's statement, one journal, search, and files of each."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.ledger import books
from billing.ledger.books import AccountBalance
from billing.ledger.models import Correction
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock

from . import book_queries, exports, finding
from .forms import BalanceForm, LinesForm, StatementForm
from .naming import page_of_rows, with_malls

PER_PAGE = 100


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def balance(request: SignedInRequest) -> HttpResponse:
    """Show the trial balance as of an instant, or write it as a file."""
    form = BalanceForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    at = wanted.get("at")
    everything = books.trial_balance(at=at)
    rows = book_queries.chosen(everything, wanted)
    if request.GET.get("format") in ("csv", "xlsx") and form.is_valid():
        name = f"trial-balance-{at or clock.now():%Y-%m-%d-%H%M}"
        return exports.file_response(name, request.GET["format"], exports.BALANCE_HEAD, exports.balance_rows(rows))
    page = page_of_rows(request, rows, per_page=PER_PAGE)
    context = {
        "form": form,
        "page": page,
        "rows": with_malls(page),
        "sums": book_queries.sums(everything),
        "at": at,
        "is_filtered": any(wanted.values()),
        "waiting": Correction.objects.filter(state=Correction.State.WAITING).count(),
        "tab": "books",
    }
    return render(request, "finance/balance.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    """Show an account's statement for a period, by default this month, or write it as a file."""
    form = StatementForm(request.GET)
    context: dict[str, Any] = {"form": form, "tab": "books"}
    if not form.is_valid():
        return render(request, "finance/account.html", context, status=422 if request.GET else 200)
    wanted = form.cleaned_data
    key = books.AccountKey(wanted["kind"], wanted["mall"], wanted["currency"].lower())
    since, until = book_queries.period(wanted["since"], wanted["until"], now=clock.now())
    if books.booked_count(since=since, until=until, key=key) > exports.MOST_ROWS:
        form.add_error("since", _("That is more than 50,000 transfers. Choose a shorter period."))
        return render(request, "finance/account.html", context, status=422)
    found = books.statement(key, since=since, until=until)
    if request.GET.get("format") in ("csv", "xlsx"):
        name = f"account-{key.kind}-{since:%Y%m%d}-{until:%Y%m%d}"
        return exports.file_response(name, request.GET["format"], exports.STATEMENT_HEAD, exports.statement_rows(found))
    page = page_of_rows(request, list(found.lines), per_page=PER_PAGE)
    tenant = with_malls([AccountBalance(key.kind, key.tenant_schema, key.currency, 0)])[0][1]
    context |= {"found": found, "page": page, "tenant": tenant, "since": since, "until": until}
    return render(request, "finance/account.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Find transfers by order, voucher, journal or an id of Stripe's."""
    words = request.GET.get("q", "").strip()[:120]
    lines = finding.find(words)
    context = {"words": words, "rows": with_malls(lines), "is_more": len(lines) == finding.MOST, "tab": "books"}
    return render(request, "finance/search.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def lines(request: SignedInRequest) -> HttpResponse:
    """Write all transfers of a period as a file."""
    form = LinesForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    since, until = book_queries.period(wanted.get("since"), wanted.get("until"), now=clock.now())
    schema = wanted.get("mall", "")
    if form.errors or books.booked_count(since=since, until=until, schema=schema) > exports.MOST_ROWS:
        messages.error(request, _("That is no period, or more than 50,000 transfers. Choose a shorter one."))
        return redirect("finance:books")
    rows = exports.line_rows(books.everything(since=since, until=until, schema=schema))
    form_name = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    return exports.file_response(_name(since, until), form_name, exports.LINES_HEAD, rows)


def _name(since: datetime, until: datetime) -> str:
    return f"transfers-{since:%Y%m%d}-{until:%Y%m%d}"
