"""A promotion code on the buy page: its price before anything is held, and how often codes may be tried from one address."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from saas.accounts.requests import Request
from saas.kernel import rates
from storefront.deals.models import Deal
from storefront.deals.policy import holds_parts
from storefront.promotions import claiming
from storefront.promotions.claiming import Basket, Item
from storefront.promotions.refusals import PromotionRefused, TooManyCodes


@dataclass(frozen=True)
class Wish:
    """What the form says so far."""

    slug: str
    units: int
    code: str
    email: str = ""


@dataclass(frozen=True)
class Offer:
    """What a code takes off, minor units, and the least that an order has to come to for it; `refusal` says why it takes nothing."""

    code: str = ""
    discount_minor: int = 0
    refusal: str = ""
    minimum_minor: int = 0


def count(request: Request, code: str) -> None:
    """
    Count a try of a code.

    :raises TooManyCodes: too many were tried from this address (V13)
    """
    address = request.META.get("REMOTE_ADDR", "")
    if code and not rates.spend("promotion-code", address, rate=settings.PROMOTION_CODE_RATE):
        raise TooManyCodes


def offer(request: Request, wish: Wish, *, now: datetime) -> Offer:
    """Price a wish with its code, without a promise."""
    if not wish.code.strip():
        return Offer()
    try:
        count(request, wish.code)
        quote = claiming.look(wish.code, basket=_basket(request, wish), at=now)
    except PromotionRefused as refusal:
        return Offer(refusal=str(refusal))
    found = quote.promotion
    minimum_minor = found.minimum_minor if holds_parts(found.currency) else 0
    return Offer(code=found.code, discount_minor=quote.discount_minor, minimum_minor=minimum_minor)


def _basket(request: Request, wish: Wish) -> Basket:
    deal = Deal.objects.select_related("category").get(slug=wish.slug)
    category = deal.category.slug if deal.category else ""
    item = Item(deal.public_id, deal.kind, category, deal.price_minor * wish.units)
    shopper_id = request.user.pk if request.user.is_authenticated else None
    return Basket((item,), deal.currency, wish.email, "", shopper_id)
