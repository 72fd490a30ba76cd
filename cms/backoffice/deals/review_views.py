"""The guard beside a deal's form, its override, and the deal's way through the audit."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cms.backoffice.access import actor, needs
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from storefront.deals import guard, reviews
from storefront.deals.models import Deal
from storefront.deals.reviews import ReasonNeeded
from tenants.isolation.current import mall

from . import review_queries
from .forms import DealPost
from .views import refused_override


@require_POST
@needs("deals.view_deal")
def guard_panel(request: HttpRequest) -> HttpResponse:
    """Answer with what the guard says of the form as it is filled in now; nothing is written."""
    deal = Deal.objects.filter(public_id=request.GET.get("deal", "")).first()
    post = DealPost(request.POST, currency=deal.currency if deal else mall().currency)
    draft = post.form.read_rough()
    found = guard.examined(draft, deal=deal, at=clock.now()) if draft else None
    context = {"guard": review_queries.guard_view(found, currency=post.currency) if found else None}
    return render(request, "backoffice/deals/guard.html", context)


@require_POST
@needs("deals.change_deal")
def submit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send a deal to the audit."""
    return _done(
        request,
        public_id,
        lambda: reviews.submit(deal_public_id=public_id, by=actor(request), now=clock.now()),
        _("It was sent to the audit. You read here how it goes."),
    )


@require_POST
@needs("deals.change_deal")
def drop_change(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take back a change that waits for the audit."""
    return _done(
        request,
        public_id,
        lambda: reviews.drop_change(deal_public_id=public_id, by=actor(request), now=clock.now()),
        _("The change was taken back. The deal is as it is on sale."),
    )


@require_POST
@needs("deals.change_dealreview")
def override(request: HttpRequest, public_id: str) -> HttpResponse:
    """Let a deal through although the guard stops it, with a name and a reason."""
    deal, reason = get_object_or_404(Deal, public_id=public_id), request.POST.get("reason", "")
    try:
        reviews.override_guard(deal_public_id=public_id, reason=reason, by=actor(request), now=clock.now())
    except ReasonNeeded as refusal:
        messages.error(request, str(refusal))
        return refused_override(request, deal, reason)
    except Busy:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The guard lets these figures through. Your name and reason stay with the deal."))
    return redirect("backoffice:deal", public_id)


def _done(request: HttpRequest, public_id: str, act: Callable[[], object], said: str) -> HttpResponse:
    get_object_or_404(Deal, public_id=public_id)
    try:
        act()
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("backoffice:deal", public_id)
