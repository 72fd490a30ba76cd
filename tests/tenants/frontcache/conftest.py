"""Two web processes over one throwaway database, as a shopper's and a merchant's requests may meet them."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.db import connection, connections
from pytest_django import DjangoDbBlocker

from infra.local.roles import create_database, drop_database
from saas.kernel import clock
from storefront.deals.models import Deal
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests import database
from tests.billing.sandbox.process import eventually, free_port
from tests.factories.shop import a_deal

from .served import Served

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="package")
def served(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Served]:
    """Run two web processes over a clone of the prepared database, in which this test's commits are real too."""
    own, name = settings.DATABASES["default"]["NAME"], f"{settings.BASE_DATABASE}_{uuid.uuid4().hex[:8]}"
    create_database(database.superuser_url(), name=name, template=settings.BASE_DATABASE)
    environment = {
        **os.environ,
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl(),
        "REDIS_URL": settings.REDIS_URL,
        "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
        "HUTONG_LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore",
    }
    ports = (free_port(), free_port())
    command = [sys.executable, "-m", "tests.tenants.frontcache.two_webs", *map(str, ports)]
    started = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    with django_db_blocker.unblock():
        connection.close()
        connections.settings["default"]["NAME"] = name
        try:
            for port in ports:
                eventually(lambda port=port: _answers(port), "the web process", patience_seconds=120)  # type: ignore[misc]
            yield Served(ports)
        finally:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            connection.set_schema_to_public()
            connection.close()
            connections.settings["default"]["NAME"] = own
            drop_database(database.superuser_url(), name=name)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", headers={"Host": "localhost"}, timeout=30).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


@pytest.fixture
def at() -> datetime:
    """Return the true time: the web processes look at the clock."""
    return clock.now()


@pytest.fixture
def in_riverside(served: Served) -> Iterator[Tenant]:
    """Run the test inside Riverside Noodles, with commits that the web processes see."""
    connection.set_schema_to_public()
    with inside(Tenant.objects.get(slug="riverside")) as tenant:
        yield tenant


@pytest.fixture
def deal(in_riverside: Tenant, at: datetime) -> Deal:
    """A deal on sale in Riverside Noodles, with its page."""
    from cms.pages.operations import publish_deal_page
    from saas.kernel.actors import SYSTEM

    made = a_deal(now=at, title=f"Noodles {uuid.uuid4().hex[:6]}", units_total=12)
    publish_deal_page(deal=made, by=SYSTEM, now=at)
    return made
