"""Opening a mall as the agency; the visits and what was done in them."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.settlements.queries import runs_for_second
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from tenants.entry import onward
from tenants.registry.models import Tenant

from . import asked, operations, queries, roles
from .forms import FilterForm, OpenForm
from .models import Visit

PER_PAGE = 30


@never_cache
@roles.staff_only(*roles.MAY_VISIT)
@require_http_methods(["GET", "HEAD", "POST"])
def open_mall(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Ask for reason and time limit, then lead the person into the mall."""
    tenant = get_object_or_404(Tenant.objects.served(), public_id=public_id)
    form = OpenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            address = operations.open_visit(tenant=tenant, person=request.user, now=clock.now(), **form.cleaned_data)
            return onward.lead(request, address)
        except operations.TimeRefused as refusal:
            form.add_error("minutes", str(refusal))
        except operations.VisitRefused as refusal:
            form.add_error("reason", str(refusal))
    status = 422 if request.method == "POST" else 200
    return render(request, "mandates/open.html", {"form": form, "tenant": tenant}, status=status)


@never_cache
@roles.staff_only()
@require_safe
def list_visits(request: SignedInRequest) -> HttpResponse:
    """List visits to all malls."""
    form = FilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    now = clock.now()
    found = queries.visits(state=wanted["state"], words=wanted["q"], now=now)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "now": now, "is_filtered": any(wanted.values())}
    return render(request, "mandates/visits.html", context)


@never_cache
@roles.staff_only()
@require_safe
def show_visit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Show a visit with every request that it made."""
    visit = get_object_or_404(Visit.objects.select_related("tenant", "person"), public_id=public_id)
    page = Paginator(queries.requests_of(visit), 100).get_page(request.GET.get("page"))
    context = {
        "visit": visit,
        "page": page,
        "is_open": visit.is_open(at=clock.now()),
        "is_mine": visit.person_id == request.user.pk,
    }
    return render(request, "mandates/visit.html", context)


@roles.staff_only(*roles.MAY_VISIT)
@require_POST
def come_back(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Lead the person back into a visit of their own."""
    visit = get_object_or_404(Visit.objects.select_related("tenant", "person"), public_id=public_id)
    return onward.lead(request, operations.come_back(visit=visit, person=request.user, now=clock.now()))


@roles.staff_only(*roles.MAY_VISIT)
@require_POST
def end_visit(request: SignedInRequest, public_id: str) -> HttpResponse:
    """End a visit, one's own or a colleague's."""
    visit = get_object_or_404(Visit.objects.select_related("tenant", "person"), public_id=public_id)
    operations.end(visit=visit, by=request.actor, now=clock.now())
    return redirect("mandates:visit", public_id)


@never_cache
@roles.staff_only()
@require_safe
def list_asked(request: SignedInRequest) -> HttpResponse:
    """List what people asked for above a mandate's limits, in all malls."""
    wanted = "" if request.GET.get("state") == "all" else "open"
    page = Paginator(asked.waiting(state=wanted), PER_PAGE).get_page(request.GET.get("page"))
    may = roles.has_role(request.user, roles.MAY_APPROVE)
    own_id = request.user.public_id
    runs = runs_for_second(own_id) if roles.has_role(request.user, roles.MAY_SETTLE) else 0
    context = {"page": page, "wanted": wanted, "may_approve": may, "own_id": own_id, "runs": runs}
    return render(request, "mandates/asked.html", context)


@roles.staff_only(*roles.MAY_APPROVE)
@require_POST
def answer(request: SignedInRequest, approval: str) -> HttpResponse:
    """Say yes or no as the second person."""
    row = get_object_or_404(asked.answered_here(), approval=approval)
    try:
        accept = request.POST.get("answer") == "yes"
        asked.decide(asked=row, accept=accept, by=request.actor, now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Agreed, and done.") if accept else _("Declined."))
    return redirect("mandates:asked")


@roles.staff_only(*roles.MAY_VISIT)
@require_POST
def ask_again(request: SignedInRequest, approval: str) -> HttpResponse:
    """Ask once more for what nobody answered, as who asked."""
    row = get_object_or_404(asked.answered_here(), approval=approval)
    try:
        asked.ask_again(asked=row, by=request.actor, now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Asked again. A second person, or the merchant, can answer now."))
    return redirect("mandates:asked")
