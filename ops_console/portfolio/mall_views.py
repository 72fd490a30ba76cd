"""The pages of one mall, and stopping its sales."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.ledger import queries as ledger
from ops_console.mandates import queries as mandates
from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock, money
from saas.ui.charts import Chart
from saas.ui.formats import format_money
from tenants.erasure import queries as erasures
from tenants.isolation.addresses import mall_url
from tenants.registry import queries as registry
from tenants.registry.models import Tenant

from . import operations, queries
from .forms import SuspendForm

PER_PAGE = 50
DAYS = 30


def mall_of(public_id: str) -> Tenant:
    """Return the mall of an address, or 404."""
    return get_object_or_404(Tenant, public_id=public_id)


def page_of(request: SignedInRequest, tenant: Tenant, tab: str) -> dict[str, object]:
    """Return what every page of a mall shows in its head."""
    return {
        "tenant": tenant,
        "tab": tab,
        "Status": Tenant.Status,
        "maintenance": queries.maintenance(tenant) if tenant.parked else None,
        "address": mall_url(registry.primary_domain(tenant), "/") if tenant.domains.exists() else "",
        "may_visit": roles.has_role(request.user, roles.MAY_VISIT),
        "is_ending": erasures.standing(tenant) is not None,
        "may_suspend": roles.has_role(request.user, roles.MAY_SUSPEND),
    }


@never_cache
@roles.staff_only()
@require_safe
def summary(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a mall's state, balances and sales by day."""
    tenant, now = mall_of(public_id), clock.now()
    since = now - timedelta(days=DAYS)
    zone = ZoneInfo(tenant.time_zone)
    by_day = ledger.daily_sales(tenant.schema_name, since=since, until=now, zone=zone)
    context = page_of(request, tenant, "summary") | {
        "balances": ledger.mall_balances(tenant.schema_name, currency=tenant.currency),
        "sales": ledger.sales_by_mall(since=since, until=now, schemas=[tenant.schema_name]).get(
            tenant.schema_name, queries.NO_SALES
        ),
        "chart": _chart(by_day, currency=tenant.currency, today=now.astimezone(zone).date()),
        "domains": [mall_url(domain.domain, "/") for domain in tenant.domains.order_by("-is_primary", "domain")],
    }
    return render(request, "portfolio/mall_summary.html", context)


def _chart(by_day: dict[date, int], *, currency: str, today: date) -> Chart:
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    values = [by_day.get(day, 0) for day in days]
    return Chart(
        title=_("Sold on each day, 30 days"),
        labels=[date_format(day, "AXIS_DAY_FORMAT") for day in days],
        values=values,
        shown=[format_money(value, currency) for value in values],
        names=(_("Day"), pgettext("sum", "Sold")),
        last_name=_("Today"),
        empty=_("Sales will stand here once a shopper has paid."),
        axis_divisor=10 ** money.digits(currency),
    )


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def money_lines(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List the mall's transfers, newest first."""
    tenant = mall_of(public_id)
    wanted = ledger.LineFilter(
        schema=tenant.schema_name, order=request.GET.get("order", "")[:26], voucher=request.GET.get("voucher", "")[:26]
    )
    page = Paginator(range(ledger.lines_count(wanted)), PER_PAGE).get_page(request.GET.get("page"))
    lines = ledger.lines(wanted, limit=PER_PAGE, offset=max(page.start_index() - 1, 0))
    context = {
        "page": page,
        "lines": lines,
        "balances": ledger.mall_balances(tenant.schema_name, currency=tenant.currency),
    }
    return render(request, "portfolio/mall_money.html", page_of(request, tenant, "money") | context)


@never_cache
@roles.staff_only()
@require_safe
def visits(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List the agency's visits to the mall."""
    tenant, now = mall_of(public_id), clock.now()
    page = Paginator(mandates.visits(tenant=tenant, now=now), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "portfolio/mall_visits.html", page_of(request, tenant, "visits") | {"page": page, "now": now}
    )


@never_cache
@roles.staff_only()
@require_safe
def log(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List what the platform's audit has of the mall."""
    tenant = mall_of(public_id)
    entries = queries.trail(queries.AuditFilter(mall=tenant.public_id))
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "portfolio/mall_log.html", page_of(request, tenant, "log") | {"page": page})


@never_cache
@roles.staff_only(*roles.MAY_SUSPEND)
def suspend(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Say what suspending does and does not do, ask why, and do it."""
    tenant = mall_of(public_id)
    form = SuspendForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        operations.suspend(tenant=tenant, reason=form.cleaned_data["reason"], by=request.actor, now=clock.now())
        return redirect("portfolio:mall", public_id)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "portfolio/suspend.html", page_of(request, tenant, "summary") | {"form": form}, status=status
    )


@roles.staff_only(*roles.MAY_SUSPEND)
@require_POST
def resume(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Let the mall sell again."""
    operations.resume(tenant=mall_of(public_id), by=request.actor, now=clock.now())
    return redirect("portfolio:mall", public_id)
