"""My work, and a mall's board."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from tenants.registry.models import Tenant

from . import bulk, queries
from .forms import FilterForm
from .models import BulkAct, Task
from .queries import Wanted

PER_PAGE = 25
# Who does tasks; who decides that one is not to be done, for many malls, and by whom.
MAY_WORK, MAY_DECIDE = roles.MAY_VISIT, roles.MAY_SELL
TABS = {
    "due": pgettext_lazy("task", "Due"),
    "late": gettext_lazy("Late"),
    "waiting": gettext_lazy("Waiting for the merchant"),
    "coming": gettext_lazy("Coming"),
    "done": gettext_lazy("Done"),
}


@never_cache
@roles.staff_only()
@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    """Show what is due, late, waiting, coming and done: one's own, somebody's, everybody's, in all malls."""
    form, now = FilterForm(request.GET, people=queries.people()), clock.now()
    wanted = wanted_of(form)
    page = Paginator(queries.tasks(wanted, person=request.user, now=now), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "tabs": _tabs(request.GET, wanted.tab, queries.counts(wanted, person=request.user, now=now)),
        "now": now,
        "is_filtered": bool(wanted.words or wanted.template or wanted.whose != "me"),
        "may_decide": roles.has_role(request.user, MAY_DECIDE),
        "verbs": BulkAct.Verb.choices,
        "listed": request.GET.urlencode(),
        "is_one_kind": bool(wanted.template) or (not page.has_other_pages() and bulk.is_one_kind(page.object_list)),
        "most": bulk.MOST,
        "beside": _beside(wanted, request.user),
        "today": now.date(),
    }
    return render(request, "work/mine.html", context)


@never_cache
@roles.staff_only()
@require_safe
def board(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a mall's tasks in columns by state."""
    tenant, now = get_object_or_404(Tenant, public_id=public_id), clock.now()
    columns = queries.board(tenant, now=now)
    words = {state.value: state.label for state in Task.State} | {Task.State.DONE.value: _("Closed this week")}
    context = {
        "tenant": tenant,
        "tab": "board",
        "columns": [(state, words[state], found) for state, found in columns.items()],
        "is_empty": not any(columns.values()),
        "may_work": roles.has_role(request.user, MAY_WORK),
        "now": now,
        "soon": now + queries.SOON,
    }
    return render(request, "work/board.html", context)


def _beside(wanted: Wanted, person: User) -> list[Any]:
    """Return what is to do besides tasks, on the tab of what is due."""
    if wanted.tab != "due" or wanted.template:
        return []
    found = (import_string(name) for name in settings.WORK_BESIDE)
    return [one for to_do in found for one in to_do(person=person, whose=wanted.whose, words=wanted.words)]


def wanted_of(form: FilterForm) -> Wanted:
    """Return what the filter bar asks for; the person's own due work where it says nothing."""
    found = form.cleaned_data if form.is_valid() else {}
    tab = found.get("tab") or "due"
    return Wanted(
        tab=tab if tab in TABS else "due",
        whose=found.get("whose") or "me",
        words=found.get("q") or "",
        template=found.get("template") or "",
    )


def _tabs(query: QueryDict, current: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    tabs = []
    for name, label in TABS.items():
        asked = query.copy()
        asked["tab"] = name
        asked.pop("page", None)
        tabs.append(
            {"label": label, "href": f"?{asked.urlencode()}", "current": name == current, "count": counts[name]}
        )
    return tabs
