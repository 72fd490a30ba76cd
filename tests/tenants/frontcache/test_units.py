"""The cache's parts by themselves: keys, bounds, what is noticed, and what happens without Valkey."""

import io
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import transaction
from django.test import RequestFactory

from storefront.deals.models import Deal
from storefront.orders.models import Order
from tenants.frontcache import generations, pages, watching
from tenants.frontcache.everybody import ELIGIBLE, SHARED, share
from tenants.frontcache.front import FrontCache
from tenants.frontcache.keys import PageKey, key_of
from tenants.frontcache.memory import Memory
from tenants.registry.models import Tenant
from tests.factories.shop import a_deal

# Apps of a mall whose rows no page for everybody shows. A new app belongs here or into FRONT_CACHE_APPS.
NEVER_SHOWN = {
    *(
        "contenttypes",
        "auth",
        "sessions",
        "accounts",
        "audit",
        "account",
        "mfa",
        "outbox",
        "entry",
        "payments",
        "orders",
    ),
    *(
        "vouchers",
        "refunds",
        "mailings",
        "promotions",
        "disputes",
        "wagtaildocs",
        "wagtailsearch",
        "wagtailembeds",
        "wagtailusers",
        "wagtailadmin",
        "taggit",
        "wagtailforms",
    ),
}


def environ(**changed: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "HTTP_HOST": "riverside.localhost",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "HTTP_ACCEPT_LANGUAGE": "en",
        **changed,
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"REQUEST_METHOD": "POST"},
        {"HTTP_COOKIE": "sessionid=x"},
        {"HTTP_COOKIE": "a=b; sessionid=; c=d"},
        {"HTTP_COOKIE": '"sessionid=x"'},
        {"HTTP_AUTHORIZATION": "Basic eDp5"},
        {"HTTP_RANGE": "bytes=0-9"},
        {"HTTP_HOST": ""},
        {"HTTP_HOST": "x" * 300},
        {"HTTP_HOST": "riverside.localhost:1"},
        {"HTTP_HOST": "riverside.localhost."},
        {"HTTP_HOST": "Riverside.localhost"},
        {"PATH_INFO": "/" + "x" * 500},
        {"QUERY_STRING": "q=" + "x" * 500},
        {"HTTP_ACCEPT_LANGUAGE": "en," * 200},
        {"SCRIPT_NAME": "/elsewhere"},
    ],
)
def test_what_may_be_one_persons_own_has_no_key(changed: dict[str, str]) -> None:
    assert key_of(environ()) is not None
    assert key_of(environ(**changed)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"HTTP_HOST": "hillside.localhost"},
        {"PATH_INFO": "/deals/"},
        {"QUERY_STRING": "page=2"},
        {"HTTP_ACCEPT_LANGUAGE": "zh-CN"},
        {"HTTP_ACCEPT_LANGUAGE": "fr"},  # the mall's own language, whichever that is
        {"HTTP_COOKIE": "django_language=zh-hans"},
        {"HTTP_HX_REQUEST": "true"},
        {"wsgi.url_scheme": "https"},
    ],
)
def test_what_changes_a_page_changes_its_key(changed: dict[str, str]) -> None:
    assert key_of(environ(**changed)) != key_of(environ())


def test_what_changes_no_page_changes_no_key() -> None:
    same = [
        {"HTTP_COOKIE": "csrftoken=x; _ga=1"},
        {"QUERY_STRING": "utm_source=letter&gclid=1"},
        {"HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.8"},
        {"HTTP_USER_AGENT": "x"},
        {"REQUEST_METHOD": "HEAD"},
    ]
    assert {key_of(environ(**changed)) for changed in same} == {key_of(environ())}


def a_page(schema: str, size: int = 1000, generation: str = "g") -> pages.Page:
    return pages.make(
        schema=schema, generation=generation, stamp="s", headers=[("Content-Type", "image/png")], body=b"x" * size
    )


def a_key(number: int) -> PageKey:
    return PageKey("riverside.localhost", "http", "/", f"page={number}", "en", is_htmx=False)


def test_memory_is_bounded_in_all_and_for_each_mall() -> None:
    memory = Memory(100_000)
    for number in range(500):
        memory.put(a_key(number), a_page("m_a"))
        memory.put(a_key(number), a_page("m_b"))
    assert memory.bytes <= 50_000
    assert memory.get("m_a", a_key(499))
    assert memory.get("m_b", a_key(499))
    assert memory.get("m_a", a_key(0)) is None
    for mall in range(50):
        memory.put(a_key(0), a_page(f"m_{mall}"))
    assert 90_000 < memory.bytes <= 100_000
    memory.put(a_key(0), a_page("m_big", 500_000))
    assert memory.get("m_big", a_key(0)) is None
    assert memory.bytes <= 100_000


