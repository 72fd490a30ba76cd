"""Inside Django: what a page is made from, read before anything of the mall is; and whether the page stayed impersonal."""

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from saas.accounts.requests import Request
from saas.kernel.database import connection

from .everybody import ELIGIBLE, ORIGIN, SHARED
from .generations import generations


class Origin(NamedTuple):
    """The mall that answers, a stamp of its registry row, and the word that held before the page was made."""

    schema: str
    stamp: str
    generation: str


class FrontCacheMiddleware:
    """Directly behind the mall middleware, so that it runs before a page reads its mall."""

    def __init__(self, get_response: Callable[[Request], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponseBase:
        if ELIGIBLE not in request.META or request.tenant is None:
            return self.get_response(request)
        words = generations.now(connection.schema_name)
        response = self.get_response(request)
        if words and request.META.get(SHARED) and is_impersonal(request, response):
            request.META[ORIGIN] = Origin(connection.schema_name, stamp_of(request.tenant), words.mall)
        return response


def is_impersonal(request: Request, response: HttpResponseBase) -> bool:
    """Tell whether nothing of a person came in on the way: nobody signed in, no session, message or form token, no stream."""
    session = request.session
    touched = session.modified or bool(session.session_key)
    signed_in = "_cached_user" in request.__dict__ and request.user.is_authenticated
    return not (touched or signed_in or response.streaming or response.cookies or getattr(request, "is_dummy", False))


def stamp_of(tenant: Any) -> str:
    """Return a word for all that pages show of the registry's row."""
    facts = (tenant.schema_name, tenant.name, tenant.slug, tenant.status, tenant.currency, tenant.time_zone)
    return hashlib.sha256("\n".join((*facts, tenant.language)).encode()).hexdigest()[:16]
