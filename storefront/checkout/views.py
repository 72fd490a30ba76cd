"""Buying: the form, the way to the hosted page and back. Views make one domain call; who may not see an order gets 404."""

from datetime import datetime
from typing import Any, cast

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.gateway.operations import GatewayUnavailable, PaymentRefused
from saas.accounts.requests import Request
from saas.kernel import clock
from saas.kernel.errors import Busy, DomainError
from storefront.deals import queries as deals
from storefront.orders import access
from storefront.orders import queries as orders
from storefront.orders.models import Order
from storefront.promotions.refusals import PromotionRefused

from . import buyers, codes, limits, operations, paying
from .forms import BuyForm, fresh_key
from .refusals import OrderNotCancellable, OrderNotPayable, PriceChanged, RequestChanged

# The page after paying asks every two seconds; after so many times it says that a message will come.
MAXIMUM_LOOKS = 30


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def buy(request: Request, slug: str) -> HttpResponse:
    """Show the form; sent, hold the units and lead on to the payment."""
    now = clock.now()
    deal = deals.deal_view(slug, now)
    if deal is None or deal.state == deals.SaleState.DRAFT:
        raise Http404
    if request.method != "POST":
        form = BuyForm(initial=_initial(request, deal))
        return _form_page(request, deal, form, offer=_offered(request, deal, form))
    form = BuyForm(request.POST)
    if "apply" in request.POST:
        return _applied(request, deal, form)
    if not form.is_valid():
        return _form_page(request, deal, form, status=422, offer=_offered(request, deal, form))
    try:
        _check(request, form.cleaned_data, now=now)
        order = operations.reserve(purchase=_purchase(request, slug, form.cleaned_data), by=request.actor, now=now)
    except Busy:
        raise
    except DomainError as refusal:
        return _refused(request, slug, form, refusal)
    access.remember(request.session, order)
    response = redirect("checkout:pay", order.public_id)
    response.status_code = 303
    return response


def _check(request: Request, cleaned: dict[str, Any], *, now: datetime) -> None:
    _count(request, cleaned["promotion_code"])
    account = request.user if request.user.is_authenticated else None
    emails, phones = [cleaned["email"]], [str(cleaned["phone"] or "")]
    if account:
        emails, phones = [*emails, account.email or ""], [*phones, str(account.phone or "")]
    buyers.refuse_agency(emails=emails, phones=phones, now=now)


def _count(request: Request, code: str) -> None:
    limits.spend(request.META["REMOTE_ADDR"])
    codes.count(request, code)


def _initial(request: Request, deal: deals.DealView) -> dict[str, Any]:
    """Return what the form starts with: the quantity that the address asks for, and what the account knows."""
    wanted = request.GET.get("units", "")
    most = deal.units_to_choose[-1] if deal.units_to_choose else 1
    units = min(max(1, int(wanted)), most) if wanted.isascii() and wanted.isdigit() and len(wanted) < 4 else 1
    initial = {"units": units, "price_minor": deal.card.price_minor, "request_key": fresh_key()}
    initial["promotion_code"] = request.GET.get("code", "")[:40]
    if request.user.is_authenticated:
        user = request.user
        initial |= {"email": user.email or "", "phone": str(user.phone or ""), "name": user.name}
    return initial


def _purchase(request: Request, slug: str, cleaned: dict[str, Any]) -> operations.Purchase:
    return operations.Purchase(
        deal_slug=slug,
        units=cleaned["units"],
        price_minor=cleaned["price_minor"],
        request_key=cleaned["request_key"],
        email=cleaned["email"],
        phone=str(cleaned["phone"] or ""),
        name=cleaned["name"],
        language=get_language() or "en",
        shopper_id=request.user.pk if request.user.is_authenticated else None,
        promotion_code=cleaned["promotion_code"],
        total_minor=cleaned["total_minor"],
        ip=request.META["REMOTE_ADDR"],
    )


def _applied(request: Request, deal: deals.DealView, form: BuyForm) -> HttpResponse:
    """Show the form as it was filled in, with what its code does."""
    offer = _offered(request, deal, form)
    kept = BuyForm(initial=request.POST.dict())
    return _form_page(request, deal, kept, offer=offer, status=422 if offer.refusal else 200)


def _offered(request: Request, deal: deals.DealView, form: BuyForm) -> codes.Offer:
    """Price what the form says with its code."""
    return codes.offer(
        request,
        codes.Wish(
            slug=deal.card.slug,
            units=_units_of(form),
            code=str(form["promotion_code"].value() or ""),
            email=str(form["email"].value() or "").lower(),
        ),
        now=clock.now(),
    )