@pytest.mark.parametrize(
    "headers",
    [[("Set-Cookie", "a=b")], [("Cache-Control", "no-store")], [("cache-control", "private, max-age=9")]],
)
def test_an_answer_that_says_it_is_private_is_not_kept(headers: list[tuple[str, str]]) -> None:
    assert pages.may_be_kept("200 OK", [("Content-Type", "text/html")])
    assert not pages.may_be_kept("200 OK", headers)
    assert not pages.may_be_kept("404 Not Found", [])


def test_a_page_for_everybody_sees_nothing_of_its_visitor() -> None:
    request = RequestFactory().get(
        "/", HTTP_USER_AGENT="phone", HTTP_REFERER="https://x.example", HTTP_COOKIE="a=b", HTTP_ACCEPT_LANGUAGE="en"
    )
    share(request)
    assert request.headers["User-Agent"] == "phone"
    assert request.COOKIES == {"a": "b"}
    assert SHARED not in request.META
    request.META[ELIGIBLE] = True
    share(request)
    assert "User-Agent" not in request.headers
    assert "Referer" not in request.headers
    assert request.COOKIES == {}
    assert request.headers["Accept-Language"] == "en"
    assert request.META[SHARED]


def test_without_valkey_every_page_is_made_anew(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    alone = generations.Generations()
    assert alone.now("m_a") is None
    alone.change("m_a")
    served = []

    def application(_environ: Any, start_response: Any) -> list[bytes]:
        served.append(1)
        start_response("200 OK", [])
        return [b"page"]

    front = FrontCache(application)
    front.memory.learn("riverside.localhost", Any)  # type: ignore[arg-type]
    settings.FRONT_CACHE = False
    assert [b"".join(front(environ(), lambda *_said: None)) for _time in range(2)] == [b"page", b"page"]
    assert len(served) == 2


@pytest.mark.django_db
def test_every_app_of_a_mall_is_watched_or_never_shown() -> None:
    labels = {apps.get_containing_app_config(name).label for name in django_settings.TENANT_APPS if _has_models(name)}
    watched = set(django_settings.FRONT_CACHE_APPS)
    assert labels - NEVER_SHOWN - watched == set()
    assert not watched & NEVER_SHOWN


def _has_models(name: str) -> bool:
    config = apps.get_containing_app_config(name)
    return bool(config and list(config.get_models()))


@pytest.mark.parametrize(
    ("sql", "changes"),
    [
        ('UPDATE "deals_deal" SET "units_held" = 1', True),
        ('INSERT INTO "deals_deal_stores" ("deal_id") VALUES (1)', True),
        ('DELETE FROM "wagtailcore_page" WHERE id = 1', True),
        ("with sold as (update deals_deal set units_sold = 1 returning id) select * from sold", True),
        ("COPY deals_deal FROM STDIN", True),
        ('UPDATE "m_0000000000000000"."stores_store" SET name = 1', True),
        ('SELECT * FROM "deals_deal" FOR UPDATE', False),
        ("select * from deals_deal for update of deals_deal", False),
        ("UPDATE \"orders_order\" SET note = 'UPDATE deals_deal'", False),
        ('UPDATE "deals_dealing" SET x = 1', False),
        ('INSERT INTO "audit_auditentry" VALUES (1)', False),
    ],
)
def test_which_statements_change_pages(sql: str, changes: bool) -> None:
    assert (sql[:6] not in watching._READS and watching._changes_pages(sql, watching._writes(""))) is changes


@pytest.mark.django_db
def test_a_transaction_tells_once_after_its_commit(
    mall: Tenant, now: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[str] = []
    monkeypatch.setattr(generations.Generations, "change", lambda _self, schema: told.append(schema))
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            deal = a_deal(now=now)
            for price in range(2000, 2010):
                Deal.objects.filter(pk=deal.pk).update(price_minor=price)
        assert told == []
    assert told == [mall.schema_name]
    told.clear()
    with django_capture_on_commit_callbacks(execute=True):
        Order.objects.filter(pk=0).update(name="nobody")
    assert told == []
