"""Product files to test with."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile

from saas.kernel.actors import Actor
from storefront.catalog.imports import operations
from storefront.catalog.models import CatalogImport

ALMA = Actor(kind="merchant", name="Alma")
HEADER = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value", "Variant SKU",
    "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty", "Variant Price", "Variant Compare At Price", "Image Src",
    "Image Position", "Image Alt Text",
)  # fmt: skip


def row(handle: str, **cells: str) -> list[str]:
    """Return a row of a product without options at 10.00; `cells` by a short name (title, body, price, option, value, image …)."""
    names = ("handle", "title", "body", "vendor", "type", "tags", "published", "option", "value", "sku", "grams", "tracker", "stock",
             "price", "before", "image", "position", "alt")  # fmt: skip
    given = {"handle": handle, "title": "A thing", "option": "Title", "value": "Default Title", "price": "10", **cells}
    return [given.get(name, "") for name in names]


def more(handle: str, **cells: str) -> list[str]:
    """Return a further row of a product: nothing but what `cells` say."""
    return row(handle, **{"title": "", "option": "", "value": "", "price": "", **cells})


def written(
    rows: Sequence[Sequence[str]], *, header: Sequence[str] = HEADER, encoding: str = "utf-8", delimiter: str = ","
) -> bytes:
    """Return the rows as the bytes of a file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def uploaded(content: bytes, *, now: datetime, name: str = "products.csv") -> CatalogImport:
    """Return an import of the bytes that was read."""
    found = operations.upload(file=ContentFile(content, name), file_name=name, by=ALMA, now=now)
    return operations.read(import_id=found.public_id, now=now)


def applied(content: bytes, *, now: datetime) -> CatalogImport:
    """Return an import of the bytes that was read and applied to its last row; pictures wait."""
    found = uploaded(content, now=now)
    operations.start(import_id=found.public_id, by=ALMA, now=now)
    while operations.apply_some(import_id=found.public_id, now=now):
        continue
    return CatalogImport.objects.get(pk=found.pk)


def report(found: CatalogImport) -> list[tuple[int, str, str]]:
    """Return the report as (row, outcome, detail)."""
    return list(found.lines.values_list("row", "outcome", "detail"))


def counts(found: CatalogImport) -> dict[str, int]:
    """Return how many lines have which outcome."""
    outcomes: dict[str, int] = {}
    for outcome in found.lines.values_list("outcome", flat=True):
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    return outcomes


def sample(folder: str, name: str) -> bytes:
    """Return one of Shopify's own sample files."""
    return (Path(folder) / name).read_bytes()


def everything(*models: Any) -> list[Any]:
    """Return all rows of the models, to show that nothing changed."""
    return [list(model.objects.order_by("pk").values()) for model in models]
