"""Writes a batch of drafts into the catalogue, with few statements whatever the batch's size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Model
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from saas.kernel.ids import random_id
from saas.kernel.locking import locked
from storefront.catalog.models import CatalogImport, Category, ImportLine, Product, ProductPicture, Variant

from . import drafts
from .drafts import Draft, Line
from .preview import refuse_unfit

_PRODUCT_FIELDS = ("title", "body", "vendor", "category", "tags", "option_names", "is_published", "updated_at")
# Which column tells which field of a variant.
_VARIANT_COLUMNS = (
    ("sku", "sku"),
    ("barcode", "barcode"),
    ("price", "price_minor"),
    ("compare_at", "compare_at_minor"),
    ("grams", "grams"),
    ("stock", "stock_units"),
)
_VARIANT_FIELDS = ("sku", "barcode", "price_minor", "compare_at_minor", "grams", "stock_units", "position")
_PICTURE_FIELDS = ("description", "position", "problem", "wanted_by", "wanted_row")
CREATED, UPDATED, WARNING = ImportLine.Outcome.CREATED, ImportLine.Outcome.UPDATED, ImportLine.Outcome.WARNING
BATCH = 1000


@dataclass
class _Work:
    """What a batch writes, gathered before it is written."""

    products: dict[str, Product]
    lines: list[Line] = field(default_factory=list)
    new_variants: list[Variant] = field(default_factory=list)
    changed_variants: list[Variant] = field(default_factory=list)
    stale_variants: list[Variant] = field(default_factory=list)
    new_pictures: list[ProductPicture] = field(default_factory=list)
    retried_pictures: list[ProductPicture] = field(default_factory=list)


def write(batch: Sequence[Draft], *, of: CatalogImport, now: datetime) -> None:
    """
    Create and update the batch's products, variants and pictures, and write the lines. Inside the caller's transaction.

    Locks: the known products.
    """
    known = {one.handle: one for one in locked(Product.objects.filter(handle__in=[draft.handle for draft in batch]))}
    for draft in batch:
        refuse_unfit(draft, known_options=known[draft.handle].option_names if draft.handle in known else None)
    taken = [draft for draft in batch if not draft.is_refused]
    work = _Work(_write_products(taken, known, now))
    work.lines = [line for draft in batch for line in draft.lines]
    variants, pictures = _existing(work.products)
    for draft in taken:
        product = work.products[draft.handle]
        is_new = draft.handle not in known
        _tell(work, draft.row, draft.handle, CREATED if is_new else UPDATED, drafts.summary(draft))
        _take_variants(work, draft, product, variants.get(product.pk, {}))
        _take_pictures(work, draft, product, pictures, of)
    _save(work, of)


def _tell(work: _Work, row: int, handle: str, outcome: str, detail: str) -> None:
    work.lines.append(Line(row, handle, outcome, detail))


def _write_products(taken: Sequence[Draft], known: dict[str, Product], now: datetime) -> dict[str, Product]:
    shelves = _shelves({draft.category for draft in taken if draft.category})
    fresh: list[Product] = []
    changed: list[Product] = []
    for draft in taken:
        product = known.get(draft.handle)
        (fresh if product is None else changed).append(
            _fill(product or Product(handle=draft.handle), draft, shelves, now)
        )
    Product.objects.bulk_create(fresh, batch_size=BATCH)
    _overwrite(changed, _PRODUCT_FIELDS)
    return {one.handle: one for one in (*fresh, *changed)}


def _fill(product: Product, draft: Draft, shelves: dict[str, Category], now: datetime) -> Product:
    """Set what the file tells; a column that it lacks empties nothing."""
    product.title = draft.title or product.title
    product.category = shelves.get(draft.category, product.category)
    for column, name in (("body", "body"), ("vendor", "vendor"), ("tags", "tags"), ("option1_name", "option_names")):
        if column in draft.columns:
            setattr(product, name, getattr(draft, name))
    if product.pk is None or draft.columns & {"published", "status"}:
        product.is_published = draft.is_published
    product.updated_at = now
    return product


def _shelves(names: set[str]) -> dict[str, Category]:
    found = {one.name: one for one in Category.objects.filter(name__in=names)}
    slugs = set(Category.objects.values_list("slug", flat=True)) if names - set(found) else set()
    for name in sorted(names - set(found)):
        slug = slugify(name, allow_unicode=True)[:70] or "shelf"
        slug = f"{slug}-{random_id(6)}" if slug in slugs else slug
        found[name] = Category.objects.create(name=name, slug=slug)
        slugs.add(slug)
    return found


def _existing(
    products: dict[str, Product],
) -> tuple[dict[int, dict[tuple[str, ...], Variant]], dict[tuple[int, str], ProductPicture]]:
    keys = [product.pk for product in products.values()]
    variants: dict[int, dict[tuple[str, ...], Variant]] = {}
    for variant in Variant.objects.filter(product_id__in=keys):
        variants.setdefault(variant.product_id, {})[tuple(variant.options)] = variant
    pictures = {(one.product_id, one.source_url): one for one in ProductPicture.objects.filter(product_id__in=keys)}
    return variants, pictures


def _take_variants(work: _Work, draft: Draft, product: Product, existing: dict[tuple[str, ...], Variant]) -> None:
    stale = [variant for options, variant in existing.items() if len(options) != len(draft.option_names)]
    if stale:
        work.stale_variants += stale
        detail = ngettext(
            "%(count)d variant with other options was removed.",
            "%(count)d variants with other options were removed.",
            len(stale),
        )
        _tell(work, draft.row, draft.handle, WARNING, detail % {"count": len(stale)})
    for position, wanted in enumerate(draft.variants):
        variant = existing.get(wanted.options)
        is_new = variant is None
        variant = variant or Variant(product=product, options=list(wanted.options))
        for column, name in _VARIANT_COLUMNS:
            if column in draft.columns:
                setattr(variant, name, getattr(wanted, name))
        variant.position = position
        (work.new_variants if is_new else work.changed_variants).append(variant)
        if wanted.row != draft.row:
            label = " / ".join(wanted.options)
            _tell(
                work,
                wanted.row,
                draft.handle,
                CREATED if is_new else UPDATED,
                _("Variant “%(label)s”") % {"label": label[:200]},
            )


def _take_pictures(
    work: _Work, draft: Draft, product: Product, existing: dict[tuple[int, str], ProductPicture], of: CatalogImport
) -> None:
    for wanted in draft.pictures:
        picture = existing.get((product.pk, wanted.source_url))
        if picture is None:
            work.new_pictures.append(
                ProductPicture(
                    product=product,
                    source_url=wanted.source_url,
                    description=wanted.description,
                    position=wanted.position,
                    wanted_by=of,
                    wanted_row=wanted.row,
                )
            )
        else:
            picture.description, picture.position = wanted.description, wanted.position
            if picture.image_id is None:
                picture.problem, picture.wanted_by, picture.wanted_row = "", of, wanted.row
            work.retried_pictures.append(picture)
        if wanted.is_alone:
            _tell(
                work,
                wanted.row,
                draft.handle,
                UPDATED if picture else CREATED,
                _("Picture %(number)d") % {"number": wanted.position},
            )


def _save(work: _Work, of: CatalogImport) -> None:
    Variant.objects.filter(pk__in=[one.pk for one in work.stale_variants]).delete()
    Variant.objects.bulk_create(work.new_variants, batch_size=BATCH)
    _overwrite(work.changed_variants, _VARIANT_FIELDS)
    ProductPicture.objects.bulk_create(work.new_pictures, batch_size=BATCH)
    _overwrite(work.retried_pictures, _PICTURE_FIELDS)
    write_lines(of, work.lines)


def _overwrite(rows: Sequence[Model], fields: Sequence[str]) -> None:
    """
    Write fields of rows that exist. An insert that turns into an update is one statement of plain values; `bulk_update` makes
    a condition for each row and field, and takes six times as long. The rows' products are locked, so none can be gone.
    """
    if rows:
        type(rows[0])._default_manager.bulk_create(
            rows, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=list(fields)
        )


def write_lines(of: CatalogImport, lines: Sequence[Line]) -> None:
    """Add lines to the import's report, in the order of their rows."""
    rows = [
        ImportLine(
            catalog_import=of, row=line.row, handle=line.handle[:200], outcome=line.outcome, detail=line.detail[:300]
        )
        for line in sorted(lines, key=lambda line: line.row)
    ]
    ImportLine.objects.bulk_create(rows, batch_size=2 * BATCH)
