"""Writes of products by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.errors import DomainError
from saas.kernel.ids import random_id
from saas.kernel.locking import locked_one
from saas.kernel.money import MAXIMUM_MINOR

from .imports import values
from .models import Category, Product, Variant

MAXIMUM_VARIANTS = 200


@dataclass(frozen=True)
class VariantDraft:
    """
    A variant as a merchant writes it; prices in minor units. `id` names one that exists.

    `barcode` and `grams`, which imports write, stay as they are with None.
    """

    options: tuple[str, ...]
    price_minor: int
    compare_at_minor: int | None = None
    sku: str = ""
    stock_units: int | None = None
    id: int | None = None
    barcode: str | None = None
    grams: int | None = None


@dataclass(frozen=True)
class ProductDraft:
    """A product as a merchant writes it. `body` may be any HTML and is cleaned; `category` is a name, "" for none."""

    title: str
    variants: tuple[VariantDraft, ...]
    body: str = ""
    vendor: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    option_names: tuple[str, ...] = ()
    is_published: bool = False
    picture_id: int | None = None


class ProductRefused(DomainError):
    """The product cannot be as it was written."""

    code = "product_refused"


@transaction.atomic
def create(*, draft: ProductDraft, by: Actor, now: datetime) -> Product:
    """
    Add a product with its variants.

    :raises ProductRefused: see `_check`
    """
    _check(draft)
    handle = values.handle(draft.title)[:180] or f"product-{random_id(6)}"
    if Product.objects.filter(handle=handle).exists():
        handle = f"{handle}-{random_id(6)}"
    product = Product(handle=handle)
    _write(product, draft)
    audit.record(
        action="product.created",
        subject=("product", product.public_id),
        summary=phrase(_("Added %(name)s"), name=product.title),
        by=by,
        now=now,
    )
    return product


@transaction.atomic
def change(*, product_public_id: str, draft: ProductDraft, by: Actor, now: datetime) -> Product:
    """
    Change a product; variants that the draft leaves out are removed. Locks: Product.

    :raises ProductRefused: see `_check`
    :raises Product.DoesNotExist: there is no such product
    """
    _check(draft)
    product = locked_one(Product.objects.filter(public_id=product_public_id))
    before = as_json(product)
    _write(product, draft)
    audit.record(
        action="product.changed",
        subject=("product", product.public_id),
        summary=phrase(_("Changed %(name)s"), name=product.title),
        by=by,
        now=now,
        before=before,
        after=as_json(product),
    )
    return product


def as_json(product: Product) -> dict[str, Any]:
    """Return a product as JSON, for the trail; `from_json` makes the draft of it again."""
    variants = [
        {
            name: getattr(one, name)
            for name in ("options", "price_minor", "compare_at_minor", "sku", "stock_units", "id", "barcode", "grams")
        }
        for one in product.variants.order_by("position", "pk")
    ]
    names = ("title", "body", "vendor", "tags", "option_names", "is_published", "picture_id")
    category = product.category.name if product.category else ""
    return {**{name: getattr(product, name) for name in names}, "category": category, "variants": variants}


def from_json(held: dict[str, Any]) -> ProductDraft:
    """Return the draft of `as_json`. A variant that was removed since is made anew; a picture that is gone is left out."""
    variants = tuple(VariantDraft(**{**one, "options": tuple(one["options"])}) for one in held["variants"])
    tuples = {name: tuple(held[name]) for name in ("tags", "option_names")}
    # Not imported: what a picture is belongs to the CMS, which stands above this slice.
    pictures = apps.get_model(settings.WAGTAILIMAGES_IMAGE_MODEL).objects.filter(pk=held["picture_id"])
    picture = pictures.values_list("pk", flat=True).first()
    return ProductDraft(**{**held, **tuples, "variants": variants, "picture_id": picture})


@transaction.atomic
def remove(*, product_public_id: str, by: Actor, now: datetime) -> None:
    """
    Remove a product with its variants. Deals and what was sold do not change. Locks: Product.

    :raises Product.DoesNotExist: there is no such product
    """
    product = locked_one(Product.objects.filter(public_id=product_public_id))
    audit.record(
        action="product.removed",
        subject=("product", product.public_id),
        summary=phrase(_("Removed %(name)s"), name=product.title),
        by=by,
        now=now,
    )
    product.delete()


def _check(draft: ProductDraft) -> None:
    """
    Check what a form cannot.

    :raises ProductRefused: no title with letters, no variant or too many, options that do not fit or repeat, a price out of bounds
    """
    if not any(letter.isalnum() for letter in draft.title):
        raise ProductRefused(_("Give the product a title with words."))
    if not 0 < len(draft.variants) <= MAXIMUM_VARIANTS:
        raise ProductRefused(_("A product has between 1 and %(most)d variants.") % {"most": MAXIMUM_VARIANTS})
    if any(len(one.options) != len(draft.option_names) or not all(one.options) for one in draft.variants):
        raise ProductRefused(_("Each variant has a value for each option."))
    if len({one.options for one in draft.variants}) != len(draft.variants):
        raise ProductRefused(_("Two variants have the same options."))
    if any(not 0 <= one.price_minor <= MAXIMUM_MINOR for one in draft.variants):
        raise ProductRefused(_("A price is out of bounds."))


def _write(product: Product, draft: ProductDraft) -> None:
    product.title, product.vendor = draft.title, draft.vendor
    product.body, _note = values.body(draft.body)
    product.category = _category(draft.category)
    product.tags, product.option_names = list(draft.tags), list(draft.option_names)
    product.is_published, product.picture_id = draft.is_published, draft.picture_id
    product.save()
    kept = {one.pk: one for one in product.variants.all() if one.pk in {draft.id for draft in draft.variants}}
    product.variants.exclude(pk__in=kept).delete()
    # Two variants may swap their options: what stays steps aside first.
    for variant in kept.values():
        variant.options = [f"~{variant.pk}"]
    Variant.objects.bulk_update(kept.values(), ["options"])
    for position, one in enumerate(draft.variants):
        variant = kept.get(one.id or 0) or Variant(product=product)
        variant.options, variant.position, variant.sku = list(one.options), position, one.sku
        variant.price_minor, variant.compare_at_minor, variant.stock_units = (
            one.price_minor,
            one.compare_at_minor,
            one.stock_units,
        )
        variant.barcode = variant.barcode if one.barcode is None else one.barcode
        variant.grams = variant.grams if one.grams is None else one.grams
        variant.save()


def _category(name: str) -> Category | None:
    if not name:
        return None
    slug = values.handle(name)[:70] or f"shelf-{random_id(6)}"
    taken = Category.objects.filter(slug=slug).exclude(name=name).exists()
    return Category.objects.get_or_create(name=name, defaults={"slug": f"{slug}-{random_id(6)}" if taken else slug})[0]
