"""The shopper's pages: a voucher, all vouchers, the entry for a calendar."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from billing.ledger import timeline
from saas.kernel import clock
from storefront.orders import access
from storefront.orders.models import Order
from storefront.stores import moments
from storefront.stores import queries as stores
from tenants.isolation.current import mall
from tenants.isolation.entrance import on_platform

from . import calendar, codes, qr, queries, words
from .models import Voucher


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List the vouchers of the signed-in shopper and of the orders that this browser placed."""
    now, user = clock.now(), request.user if request.user.is_authenticated else None
    tickets = queries.of_person(user, order_public_ids=access.remembered(request.session), now=now)
    context = {"rows": words.rows(tickets, now=now), "is_signed_in": user is not None}
    return _private(render(request, "vouchers/index.html", context))


@require_GET
def voucher(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a voucher to who may see its order; to others it does not exist."""
    now = clock.now()
    order = _order_or_404(request, public_id)
    tickets = queries.of_order(order, now=now)
    ticket = next(one for one in tickets if one.public_id == public_id)
    row, address = Voucher.objects.get(public_id=public_id), f"{request.scheme}://{request.get_host()}"
    context = {
        "ticket": ticket,
        "others": [row for row in words.rows(tickets, now=now) if row.public_id != public_id],
        "code": codes.code_for(row),
        "qr": qr.as_svg(qr.content_for(row, mall_address=address)) if ticket.is_usable else "",
        "valid": words.window(ticket.valid_from_at, ticket.valid_until_at, now=now),
        "happened": words.happened(ticket),
        "stores": stores.store_views(ticket.stores, at=now),
    }
    return _private(render(request, "vouchers/voucher.html", context))


@require_GET
def money(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show the shopper where the money of a voucher is, step by step, as the books have it."""
    order, schema = _order_or_404(request, public_id), mall().schema_name
    with on_platform():
        told = timeline.for_shopper(timeline.of_voucher(schema=schema, voucher=public_id, order=order.public_id))
    steps = [
        {"title": one.title, "at": moments.when(one.happened_at), "text": timeline.shopper_text(one), "icon": one.icon}
        | {"kind": one.kind}
        for one in told
    ]
    return _private(render(request, "vouchers/money.html", {"steps": steps, "order": order, "voucher_id": public_id}))


@require_GET
def entry(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the last day of validity as a file for the shopper's calendar."""
    now = clock.now()
    _order_or_404(request, public_id)
    address = request.build_absolute_uri(reverse("vouchers:voucher", args=[public_id]))
    file = calendar.entry(queries.ticket(public_id, now=now), address=address, now=now)
    headers = {"Content-Disposition": 'attachment; filename="voucher.ics"'}
    return _private(HttpResponse(file, content_type="text/calendar; charset=utf-8", headers=headers))


def _order_or_404(request: HttpRequest, public_id: str) -> Order:
    try:
        order = access.seen_by(request, queries.order_of(public_id).public_id)
    except Order.DoesNotExist as error:
        raise Http404 from error
    if order is None:
        raise Http404
    return order


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
