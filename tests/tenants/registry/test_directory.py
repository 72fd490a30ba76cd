"""The registry kept in the process: quick, bounded, and never older than half a second."""

import threading
import time
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from tenants.frontcache.generations import Generations
from tenants.isolation.entrance import inside
from tenants.provisioning import operations
from tenants.registry import directory, queries
from tenants.registry.models import Domain, RegistryChange, Tenant
from tenants.registry.tasks import KEPT_FOR, forget_changes
from tests import database

HOST = "riverside.localhost"


@pytest.fixture
def kept(settings: Any, monkeypatch: pytest.MonkeyPatch) -> directory.Directory:
    """A new directory that believes itself for as long as the product does."""
    settings.REGISTRY_POLL_S = 0.5
    made = directory.Directory()
    monkeypatch.setattr(directory, "here", made)
    return made


@pytest.mark.django_db
def test_a_known_host_costs_no_query_until_the_next_look_at_the_registry(
    kept: directory.Directory, riverside: Tenant, settings: Any
) -> None:
    settings.REGISTRY_POLL_S = 3600  # however slow the machine is
    assert kept.tenant_at(HOST) == riverside
    with CaptureQueriesContext(connection) as asked:
        first, second = kept.tenant_at(HOST), kept.tenant_at(HOST)
    assert first == second == riverside
    assert len(asked) == 0
    assert first is not second, "one request's changes of the instance are not another's"
    assert first is not None
    assert (first.status, first.name) == (Tenant.Status.OPEN, "Riverside Noodles")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda tenant: operations.suspend(tenant_id=tenant.pk, reason="unpaid", by=SYSTEM, now=clock.now()),
        lambda tenant: Tenant.objects.filter(pk=tenant.pk).update(name="Riverside & Daughters"),
        lambda tenant: Tenant.objects.filter(pk=tenant.pk).update(status=Tenant.Status.CLOSED),
        lambda tenant: Domain.objects.filter(domain=HOST).delete(),
        lambda tenant: Domain.objects.create(domain="noodles.example", tenant=tenant, is_primary=False),
    ],
)
def test_every_change_is_noted_whoever_makes_it(change: Any, riverside: Tenant) -> None:
    before = directory.revision()
    change(riverside)
    assert directory.revision() != before


@pytest.mark.django_db
def test_a_suspended_mall_stops_selling_with_the_next_request(riverside: Tenant) -> None:
    client = Client(SERVER_NAME=HOST)
    assert client.get("/deals/").status_code == 200
    operations.suspend(tenant_id=riverside.pk, reason="unpaid", by=SYSTEM, now=clock.now())
    assert client.get("/deals/").status_code == 503


def test_what_another_process_changed_shows_within_a_second(committed: None, kept: directory.Directory) -> None:
    """The change is made by psql's own means, past all code of ours."""
    assert queries.tenant_at(HOST) is not None
    address = database.superuser_url().rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("UPDATE public.registry_tenant SET status = 'suspended' WHERE slug = 'riverside'")
    deadline = time.monotonic() + 1
    while (found := queries.tenant_at(HOST)) and found.status != Tenant.Status.SUSPENDED:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_change_that_commits_after_a_later_one_is_seen(
    committed: None, kept: directory.Directory, settings: Any
) -> None:
    """Numbers are given out before the commit, so the highest number alone would miss the slow one."""
    settings.REGISTRY_POLL_S = 0
    address = database.superuser_url().rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    with psycopg.connect(address) as slow, psycopg.connect(address) as quick:
        slow.execute("UPDATE public.registry_tenant SET name = 'Slow' WHERE slug = 'riverside'")
        quick.execute("UPDATE public.registry_tenant SET name = 'Quick' WHERE slug = 'hillside'")
        quick.commit()
        found = queries.tenant_at(HOST)
        assert found is not None
        assert found.name == "Riverside Noodles"
        slow.commit()
    found = queries.tenant_at(HOST)
    assert found is not None
    assert found.name == "Slow"


@pytest.mark.django_db
def test_what_was_read_before_a_change_is_not_kept_after_it(
    kept: directory.Directory, riverside: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread reads the row, another sees the change and forgets, then the first one comes to keep what it read."""
    kept._keep_up()
    stale = kept._revision
    Tenant.objects.filter(pk=riverside.pk).update(name="New")
    kept._asked_at = float("-inf")
    kept._keep_up()
    kept._learned(HOST, stale)
    assert kept._malls == {}


@pytest.mark.django_db
def test_a_flood_of_invented_hosts_is_bounded_and_drives_out_no_mall(
    kept: directory.Directory, riverside: Tenant, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REGISTRY_POLL_S = 3600  # however slow the machine is
    monkeypatch.setattr(directory, "MOST_STRANGERS", 10)
    assert kept.tenant_at(HOST) == riverside
    for number in range(50):
        assert kept.tenant_at(f"nobody-{number}.localhost") is None
    assert len(kept._strangers) == 10
    with CaptureQueriesContext(connection) as asked:
        assert kept.tenant_at(HOST) == riverside
        assert kept.tenant_at("nobody-49.localhost") is None
        assert kept.tenant_at("x" * 10_000) is None
    assert len(asked) == 0


@pytest.mark.django_db
def test_old_changes_are_deleted(riverside: Tenant) -> None:
    Tenant.objects.filter(pk=riverside.pk).update(name="New")
    RegistryChange.objects.update(changed_at=clock.now() - KEPT_FOR * 2)
    Tenant.objects.filter(pk=riverside.pk).update(name="Newer")
    forget_changes.run()
    assert RegistryChange.objects.count() == 1


@pytest.mark.django_db
def test_a_mall_may_not_write_or_read_the_changes_t13(riverside: Tenant) -> None:
    from django.db import DatabaseError, transaction

    with inside(riverside), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO public.registry_registrychange DEFAULT VALUES")


def test_threads_share_the_directory(committed: None, kept: directory.Directory) -> None:
    found: list[str] = []

    def look() -> None:
        try:
            for _number in range(50):
                tenant = queries.tenant_at(HOST)
                found.append(tenant.slug if tenant else "")
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["riverside"] * 300


@pytest.mark.django_db
def test_a_page_under_a_new_word_of_the_registry_is_made_from_its_new_rows(
    kept: directory.Directory, riverside: Tenant, settings: Any
) -> None:
    """The front cache knows a change by its word; what is kept under that word must not be made from what was known before."""
    settings.REGISTRY_POLL_S = 3600
    settings.FRONT_CACHE_POLL_S = 0
    words = Generations()
    words.now("public")
    assert kept.tenant_at(HOST) == riverside
    Tenant.objects.filter(pk=riverside.pk).update(name="New")
    words.now("public")
    found = kept.tenant_at(HOST)
    assert found is not None
    assert found.name == "Riverside Noodles", "the word is the old one still, and so is what is known"
    words.change("public")
    words.now("public")
    found = kept.tenant_at(HOST)
    assert found is not None
    assert found.name == "New"
