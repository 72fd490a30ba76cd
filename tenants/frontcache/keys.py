"""What makes two requests ask for the same page."""

import re
from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from saas.accounts.languages import LONGEST_CHOICE
from saas.kernel.languages import asked_for
from tenants.registry.names import host_in

LONGEST_HOST, LONGEST_PATH, LONGEST_QUERY, LONGEST_HEADER = 260, 400, 300, 300
# Names that advertisers add to addresses. No page reads them, and each would make a page of its own.
_CAMPAIGN = re.compile(r"(utm_[a-z]+|gclid|fbclid|msclkid|mc_cid|mc_eid|ttclid|igshid)")


class PageKey(NamedTuple):
    """One page for one kind of visitor. `host` is as browsers write it, see `_is_plain`."""

    host: str
    scheme: str
    path: str
    query: str
    language: str
    is_htmx: bool

    def text(self) -> str:
        """Return the key as one line, for a store that wants text."""
        return "\n".join((*self[:5], str(self.is_htmx)))


def key_of(environ: dict[str, Any]) -> PageKey | None:
    """
    Return what the request asks for, or None where the answer may be one person's own.

    That is: anything but GET and HEAD, a session cookie under whatever value, credentials, a part of a file, what is
    longer than a page's address ever is, and a host in a spelling that no browser sends. Takes campaign parameters out of the
    request's query.
    """
    cookies = environ.get("HTTP_COOKIE", "")
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or f"{settings.SESSION_COOKIE_NAME}=" in cookies:
        return None
    if environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_RANGE") or environ.get("SCRIPT_NAME"):
        return None
    host, path, query = environ.get("HTTP_HOST", ""), environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "")
    if (
        not 0 < len(host) <= LONGEST_HOST
        or not _is_plain(host)
        or len(path) > LONGEST_PATH
        or len(accepted) > LONGEST_HEADER
    ):
        return None
    if query:
        query = environ["QUERY_STRING"] = _without_campaign(query)
        if len(query) > LONGEST_QUERY:
            return None
    chosen = _cookie(cookies, settings.LANGUAGE_COOKIE_NAME) if settings.LANGUAGE_COOKIE_NAME in cookies else ""
    # "" where the browser names none: then the page is in its mall's language, which the page's stamp knows.
    language = asked_for(chosen[:LONGEST_CHOICE], accepted)
    return PageKey(host, _scheme(environ), path, query, language, "HTTP_HX_REQUEST" in environ)


def _is_plain(host: str) -> bool:
    """Tell whether a Host header is spelt as browsers do, so that one mall's pages are not kept under each port that a client makes up."""
    name = host_in(host)
    return host == name or bool(settings.PUBLIC_PORT and host == f"{name}:{settings.PUBLIC_PORT}")


def _scheme(environ: dict[str, Any]) -> str:
    """Return what decides whether Django takes the request for secure: the server's word and the trusted proxy's."""
    trusted = settings.SECURE_PROXY_SSL_HEADER
    return f"{environ.get('wsgi.url_scheme', '')} {environ.get(trusted[0], '')[:20] if trusted else ''}"


def _without_campaign(query: str) -> str:
    if "utm_" not in query and "clid" not in query and "mc_" not in query and "igshid" not in query:
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not _CAMPAIGN.fullmatch(name)])


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
