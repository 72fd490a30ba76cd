"""Template context that every page gets."""

from django.conf import settings
from django.http import HttpRequest

from tenants.isolation.addresses import platform_url


def platform(request: HttpRequest) -> dict[str, object]:
    """Return the platform's own facts: `platform_url`, `product_version`, `development_pages`."""
    return {
        "platform_url": platform_url("/"),
        "product_version": settings.PRODUCT_VERSION,
        "development_pages": settings.DEVELOPMENT_PAGES,
    }
