"""Start-up checks of the guards."""

from collections.abc import Iterator

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


@checks.register
def cookies_stay_at_their_host(**_later: object) -> list[checks.CheckMessage]:
    """
    Where the product is reached over TLS (`PUBLIC_SCHEME`), each cookie's name begins with `__Host-`.

    Browsers take such a cookie from its own host only, without a domain: a mall's page cannot set one for its siblings (T15). Over
    plain HTTP, on one's own machine, browsers take no such cookie, so the names are plain there.
    """
    over_tls = settings.PUBLIC_SCHEME == "https"
    return [
        checks.Error(f"{kind}_COOKIE_{problem}, as PUBLIC_SCHEME is {settings.PUBLIC_SCHEME}", id="hutong.E104")
        for kind in ("SESSION", "CSRF", "LANGUAGE")
        for problem in _wrong(kind, over_tls=over_tls)
    ]


def _wrong(kind: str, *, over_tls: bool) -> Iterator[str]:
    name, secure, domain, path = (
        getattr(settings, f"{kind}_COOKIE_{part}") for part in ("NAME", "SECURE", "DOMAIN", "PATH")
    )
    if name.startswith("__Host-") != over_tls:
        yield "NAME must begin with __Host-" if over_tls else "NAME must not begin with __Host-"
    if bool(secure) != over_tls:
        yield f"SECURE must be {over_tls}"
    if domain is not None:
        yield "DOMAIN must be None"
    if path != "/":
        yield "PATH must be /"
