"""Deals shaped for pages. What a template gets is plain and frozen; amounts are minor units of `currency`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from saas.ui.formats import saving_percent
from storefront.stores.queries import StoreView, kept_views

from . import wording
from .models import Deal
from .policy import binding, withdrawal_days

MAXIMUM_UNITS_OF_ORDER = 20


class SaleState(StrEnum):
    """Whether a deal can be bought, as its page says it."""

    DRAFT = "draft"
    NOT_STARTED = "not_started"
    ON_SALE = "on_sale"
    SOLD_OUT = "sold_out"
    ENDED = "ended"


@dataclass(frozen=True)
class DealCard:
    """A deal at a glance, for ui/deal_card.html. `picture` is the image's row or None; `place` names its store or their number."""

    public_id: str
    slug: str
    url: str
    title: str
    summary: str
    place: str
    picture: Any
    currency: str
    price_minor: int
    was_minor: int | None
    saving_percent: int
    units_left: int
    fact: wording.Fact
    gone: bool


@dataclass(frozen=True)
class Content:
    """One row of what one gets; `value_minor` (None: unsaid) is what the row costs without the deal."""

    name: str
    quantity: int
    value_minor: int | None


@dataclass(frozen=True)
class DealView:
    """A deal as its own page shows it. `units_to_choose` are the quantities that an order may have (empty: nothing can be bought)."""

    card: DealCard
    state: SaleState
    sale_starts_at: datetime
    sale_ends_at: datetime | None
    units_sold: int
    units_per_person: int | None
    units_to_choose: tuple[int, ...]
    badges: tuple[wording.Badge, ...]
    rules: tuple[wording.RuleRow, ...]
    refund_words: str
    contents: tuple[Content, ...]
    stores: tuple[StoreView, ...]
    category: str
    buy_url: str


def on_sale(*, at: datetime, category: str = "", limit: int | None = None) -> tuple[DealCard, ...]:
    """Return the cards of what may be bought at `at`, newest first; `category` is a slug. Two queries and one for pictures."""
    rows = Deal.objects.on_sale(at=at)
    if category:
        rows = rows.filter(category__slug=category)
    return cards(rows[:limit] if limit else rows, at=at)


def by_public_ids(public_ids: Iterable[str], *, at: datetime) -> tuple[DealCard, ...]:
    """Return the cards of chosen deals in the order of the ids; those that are not on sale are left out."""
    found = {
        card.public_id: card
        for card in cards(Deal.objects.on_sale(at=at).filter(public_id__in=list(public_ids)), at=at)
    }
    return tuple(found[public_id] for public_id in public_ids if public_id in found)


def cards(rows: QuerySet[Deal], *, at: datetime) -> tuple[DealCard, ...]:
    """Shape deals as cards, in their order."""
    return tuple(
        _card(deal, [store.name for store in deal.stores.all() if store.is_serving], at=at)
        for deal in rows.select_related("picture").prefetch_related("stores", "picture__renditions")
    )


def deal_view(slug: str, at: datetime) -> DealView | None:
    """Return the deal for its page, whatever its state (the page says "ended"), or None where there is none."""
    deal = Deal.objects.filter(slug=slug).select_related("picture", "category").first()
    return view_of(deal, at=at) if deal else None


def view_of(deal: Deal, *, at: datetime) -> DealView:
    """Shape a deal that is at hand, drafts too, as for a preview. One query: which stores take it."""
    chosen = set(Deal.stores.through.objects.filter(deal=deal).values_list("store", flat=True))
    stores = tuple(store for pk, store in kept_views(at=at).items() if pk in chosen)
    card = _card(deal, [store.name for store in stores], at=at)
    return DealView(
        card=card,
        state=sale_state(deal, at=at),
        sale_starts_at=deal.sale_starts_at,
        sale_ends_at=deal.sale_ends_at,
        units_sold=deal.units_sold,
        units_per_person=deal.units_per_person,
        units_to_choose=_choice(deal, at=at),
        badges=wording.badges(deal),
        rules=wording.rule_rows(deal),
        refund_words=wording.refund_words(binding(deal), withdrawal_days=withdrawal_days(deal)),
        contents=tuple(
            Content(str(one["name"]), int(one.get("quantity") or 1), one.get("value_minor")) for one in deal.contents
        ),
        stores=stores,
        category=deal.category.name if deal.category else "",
        buy_url=f"/deals/{deal.slug}/buy/",
    )


def sale_state(deal: Deal, *, at: datetime) -> SaleState:
    """Tell whether the deal can be bought at `at`; the end of the window is exclusive."""
    if deal.state == Deal.State.DRAFT:
        return SaleState.DRAFT
    if deal.state == Deal.State.ENDED or (deal.sale_ends_at is not None and deal.sale_ends_at <= at):
        return SaleState.ENDED
    if deal.sale_starts_at > at:
        return SaleState.NOT_STARTED
    return SaleState.ON_SALE if deal.units_left > 0 else SaleState.SOLD_OUT


def _choice(deal: Deal, *, at: datetime) -> tuple[int, ...]:
    if sale_state(deal, at=at) != SaleState.ON_SALE:
        return ()
    return tuple(
        range(1, min(deal.units_left, deal.units_per_person or MAXIMUM_UNITS_OF_ORDER, MAXIMUM_UNITS_OF_ORDER) + 1)
    )


def _card(deal: Deal, stores: list[str], *, at: datetime) -> DealCard:
    """`stores` are the names of those that serve people."""
    state = sale_state(deal, at=at)
    return DealCard(
        public_id=deal.public_id,
        slug=deal.slug,
        url=f"/deals/{deal.slug}/",
        title=deal.title,
        summary=deal.summary,
        place=wording.place_words(stores),
        picture=deal.picture,
        currency=deal.currency,
        price_minor=deal.price_minor,
        was_minor=deal.was_price_minor,
        saving_percent=saving_percent(deal.price_minor, deal.was_price_minor or 0),
        units_left=deal.units_left,
        fact=wording.fact(deal, at=at) if state != SaleState.ENDED else wording.Fact(),
        gone=state in (SaleState.SOLD_OUT, SaleState.ENDED),
    )
