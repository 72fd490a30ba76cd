"""Deals in the back office."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs, refuse
from saas.kernel import clock
from saas.kernel.actors import NotInTheContract
from storefront.deals import operations as storefront_deals
from storefront.deals.gates import in_the_way
from storefront.deals.models import Deal
from storefront.deals.operations import DealHasEnded, DealNotReady, DealRefused, PublishingStopped
from tenants.entry.approvals import SecondPersonNeeded
from tenants.isolation.current import mall

from . import operations, queries, review_queries
from .forms import DealFilter, DealPost

CRUMBS = [("backoffice:deals", gettext_lazy("Deals"))]


@require_safe
@needs("deals.view_deal")
def index(request: HttpRequest) -> HttpResponse:
    """List the deals, by state and words."""
    form = DealFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "state": ""}
    now = clock.now()
    found = queries.with_pictures(queries.matching(words=wanted["q"], state=wanted["state"], at=now))
    page = frame.paginate(request, found)
    return frame.page(
        request,
        "backoffice/deals/index.html",
        _("Deals"),
        form=form,
        page=page,
        rows=queries.rows_of(list(page.object_list), at=now),
        is_filtered=any(wanted.values()),
        can_add=request.user.has_perm("deals.add_deal"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("deals.add_deal")
def add(request: HttpRequest) -> HttpResponse:
    """Write a new deal."""
    post = DealPost(frame.posted(request), currency=mall().currency)
    if request.method == "POST" and post.is_valid():
        try:
            deal = operations.create(draft=post.read_draft(), by=actor(request), now=clock.now())
        except DealRefused as refusal:
            post.form.blame(refusal.problems)
        else:
            messages.success(
                request, _("“%(title)s” was saved as a draft. Shoppers do not see it yet.") % {"title": deal.title}
            )
            return redirect("backoffice:deal", deal.public_id)
    context = {"post": post, "deal": None, "guard": None, "status": _status(post)}
    return frame.page(request, "backoffice/deals/form.html", _("New deal"), CRUMBS, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("deals.view_deal")
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show and change a deal."""
    deal = get_object_or_404(Deal.objects.prefetch_related("stores"), public_id=public_id)
    if request.method == "POST" and not request.user.has_perm("deals.change_deal"):
        return refuse(request, "deals.change_deal")
    post = _post_of(deal, frame.posted(request))
    if request.method == "POST" and post.is_valid():
        try:
            operations.update(deal_public_id=public_id, draft=post.read_draft(), by=actor(request), now=clock.now())
        except DealRefused as refusal:
            post.form.blame(refusal.problems)
        except (DealHasEnded, NotInTheContract, SecondPersonNeeded) as refusal:
            post.form.add_error(None, str(refusal))
        else:
            messages.success(request, _said(deal) % {"title": post.form.cleaned_data["title"]})
            return redirect("backoffice:deal", deal.public_id)
    return _page(request, deal, post, _status(post))


def refused_override(request: HttpRequest, deal: Deal, reason: str) -> HttpResponse:
    """Show a deal again whose guard was not overridden, with the reason as it was typed."""
    return _page(request, deal, _post_of(deal, None), 422, override_reason=reason)


def _post_of(deal: Deal, posted: Any) -> DealPost:
    return DealPost(posted, currency=deal.currency, draft=review_queries.written(deal))


def _page(request: HttpRequest, deal: Deal, post: DealPost, status: int, **more: str) -> HttpResponse:
    can_change = request.user.has_perm("deals.change_deal") and deal.state != Deal.State.ENDED
    context = {"post": post, "can_change": can_change, "status": status, **_facts(deal), **more}
    return frame.page(request, "backoffice/deals/form.html", deal.title, CRUMBS, **context)


def _said(deal: Deal) -> str:
    if deal.state == Deal.State.PUBLISHED and mall().audited_at is not None:
        return _("The change of “%(title)s” was sent to the audit. It stays on sale as it was approved.")
    return _("“%(title)s” was saved.")


def _facts(deal: Deal) -> dict[str, object]:
    now = clock.now()
    missing = in_the_way(deal, at=now) if deal.state == Deal.State.DRAFT else ()
    guard, row, needs_override = review_queries.standing_guard(deal, at=now)
    return {
        "deal": deal,
        "row": queries.row_of(deal, at=now),
        "links": queries.page_links(deal),
        "missing": missing,
        "guard": guard,
        "review_row": row,
        "needs_override": needs_override and deal.state != Deal.State.ENDED,
        "review": review_queries.review_view(deal),
    }


def _status(post: DealPost) -> int:
    return 422 if post.wrong_forms else 200


@require_http_methods(["GET", "HEAD", "POST"])
@needs("deals.change_deal")
def publish(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then put a draft on sale; say what is missing."""
    deal = get_object_or_404(Deal, public_id=public_id)
    context = {"missing": in_the_way(deal, at=clock.now()), "unsaid": review_queries.unsaid(deal, at=clock.now())}
    if request.method == "POST":
        try:
            operations.publish(deal_public_id=public_id, by=actor(request), now=clock.now())
        except (DealNotReady, DealHasEnded, PublishingStopped) as refusal:
            context["missing"] = getattr(refusal, "problems", context["missing"])
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("“%(title)s” is published.") % {"title": deal.title})
            return redirect("backoffice:deal", public_id)
    status = 422 if request.method == "POST" else 200
    return frame.page(
        request, "backoffice/deals/publish.html", _("Publish"), CRUMBS, deal=deal, status=status, **context
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("deals.change_deal")
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then take a deal off sale for good."""
    deal = get_object_or_404(Deal, public_id=public_id)
    if request.method == "POST":
        storefront_deals.end(deal_public_id=public_id, by=actor(request), now=clock.now())
        messages.success(
            request, _("“%(title)s” has ended. Vouchers that were sold stay valid.") % {"title": deal.title}
        )
        return redirect("backoffice:deal", public_id)
    question = {
        "lead": _("End “%(title)s”?") % {"title": deal.title},
        "button": _("End this deal"),
        "danger": True,
        "text": _(
            "It cannot be bought any more, and cannot be put on sale again. Vouchers that were sold stay valid; no money moves."
        ),
        "back": reverse("backoffice:deal", args=[public_id]),
    }
    return frame.page(request, "backoffice/confirm.html", _("End"), CRUMBS, **question)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("deals.add_deal")
def duplicate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then make a new draft from a deal."""
    deal = get_object_or_404(Deal, public_id=public_id)
    if request.method == "POST":
        copy = operations.duplicate(deal_public_id=public_id, by=actor(request), now=clock.now())
        messages.success(request, _("“%(title)s” was made as a draft.") % {"title": copy.title})
        return redirect("backoffice:deal", copy.public_id)
    question = {
        "lead": _("Make a new deal from “%(title)s”?") % {"title": deal.title},
        "button": _("Make a copy"),
        "text": _("The copy is a draft with nothing sold. The deal itself stays as it is."),
        "back": reverse("backoffice:deal", args=[public_id]),
    }
    return frame.page(request, "backoffice/confirm.html", _("Duplicate"), CRUMBS, **question)
