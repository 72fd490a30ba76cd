"""Addresses of the platform and of malls, from settings and the registry's rows only."""

from django.conf import settings


def _with_port(host: str) -> str:
    return f"{settings.PUBLIC_SCHEME}://{host}{':' + settings.PUBLIC_PORT if settings.PUBLIC_PORT else ''}"


def platform_url(path: str) -> str:
    """Return the absolute address of a path on the platform's host."""
    return _with_port(settings.BASE_DOMAIN) + path


def mall_url(domain: str, path: str) -> str:
    """Return the absolute address of a path on a mall's domain."""
    return _with_port(domain) + path
