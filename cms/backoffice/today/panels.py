"""The parts of the home page."""

from typing import Any

from django.http import HttpRequest


def for_request(request: HttpRequest) -> list[Any]:
    """Return the panels of the person's home page."""
    return []
