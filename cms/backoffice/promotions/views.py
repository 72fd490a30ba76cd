"""Promotions in the back office."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from cms.backoffice import frame
from cms.backoffice.access import actor, needs
from cms.backoffice.exports import csv_response
from saas.kernel import clock, money
from saas.kernel.errors import DomainError
from storefront.promotions import operations
from storefront.promotions.models import Promotion
from storefront.promotions.refusals import PromotionDecided, PromotionFixed, PromotionInvalid
from storefront.stores import moments
from tenants.isolation.current import mall

from . import queries
from .forms import DeclineForm, PreviewForm, PromotionFilter, PromotionForm

MAY_ANSWER = "terms.change_termproposal"
CRUMBS = [("backoffice:promotions", gettext_lazy("Promotions"))]


@require_safe
@needs("promotions.view_promotion")
def index(request: HttpRequest) -> HttpResponse:
    """List the promotions, by state and words."""
    form = PromotionFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"q": "", "phase": ""}
    now = clock.now()
    page = frame.paginate(request, queries.matching(words=wanted["q"], phase=wanted["phase"], at=now))
    return frame.page(
        request,
        "backoffice/promotions/index.html",
        _("Promotions"),
        form=form,
        page=page,
        rows=queries.rows_of(list(page.object_list), at=now),
        is_filtered=any(wanted.values()),
        can_add=request.user.has_perm("promotions.add_promotion"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("promotions.add_promotion")
def add(request: HttpRequest) -> HttpResponse:
    """Write a new promotion."""
    form = PromotionForm(frame.posted(request), currency=mall().currency)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.create(draft=form.read_draft(), by=actor(request), now=clock.now())
        except PromotionInvalid as refusal:
            form.blame(refusal.problems)
        else:
            messages.success(request, _said(made))
            return redirect("backoffice:promotion", made.public_id)
    return _form_page(request, _("New promotion"), form, None)


def _said(made: Promotion) -> str:
    if made.state == Promotion.State.ACTIVE:
        return _("The code %(code)s is agreed.") % {"code": made.code}
    return _("The code %(code)s waits for the merchant’s yes.") % {"code": made.code}


def _form_page(request: HttpRequest, title: str, form: PromotionForm, promotion: Promotion | None) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return frame.page(
        request, "backoffice/promotions/form.html", title, CRUMBS, form=form, promotion=promotion, status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs("promotions.change_promotion")
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Change a promotion that the merchant bears."""
    row = get_object_or_404(Promotion, public_id=public_id)
    if row.is_of_platform or row.state not in Promotion.OPEN_STATES:
        messages.error(request, str(PromotionFixed() if row.is_of_platform else PromotionDecided()))
        return redirect("backoffice:promotion", public_id)
    form = PromotionForm(frame.posted(request), currency=row.currency, promotion=row)
    if request.method == "POST" and form.is_valid():
        try:
            changed = operations.change(
                promotion=public_id, draft=form.read_draft(), by=actor(request), now=clock.now()
            )
        except PromotionInvalid as refusal:
            form.blame(refusal.problems)
        else:
            messages.success(request, _said(changed))
            return redirect("backoffice:promotion", public_id)
    return _form_page(request, row.code, form, row)


@require_safe
@needs("promotions.view_promotion")
def detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a promotion: what it takes off, who bears it, its uses, and what becomes of a basket's price."""
    row, now = _counted(public_id), clock.now()
    preview = PreviewForm(request.GET if "deal" in request.GET else None)
    split = None
    if preview.is_bound and preview.is_valid():
        wanted = preview.cleaned_data
        split = queries.preview(row, wanted["deal"], units=wanted["units"], at=now)
    page = frame.paginate(request, queries.uses_of(row))
    return frame.page(
        request,
        "backoffice/promotions/detail.html",
        row.code,
        CRUMBS,
        promotion=row,
        row=queries.row_of(row, at=now),
        page=page,
        preview=preview,
        split=split,
        may_answer=request.user.has_perm(MAY_ANSWER),
        may_change=request.user.has_perm("promotions.change_promotion"),
    )


def _counted(public_id: str) -> Promotion:
    found = queries.counted(Promotion.objects.filter(public_id=public_id)).first()
    if found is None:
        raise Http404
    return found


@require_safe
@needs("promotions.view_promotion")
def export(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give a promotion's uses as a file."""
    row = get_object_or_404(Promotion, public_id=public_id)
    header = [
        _("Order"),
        _("State"),
        _("Discount"),
        _("Borne by the platform"),
        _("Paid"),
        _("Currency"),
        pgettext("promotion", "Claimed"),
    ]
    lines = [
        [
            use.order.number,
            use.get_state_display(),
            money.to_major(use.discount_minor, row.currency),
            money.to_major(use.platform_minor, row.currency),
            money.to_major(use.order.total_minor, row.currency),
            row.currency.upper(),
            moments.local(use.claimed_at).isoformat(timespec="seconds"),
        ]
        for use in queries.uses_of(row)
    ]
    return csv_response(f"promotion-{row.code}.csv", header, lines)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("promotions.change_promotion")
def stop(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask, then end a promotion."""
    row = get_object_or_404(Promotion, public_id=public_id)
    if request.method == "POST":
        try:
            operations.stop(promotion=public_id, by=actor(request), now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The code %(code)s cannot be used any more.") % {"code": row.code})
        return redirect("backoffice:promotion", public_id)
    question = {
        "lead": _("Stop the code %(code)s?") % {"code": row.code},
        "button": _("Stop it"),
        "danger": True,
        "text": _("Nobody can use it any more. Orders that were placed with it keep what it took off."),
        "back": reverse("backoffice:promotion", args=[public_id]),
    }
    return frame.page(request, "backoffice/confirm.html", _("Stop"), CRUMBS, **question)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_ANSWER)
def accept(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show once more what is agreed, and confirm it."""
    row = _counted(public_id)
    if request.method == "POST":
        try:
            seen = request.POST.get("seen")
            agreed = operations.accept(promotion=public_id, by=actor(request), now=clock.now(), seen=seen)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _said(agreed))
        return redirect("backoffice:promotion", public_id)
    context = {"row": queries.row_of(row, at=clock.now()), "promotion": row}
    return frame.page(request, "backoffice/promotions/accept.html", _("Confirm the promotion"), CRUMBS, **context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(MAY_ANSWER)
def decline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask why, and decline."""
    row = get_object_or_404(Promotion, public_id=public_id)
    form = DeclineForm(frame.posted(request))
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data["answer"]
        try:
            operations.decline(promotion=public_id, answer=answer, by=actor(request), now=clock.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The promotion was declined. Nobody can use its code."))
        return redirect("backoffice:promotion", public_id)
    status = 422 if form.errors else 200
    context = {"form": form, "promotion": row, "status": status}
    return frame.page(request, "backoffice/promotions/decline.html", _("Decline the promotion"), CRUMBS, **context)
