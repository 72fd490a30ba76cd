"""Turns the refusals that any view may meet into an answer, once."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .errors import Busy, DomainError


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
