"""The columns of a Shopify product file, in the spelling of old and new exports."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from saas.kernel.errors import DomainError

# What is read -> how exports spell it, in lower case.
READ: dict[str, tuple[str, ...]] = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "body": ("body (html)", "body html", "description"),
    "vendor": ("vendor",),
    "type": ("type", "custom product type"),
    "tags": ("tags",),
    "published": ("published", "published on online store"),
    "status": ("status",),
    **{f"option{n}_name": (f"option{n} name",) for n in (1, 2, 3)},
    **{f"option{n}_value": (f"option{n} value",) for n in (1, 2, 3)},
    "sku": ("variant sku", "sku"),
    "grams": ("variant grams", "weight value (grams)"),
    "tracker": ("variant inventory tracker", "inventory tracker"),
    "stock": ("variant inventory qty", "inventory quantity"),
    "price": ("variant price", "price"),
    "compare_at": ("variant compare at price", "compare-at price"),
    "barcode": ("variant barcode", "barcode"),
    "image": ("image src", "product image url"),
    "image_position": ("image position",),
    "image_alt": ("image alt text",),
}
NEEDED = {"handle": "Handle", "title": "Title", "price": "Variant Price"}
_BY_SPELLING = {spelling: name for name, spellings in READ.items() for spelling in spellings}


class HeaderRefused(DomainError):
    """The first row is not that of a Shopify product file."""

    code = "header_refused"


def map_header(cells: Sequence[str]) -> dict[str, int]:
    """
    Return which column holds what, the first one where a name stands twice.

    :raises HeaderRefused: columns without which nothing can be imported are missing
    """
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        name = _BY_SPELLING.get(cell.strip().lower())
        if name:
            found.setdefault(name, index)
    missing = [label for name, label in NEEDED.items() if name not in found]
    if missing:
        seen = ", ".join(cell.strip()[:30] for cell in cells[:8] if cell.strip()) or _("nothing")
        raise HeaderRefused(
            _("This is not a Shopify product file: the first row lacks %(missing)s. It holds %(seen)s.")
            % {"missing": ", ".join(missing), "seen": seen[:200]}
        )
    return found


def ignored(cells: Sequence[str], mapping: dict[str, int]) -> dict[int, str]:
    """Return the columns that are not read, by index."""
    used = set(mapping.values())
    return {index: cell.strip()[:60] for index, cell in enumerate(cells) if index not in used and cell.strip()}
