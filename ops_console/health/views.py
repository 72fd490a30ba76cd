"""What waits or is stuck."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from tenants.registry.models import Tenant

from . import operations, queries
from .models import MallHealth


@never_cache
@roles.staff_only()
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """List the malls in which something waits or is parked."""
    newest = MallHealth.objects.order_by("-checked_at").first()
    return render(request, "health/overview.html", {"malls": queries.troubled(), "newest": newest})


@never_cache
@roles.staff_only()
@require_safe
def show_mall(request: SignedInRequest, public_id: str) -> HttpResponse:
    """List the events of one mall that were not sent yet."""
    tenant = get_object_or_404(Tenant.objects.served(), public_id=public_id)
    return render(request, "health/mall.html", {"tenant": tenant, "events": queries.stuck_events(tenant)})


@roles.staff_only(*roles.MAY_REPLAY)
@require_POST
def send_again(request: SignedInRequest, public_id: str, event_id: str) -> HttpResponse:
    """Let the relay try a parked event again."""
    tenant = get_object_or_404(Tenant.objects.served(), public_id=public_id)
    operations.send_again(tenant=tenant, event_id=event_id, by=request.actor, now=clock.now())
    return redirect("health:mall", public_id)
