"""What a mall used of what it pays for each unit: seen, recorded, corrected."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.gateway.client import GatewayUnavailable
from billing.packages import usage, used
from billing.packages.models import Subscription, Usage
from ops_console.mandates import roles
from ops_console.portfolio.mall_views import page_of
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from saas.kernel.ids import public_id as new_id
from tenants.registry.models import Tenant

from .forms import TakeOffForm, UseForm

# Those who do the work or answer for it.
MAY_RECORD = (roles.ADMIN, roles.MANAGER, roles.ACCOUNT_MANAGER, roles.FINANCE)
PER_PAGE = 50


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest, public_id: str, subscription: str) -> HttpResponse:
    """Show what was used in this period and each record; record more."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    found = get_object_or_404(Subscription, public_id=subscription, tenant_schema=tenant.schema_name)
    running = used.period(subscription, now=clock.now())
    may_record = running is not None and roles.has_role(request.user, MAY_RECORD)
    posted = request.POST if request.method == "POST" and may_record else None
    form = UseForm(posted, items=running.items if running else (), initial={"key": new_id(), "units": 1})
    if form.is_valid():
        try:
            usage.record(subscription=subscription, draft=form.draft(), by=request.actor, now=clock.now())
        except GatewayUnavailable:
            messages.warning(request, _("It is recorded. Stripe does not answer just now and is told later."))
            return redirect(request.path)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It is recorded and stands on the next invoice."))
            return redirect(request.path)
    context = {"found": found, "running": running, "form": form if may_record else None, **_records(request, found)}
    status = 422 if form.errors else 200
    return render(request, "console_packages/usage.html", page_of(request, tenant, "services") | context, status=status)


def _records(request: SignedInRequest, found: Subscription) -> dict[str, object]:
    """Return a page of the records that the search asks for."""
    words = request.GET.get("q", "").strip()[:80]
    count = used.records_count(found.public_id, words=words)
    page = Paginator(range(count), PER_PAGE).get_page(request.GET.get("page"))
    offset = max(page.start_index() - 1, 0)
    rows = used.records(found.public_id, words=words, now=clock.now(), limit=PER_PAGE, offset=offset)
    return {"words": words, "page": page, "rows": rows}


@never_cache
@roles.staff_only(*MAY_RECORD)
@require_http_methods(["GET", "HEAD", "POST"])
def take_off(request: SignedInRequest, public_id: str, subscription: str, record: int) -> HttpResponse:
    """Take units off that were recorded wrongly."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    of_mall = {"subscription__public_id": subscription, "subscription__tenant_schema": tenant.schema_name}
    row = get_object_or_404(Usage, pk=record, **of_mall)
    posted = request.POST if request.method == "POST" else None
    form = TakeOffForm(posted, initial={"key": new_id(), "units": usage.left_of(row)})
    if form.is_valid():
        try:
            usage.correct(
                usage=row.pk, schema=tenant.schema_name, draft=form.draft(), by=request.actor, now=clock.now()
            )
        except GatewayUnavailable:
            messages.warning(request, _("It is taken off. Stripe does not answer just now and is told later."))
            return redirect("console_packages:usage", public_id, subscription)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("It is taken off. Both rows stay, for you and the merchant."))
            return redirect("console_packages:usage", public_id, subscription)
    context = {"form": form, "record": row, "subscription": subscription}
    status = 422 if form.errors else 200
    return render(
        request, "console_packages/take_off.html", page_of(request, tenant, "services") | context, status=status
    )
