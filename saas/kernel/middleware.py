"""Counts requests, and turns the refusals that any view may meet into an answer, once."""

import time
from collections.abc import Callable
from typing import Any

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import metrics
from .database import connection
from .errors import Busy, DomainError


class MetricsMiddleware:
    """Counts requests by view and outcome, how long they took, and how many each mall had. Stands behind the mall's middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begin, schema, status = time.perf_counter(), connection.schema_name, 500
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            view = request.resolver_match.view_name if request.resolver_match else "none"
            metrics.count("requests", view=view, status=f"{status // 100}xx")
            metrics.observe("request_seconds", time.perf_counter() - begin, view=view)
            metrics.count("mall_requests", mall=schema, status=f"{status // 100}xx")
            metrics.hand_over()


class NoText(DomainError):
    """What was sent holds a NUL, which no text can hold."""

    code = "no_text"
    message = gettext_lazy("What was sent holds a character that no text can hold. Nothing was kept.")


# Where staff work; nothing is charged there, and the way on is back to what they were writing.
STAFF_PAGES = ("/manage/", "/ops/", "/counter/")


def _refused(request: HttpRequest, refusal: Exception, status: int) -> HttpResponse:
    came_from, back = request.headers.get("Referer", ""), ""
    if request.path.startswith(STAFF_PAGES):
        is_own = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
        back = came_from if is_own else request.path[: request.path.index("/", 1) + 1]
    return render(request, "ui/refused.html", {"error": refusal, "back": back}, status=status)


class DomainErrorMiddleware:
    """`Busy` becomes 409; a refusal that no view turned into its own page 422; a NUL, which PostgreSQL takes in no text, 400."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for `DomainError` and for a NUL; leave everything else to Django."""
        if isinstance(exception, DataError) and "NUL (0x00)" in str(exception):
            return _refused(request, NoText(), 400)
        if not isinstance(exception, DomainError):
            return None
        status = 409 if isinstance(exception, Busy) else 422
        return _refused(request, exception, status)


class TooLarge(DomainError):
    """What was sent is larger than the page takes. It was not read."""

    code = "too_large"


View = Callable[..., HttpResponse]


def takes_at_most(most_bytes: int) -> Callable[[View], View]:
    """Let a view be asked only with a body of at most so many bytes; anything larger is refused before it is read."""

    def decorate(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return decorate


class BodyLimitMiddleware:
    """Refuses what is too large for its view (`takes_at_most`) with 413. Stands before whatever reads the body, the CSRF check first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, *_address: Any) -> HttpResponse | None:
        """Answer for a body that says it is too large; leave everything else to the view."""
        most = getattr(view, "most_bytes", None)
        said = request.META.get("CONTENT_LENGTH") or "0"
        if most is None or not said.isdigit() or int(said) <= most:
            return None
        words = _(
            "This is %(size)s; at most %(most)s can be sent here. It was not kept: make it smaller and try again."
        )
        refusal = TooLarge(words % {"size": filesizeformat(int(said)), "most": filesizeformat(most)})
        return _refused(request, refusal, 413)
