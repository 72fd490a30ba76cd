"""Settlement runs: proposed, seen, approved by one or two persons, followed until every mall has its money."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.settlements import operations, preview
from billing.settlements.models import Settlement, SettlementRun
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.audit import queries as audit
from saas.kernel import clock
from saas.kernel.errors import DomainError

from . import queries
from .forms import ApproveForm, DropForm, RunFilterForm, SettlementFilterForm
from .naming import page_of_rows, with_malls

State = SettlementRun.State
OPEN_STATES = (State.PROPOSED, State.SECOND)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List the runs, newest first."""
    form = RunFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.runs(wanted), per_page=30)
    sums = preview.sums_of(page)
    context = {
        "form": form,
        "page": page,
        "rows": [(run, sums.get(run.pk, [])) for run in page],
        "is_filtered": any(wanted.values()),
        "tab": "runs",
    }
    return render(request, "finance/runs.html", context)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def propose(request: SignedInRequest) -> HttpResponse:
    """Make today's proposal, or bring it up to date."""
    now = clock.now()
    run = operations.propose(day=now.date(), now=now)
    if run is None:
        messages.info(request, _("Nothing is due today: no mall has money available on a day of its schedule."))
        return redirect("finance:runs")
    if run.state != State.PROPOSED:
        messages.info(
            request, _("Today’s run has been decided already. What has become available since is in tomorrow’s.")
        )
    return redirect("finance:run", run.public_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def run(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a run: sums, each mall, what is left out and why, who approved, how far it is."""
    found = get_object_or_404(SettlementRun, public_id=public_id)
    return _run_page(request, found, DropForm())


def _run_page(request: SignedInRequest, found: SettlementRun, drop_form: DropForm) -> HttpResponse:
    form = SettlementFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = page_of_rows(request, queries.settlements(found, wanted))
    is_open = found.state in OPEN_STATES
    held = preview.held_back(run=found, day=found.day) if is_open else []
    context = {
        "run": found,
        "sums": preview.sums_of([found]).get(found.pk, []),
        "seen_minor": preview.seen_minor(found),
        "needs_second": is_open and preview.needs_second(found),
        "is_open": is_open,
        "is_mine": found.state == State.SECOND and found.approved_by_id == request.user.public_id,
        "progress": preview.progress(found),
        "held": with_malls(held[:100]),
        "held_more": max(len(held) - 100, 0),
        "page": page,
        "rows": with_malls(page),
        "form": form,
        "is_filtered": any(wanted.values()),
        "drop_form": drop_form,
        "trail": audit.of_subject("settlement_run", found.public_id),
        "tab": "runs",
    }
    return render(request, "finance/run.html", context, status=422 if drop_form.errors else 200)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def progress(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say how far a run is; asked for every two seconds while it is sent."""
    found = get_object_or_404(SettlementRun, public_id=public_id)
    answer = render(request, "finance/progress.html", {"run": found, "progress": preview.progress(found)})
    if found.state != State.APPROVED:
        answer["HX-Refresh"] = "true"
    return answer


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def approve(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Approve a run as it was seen."""
    form = ApproveForm(request.POST)
    if form.is_valid():
        try:
            operations.approve(
                run_public_id=public_id,
                seen_minor=form.cleaned_data["seen_minor"],
                by=request.actor,
                now=clock.now(),
            )
        except SettlementRun.DoesNotExist:
            return redirect("finance:runs")
        except DomainError as refusal:
            messages.error(request, str(refusal))
    return redirect("finance:run", public_id)


@roles.staff_only(*roles.MAY_SETTLE)
@require_http_methods(["POST"])
def drop(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Decide that a run is not carried out."""
    found = get_object_or_404(SettlementRun, public_id=public_id)
    form = DropForm(request.POST)
    if not form.is_valid():
        return _run_page(request, found, form)
    try:
        operations.drop(run_public_id=public_id, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("finance:run", public_id)


@never_cache
@roles.staff_only(*roles.MAY_SETTLE)
@require_safe
def settlement(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a mall's part of a run: each transfer with what Stripe said."""
    found = get_object_or_404(Settlement.objects.select_related("run"), public_id=public_id)
    page = page_of_rows(request, queries.parts(found))
    context = {
        "settlement": found,
        "tenant": with_malls([found])[0][1],
        "parts": queries.part_counts(found),
        "page": page,
        "trail": audit.of_subject("settlement", found.public_id),
        "tab": "runs",
    }
    return render(request, "finance/settlement.html", context)


@roles.staff_only(*roles.MAY_SETTLE)
@require_POST
def try_again(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask Stripe again for what it refused, or did not answer clearly."""
    get_object_or_404(Settlement, public_id=public_id)
    operations.try_again(settlement_public_id=public_id, by=request.actor, now=clock.now())
    messages.success(request, _("Stripe is being asked again. This page shows the answer in a moment."))
    return redirect("finance:settlement", public_id)
