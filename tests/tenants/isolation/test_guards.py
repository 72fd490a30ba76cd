"""Content types, cache keys, files, hosts: each stays in its mall."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType, ContentTypeManager
from django.core.cache import cache, caches
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation, SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import AsyncRequestFactory, Client, RequestFactory

from saas.accounts.models import User
from saas.kernel.tasks import SchemaMissing, known_tasks
from tenants.isolation.entrance import inside
from tenants.isolation.middleware import MallMiddleware
from tenants.provisioning import operations
from tenants.registry.models import Tenant

pytestmark = pytest.mark.django_db


def test_content_types_are_cached_by_schema_c17(riverside: Tenant) -> None:
    on_platform_id = ContentType.objects.get_for_model(User).pk
    with inside(riverside):
        in_mall_id = ContentType.objects.get_for_model(User).pk
        assert ContentType.objects.get_for_id(in_mall_id).model == "user"
    assert ContentType.objects.get_for_model(User).pk == on_platform_id
    assert on_platform_id != in_mall_id, "the schemas number content types alike, so this test proves nothing"


def test_the_stock_content_type_cache_answers_with_another_schemas_id_c17(riverside: Tenant) -> None:
    """The negative control: one dictionary for the process keeps what the platform put there."""
    stock = ContentTypeManager()
    stock.model = ContentType
    on_platform = stock.get_for_model(User).pk
    with inside(riverside):
        # django-tenants clears the manager `ContentType.objects` on a switch; another thread's look-up fills it again.
        assert stock.get_for_model(User).pk == on_platform


def test_cache_keys_carry_the_schema_on_every_alias_c20(riverside: Tenant, hillside: Tenant) -> None:
    for alias in caches:
        with inside(riverside):
            caches[alias].set("greeting", "noodles")
            assert f":{riverside.schema_name}:" in caches[alias].make_key("greeting")
        with inside(hillside):
            assert caches[alias].get("greeting") is None
        assert caches[alias].get("greeting") is None
    with inside(riverside):
        cache.delete("greeting")


def test_a_file_is_stored_under_the_malls_prefix_and_read_only_there_c29_t16(
    riverside: Tenant, hillside: Tenant
) -> None:
    with inside(riverside):
        name = default_storage.save("notes/menu.txt", ContentFile(b"noodles"))
        assert name.startswith(f"{riverside.schema_name}/notes/menu")
        assert default_storage.open(name).read() == b"noodles"
    with inside(hillside):
        for act in (default_storage.open, default_storage.delete, default_storage.url, default_storage.exists):
            with pytest.raises(SuspiciousFileOperation):
                act(name)
    with inside(riverside):
        assert Path(default_storage.path(name)).read_bytes() == b"noodles"
        default_storage.delete(name)


@pytest.mark.parametrize("name", ["../x.txt", "/etc/passwd/../../x", "a/../../x", "..\\x", "notes/../../../x"])
def test_a_name_that_leads_out_of_the_mall_is_refused_or_kept_inside_t16(name: str, riverside: Tenant) -> None:
    with inside(riverside):
        try:
            key = default_storage.generate_filename(name)
        except SuspiciousFileOperation:
            return
        assert key.startswith(f"{riverside.schema_name}/")
        assert ".." not in key


@pytest.mark.parametrize(
    "host",
    [
        "nobody.localhost",
        "riverside.localhost.evil.example",
        "10.0.0.1",
        "riverside.localhost..",
        "xn--rvside-abc.localhost",
    ],
)
def test_an_unknown_host_is_answered_404_in_words(host: str, db: None) -> None:
    answer = Client(SERVER_NAME=host).get("/")
    assert answer.status_code == 404
    assert connection.schema_name == "public"


@pytest.mark.parametrize(
    "host", ["riverside.localhost", "RIVERSIDE.localhost", "riverside.localhost.", "riverside.localhost:8000"]
)
def test_a_malls_host_in_any_spelling_is_that_mall_t3(host: str, riverside: Tenant) -> None:
    seen: list[str] = []

    def view(request: Any) -> Any:
        from django.http import HttpResponse

        seen.append(connection.schema_name)
        return HttpResponse()

    MallMiddleware(view)(RequestFactory().get("/", HTTP_HOST=host))
    assert seen == [riverside.schema_name]
    assert connection.schema_name == "public"


def test_a_request_that_leaves_its_schema_is_not_answered_c35(riverside: Tenant, hillside: Tenant) -> None:
    def strays(request: Any) -> Any:
        from django.http import HttpResponse

        connection.set_tenant(hillside)
        return HttpResponse("other mall's page")

    with pytest.raises(SuspiciousOperation, match="left its schema"):
        MallMiddleware(strays)(RequestFactory().get("/", HTTP_HOST="riverside.localhost"))


def test_a_preview_stays_in_the_mall_whatever_host_it_is_given_c26_t8(riverside: Tenant) -> None:
    seen: list[str] = []

    def view(request: Any) -> Any:
        from django.http import HttpResponse

        seen.append(connection.schema_name)
        return HttpResponse()

    request = RequestFactory().get("/", HTTP_HOST="hillside.localhost")
    request.is_dummy = True  # what Wagtail marks a preview's request with
    with inside(riverside):
        MallMiddleware(view)(request)
        assert connection.schema_name == riverside.schema_name
    assert seen == [riverside.schema_name]
    with pytest.raises(SuspiciousOperation, match="belongs to a mall"):
        MallMiddleware(view)(request)


def test_a_suspended_mall_says_so_and_lets_vouchers_be_redeemed_m19_a9(
    riverside: Tenant, client_for: Callable[..., Client], now: Any
) -> None:
    from saas.kernel.actors import SYSTEM

    operations.suspend(tenant_id=riverside.pk, reason="unpaid invoice", by=SYSTEM, now=now)
    client = client_for(riverside)

    assert client.get("/deals/").status_code == 503
    assert client.get("/counter/").status_code != 503
    assert client.post("/letters/stop/no-such-letter/").status_code == 404  # a member's own link there answers
    operations.resume(tenant_id=riverside.pk, by=SYSTEM, now=now)
    assert client.get("/deals/").status_code != 503


def test_a_task_without_a_schema_is_refused_c13() -> None:
    from celery import current_app

    known_tasks()
    relay = current_app.tasks["tenants.relay.relay"]
    with pytest.raises(SchemaMissing):
        relay.apply()


def test_a_task_runs_in_the_schema_of_its_message_and_leaves_it_c6(riverside: Tenant, run_tasks: Any) -> None:
    from saas.kernel.tasks import enqueue

    with run_tasks(), inside(riverside):
        enqueue("tenants.relay.relay")
    assert connection.schema_name == "public"


def test_a_thread_starts_on_the_platform_c7(riverside: Tenant) -> None:
    seen: list[str] = []
    with inside(riverside):
        thread = threading.Thread(target=lambda: seen.append(connection.schema_name))
        thread.start()
        thread.join()
    assert seen == ["public"]


def test_an_asgi_server_gets_no_page_t5() -> None:
    """The product offers none to load; whoever writes an asgi.py is refused with each request, and the log says why."""
    offered = [path for path in Path(settings.BASE_DIR).rglob("asgi.py") if ".hutong" not in path.parts]
    assert offered == []
    reached: list[object] = []
    with pytest.raises(ImproperlyConfigured, match="WSGI"):
        MallMiddleware(reached.append)(AsyncRequestFactory().get("/", headers={"Host": "riverside.localhost"}))  # type: ignore[arg-type]
    assert reached == []
