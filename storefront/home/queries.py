"""Search over what is on sale and over stores."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest

from saas.kernel.errors import DomainError
from saas.kernel.money import to_minor
from storefront.catalog.models import Category
from storefront.deals.models import Deal
from storefront.stores.models import Store
from storefront.stores.queries import StoreView, store_views
from tenants.isolation import current

# How alike a word must be to count as a misspelling of what was typed (0 to 1).
ALIKE = 0.45
MOST_STORES = 12


@dataclass(frozen=True)
class Search:
    """What is looked for; `most` is the highest price in major units."""

    text: str = ""
    category: str = ""
    most: Decimal | None = None
    sort: str = ""


def search_of(chosen: dict[str, Any]) -> Search:
    """Read a search from a form's values."""
    text = " ".join(str(chosen.get("q", "")).replace("\x00", "").split())
    return Search(text, str(chosen.get("category", "")), chosen.get("most"), str(chosen.get("sort", "")))


def deals(search: Search, *, at: datetime) -> QuerySet[Deal]:
    """
    Return the deals on sale that match: every word in title, summary, category or a store's name; or a title that is spelt alike.

    Sorted by likeness, price or end, then newest first.
    """
    rows: QuerySet[Deal] = Deal.objects.on_sale(at=at)
    if search.category:
        rows = rows.filter(category__slug=search.category)
    if search.most is not None:
        rows = rows.filter(price_minor__lte=_minor(search.most))
    if search.text:
        rows = _matching(rows, search.text)
    return rows.order_by(*_order(search))


def _matching(rows: QuerySet[Deal], text: str) -> QuerySet[Deal]:
    words = Q()
    for word in text.split():
        words &= (
            Q(title__icontains=word)
            | Q(summary__icontains=word)
            | Q(category__name__icontains=word)
            | Q(pk__in=Deal.objects.filter(stores__name__icontains=word).values("pk"))
        )
    alike = Greatest(TrigramWordSimilarity(text, "title"), TrigramWordSimilarity(text, "summary"), Value(0.0))
    return rows.annotate(alike=alike).filter(words | Q(alike__gte=ALIKE))


def _order(search: Search) -> list[Any]:
    newest = [F("published_at").desc(nulls_last=True), "-pk"]
    if search.sort == "price":
        return ["price_minor", *newest]
    if search.sort == "ending":
        return [F("sale_ends_at").asc(nulls_last=True), *newest]
    return ["-alike", *newest] if search.text else newest


def _minor(most: Decimal) -> int:
    try:
        return to_minor(most, current.mall().currency)
    except DomainError:
        return int(most * 100)


def stores(search: Search, *, at: datetime) -> tuple[StoreView, ...]:
    """Return the stores whose name, district, street or city holds what was typed; none without a text."""
    if not search.text:
        return ()
    found = Q()
    for word in search.text.split():
        found &= (
            Q(name__icontains=word) | Q(district__icontains=word) | Q(street__icontains=word) | Q(city__icontains=word)
        )
    return store_views(Store.objects.serving().filter(found)[:MOST_STORES], at=at)


def categories(*, at: datetime) -> list[tuple[str, str]]:
    """Return slug and name of the categories that have something on sale, in the merchant's order."""
    on_sale = Deal.objects.on_sale(at=at).order_by().values("category")
    return list(Category.objects.filter(pk__in=on_sale).values_list("slug", "name"))


def deals_of_store(store_public_id: str, *, at: datetime) -> QuerySet[Deal]:
    """Return the deals on sale that a store serves, newest first."""
    return Deal.objects.on_sale(at=at).filter(stores__public_id=store_public_id)