def _refused(request: Request, slug: str, form: BuyForm, refusal: DomainError) -> HttpResponse:
    """Show the form again with the reason, and with the deal as it is now: price, units, state."""
    deal = deals.deal_view(slug, clock.now())
    if deal is None:
        raise Http404
    data = cast("QueryDict", form.data).copy()
    if isinstance(refusal, RequestChanged):
        data["request_key"] = fresh_key()
    if isinstance(refusal, PriceChanged):
        data["price_minor"] = str(deal.card.price_minor)
    if deal.units_to_choose and int(str(data["units"])) not in deal.units_to_choose:
        data["units"] = str(deal.units_to_choose[-1])
    shown = BuyForm(data)
    shown.is_valid()
    offer = (
        codes.Offer(refusal=str(refusal)) if isinstance(refusal, PromotionRefused) else _offered(request, deal, shown)
    )
    above = None if isinstance(refusal, PromotionRefused) else refusal
    status = 429 if isinstance(refusal, limits.TooManyTries) else 422
    return _form_page(request, deal, shown, status=status, refusal=above, offer=offer)


def _units_of(form: BuyForm) -> int:
    text = str(form["units"].value() or 1)
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 4 else 1


def _form_page(request: Request, deal: deals.DealView, form: BuyForm, **more: Any) -> HttpResponse:
    status, refusal = more.get("status", 200), more.get("refusal")
    offer: codes.Offer = more["offer"]
    units = _units_of(form)
    sum_minor = units * deal.card.price_minor
    known = refusal.data.get("order") if refusal else None
    context = {
        "deal": deal,
        "form": form,
        "refusal": refusal,
        "known_order": known if known in access.remembered(request.session) else None,
        "units": units,
        "sum_minor": sum_minor,
        "total_minor": sum_minor - offer.discount_minor,
        "offer": offer,
        "can_buy": deal.state == deals.SaleState.ON_SALE,
        "fewer": units - 1 if units > 1 else None,
        "more": units + 1 if units + 1 in deal.units_to_choose else None,
    }
    return render(request, "checkout/buy.html", context, status=status)


@require_GET
@never_cache
def pay(request: Request, public_id: str) -> HttpResponse:
    """Lead on to the page at which the order is paid. Repeated it leads to the same page."""
    order = _mine(request, public_id)
    try:
        limits.spend(request.META["REMOTE_ADDR"])
        url = paying.open_page(order_public_id=public_id, now=clock.now())
    except OrderNotPayable:
        return redirect("orders:order", public_id)
    except limits.TooManyTries as error:
        view = orders.order_view(order, at=clock.now())
        return render(
            request, "checkout/unavailable.html", {"order": view, "limited": True, "error": error}, status=429
        )
    except (GatewayUnavailable, PaymentRefused) as error:
        unclear = isinstance(error, GatewayUnavailable)
        view = orders.order_view(order, at=clock.now())
        return render(
            request,
            "checkout/unavailable.html",
            {"order": view, "unclear": unclear, "error": error},
            status=503 if unclear else 422,
        )
    response = redirect(url)
    response.status_code = 303
    return response


@require_GET
@never_cache
def come_back(request: Request, public_id: str) -> HttpResponse:
    """Confirm the payment after the hosted page; until that is clear the page asks again every two seconds."""
    _mine(request, public_id)
    looks = request.GET.get("looks", "0")
    count = int(looks) if looks.isascii() and looks.isdigit() and len(looks) < 4 else 0
    try:
        order = paying.look(order_public_id=public_id, now=clock.now())
    except (GatewayUnavailable, Busy):
        order = Order.objects.get(public_id=public_id)
    view = orders.order_view(order, at=clock.now())
    if view.is_settled or view.is_with_bank:
        return _on(request, view.url)
    context = {"order": view, "looks": count + 1, "is_long": count >= MAXIMUM_LOOKS}
    return render(request, "checkout/_confirming.html" if request.htmx else "checkout/return.html", context)


def _on(request: Request, url: str) -> HttpResponse:
    if not request.htmx:
        return redirect(url)
    return HttpResponse(headers={"HX-Redirect": url})


@require_POST
def cancel(request: Request, public_id: str) -> HttpResponse:
    """Give an unpaid order up: nothing is charged, its units go back."""
    order = _mine(request, public_id)
    try:
        paying.give_up(order_public_id=public_id, by=request.actor, now=clock.now())
    except OrderNotCancellable:
        return redirect("orders:order", public_id)
    except GatewayUnavailable as error:
        view = orders.order_view(order, at=clock.now())
        return render(
            request, "checkout/unavailable.html", {"order": view, "cancelling": True, "error": error}, status=503
        )
    response = redirect("orders:order", public_id)
    response.status_code = 303
    return response


def _mine(request: Request, public_id: str) -> Order:
    order = access.seen_by(request, public_id)
    if order is None:
        raise Http404
    return order
