"""What many pages of a mall show alike, as markup: the newest deals as cards, and stores with their hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from storefront.deals import queries as deals
from storefront.stores.queries import StoreView
from tenants.frontcache.parts import kept

# Both stand below a section's heading.
LEVEL = 3


@dataclass(frozen=True)
class DrawnCard:
    """A deal's card; `gone` says that nobody can buy it any more."""

    public_id: str
    gone: bool
    markup: SafeString


def newest(*, at: datetime, limit: int) -> tuple[DrawnCard, ...]:
    """Return the cards of the newest deals on sale. The mall's pages share them for a minute; no query then."""
    return kept(f"newest {limit} deals", lambda: drawn(deals.on_sale(at=at, limit=limit)), at=at)


def drawn(cards: Iterable[deals.DealCard]) -> tuple[DrawnCard, ...]:
    """Draw deals in their order."""
    return tuple(
        DrawnCard(card.public_id, card.gone, render_to_string("blocks/deal_card.html", {"card": card, "level": LEVEL}))
        for card in cards
    )


def places(stores: Iterable[StoreView], *, at: datetime) -> list[SafeString]:
    """Draw stores in their order. The mall's pages share each for a minute, as long as they read it alike."""
    return [kept(repr(store), partial(_place, store), at=at) for store in stores]


def _place(store: StoreView) -> SafeString:
    return render_to_string("blocks/store.html", {"store": store, "level": LEVEL})
