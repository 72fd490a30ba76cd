"""The overview and the list of malls."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.settlements.queries import runs_for_second
from ops_console.mandates.roles import MAY_SETTLE, has_role, may_open, staff_only
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from tenants.registry.models import Tenant

from . import queries
from .forms import MallFilterForm

PER_PAGE = 25


@never_cache
@staff_only()
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """Show what needs a person, then the sums, then the malls that sold most."""
    now = clock.now()
    rows = queries.malls(queries.MallFilter(), now=now)
    found = queries.exceptions(now=now)
    context = {
        "found": found,
        "beside": [one for one in found.beside if may_open(request, one.href)],
        "runs": runs_for_second(request.user.public_id) if has_role(request.user, MAY_SETTLE) else 0,
        "sums": queries.sums(rows, now=now),
        "counts": queries.state_counts(),
        "rows": queries.with_days(rows[:8], now=now),
        "Status": Tenant.Status,
    }
    return render(request, "portfolio/overview.html", context)


@never_cache
@staff_only()
@require_safe
def list_malls(request: SignedInRequest) -> HttpResponse:
    """List the malls, searched, filtered and ordered."""
    form = MallFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    filtered = queries.MallFilter(
        words=wanted.get("q", ""),
        state=wanted.get("state", ""),
        trade=wanted.get("trade", ""),
        sort=wanted.get("sort") or "sales",
    )
    now = clock.now()
    page = Paginator(queries.malls(filtered, now=now), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = queries.with_days(list(page.object_list), now=now)
    is_filtered = bool(filtered.words or filtered.state or filtered.trade)
    return render(request, "portfolio/malls.html", {"form": form, "page": page, "is_filtered": is_filtered})
