"""One act on one kind of task in many malls: chosen in My work, confirmed, watched."""

from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.packages.trade import named
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError

from . import bulk, queries
from .bulk import BulkDraft
from .forms import FilterForm
from .models import BulkAct, Task
from .operations import MOST_MINUTES
from .views import MAY_DECIDE, wanted_of


class BulkForm(forms.Form):
    """What is done with each of the chosen tasks."""

    verb = forms.ChoiceField(choices=BulkAct.Verb.choices, widget=forms.HiddenInput)
    to = forms.ChoiceField(label=_("To whom"), required=False)
    minutes = forms.IntegerField(
        label=_("Minutes for each"), min_value=0, max_value=MOST_MINUTES, required=False, initial=10
    )
    ticked = forms.MultipleChoiceField(
        label=_("The checklist: what was done in each mall"),
        help_text=_("What is not ticked here is missing in each task, and the task stays open."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    _LABELS = {
        "finish": _("What was done in each mall"),
        "assign": _("A word for them"),
        "excuse": _("Why it is not to be done. Where the contract gives something back, the merchant is asked"),
    }

    def __init__(self, data: Any = None, *, verb: str, people: list[User], lines: list[str]) -> None:
        super().__init__(data, initial={"verb": verb})
        self.fields["to"].choices = [(one.public_id, one.get_full_name()) for one in people]  # type: ignore[attr-defined]
        self.fields["ticked"].choices = [(line, named(line)) for line in lines]  # type: ignore[attr-defined]
        self.fields["text"].label = self._LABELS[verb]
        for name in ("to", "minutes", "ticked"):
            if name not in {"finish": ("minutes", "ticked" if lines else ""), "assign": ("to",)}.get(verb, ()):
                del self.fields[name]
        self._verb, self._people = verb, people

    def draft(self) -> BulkDraft:
        """Return what a valid form asks for."""
        data = self.cleaned_data
        return BulkDraft(
            verb=self._verb,
            text=data["text"],
            minutes=data.get("minutes") or 0,
            to=next((one for one in self._people if one.public_id == data.get("to")), None),
            ticked=tuple(data.get("ticked") or ()),
        )


@roles.staff_only(*MAY_DECIDE)
@require_POST
def ask(request: SignedInRequest) -> HttpResponse:
    """Show what was chosen and ask what is needed; with `is_sure`, begin."""
    verb = request.POST.get("verb", "")
    verb = verb if verb in BulkAct.Verb.values else BulkAct.Verb.FINISH
    chosen, total = _chosen(request)
    keys = [task.public_id for task in chosen]
    data = request.POST if request.POST.get("is_sure") == "1" else None
    form = BulkForm(data, verb=verb, people=queries.people(), lines=bulk.lines_of(chosen))
    if form.is_valid():
        try:
            act = bulk.ask(form.draft(), tasks=keys, by=request.actor, now=clock.now())
        except Busy:
            raise
        except DomainError as refusal:
            field = str(refusal.data.get("field", ""))
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            return redirect("work:bulk", act.public_id)
    context = {"form": form, "chosen": chosen, "total": total, "word": dict(BulkAct.Verb.choices)[verb]}
    context |= {"is_one_kind": bulk.is_one_kind(chosen)}
    return render(request, "work/bulk_ask.html", context, status=422 if form.errors else 200)


@never_cache
@roles.staff_only()
@require_safe
def show(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show how far an act is, and what became of each task."""
    act = get_object_or_404(BulkAct.objects.select_related("to"), public_id=public_id)
    results = list(act.results.select_related("task__tenant"))
    done = [one for one in results if one.done_at]
    context = {
        "act": act,
        "results": results,
        "done": len(done),
        "problems": sum(bool(one.problem) for one in done),
        "is_over": len(done) == len(results),
    }
    template = "work/bulk_progress.html" if request.headers.get("HX-Request") else "work/bulk.html"
    return render(request, template, context)


def _chosen(request: SignedInRequest) -> tuple[list[Task], int]:
    """Return the chosen tasks, the most urgent first and `bulk.MOST` at most, and how many were meant: what is ticked, or all of a list."""
    form = FilterForm(QueryDict(request.POST.get("listed", "")), people=queries.people())
    wanted = wanted_of(form)
    if request.POST.get("all") == "1" and wanted.tab != "done":
        rows = queries.tasks(wanted, person=request.user, now=clock.now())
    else:
        rows = (
            Task.objects.filter(public_id__in=request.POST.getlist("task"))
            .select_related("tenant")
            .order_by("due_at", "pk")
        )
    return list(rows.select_related("tenant", "plan")[: bulk.MOST]), rows.count()
