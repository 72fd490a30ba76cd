"""Asking for a refund. Who may not see the order gets 404."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from saas.accounts.requests import Request
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from storefront.deals.policy import allows_refund
from storefront.orders import access
from storefront.vouchers.models import Voucher

from . import operations


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def refund(request: Request, public_id: str, voucher_id: str) -> HttpResponse:
    """Say what comes back, to where and when; sent, ask for it and lead to the order."""
    order = access.seen_by(request, public_id)
    if order is None:
        raise Http404
    voucher = get_object_or_404(Voucher.objects.select_related("line"), public_id=voucher_id, line__order=order)
    context: dict[str, object] = {"order": order, "voucher": voucher, "can_refund": _is_open(voucher), "refusal": None}
    if request.method != "POST":
        return render(request, "refunds/refund.html", context)
    reason = _("Asked for on the order's page")
    try:
        operations.request(voucher_public_id=voucher_id, reason=reason, by=request.actor, now=clock.now())
    except Busy:
        raise
    except DomainError as refusal:
        context |= {"can_refund": False, "refusal": refusal}
        return render(request, "refunds/refund.html", context, status=422)
    return redirect("orders:order", public_id)


def _is_open(voucher: Voucher) -> bool:
    policy = str(voucher.line.offer.get("refund_policy", ""))
    is_expired = voucher.is_expired(at=clock.now())
    return voucher.state == Voucher.State.ISSUED and allows_refund(policy, is_expired=is_expired)
