"""One task: its checklist and evidence, and every act on it."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.packages.trade import named
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.audit import queries as audit
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from saas.kernel.middleware import takes_at_most
from saas.ui.formats import listed
from tenants.entry import onward

from . import opening, operations, pictures, proving, queries
from .forms import AskForm, ExcuseForm, FinishForm, HandOverForm, ProofForm
from .models import Evidence, Task
from .views import MAY_DECIDE, MAY_WORK

Act = Callable[[dict[str, Any]], object]


@never_cache
@roles.staff_only()
@require_safe
def task(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a task: what is to be done, what is missing, what shows that it was done, and who did what."""
    return _page(request, _task(public_id))


@roles.staff_only(*MAY_WORK)
@require_POST
def open_place(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Open a visit for the task and lead to its place in the mall."""
    found, now = _task(public_id), clock.now()
    try:
        address = opening.open_place(found, person=request.user, now=now)
        if found.state == Task.State.OPEN:
            operations.start(task=public_id, by=request.actor, now=now)
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("work:task", public_id)
    return onward.lead(request, address)


@roles.staff_only(*MAY_WORK)
@require_POST
def start(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take it in hand."""
    _task(public_id)
    _try(request, lambda: operations.start(task=public_id, by=request.actor, now=clock.now()))
    return _back(request, public_id)


@roles.staff_only(*MAY_WORK)
@require_POST
def tick(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Tick a line of the checklist, or take the tick back."""
    _task(public_id)
    item, is_done = request.POST.get("item", ""), request.POST.get("is_done") == "1"
    if item.isdecimal():
        by, now = request.actor, clock.now()
        _try(request, lambda: operations.tick(task=public_id, item=int(item), is_done=is_done, by=by, now=now))
    return redirect(f"{_address(public_id)}#checklist")


@roles.staff_only(*MAY_WORK)
@require_POST
def finish(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say that it is done; what is missing is said at the form."""
    form = FinishForm(request.POST, auto_id="finish_%s")

    def act(data: dict[str, Any]) -> None:
        operations.finish(task=public_id, **data, by=request.actor, now=clock.now())

    return _posted(request, public_id, "finish_form", form, act, _("Done. You can take it back for 30 minutes."))


@roles.staff_only(*MAY_WORK)
@require_POST
def undo(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Take a finish back."""
    _task(public_id)
    by, now = request.actor, clock.now()
    _try(request, lambda: operations.undo_finish(task=public_id, by=by, now=now), _("It is in hand again."))
    return _back(request, public_id)


@roles.staff_only(*MAY_WORK)
@require_POST
def hand_over(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give it to somebody else."""
    form = HandOverForm(request.POST, people=queries.people(), auto_id="hand_%s")

    def act(data: dict[str, Any]) -> None:
        to = User.objects.get(public_id=data["to"])
        operations.hand_over(task=public_id, to=to, note=data["note"], by=request.actor, now=clock.now())

    return _posted(request, public_id, "hand_form", form, act, _("Handed over."))


@roles.staff_only(*MAY_WORK)
@require_POST
def ask(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Put it to the merchant."""

    def act(data: dict[str, Any]) -> None:
        operations.wait_for_merchant(task=public_id, question=data["reason"], by=request.actor, now=clock.now())

    return _posted(
        request,
        public_id,
        "ask_form",
        AskForm(request.POST, auto_id="ask_%s"),
        act,
        _("It waits for the merchant now."),
    )


@roles.staff_only(*MAY_DECIDE)
@require_POST
def excuse(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Decide that it is not to be done."""

    def act(data: dict[str, Any]) -> None:
        operations.excuse(task=public_id, reason=data["reason"], by=request.actor, now=clock.now())

    gives_back = bool(_task(public_id).terms.credit_minor)
    form = ExcuseForm(request.POST, gives_back=gives_back, auto_id="excuse_%s")
    done = _("The merchant is asked now. Without a yes it counts as missed.") if gives_back else _("Excused.")
    return _posted(request, public_id, "excuse_form", form, act, done)


@takes_at_most(pictures.MOST_BYTES + 1024 * 1024)
@roles.staff_only(*MAY_WORK)
@require_POST
def attach(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Keep a piece of evidence."""
    found = _task(public_id)
    form = _proof_form(found, request.POST.get("kind", ""), data=request.POST, files=request.FILES)

    def act(_data: dict[str, Any]) -> None:
        operations.attach(task=public_id, proof=form.proof(), by=request.actor, now=clock.now())

    return _posted(request, public_id, "proof_form", form, act, _("Kept as evidence."))


@roles.staff_only(*MAY_WORK)
@require_POST
def remove(request: SignedInRequest, public_id: str, evidence: str) -> HttpResponse:
    """Take a piece of evidence back."""
    get_object_or_404(Evidence, public_id=evidence, task__public_id=public_id)
    _try(request, lambda: operations.remove(evidence=evidence, by=request.actor, now=clock.now()), _("Taken back."))
    return redirect(f"{_address(public_id)}#evidence")


@roles.staff_only()
@require_safe
def picture(_request: HttpRequest, public_id: str, evidence: str) -> HttpResponse:
    """Send a picture out of the mall's storage."""
    rows = Evidence.objects.select_related("task__tenant").exclude(file_key="")
    found = get_object_or_404(rows, public_id=evidence, task__public_id=public_id)
    try:
        response = FileResponse(proving.opened(found), content_type=found.content_type)
    except FileNotFoundError as error:
        raise Http404 from error
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return cast("HttpResponse", response)


def _task(public_id: str) -> Task:
    rows = Task.objects.select_related("plan", "tenant", "assignee", "covers_for", "done_by")
    return get_object_or_404(rows, public_id=public_id)


def _address(public_id: str) -> str:
    return f"/ops/tasks/{public_id}/"


def _back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Lead back to the board when the act was pressed there."""
    if request.POST.get("from") == "board":
        return redirect("work:board", _task(public_id).tenant.public_id)
    return redirect("work:task", public_id)


def _try(request: SignedInRequest, act: Callable[[], object], words: str = "") -> None:
    """Do it and say so; say why not."""
    try:
        act()
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        if words:
            messages.success(request, words)


def _posted(
    request: SignedInRequest, public_id: str, name: str, form: forms.Form, act: Act, words: str
) -> HttpResponse:
    """Do what a form asks for and show the task; a refusal stands at the form, which keeps what was written."""
    found = _task(public_id)
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Busy:
            raise
        except DomainError as refusal:
            field = str(refusal.data.get("field", ""))
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            messages.success(request, words)
            return redirect("work:task", public_id)
    return _page(request, found, status=422, **{name: form})


def _proof_form(found: Task, kind: str, *, data: Any = None, files: Any = None) -> ProofForm:
    """Return the form for a kind of evidence; without a kind the first that the contract asks for and that is not there."""
    if kind not in Evidence.Kind.values:
        have = {row.kind for row in found.evidence.all()}
        kind = next((one for one in found.terms.evidence if one not in have), Evidence.Kind.TEXT)
    entries = proving.trail_of(found) if kind == Evidence.Kind.TRAIL else []
    noted = {row.text.casefold() for row in found.evidence.all() if row.kind == Evidence.Kind.FIGURE}
    figure = next((name for name in map(named, found.terms.figures) if name.casefold() not in noted), "")
    return ProofForm(data, files, kind=kind, entries=entries, zone=found.zone, figure=figure, auto_id="proof_%s")


def _page(request: SignedInRequest, found: Task, *, status: int = 200, **shown: Any) -> HttpResponse:
    now, terms = clock.now(), found.terms
    people = [one for one in queries.people() if one.pk != found.assignee_id]
    proof_form = shown.get("proof_form") or _proof_form(found, request.GET.get("proof", ""))
    context = {
        "task": found,
        "terms": terms,
        "zone": found.zone,
        "checklist": [(number, text, number in found.checked) for number, text in enumerate(terms.checklist)],
        "evidence": list(found.evidence.all()),
        "lacking": operations.missing(found) if found.is_standing else [],
        "kinds": Evidence.Kind.choices,
        "asked_for": listed(str(word).lower() for kind, word in Evidence.Kind.choices if kind in terms.evidence),
        "judged_by": listed(map(named, terms.figures)),
        "is_late": found.is_late(at=now),
        "can_undo": bool(found.done_at and now < found.done_at + operations.UNDO),
        "takes_evidence": found.state not in (Task.State.CANCELLED, Task.State.EXCUSED),
        "trail": audit.of_subject("task", found.public_id),
        "may_work": roles.has_role(request.user, MAY_WORK),
        "may_decide": roles.has_role(request.user, MAY_DECIDE),
        "now": now,
        "finish_form": FinishForm(initial={"minutes": found.minutes_planned}, auto_id="finish_%s"),
        "hand_form": HandOverForm(people=people, auto_id="hand_%s"),
        "ask_form": AskForm(auto_id="ask_%s"),
        "excuse_form": ExcuseForm(gives_back=bool(terms.credit_minor), auto_id="excuse_%s"),
    }
    return render(request, "work/task.html", context | shown | {"proof_form": proof_form}, status=status)
