"""Deciding a stage, its evidence, and the visit to the shop."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from ops_console.mandates import roles
from ops_console.work import pictures
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from saas.kernel.middleware import takes_at_most

from . import evidence, operations
from .forms import DecideForm, EvidenceForm, VisitForm
from .models import AuditCase, CaseStage
from .views import case_of, page_of

SAID = {
    "passed": gettext_lazy("Passed."),
    "asked": gettext_lazy("The merchant reads what to change."),
    "refused": gettext_lazy("Refused."),
}
# A picture and the form around it.
MOST_BYTES = pictures.MOST_BYTES + 1024 * 1024
# Who may add evidence and visits; who may pass a stage is the stage's own list.
MAY_LOOK = (
    roles.ADMIN,
    roles.MANAGER,
    roles.ACCOUNT_MANAGER,
    roles.OPERATOR,
    roles.REVIEWER,
    roles.CARE,
    roles.FINANCE,
)


@roles.staff_only(*MAY_LOOK)
@require_POST
def decide(request: SignedInRequest, public_id: str, stage: str) -> HttpResponse:
    """Pass a stage, ask for a change, or refuse the deal."""
    case = case_of(public_id)
    form = DecideForm(request.POST, auto_id=f"{stage}_%s")
    if not form.is_valid():
        return page_of(request, case, refused=_("Please look at the form again."), form=form, at=stage)
    try:
        operations.decide(
            case=public_id,
            stage=stage,
            decision=form.decision(),
            person=request.user,
            by=request.actor,
            now=clock.now(),
        )
    except CaseStage.DoesNotExist:
        return redirect("audits:detail", public_id)
    except DomainError as refusal:
        case.refresh_from_db()
        return page_of(request, case, refused=str(refusal), form=form, at=stage)
    messages.success(request, SAID[form.cleaned_data["outcome"]])
    return redirect("audits:detail", public_id)


@takes_at_most(MOST_BYTES)
@roles.staff_only(*MAY_LOOK)
@require_POST
def add_evidence(request: SignedInRequest, public_id: str, stage: str) -> HttpResponse:
    """Keep a picture or a text with a stage."""
    case = case_of(public_id)
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return page_of(request, case, refused=_("Choose a picture or write a text."))
    file, text = form.cleaned_data["picture"], form.cleaned_data["text"]
    given: dict[str, Any] = {"case": public_id, "stage": stage, "person": request.user, "now": clock.now()}
    try:
        if text.strip():
            evidence.add_text(text=text, **given)
        if file:
            evidence.add_picture(file=file, **given)
    except CaseStage.DoesNotExist:
        return redirect("audits:detail", public_id)
    except DomainError as refusal:
        return page_of(request, case, refused=str(refusal))
    return redirect(f"{reverse('audits:detail', args=[public_id])}#stage-{stage}")


@takes_at_most(MOST_BYTES)
@never_cache
@roles.staff_only(*MAY_LOOK)
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Write down a visit while standing in the shop."""
    case = case_of(public_id)
    form = VisitForm(request.POST, request.FILES) if request.method == "POST" else VisitForm()
    if request.method == "POST" and form.is_valid() and _kept(request, case, form):
        messages.success(request, _("Your visit is written down."))
        return redirect("audits:detail", public_id)
    context = {"case": case, "form": form, "checks": _checks(case)}
    return render(request, "audits/visit.html", context, status=422 if request.method == "POST" else 200)


def _kept(request: SignedInRequest, case: AuditCase, form: VisitForm) -> bool:
    data, now = form.cleaned_data, clock.now()
    stage = case.stages.filter(visits_needed__gt=0).first()
    try:
        if data["picture"] and stage is not None:
            evidence.add_picture(
                case=case.public_id, stage=stage.key, file=data["picture"], person=request.user, now=now
            )
        operations.note_visit(
            case=case.public_id, scores=form.scores(), words=data["words"], recommends=data["recommends"],
            person=request.user, now=now,
        )  # fmt: skip
    except DomainError as refusal:
        form.add_error("picture" if refusal.data.get("field") == "file" else None, str(refusal))
        return False
    return True


def _checks(case: AuditCase) -> list[str]:
    stage = case.stages.filter(visits_needed__gt=0).first()
    return stage.asked if stage else []
