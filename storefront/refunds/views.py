"""Asking for refunds and seeing where the money is. Who may not see the order gets 404."""

from dataclasses import dataclass

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from saas.accounts.requests import Request
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from storefront.deals.policy import goes_back
from storefront.orders import access
from storefront.orders.models import Order
from storefront.stores import moments
from storefront.vouchers.models import Voucher

from . import operations, queries, together, withdrawing, wording
from .models import Refund


class AskForm(forms.Form):
    """Why the money of a used voucher should go back."""

    reason = forms.CharField(
        label=gettext_lazy("What went wrong?"),
        help_text=gettext_lazy("The shop reads it and decides."),
        min_length=10,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Say what went wrong."),
            "min_length": gettext_lazy("Say it in a sentence, so that the shop can decide."),
        },
    )


@dataclass(frozen=True)
class Way:
    """
    What can be done about a voucher's money: `refund` it, `ask` the shop, refund it `together` with the others, or `nothing`; `refund` row
    and its steps if there is one.

    While its buyer may withdraw, `statement` is what they declare by it, and `until` the last day.
    """

    can: str
    refund: Refund | None
    steps: tuple[wording.Step, ...]
    statement: str = ""
    until: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def refund(request: Request, public_id: str, voucher_id: str) -> HttpResponse:
    """Say what comes back, to where and when, and how far it is; sent, ask for it and lead on."""
    order = _mine(request, public_id)
    voucher = get_object_or_404(Voucher.objects.select_related("line__order"), public_id=voucher_id, line__order=order)
    way = _way(voucher)
    form = AskForm(request.POST or None)
    held = together.problem(order.pk, [voucher.public_id], at=clock.now()) if way.can == "refund" else None
    context: dict[str, object] = {"order": order, "voucher": voucher, "way": way, "form": form, "refusal": None}
    if held:
        context |= {"way": Way("together", way.refund, way.steps), "refusal": held}
        return render(request, "refunds/refund.html", context, status=422 if request.method == "POST" else 200)
    if request.method != "POST" or (way.can == "ask" and not form.is_valid()):
        return render(request, "refunds/refund.html", context, status=422 if request.method == "POST" else 200)
    try:
        _act(request, voucher, way, form)
    except Busy:
        raise
    except DomainError as refusal:
        context |= {"way": Way("nothing", way.refund, way.steps), "refusal": refusal}
        return render(request, "refunds/refund.html", context, status=422)
    return redirect("refunds:refund", public_id, voucher_id)


def _act(request: Request, voucher: Voucher, way: Way, form: AskForm) -> None:
    now, by = clock.now(), request.actor
    if way.can == "ask":
        operations.ask(voucher_public_id=voucher.public_id, reason=form.cleaned_data["reason"], by=by, now=now)
        return
    reason = _("Asked for on the order's page")
    operations.request(voucher_public_id=voucher.public_id, reason=reason, by=by, now=now, by_buyer=True)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def several(request: Request, public_id: str) -> HttpResponse:
    """Choose which vouchers of an order to refund; sent, refund all of the chosen ones or none."""
    order = _mine(request, public_id)
    open_ones = _open_of(order)
    chosen = [one.public_id for one in open_ones if one.public_id in request.POST.getlist("voucher")]
    context: dict[str, object] = {"order": order, "vouchers": open_ones, "refusal": None, "none_chosen": False}
    is_bound = any(together.is_bound(one, at=clock.now()) for one in open_ones)
    context["minimum_minor"] = together.least(order.pk) if is_bound else 0
    context["is_withdrawal"] = any(withdrawing.until(one, at=clock.now()) for one in open_ones)
    if request.method != "POST" or not chosen:
        context["none_chosen"] = request.method == "POST"
        return render(request, "refunds/several.html", context, status=422 if request.method == "POST" else 200)
    reason = _("Asked for on the order's page")
    try:
        operations.request_several(voucher_public_ids=chosen, reason=reason, by=request.actor, now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        context |= {"refusal": refusal, "vouchers": _open_of(order)}
        return render(request, "refunds/several.html", context, status=422)
    return redirect("orders:order", public_id)


def _mine(request: Request, public_id: str) -> Order:
    order = access.seen_by(request, public_id)
    if order is None:
        raise Http404
    return order


def _open_of(order: Order) -> list[Voucher]:
    rows = Voucher.objects.select_related("line__order").filter(line__order=order).order_by("line", "position")
    return [one for one in rows if _is_open(one)]


def _way(voucher: Voucher) -> Way:
    found = queries.of_voucher(voucher)
    steps = wording.steps(found) if found else ()
    if _is_open(voucher):
        ends_at = withdrawing.until(voucher, at=clock.now())
        return (
            Way("refund", None, (), withdrawing.statement(voucher), moments.end(ends_at))
            if ends_at
            else Way("refund", None, ())
        )
    is_asked = found is not None and found.state != Refund.State.DECLINED
    is_with_bank = voucher.disputed_at is not None or voucher.charged_back_at is not None
    is_used = voucher.state == Voucher.State.REDEEMED and bool(voucher.price_minor) and not is_with_bank
    can_ask = is_used and not is_asked and queries.may_ask(voucher, at=clock.now())
    return Way("ask" if can_ask else "nothing", found, steps)


def _is_open(voucher: Voucher) -> bool:
    if voucher.state != Voucher.State.ISSUED or not voucher.price_minor or voucher.disputed_at is not None:
        return False
    now, offer = clock.now(), voucher.line.offer
    return goes_back(offer, bought_at=voucher.issued_at, is_expired=voucher.is_expired(at=now), at=now)
