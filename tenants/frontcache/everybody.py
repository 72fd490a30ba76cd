"""
How a view says that its page is the same for everybody: `@for_everybody`, or `share(request)` before it reads anything.

What it says counts only for requests without a session; all others are answered as if it had said nothing. So that a page
cannot depend on one visitor by mistake, such a request loses its cookies and all headers that are no part of the page's key.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
# What the parts in front of and behind Django tell each other through the WSGI environment; clients cannot write it.
ELIGIBLE = "hutong.front.eligible"
SHARED = "hutong.front.shared"
ORIGIN = "hutong.front.origin"
KEPT_HEADERS = {"HTTP_HOST", "HTTP_ACCEPT_LANGUAGE", "HTTP_HX_REQUEST", "HTTP_X_FORWARDED_PROTO"}


def share(request: HttpRequest) -> None:
    """Say that this page is the same for everybody who has no session, in the request's language."""
    if ELIGIBLE not in request.META:
        return
    request.META[SHARED] = True
    request.COOKIES = {}
    for name in [name for name in request.META if name.startswith("HTTP_") and name not in KEPT_HEADERS]:
        del request.META[name]
    request.__dict__.pop("headers", None)


def for_everybody(
    view: Callable[Concatenate[Any, P], HttpResponse],
) -> Callable[Concatenate[Any, P], HttpResponse]:
    """Decorate a view whose page is the same for everybody who has no session."""

    @wraps(view)
    def shared(request: Any, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        share(request)
        return view(request, *args, **kwargs)

    return shared
