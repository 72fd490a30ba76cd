"""A mall's commission terms in the console."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.backoffice.terms import queries
from ops_console.mandates import roles
from ops_console.portfolio.mall_views import page_of
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import DomainError
from storefront.terms.models import TermProposal
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

from . import operations
from .forms import OfferForm


@never_cache
@roles.staff_only(*roles.MAY_SEE_MONEY)
@require_safe
def index(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show what runs, what comes, what was, and the offers with their answers."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    with inside(tenant):
        found = queries.schedule(at=clock.now())
    context = {"found": found, "may_offer": roles.has_role(request.user, roles.MAY_PRICE)}
    return render(request, "console_terms/index.html", page_of(request, tenant, "terms") | context)


@never_cache
@roles.staff_only(*roles.MAY_PRICE)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Offer a rule to the merchant."""
    tenant, now = get_object_or_404(Tenant, public_id=public_id), clock.now()
    with inside(tenant):
        scopes = queries.scopes()
    form = OfferForm(request.POST if request.method == "POST" else None, tenant=tenant, scopes=scopes)
    if form.is_valid():
        draft, reason = form.draft(now=now), form.cleaned_data["reason"]
        try:
            operations.propose(tenant=tenant, draft=draft, reason=reason, by=request.actor, now=now)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The offer waits for the merchant, who was told by mail."))
            return redirect("console_terms:index", public_id)
    status = 422 if form.errors else 200
    return render(
        request, "console_terms/offer.html", page_of(request, tenant, "terms") | {"form": form}, status=status
    )


@roles.staff_only(*roles.MAY_PRICE)
@require_POST
def withdraw(request: SignedInRequest, public_id: str, proposal: str) -> HttpResponse:
    """Take back an offer."""
    tenant = get_object_or_404(Tenant, public_id=public_id)
    try:
        operations.withdraw(tenant=tenant, proposal=proposal, by=request.actor, now=clock.now())
    except TermProposal.DoesNotExist as missing:
        raise Http404 from missing
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("console_terms:index", public_id)
