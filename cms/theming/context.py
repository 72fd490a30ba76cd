"""What templates of a mall get: its face and the links of its footer."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from cms.pages import queries as pages
from saas.kernel.database import connection
from tenants.frontcache.parts import kept

from . import queries


def mall(request: HttpRequest) -> dict[str, object]:
    """
    Return `mall` (a `Face`), `theme_url` and `mall_links` ({label, href} for the footer); nothing on the platform.

    All three are looked up when first read, and shared by the mall's pages.
    """
    if not connection.is_in_mall:
        return {}
    known: dict[str, object] | None = getattr(request, "mall_context", None)
    if known is None:
        face: Any = SimpleLazyObject(lambda: kept("face", queries.face))
        known = {
            "mall": face,
            "theme_url": SimpleLazyObject(lambda: face.theme_url),
            "mall_links": SimpleLazyObject(lambda: kept("footer links", pages.footer_links)),
        }
        request.mall_context = known  # type: ignore[attr-defined]
    return known
