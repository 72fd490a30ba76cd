"""Templates of tasks, and who is away."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError

from . import covering, queries, seeding, templating
from .forms import AbsenceForm
from .models import Absence, TaskTemplate
from .template_forms import TemplateForm
from .views import MAY_DECIDE


@never_cache
@roles.staff_only()
@require_safe
def templates(request: SignedInRequest) -> HttpResponse:
    """Show what modules promise."""
    rows = [(row, templating.words(row.rrule)) for row in queries.templates(retired=True)]
    context = {"rows": rows, "may_decide": roles.has_role(request.user, MAY_DECIDE)}
    return render(request, "work/templates.html", context)


@roles.staff_only(*MAY_DECIDE)
@require_POST
def seed(request: SignedInRequest) -> HttpResponse:
    """Add the trade's four modules with their templates and prices."""
    added = seeding.ensure_modules(by=request.actor, now=clock.now())
    words = ngettext("%(n)d template was added.", "%(n)d templates were added.", added) % {"n": added}
    messages.success(request, words if added else _("They are all there already."))
    return redirect("work:templates")


@never_cache
@roles.staff_only(*MAY_DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: SignedInRequest, key: str = "") -> HttpResponse:
    """Add a template, or change one for contracts to come."""
    row = get_object_or_404(TaskTemplate.objects.select_related("module"), key=key) if key else None
    form = TemplateForm(request.POST if request.method == "POST" else None, row=row)
    if form.is_valid():
        try:
            module = form.cleaned_data["module"]
            templating.save(module=module, key=key, draft=form.draft(), by=request.actor, now=clock.now())
        except Busy:
            raise
        except DomainError as refusal:
            _say(form, refusal)
        else:
            messages.success(request, _("Kept, for contracts to come."))
            return redirect("work:templates")
    return render(request, "work/template.html", {"form": form, "row": row}, status=422 if form.errors else 200)


@roles.staff_only(*MAY_DECIDE)
@require_POST
def retire(request: SignedInRequest, key: str) -> HttpResponse:
    """Put a template into no new contract, or into new ones again."""
    get_object_or_404(TaskTemplate, key=key)
    templating.retire(key=key, by=request.actor, now=clock.now())
    return redirect("work:templates")


@never_cache
@roles.staff_only()
@require_http_methods(["GET", "HEAD", "POST"])
def absences(request: SignedInRequest) -> HttpResponse:
    """Show who is away with their covers, and note another."""
    people, now, may_decide = queries.people(), clock.now(), roles.has_role(request.user, MAY_DECIDE)
    form = AbsenceForm(request.POST if request.method == "POST" and may_decide else None, people=people)
    if form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        found = {person.public_id: person for person in people}
        days = {"starts_on": data["starts_on"], "ends_on": data["ends_on"]}
        cover: User | None = found.get(data["cover"])
        try:
            moved = covering.note_absence(person=found[data["person"]], cover=cover, **days, by=request.actor, now=now)
        except DomainError as refusal:
            _say(form, refusal)
        else:
            messages.success(request, _("Noted. %(n)d tasks go to the cover.") % {"n": moved})
            return redirect("work:absences")
    context = {"form": form, "away": queries.away(on=now.date()), "may_decide": may_decide, "today": now.date()}
    return render(request, "work/absences.html", context, status=422 if form.errors else 200)


@roles.staff_only(*MAY_DECIDE)
@require_POST
def end_absence(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let somebody be back today; an absence that has not begun, or began today, is taken back."""
    row, now = get_object_or_404(Absence, pk=pk), clock.now()
    try:
        moved = covering.end_absence(absence=row.pk, ends_on=max(now.date(), row.starts_on), by=request.actor, now=now)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Back. %(n)d tasks were given back.") % {"n": moved})
    return redirect("work:absences")


def _say(form: Any, refusal: DomainError) -> None:
    field = str(refusal.data.get("field", ""))
    form.add_error(field if field in form.fields else None, str(refusal))
