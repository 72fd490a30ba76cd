"""Start-up checks of the guards."""

from django.conf import settings
from django.core import checks


@checks.register
def guards_in_place(**_later: object) -> list[checks.CheckMessage]:
    """The mall middleware is first; every cache alias has our key function; the limit on SET calls is off."""
    found: list[checks.CheckMessage] = []
    if settings.MIDDLEWARE[0] != "tenants.isolation.middleware.MallMiddleware":
        found.append(checks.Error("MallMiddleware must be first in MIDDLEWARE", id="hutong.E101"))
    found += [
        checks.Error(f"the cache “{alias}” needs KEY_FUNCTION tenants.isolation.cache.make_key", id="hutong.E102")
        for alias, options in settings.CACHES.items()
        if options.get("KEY_FUNCTION") != "tenants.isolation.cache.make_key"
    ]
    if getattr(settings, "TENANT_LIMIT_SET_CALLS", False):
        found.append(
            checks.Error(
                "TENANT_LIMIT_SET_CALLS believes a search path that somebody else may have changed", id="hutong.E103"
            )
        )
    return found
