"""Reconciliation: the disagreements by class, age and owner, how each is closed, and the comparisons themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.ledger import books
from billing.reconciliation import operations, settling
from billing.reconciliation.models import Break, Check
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.audit import queries as audit
from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError

from . import break_queries
from .forms import AssignForm, BreakFilterForm, ExplainForm
from .naming import page_of_rows, with_malls


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the breaks, open ones unless another state is asked for, oldest first."""
    now = clock.now()
    form = BreakFilterForm(request.GET, kinds=break_queries.break_kinds(), owners=break_queries.break_owners())
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, break_queries.breaks(wanted, person=request.user.public_id, now=now))
    newest = Check.objects.first()
    context = {
        "form": form,
        "page": page,
        "rows": with_malls(page),
        "is_filtered": any(wanted.values()),
        "newest": newest,
        "is_under_way": newest is not None and newest.is_under_way(at=now),
        "compared": break_queries.newest_sums(),
        "tab": "breaks",
    }
    return render(request, "finance/breaks.html", context)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def show(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a break, its sides, and the ways to close it."""
    return _break_page(request, get_object_or_404(Break, public_id=public_id), ExplainForm())


def _break_page(request: SignedInRequest, found: Break, form: ExplainForm) -> HttpResponse:
    context = {
        "row": found,
        "tenant": with_malls([found])[0][1],
        "is_open": found.state == Break.State.OPEN,
        "is_mine": found.owner_id == request.user.public_id,
        "may_give_back": settling.may_give_back(found),
        "form": form,
        "assign_form": AssignForm(people=break_queries.finance_people(), initial={"person": found.owner_id}),
        "lines": books.journal(found.journal_id) if found.journal_id else [],
        "search": break_queries.search_words(found),
        "trail": audit.of_subject("break", found.public_id),
        "tab": "breaks",
    }
    return render(request, "finance/break.html", context, status=422 if form.errors else 200)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def take(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Make a break mine."""
    get_object_or_404(Break, public_id=public_id)
    try:
        operations.take(break_public_id=public_id, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:break", public_id)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def assign(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give a break to a person of Finance."""
    get_object_or_404(Break, public_id=public_id)
    people = break_queries.finance_people()
    form = AssignForm(request.POST, people=people)
    if not form.is_valid():
        messages.error(request, _("Choose a person."))
        return redirect("finance:break", public_id)
    person = form.cleaned_data["person"]
    owner = Actor(kind="agency", name=dict(people)[person], public_id=person)
    try:
        operations.assign(break_public_id=public_id, owner=owner, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:break", public_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["POST"])
def explain(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Close a break by words, or by the journal that settled it."""
    found = get_object_or_404(Break, public_id=public_id)
    form = ExplainForm(request.POST)
    if not form.is_valid():
        return _break_page(request, found, form)
    try:
        operations.explain(break_public_id=public_id, **form.cleaned_data, by=request.actor, now=clock.now())
    except operations.JournalUnknown as refusal:
        form.add_error("journal_id", str(refusal))
        return _break_page(request, found, form)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:break", public_id)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def paid_twice(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say that the bank has the money of a netted invoice too: what was netted goes back to the mall."""
    get_object_or_404(Break, public_id=public_id)
    try:
        settling.paid_twice(break_public_id=public_id, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:break", public_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def checks(request: SignedInRequest) -> HttpResponse:
    """List the comparisons, newest first."""
    page, now = page_of_rows(request, Check.objects.all(), per_page=30), clock.now()
    rows = [(check, check.is_under_way(at=now)) for check in page]
    return render(request, "finance/checks.html", {"page": page, "rows": rows, "tab": "breaks"})


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def check_now(request: SignedInRequest) -> HttpResponse:
    """Compare all sides now."""
    try:
        operations.ask(by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.info(request, str(refusal))
    return redirect("finance:breaks")


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def check_progress(request: SignedInRequest) -> HttpResponse:
    """Say how far the newest comparison is; asked for every two seconds while it works."""
    newest = Check.objects.first()
    is_under_way = newest is not None and newest.is_under_way(at=clock.now())
    answer = render(request, "finance/check_progress.html", {"check": newest})
    if not is_under_way:
        answer["HX-Refresh"] = "true"
    return answer
