"""Turns the rows of one product into a draft of it, and says what is wrong with which row."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from saas.kernel.money import AmountRefused
from storefront.catalog.models import ImportLine

from . import values
from .reading import Row, Sheet

MAXIMUM_VARIANTS = 2_000
SKIPPED, WARNING = ImportLine.Outcome.SKIPPED, ImportLine.Outcome.WARNING


@dataclass(frozen=True)
class Line:
    """What is to be told about a row."""

    row: int
    handle: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class VariantDraft:
    """One way in which the product is sold; prices in minor units."""

    row: int
    options: tuple[str, ...]
    sku: str
    barcode: str
    price_minor: int
    compare_at_minor: int | None
    grams: int
    stock_units: int | None


@dataclass(frozen=True)
class PictureDraft:
    """A picture by its address. `is_alone`: its row holds nothing else."""

    row: int
    source_url: str
    description: str
    position: int
    is_alone: bool


@dataclass
class Draft:
    """
    A product as the file has it. `title` is empty where the file has none. `lines` are the rows' skips and warnings.
    `columns` are what the file tells at all (names of `columns.READ`): of a known product the rest stays as it is.
    """

    handle: str
    row: int
    last_row: int
    rows: int
    columns: frozenset[str]
    title: str = ""
    body: str = ""
    vendor: str = ""
    category: str = ""
    tags: list[str] = field(default_factory=list)
    option_names: list[str] = field(default_factory=list)
    is_published: bool = False
    variants: list[VariantDraft] = field(default_factory=list)
    pictures: list[PictureDraft] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    is_refused: bool = False

    def skip(self, row: int, detail: str) -> None:
        """Note why a row is left out."""
        self.lines.append(Line(row, self.handle, SKIPPED, detail))

    def warn(self, row: int, detail: str) -> None:
        """Note what a person should know about a row that is taken."""
        self.lines.append(Line(row, self.handle, WARNING, detail))

    def refuse(self, rows: Iterable[Row], detail: str) -> "Draft":
        """Leave the whole product out, and say so for each of its rows that has no reason of its own yet."""
        self.is_refused = True
        self.variants, self.pictures = [], []
        self.lines = [line for line in self.lines if line.outcome == SKIPPED]
        told = {line.row for line in self.lines}
        for row in rows:
            if row.number not in told:
                self.skip(row.number, detail)
        return self


def drafts(sheet: Sheet, *, currency: str) -> Iterator[Draft]:
    """Give a draft for each product of the sheet; a handle that came before in the file is refused."""
    seen: dict[str, int] = {}
    columns = frozenset(sheet.mapping)
    for rows in sheet.products():
        draft = _draft(rows, columns, currency)
        first = seen.setdefault(draft.handle, draft.row) if draft.handle else draft.row
        if first != draft.row:
            draft.refuse(
                rows,
                _("The handle was used before, in row %(row)d. Rows of one product must follow each other.")
                % {"row": first},
            )
        yield draft


def _draft(rows: list[Row], columns: frozenset[str], currency: str) -> Draft:
    first = rows[0]
    draft = Draft(values.handle(first.get("handle")), first.number, rows[-1].number, len(rows), columns)
    if not first.get("handle"):
        return draft.refuse(rows, _("The row has no handle."))
    if not draft.handle:
        return draft.refuse(rows, _("The handle has no letters or digits."))
    if draft.handle != first.get("handle").lower():
        draft.warn(
            first.number,
            _("The handle was changed to “%(handle)s”, which an address can have.") % {"handle": draft.handle[:100]},
        )
    _read_product(draft, first)
    _read_variants(draft, rows, currency)
    if not draft.variants:
        return draft.refuse(rows, _("The product has no variant with a price."))
    return draft


def _read_product(draft: Draft, first: Row) -> None:
    draft.title = _cut(draft, first, "title", 200)
    draft.body, note = values.body(first.get("body"))
    if note:
        draft.warn(first.number, note)
    if len(first.get("body")) > values.MAXIMUM_BODY:
        draft.warn(
            first.number, _("The description was cut to %(count)s letters.") % {"count": f"{values.MAXIMUM_BODY:,}"}
        )
    draft.vendor = _cut(draft, first, "vendor", 120)
    draft.category = _cut(draft, first, "type", 80)
    draft.tags = list(dict.fromkeys(tag.strip()[:60] for tag in first.get("tags").split(",") if tag.strip()))[:50]
    names = [first.get(f"option{n}_name")[:60] for n in (1, 2, 3)]
    draft.option_names = [name for name in names if name]
    if _is_single(first):
        draft.option_names = []
    draft.is_published = values.truth(first.get("published"), default=True) and first.get("status").lower() in (
        "",
        "active",
    )


def _is_single(first: Row) -> bool:
    return first.get("option1_name") == "Title" and first.get("option1_value") == "Default Title"


def _cut(draft: Draft, row: Row, name: str, letters: int) -> str:
    text = row.get(name)
    if len(text) > letters:
        draft.warn(row.number, _("“%(text)s…” was cut to %(count)d letters.") % {"text": text[:40], "count": letters})
    return text[:letters]


def _read_variants(draft: Draft, rows: list[Row], currency: str) -> None:
    by_options: dict[tuple[str, ...], int] = {}
    for row in rows:
        if row.is_shifted:
            draft.skip(
                row.number, _("The row has more cells than the header; a quotation mark or a comma is out of place.")
            )
            continue
        options = tuple(row.get(f"option{n}_value")[:100] for n in range(1, len(draft.option_names) + 1))
        has_variant = row is rows[0] or bool(row.get("price") or any(options))
        _read_picture(draft, row, is_alone=not has_variant)
        if not has_variant:
            if not row.get("image"):
                draft.skip(row.number, _("There is nothing in this row to import."))
        elif options in by_options:
            draft.skip(row.number, _("The same variant stands in row %(row)d.") % {"row": by_options[options]})
        elif len(by_options) >= MAXIMUM_VARIANTS:
            draft.skip(row.number, _("A product has at most %(count)d variants.") % {"count": MAXIMUM_VARIANTS})
        elif variant := _variant(draft, row, options, currency):
            by_options[options] = row.number
            draft.variants.append(variant)


def _variant(draft: Draft, row: Row, options: tuple[str, ...], currency: str) -> VariantDraft | None:
    if not row.get("price"):
        draft.skip(row.number, _("The price is missing."))
        return None
    try:
        price = values.price(row.get("price"), currency)
    except AmountRefused as error:
        draft.skip(row.number, _("The price cannot be used: %(why)s") % {"why": error})
        return None
    if price.note:
        draft.warn(row.number, price.note)
    is_counted = bool(row.get("tracker")) or "tracker" not in draft.columns
    return VariantDraft(
        row=row.number,
        options=options,
        sku=row.get("sku").lstrip("'")[:80],
        barcode=row.get("barcode").lstrip("'")[:80],
        price_minor=price.minor,
        compare_at_minor=_compare_at(draft, row, price.minor, currency),
        grams=_number(draft, row, "grams", _("weight"), lowest=0) or 0,
        stock_units=_number(draft, row, "stock", _("stock"), lowest=-1_000_000) if is_counted else None,
    )


def _compare_at(draft: Draft, row: Row, price_minor: int, currency: str) -> int | None:
    if not row.get("compare_at"):
        return None
    try:
        before = values.price(row.get("compare_at"), currency).minor
    except AmountRefused as error:
        draft.warn(row.number, _("The price before was left out: %(why)s") % {"why": error})
        return None
    return before if before > price_minor else None


def _number(draft: Draft, row: Row, name: str, label: str, *, lowest: int) -> int | None:
    text = row.get(name)
    number = values.whole(text, lowest=lowest) if text else None
    if text and number is None:
        draft.warn(
            row.number,
            _("The %(label)s “%(text)s” is no whole number and was left out.") % {"label": label, "text": text[:40]},
        )
    return number


def _read_picture(draft: Draft, row: Row, *, is_alone: bool) -> None:
    url = row.get("image")
    if not url:
        return
    if len(url) > 1000 or not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        draft.warn(row.number, _("The picture's address “%(text)s” is no web address.") % {"text": url[:60]})
    elif url not in {known.source_url for known in draft.pictures}:
        position = values.whole(row.get("image_position"), lowest=0, highest=10_000)
        description = row.get("image_alt")[:255]
        draft.pictures.append(PictureDraft(row.number, url, description, position or len(draft.pictures) + 1, is_alone))


def summary(draft: Draft) -> str:
    """Say what the product's first row brings."""
    return ngettext("Product with %(count)d variant", "Product with %(count)d variants", len(draft.variants)) % {
        "count": len(draft.variants)
    }
