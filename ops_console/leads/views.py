"""The pipeline: board, list, one lead."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock

from . import queries
from .forms import MAY_SEE_CONTACTS, EntryForm, FilterForm, LoseForm, MoveForm, PlanForm, StageFilterForm
from .models import Lead
from .operations import MAY_WORK

PER_PAGE = 50


@never_cache
@roles.staff_only()
@require_safe
def board(request: SignedInRequest) -> HttpResponse:
    """Show the stages side by side, overdue steps first."""
    today = clock.now().date()
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    context = _frame(request) | {
        "form": form,
        "columns": queries.board(wanted, today=today),
        "today": today,
        "is_filtered": any(wanted.values()),
        "view": "board",
    }
    return render(request, "leads/board.html", context)


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    """List leads, the earliest next step first."""
    today = clock.now().date()
    form = StageFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = Paginator(queries.matching(wanted, today=today), PER_PAGE).get_page(request.GET.get("page"))
    context = _frame(request) | {
        "form": form,
        "page": page,
        "today": today,
        "is_filtered": any(wanted.values()),
        "view": "list",
    }
    return render(request, "leads/index.html", context)


def _frame(request: SignedInRequest) -> dict[str, Any]:
    today = clock.now().date()
    return {
        "may_work": roles.has_role(request.user, MAY_WORK),
        "has_any": Lead.objects.exists(),
        "overdue": queries.overdue_count(today=today),
        "overdue_own": queries.overdue_count(today=today, owner=request.user),
    }


@never_cache
@roles.staff_only()
@require_safe
def detail(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show one lead: who decides, what is next, what happened."""
    lead = get_object_or_404(Lead.objects.select_related("owner", "tenant"), public_id=public_id)
    return page_of(request, lead)


def page_of(request: SignedInRequest, lead: Lead, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Return the page of a lead; forms that were refused stand in it with their errors, by name."""
    today = clock.now().date()
    context = {
        "lead": lead,
        "today": today,
        "is_overdue": lead.is_overdue(today=today),
        "Stage": Lead.Stage,
        "contacts": _contacts(request, lead),
        "entries": lead.entries.all()[:100],
        "may_work": roles.has_role(request.user, MAY_WORK),
        "quote_href": _quote_href(lead),
        "entry_form": EntryForm(today=today),
        "plan_form": PlanForm(initial={"step": lead.next_step, "day": lead.next_step_date}),
        "lose_form": LoseForm(),
        "move_form": MoveForm(lead=lead),
    }
    return render(request, "leads/detail.html", context | forms, status=status)


def _contacts(request: SignedInRequest, lead: Lead) -> list[dict[str, Any]]:
    """Return the people of a lead; who need not reach them sees only the ends of number and address (R6)."""
    is_open = roles.has_role(request.user, MAY_SEE_CONTACTS)
    return [
        {
            "public_id": one.public_id,
            "name": one.name,
            "role": one.get_role_display(),
            "decides": one.role == one.Role.DECIDES,
            "phone": one.phone if is_open else queries.masked(one.phone),
            "email": one.email if is_open else queries.masked(one.email),
            "note": one.note,
            "is_open": is_open,
        }
        for one in lead.contacts.all()
    ]


def _quote_href(lead: Lead) -> str:
    """Return where a quote for the lead's mall is written; "" where there is no mall yet."""
    if lead.tenant is None:
        return ""
    for name in ("contracts:quote", "console_contracts:quote"):
        try:
            return reverse(name, args=[lead.tenant.public_id])
        except NoReverseMatch:
            continue
    return reverse("console_packages:mall", args=[lead.tenant.public_id])
