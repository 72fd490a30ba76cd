"""What the stock platform answers: a page that only its own host should show."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path


def platform_page(_request: HttpRequest) -> HttpResponse:
    """Tell the schema that the page was made in."""
    return HttpResponse(f"platform's page from {connection.schema_name}")


urlpatterns = [path("", platform_page)]
