"""Deals as the back office lists them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.backoffice.pictures import thumb
from cms.media import queries as media
from cms.pages.models import DealPage
from storefront.deals import queries as deals
from storefront.deals.models import Deal, DealReview
from storefront.deals.queries import SaleState
from storefront.stores import moments
from tenants.isolation.current import mall

from .review_queries import WORDS as AUDITS

# State -> its word and the badge's kind.
WORDS = {
    SaleState.DRAFT: (gettext_lazy("Draft"), ""),
    SaleState.NOT_STARTED: (gettext_lazy("Starts later"), "info"),
    SaleState.ON_SALE: (gettext_lazy("On sale"), "success"),
    SaleState.SOLD_OUT: (gettext_lazy("Sold out"), "warning"),
    SaleState.ENDED: (gettext_lazy("Ended"), ""),
}


@dataclass(frozen=True)
class DealRow:
    """A deal in the list; `window` is a text on the mall's clock."""

    public_id: str
    title: str
    picture_url: str
    state: SaleState
    state_word: object
    state_kind: str
    price_minor: int
    was_price_minor: int | None
    currency: str
    units_sold: int
    units_held: int
    units_left: int
    window: str
    # How it stands with the audit, and the badge's kind; "" in a mall that publishes alone.
    audit_word: object = ""
    audit_kind: str = ""


@dataclass(frozen=True)
class PageLinks:
    """Where a deal's page is edited (its id) and seen; `is_live` whether shoppers see it."""

    page_id: int
    url: str
    is_live: bool


def matching(*, words: str, state: str, at: datetime) -> QuerySet[Deal]:
    """Return the deals whose title has the words and that are in a `SaleState` (all states for ""), newest first."""
    rows = Deal.objects.order_by("-created_at", "-pk")
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(summary__icontains=words))
    over = Q(state=Deal.State.ENDED) | Q(sale_ends_at__isnull=False, sale_ends_at__lte=at)
    live = Q(state=Deal.State.PUBLISHED) & ~Q(sale_ends_at__isnull=False, sale_ends_at__lte=at)
    is_gone = Q(units_total__lte=F("units_held") + F("units_sold"))
    filters = {
        SaleState.DRAFT: Q(state=Deal.State.DRAFT),
        SaleState.NOT_STARTED: live & Q(sale_starts_at__gt=at),
        SaleState.ON_SALE: live & Q(sale_starts_at__lte=at) & ~is_gone,
        SaleState.SOLD_OUT: live & Q(sale_starts_at__lte=at) & is_gone,
        SaleState.ENDED: over & ~Q(state=Deal.State.DRAFT),
    }
    return rows.filter(filters[SaleState(state)]) if state else rows


def rows_of(found: Sequence[Deal], *, at: datetime) -> list[DealRow]:
    """
    Shape deals for the list. Their pictures must be fetched along; in an audited mall one query more, and each says how far its audit
    is; one that went on sale before there were audits says nothing.
    """
    rows = [row_of(deal, at=at) for deal in found]
    if mall().audited_at is None:
        return rows
    none = DealReview.State.NONE
    states = dict(DealReview.objects.filter(deal__in=found).values_list("deal__public_id", "state"))
    audits = [DealReview.State(states.get(row.public_id, none)) for row in rows]
    return [
        row
        if row.state == SaleState.ENDED or (state == none and row.state != SaleState.DRAFT)
        else replace(row, audit_word=AUDITS[state][0], audit_kind=AUDITS[state][1])
        for row, state in zip(rows, audits, strict=True)
    ]


def with_pictures(found: QuerySet[Deal]) -> QuerySet[Deal]:
    """Fetch the pictures along, two queries for any number."""
    return found.prefetch_related(media.prefetch("picture"))


def row_of(deal: Deal, *, at: datetime) -> DealRow:
    """Shape one deal."""
    state = deals.sale_state(deal, at=at)
    word, kind = WORDS[state]
    return DealRow(
        public_id=deal.public_id,
        title=deal.title,
        picture_url=thumb(deal.picture),
        state=state,
        state_word=word,
        state_kind=kind,
        price_minor=deal.price_minor,
        was_price_minor=deal.was_price_minor,
        currency=deal.currency,
        units_sold=deal.units_sold,
        units_held=deal.units_held,
        units_left=deal.units_left,
        window=_window(deal),
    )


def _window(deal: Deal) -> str:
    start = moments.day(deal.sale_starts_at)
    if deal.sale_ends_at is None:
        return _("from %(start)s") % {"start": start}
    return f"{start} – {moments.end(deal.sale_ends_at)}"


def page_links(deal: Deal) -> PageLinks | None:
    """Return the links of a deal's page, None while it has none."""
    page = DealPage.objects.filter(deal=deal).first()
    return PageLinks(page.pk, page.url or f"/deals/{deal.slug}/", page.live) if page else None
