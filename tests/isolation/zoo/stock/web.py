"""Exhibits of django-tenants' middleware and of Wagtail's preview."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.handlers.base import BaseHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django_tenants.log import TenantContextFilter
from django_tenants.utils import tenant_context

from tests.isolation.zoo.stock.exhibits import Seen, exhibit
from tests.isolation.zoo.stock.models import Note, Notice, Tenant

seen_above: list[str] = []


def above(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Stand above the tenant's middleware and read the database."""

    def middleware(request: HttpRequest) -> HttpResponse:
        seen_above.append(Note.objects.get().text)
        return get_response(request)

    return middleware


def answer(host: str) -> Any:
    """Answer a request for a host's first page through the whole chain."""
    handler = BaseHandler()
    handler.load_middleware()
    return handler.get_response(RequestFactory().get("/", HTTP_HOST=host))


@exhibit("C26")
def a_preview() -> Seen:
    """A preview runs the middleware for a host that an editor typed, and the request stays in that mall."""
    with tenant_context(Tenant.objects.get(schema_name="alpha")):
        page = Notice(hostname="beta.example").make_preview_request()
        return Seen(
            page.content == b"beta: beta's" and connection.schema_name == "beta",
            f"alpha's preview shows “{page.content.decode()}”; left in {connection.schema_name}",
        )


@exhibit("C35")
def a_middleware_above() -> Seen:
    """A connection keeps the mall of the request before; what stands above the middleware works there."""
    del seen_above[:]
    chain = ["tests.isolation.zoo.stock.web.above", "django_tenants.middleware.main.TenantMainMiddleware"]
    with override_settings(MIDDLEWARE=chain):
        answer("alpha.example")
        answer("beta.example")
    return Seen(seen_above[1] == "alpha's", f"before beta's request was placed, it read {seen_above[1]}")


@exhibit("C36")
def an_unknown_host() -> Seen:
    """SHOW_PUBLIC_IF_NO_TENANT_FOUND shows the platform at every host."""
    with override_settings(SHOW_PUBLIC_IF_NO_TENANT_FOUND=True):
        page = answer("nobody.example")
    return Seen(page.content == b"platform's page from public", f"nobody.example shows “{page.content.decode()}”")


@exhibit("C39")
def a_line_of_the_log() -> Seen:
    """The log's filter asks the connection, which keeps the mall of the request before."""
    answer("alpha.example")
    record = logging.makeLogRecord({"msg": "the platform's nightly work"})
    TenantContextFilter().filter(record)
    told = getattr(record, "schema_name", "")
    return Seen(told == "alpha", f"the platform's line is marked {told}")
