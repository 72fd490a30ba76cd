"""What every test stands on: a database of its own, two malls, three people. See CONTRIBUTING.md."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from pytest_django import DjangoDbBlocker
from time_machine import travel

from infra.local.roles import create_database, drop_database
from saas.project import catalogues
from tests import database
from tests.stripe_sandbox import StripeSandbox


def pytest_configure(config: pytest.Config) -> None:
    """Compile the catalogues and make the prepared database once, before the processes that clone it start."""
    if not hasattr(config, "workerinput"):
        catalogues.compile_changed()
    if not hasattr(config, "workerinput") and "DATABASE_SUPERUSER_URL" in os.environ and not config.option.collectonly:
        database.ensure()


def _use(name: str) -> None:
    connection.close()
    connections.settings["default"]["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this test process a clone of the prepared database and of its files."""
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    shutil.copytree(settings.PREPARED_MEDIA, settings.MEDIA_ROOT)
    name = settings.DATABASES["default"]["NAME"]
    drop_database(database.superuser_url(), name=name)
    create_database(database.superuser_url(), name=name, template=settings.BASE_DATABASE)
    yield
    with django_db_blocker.unblock():
        connection.close()
    drop_database(database.superuser_url(), name=name)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """
    Give this test a throwaway clone in which commits are real, for races over several connections.

    Threads must close their connection (`django.db.connection.close()`) before they end.
    """
    own, name = settings.DATABASES["default"]["NAME"], f"{settings.BASE_DATABASE}_{uuid.uuid4().hex[:8]}"
    create_database(database.superuser_url(), name=name, template=settings.BASE_DATABASE)
    with django_db_blocker.unblock():
        _use(name)
        try:
            yield
        finally:
            connection.set_schema_to_public()
            _use(own)
            drop_database(database.superuser_url(), name=name)


@pytest.fixture
def now() -> Iterator[datetime]:
    """Live at one instant, the clock of pages and tasks with it: what a test says of dates holds on any day."""
    instant = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
    with travel(instant, tick=True):
        yield instant


@pytest.fixture
def riverside(db: None) -> Any:
    """Riverside Noodles, a restaurant: Alma's, where Bo is the clerk."""
    return _tenant("riverside")


@pytest.fixture
def hillside(db: None) -> Any:
    """Hillside Salon: Cleo's, a stranger to Riverside."""
    return _tenant("hillside")


def _tenant(slug: str) -> Any:
    from tenants.isolation.entrance import on_platform
    from tenants.registry.models import Tenant

    with on_platform():  # another fixture may have entered a mall
        return Tenant.objects.get(slug=slug)


@pytest.fixture
def mall(riverside: Any) -> Iterator[Any]:
    """Run the test inside Riverside Noodles."""
    from tenants.isolation.entrance import inside

    with inside(riverside):
        yield riverside


def _person(tenant: Any, email: str) -> Any:
    from saas.accounts.models import User
    from tenants.isolation.entrance import inside

    with inside(tenant):
        return User.objects.get(email=email)


@pytest.fixture
def alma(riverside: Any) -> Any:
    """Alma, the owner of Riverside Noodles."""
    return _person(riverside, "alma@riverside.example")


@pytest.fixture
def bo(riverside: Any) -> Any:
    """Bo, Alma's clerk."""
    return _person(riverside, "bo@riverside.example")


@pytest.fixture
def cleo(hillside: Any) -> Any:
    """Cleo, the owner of Hillside Salon."""
    return _person(hillside, "cleo@hillside.example")


class HostClient(Client):
    """Django's test client on one host. A request leaves the test in the schema in which it was."""

    def __init__(self, host: str) -> None:
        super().__init__(SERVER_NAME=host)

    def request(self, **request: Any) -> Any:
        """Send the request and come back."""
        before = connection.tenant
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(before)


@pytest.fixture
def client_for(db: None) -> Callable[..., HostClient]:
    """Return a maker of clients: `client_for(tenant)` for a mall, `client_for(None)` for the platform; `user=` logs in."""
    from tenants.isolation.entrance import inside

    def make(tenant: Any, user: Any = None) -> HostClient:
        client = HostClient(f"{tenant.slug}.localhost" if tenant else "localhost")
        if user is not None:
            backend = settings.AUTHENTICATION_BACKENDS[0]
            if tenant:
                with inside(tenant):
                    client.force_login(user, backend=backend)
            else:
                client.force_login(user, backend=backend)
        return client

    return make


@pytest.fixture
def run_tasks(
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[Any]]],
) -> Callable[[], AbstractContextManager[list[Any]]]:
    """Return a context manager that runs, at its end, the commit hooks of its block and with them the tasks that they send."""

    def context() -> AbstractContextManager[list[Any]]:
        return django_capture_on_commit_callbacks(execute=True)

    return context


@pytest.fixture(scope="session")
def _running_stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeSandbox]:
    running = StripeSandbox(tmp_path_factory.mktemp("stripe") / "sandbox.sqlite3")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def stripe(_running_stripe: StripeSandbox, settings: Any, now: datetime) -> Iterator[StripeSandbox]:
    """The Stripe sandbox, emptied, at the test's instant; the gateway speaks to it. The test delivers the events."""
    from billing.gateway import client

    _running_stripe.control("reset")
    _running_stripe.control("clock", at=now.timestamp())
    settings.STRIPE_API_BASE = _running_stripe.url
    client._client.cache_clear()
    yield _running_stripe
    client._client.cache_clear()
