"""The audit."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest

from . import queries
from .forms import AuditFilterForm

PER_PAGE = 50


@never_cache
@roles.staff_only()
@require_safe
def audit(request: SignedInRequest) -> HttpResponse:
    """List who did what on the platform, and in malls on their behalf."""
    form = AuditFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    filtered = queries.AuditFilter(
        words=wanted.get("q", ""), action=wanted.get("action", ""), since=wanted.get("since"), until=wanted.get("until")
    )
    page = Paginator(queries.trail(filtered), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "portfolio/audit.html", {"form": form, "page": page, "is_filtered": any(wanted.values())})
