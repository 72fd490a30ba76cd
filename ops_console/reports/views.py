"""Credits and reports in the console."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest

from . import queries
from .forms import CreditFilterForm

PER_PAGE = 50


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def credits_list(request: SignedInRequest) -> HttpResponse:
    """List what missed work gives back, and on which invoice it stands."""
    form = CreditFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    context = {
        "form": form,
        "page": Paginator(queries.credit_lines(wanted), PER_PAGE).get_page(request.GET.get("page")),
        "is_filtered": any(wanted.values()),
        "held": queries.credit_lines({"state": "held"}).count(),
    }
    return render(request, "console_reports/credits.html", context)
