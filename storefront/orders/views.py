"""Pages of an order. A stranger gets 404, the same as for an order that does not exist."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from saas.kernel import clock

from . import access, queries
from .models import Order


@require_safe
@never_cache
def show_order(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show an order: where it stands, its vouchers, what comes back and when."""
    return _page(request, public_id, "orders/order.html")


@require_safe
@never_cache
def show_receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show an order's receipt, to be printed."""
    return _page(request, public_id, "orders/receipt.html")


@require_safe
@never_cache
def open_order(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """Let the browser of whoever has the mail's link see the order, and lead on to a clean address."""
    order = Order.objects.filter(public_id=public_id).first()
    if order is None or not access.opens(public_id, key):
        raise Http404
    access.remember(request.session, order)
    return redirect("checkout:return" if request.GET.get("to") == "return" else "orders:order", public_id)


def _page(request: HttpRequest, public_id: str, template: str) -> HttpResponse:
    order = access.seen_by(request, public_id)
    if order is None:
        raise Http404
    view = queries.order_view(order, at=clock.now())
    response = render(request, template, {"order": view})
    response["Referrer-Policy"] = "same-origin"
    return response
