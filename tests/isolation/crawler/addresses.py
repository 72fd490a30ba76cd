"""Every address that the URL confs of platform and malls answer."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RegexPattern, URLResolver
from django.utils.regex_helper import normalize

ROUTE_PART = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """One line of a URL conf: its name ("orders:order", or its path when it has none), its path with `%(places)s`."""

    place: str
    name: str
    path: str
    takes: tuple[str, ...]

    def filled(self, values: dict[str, str]) -> str:
        """Return the path with values in its places."""
        return "/" + self.path % {name: quote(value, safe="/") for name, value in values.items()}


def addresses(place: str) -> list[Address]:
    """Return all addresses of the "platform" or of a "mall"."""
    conf = settings.ROOT_URLCONF if place == "mall" else settings.PUBLIC_SCHEMA_URLCONF
    return list(dict.fromkeys(_below(place, get_resolver(conf), (), "")))


def _below(place: str, resolver: URLResolver, names: tuple[str, ...], before: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        path = before + _path(entry)
        if isinstance(entry, URLPattern):
            name = ":".join([*names, entry.name]) if entry.name else "/" + path
            yield Address(place, name, path, tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", path))))
        else:
            yield from _below(place, entry, (*names, entry.namespace) if entry.namespace else names, path)


def _path(entry: URLPattern | URLResolver) -> str:
    if isinstance(entry.pattern, RegexPattern):
        return str(normalize(str(entry.pattern.regex.pattern))[0][0])
    return ROUTE_PART.sub(r"%(\1)s", str(entry.pattern))
