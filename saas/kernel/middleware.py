"""Counts requests, and turns the refusals that any view may meet into an answer, once."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

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


class DomainErrorMiddleware:
    """`Busy` becomes 409; a refusal that no view turned into its own page becomes 422."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for `DomainError`; leave everything else to Django."""
        if not isinstance(exception, DomainError):
            return None
        status = 409 if isinstance(exception, Busy) else 422
        return render(request, "ui/refused.html", {"error": exception}, status=status)
