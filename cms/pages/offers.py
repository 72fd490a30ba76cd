"""What the pages about deals show. Every fact comes from the deal, read as the page is shown."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cms.blocks import shelf
from cms.media import queries as media
from cms.media.models import MallImage
from storefront.catalog.models import Category
from storefront.deals import queries as deals
from storefront.deals.models import Deal
from storefront.deals.queries import SaleState

if TYPE_CHECKING:
    from .models import DealPage

DEALS_ON_A_PAGE = 24
ALTERNATIVES = 3


def deal_list(request: HttpRequest, *, at: datetime) -> dict[str, Any]:
    """
    Return the page of deals that the request asks for, of one category if it names one by its slug.

    Keys: `listed` (Django's Page), `cards`, `chips` (categories on sale), `category`. Searching and sorting is another page.
    """
    on_sale, category = Deal.objects.on_sale(at=at), slugify(request.GET.get("category", ""))
    page = Paginator(on_sale.filter(category__slug=category) if category else on_sale, DEALS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    return {
        "listed": page,
        "cards": deals.cards(page.object_list, at=at),  # type: ignore[arg-type]
        "chips": _chips(on_sale, category),
        "category": category,
    }


def _chips(on_sale: QuerySet[Deal], chosen: str) -> list[dict[str, object]]:
    found = Category.objects.filter(pk__in=on_sale.order_by().values("category"))
    chips = [
        {"label": one.name, "href": f"/deals/?{urlencode({'category': one.slug})}", "current": chosen == one.slug}
        for one in found
    ]
    return [{"label": _("All"), "href": "/deals/", "current": not chosen}, *chips] if len(chips) > 1 else []


def deal_page(page: "DealPage", *, at: datetime) -> dict[str, Any]:
    """
    Return what a deal's page shows.

    Keys: `offer` (a `DealView`), `state`, `photos` (image rows, the deal's own first), `steps`, `places` (markup of its stores), `others`
    (`DrawnCard`s of deals that can be bought), `is_last`, `offer_status` (410 for a deal that has ended, else 200).
    """
    photos = _photos(page)
    offer = deals.view_of(page.deal, at=at)
    can_buy = offer.state == SaleState.ON_SALE
    return {
        "offer": offer,
        "can_buy": can_buy,
        "photos": photos,
        "steps": [step.value for step in page.steps] or _usual_steps(offer),
        "places": shelf.places(offer.stores, at=at),
        "others": () if offer.state == SaleState.DRAFT else _others(offer, at=at),
        "is_last": can_buy and offer.card.units_left == 1,
        "offer_status": 410 if offer.state == SaleState.ENDED else 200,
    }


def _photos(page: "DealPage") -> list[MallImage]:
    """Read the deal's own picture and those of the gallery at once, in this order and each once. Two queries."""
    wanted = dict.fromkeys([page.deal.picture_id, *(block["value"] for block in page.gallery.raw_data)])
    found = media.with_renditions().in_bulk([pk for pk in wanted if pk])
    page.deal.picture = found.get(page.deal.picture_id)
    return [found[pk] for pk in wanted if pk in found]


def _others(offer: deals.DealView, *, at: datetime) -> tuple[shelf.DrawnCard, ...]:
    found = shelf.newest(at=at, limit=ALTERNATIVES + 1)
    return tuple(card for card in found if card.public_id != offer.card.public_id and not card.gone)[:ALTERNATIVES]


def _usual_steps(offer: deals.DealView) -> list[str]:
    booking = any(badge.icon == "phone" for badge in offer.badges)
    come = (
        _("Book a time with the store, then come.") if booking else _("Come to the store while your voucher is valid.")
    )
    return [
        _("Buy here. Your voucher, with its own code, is ready at once and comes by e-mail too."),
        come,
        _("Show the code on your phone. The voucher is used only when the staff have scanned it."),
    ]
