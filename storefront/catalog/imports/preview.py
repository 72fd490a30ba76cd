"""Reads a whole file without changing anything, and says what an import would do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

from django.utils.translation import gettext as _

from saas.kernel import money
from storefront.catalog.models import Product

from . import drafts
from .drafts import SKIPPED, Draft, Line
from .reading import Sheet, open_sheet

FIRST = 20
CHUNK = 500
_SILENT = (
    "Google Shopping /",
    "Variant ",
    "SEO ",
    "Gift Card",
    "Cost per item",
    "Product Category",
    "Included /",
    "Price /",
    "Compare At Price /",
    "Fee",
    "Charge tax",
    "Requires shipping",
    "Fulfillment service",
    "Continue selling",
)


@dataclass
class Preview:
    """What reading found; `facts` is the JSON of `CatalogImport.preview`, `lines` the skips and warnings."""

    rows_total: int = 0
    facts: dict[str, object] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


@dataclass
class _Count:
    products: int = 0
    known: int = 0
    variants: int = 0
    pictures: int = 0
    rows: int = 0
    lines: list[Line] = field(default_factory=list)
    first: list[dict[str, object]] = field(default_factory=list)


def read(file: BinaryIO, *, currency: str) -> Preview:
    """
    Read the file and count what an import would do; checks every row.

    :raises FileRefused: it cannot be read, or has too many rows
    :raises HeaderRefused: it is no Shopify product file
    """
    sheet = open_sheet(file)
    count = _Count()
    chunk: list[Draft] = []
    for draft in drafts.drafts(sheet, currency=currency):
        chunk.append(draft)
        if len(chunk) == CHUNK:
            _add(count, chunk, currency)
            chunk = []
    _add(count, chunk, currency)
    return Preview(count.rows, _facts(sheet, count), count.lines)


def _add(count: _Count, chunk: list[Draft], currency: str) -> None:
    handles = [draft.handle for draft in chunk]
    known = dict(Product.objects.filter(handle__in=handles).values_list("handle", "option_names"))
    for draft in chunk:
        refuse_unfit(draft, known_options=known.get(draft.handle))
        count.rows += draft.rows
        count.lines += draft.lines
        if draft.is_refused:
            continue
        count.products += 1
        count.known += draft.handle in known
        count.variants += len(draft.variants)
        count.pictures += len(draft.pictures)
        if len(count.first) < FIRST:
            count.first.append(_shown(draft, currency))


def refuse_unfit(draft: Draft, *, known_options: list[str] | None) -> None:
    """
    Refuse what does not fit the catalogue: a new product (`known_options` None) without a title, and a known one that is
    sold in variants when the file has no columns to tell them apart.
    """
    if draft.is_refused:
        return
    if known_options is None and not draft.title:
        _refuse(draft, _("The product is new and has no title."))
    elif known_options and "option1_name" not in draft.columns:
        _refuse(draft, _("The product is sold in variants, and the file has no option columns to tell them apart."))


def _refuse(draft: Draft, detail: str) -> None:
    rows = {draft.row, *(one.row for one in draft.variants), *(one.row for one in draft.pictures)}
    told = {line.row for line in draft.lines if line.outcome == SKIPPED}
    draft.refuse((), "")
    for row in sorted(rows - told):
        draft.skip(row, detail)


def _shown(draft: Draft, currency: str) -> dict[str, object]:
    prices = sorted({variant.price_minor for variant in draft.variants})
    ends = [str(money.to_major(minor, currency)) for minor in (prices[0], prices[-1])]
    return {
        "row": draft.row,
        "handle": draft.handle,
        "title": draft.title or draft.handle,
        "category": draft.category,
        "variants": len(draft.variants),
        "price": ends[0] if len(prices) == 1 else "–".join(ends),
        "pictures": len(draft.pictures),
        "is_published": draft.is_published,
    }


def _facts(sheet: Sheet, count: _Count) -> dict[str, object]:
    unread = [name for name in sheet.ignored.values() if name in sheet.used_ignored or not _is_shopifys(name)]
    return {
        "encoding": sheet.writing.label,
        "delimiter": sheet.delimiter,
        "products_new": count.products - count.known,
        "products_known": count.known,
        "variants": count.variants,
        "pictures": count.pictures,
        "skipped": sum(line.outcome == SKIPPED for line in count.lines),
        "warnings": sum(line.outcome != SKIPPED for line in count.lines),
        "notes": [sheet.writing.note] if sheet.writing.note else [],
        "ignored": _unique(unread),
        "first": count.first,
    }


def _is_shopifys(name: str) -> bool:
    return name.startswith(_SILENT)


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))[:40]
