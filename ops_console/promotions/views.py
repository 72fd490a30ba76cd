"""A mall's promotions in the console."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice.promotions import queries
from cms.backoffice.promotions.forms import PromotionFilter
from ops_console.mandates import roles
from ops_console.portfolio.mall_views import page_of
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from storefront.promotions.models import Promotion
from storefront.promotions.refusals import PromotionInvalid
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from . import operations
from .forms import OfferForm

ROWS = 30


@never_cache
@roles.staff_only()
@require_safe
def index(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a mall's promotions with what each has taken off, and who bears it."""
    tenant, now = get_object_or_404(Tenant, public_id=public_id), clock.now()
    form = PromotionFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "phase": ""}
    with inside(tenant):
        found = queries.matching(words=wanted["q"], phase=wanted["phase"], at=now)
        page = Paginator(found, ROWS).get_page(request.GET.get("page"))
        rows = list(page.object_list)
        shown = list(zip(rows, queries.rows_of(rows, at=now), strict=True))
    context = {
        "shown": shown,
        "page": page,
        "form": form,
        "is_filtered": any(wanted.values()),
        "may_offer": roles.has_role(request.user, roles.MAY_PRICE),
        "State": Promotion.State,
        "me": request.actor.public_id,
    }
    return render(request, "console_promotions/index.html", page_of(request, tenant, "promotions") | context)


@never_cache
@roles.staff_only(*roles.MAY_PRICE)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Offer a promotion to the merchant."""
    tenant, now = get_object_or_404(Tenant, public_id=public_id), clock.now()
    form = OfferForm(request.POST if request.method == "POST" else None, tenant=tenant)
    if form.is_valid():
        draft, reason = form.draft(now=now), form.cleaned_data["reason"]
        try:
            made = operations.propose(tenant=tenant, draft=draft, reason=reason, by=request.actor, now=now)
        except PromotionInvalid as refusal:
            form.blame(refusal.problems)
        else:
            is_large = made.state == Promotion.State.SECOND
            said = (
                _("It waits for a second person, because it is large.") if is_large else _("It waits for the merchant.")
            )
            messages.success(request, said)
            return redirect("console_promotions:index", public_id)
    context = page_of(request, tenant, "promotions") | {"form": form}
    return render(request, "console_promotions/offer.html", context, status=422 if form.errors else 200)


@roles.staff_only(*roles.MAY_PRICE)
@require_POST
def second(request: SignedInRequest, public_id: str, promotion: str) -> HttpResponse:
    """Say yes to a large offer as the second person."""
    tenant = _tenant_with(public_id, promotion)
    try:
        seen = request.POST.get("seen")
        operations.second(tenant=tenant, promotion=promotion, by=request.actor, now=clock.now(), seen=seen)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It waits for the merchant."))
    return redirect("console_promotions:index", public_id)


@roles.staff_only(*roles.MAY_PRICE)
@require_POST
def withdraw(request: SignedInRequest, public_id: str, promotion: str) -> HttpResponse:
    """Take back an offer."""
    tenant = _tenant_with(public_id, promotion)
    try:
        operations.withdraw(tenant=tenant, promotion=promotion, by=request.actor, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("console_promotions:index", public_id)


def _tenant_with(public_id: str, promotion: str) -> Tenant:
    """Return the mall that has the promotion; 404 for one of another mall, or of none."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    with inside(tenant):
        get_object_or_404(Promotion, public_id=promotion)
    return tenant
