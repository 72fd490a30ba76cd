"""The rows of requests: the stock part answers in the wrong mall, ours does not."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_tenants.log import TenantContextFilter
from wagtail.models import Site

from cms.pages.models import HomePage
from saas.accounts.models import User
from tenants.isolation.entrance import inside
from tenants.isolation.middleware import MallMiddleware
from tenants.registry.models import Tenant
from tests.isolation.zoo.ours import here

Leaks = Callable[[str], str]
pytestmark = pytest.mark.django_db


def test_c26_t8_a_preview_stays_at_home_whatever_host_the_site_names(
    stock_leaks: Leaks,
    sites_forgotten: None,
    riverside: Tenant,
    hillside: Tenant,
    alma: User,
    client_for: Callable[..., Any],
) -> None:
    stock_leaks("C26")
    with inside(riverside):
        Site.objects.update(hostname="hillside.localhost", port=80)
        page = HomePage.objects.get()
        shown = page.make_preview_request()
        text = shown.content.decode()
        assert shown.status_code == 200
        assert here() == riverside.schema_name
    assert riverside.name in text
    assert hillside.name not in text
    client = client_for(riverside, user=alma)
    for path in (f"/manage/pages/{page.pk}/edit/preview/?mode=", "/sitemap.xml", "/manage/"):
        assert hillside.name not in client.get(path).content.decode()


def test_c35_the_malls_middleware_is_first_and_leaves_nothing_behind(
    stock_leaks: Leaks, riverside: Tenant, settings: Any
) -> None:
    stock_leaks("C35")

    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(here())

    answer = MallMiddleware(view)(RequestFactory().get("/", HTTP_HOST="riverside.localhost"))
    assert answer.content.decode() == riverside.schema_name
    assert here() == "public"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[1:], settings.MIDDLEWARE[0]]
    assert "hutong.E101" in {message.id for message in run_checks()}


@pytest.mark.parametrize("host", ["nobody.localhost", "riverside.localhost.evil.example", "[::1]", "10.1.2.3"])
def test_c36_an_unknown_host_shows_neither_platform_nor_mall(stock_leaks: Leaks, host: str) -> None:
    stock_leaks("C36")
    assert not getattr(settings, "SHOW_PUBLIC_IF_NO_TENANT_FOUND", False)

    def view(_request: HttpRequest) -> HttpResponse:
        raise AssertionError("answered")

    assert MallMiddleware(view)(RequestFactory().get("/", HTTP_HOST=host)).status_code in (404, 421)


def test_c39_a_line_of_the_log_after_a_request_is_not_marked_with_its_mall(
    stock_leaks: Leaks, riverside: Tenant, client_for: Callable[..., Any]
) -> None:
    stock_leaks("C39")
    marks: list[str] = []

    def view(_request: HttpRequest) -> HttpResponse:
        marks.append(_mark())
        return HttpResponse()

    MallMiddleware(view)(RequestFactory().get("/", HTTP_HOST="riverside.localhost"))
    marks.append(_mark())
    assert marks == [riverside.schema_name, "public"]
    assert connection.schema_name == "public"


def _mark() -> str:
    record = logging.makeLogRecord({"msg": "work"})
    TenantContextFilter().filter(record)
    return str(getattr(record, "schema_name", ""))
