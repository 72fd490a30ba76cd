"""What waits or is stuck."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ops_console.mandates import roles
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from tenants.heldwork import operations as heldwork
from tenants.heldwork import queries as held
from tenants.registry.models import Tenant

from . import operations, queries
from .models import Examination, MallHealth

MOST_HELD = 200


@never_cache
@roles.staff_only()
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    """List the malls in which something waits or is parked."""
    newest = MallHealth.objects.order_by("-checked_at").first()
    context = {
        "held": held.held(limit=MOST_HELD),
        "held_counts": held.counts(),
        "malls": queries.troubled(),
        "newest": newest,
        "look": queries.last_look(),
        "looks": queries.looks(limit=24),
    }
    return render(request, "health/overview.html", context)


@roles.staff_only()
@require_POST
def look_now(request: SignedInRequest) -> HttpResponse:
    """Let the doctor look now, in this request: it takes seconds, and a worker may be what is ill."""
    operations.examine(now=clock.now(), by=request.actor)
    return redirect("health:overview")


@never_cache
@roles.staff_only()
@require_safe
def show_look(request: SignedInRequest, number: int) -> HttpResponse:
    """Show what the doctor found at one earlier time."""
    look = queries.look_of(get_object_or_404(Examination, pk=number))
    return render(request, "health/look.html", {"look": look})


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


@roles.staff_only(*roles.MAY_REPLAY)
@require_POST
def send_held(request: SignedInRequest, number: int) -> HttpResponse:
    """Send held work again, now that its mall takes it."""
    heldwork.send_again(number=number, by=request.actor, now=clock.now())
    return redirect("health:overview")


@roles.staff_only(*roles.MAY_REPLAY)
@require_POST
def drop_held(request: SignedInRequest, number: int) -> HttpResponse:
    """Drop held work that nobody will want done."""
    heldwork.drop(number=number, by=request.actor, now=clock.now())
    return redirect("health:overview")
