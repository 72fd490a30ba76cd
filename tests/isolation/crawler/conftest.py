"""A throwaway copy of the prepared database, with both malls furnished and full of canaries, for all tests of the crawler."""

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from infra.local.roles import create_database, drop_database
from tests import database


@dataclass
class Siege:
    """What the crawler's tests share: the attack, its judge, and how sessions are renewed."""

    attack: Any
    judge: Any
    renew: Any


@pytest.fixture(scope="module")
def besieged_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Give the module a copy of the prepared database and of the malls' media; return its address and their folder."""
    own, name = django_settings.DATABASES["default"]["NAME"], f"{django_settings.BASE_DATABASE}_{uuid.uuid4().hex[:8]}"
    create_database(database.superuser_url(), name=name, template=django_settings.BASE_DATABASE)
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=str(media)):
        connection.close()
        connections.settings["default"]["NAME"] = name
        try:
            yield urlsplit(database.superuser_url())._replace(path=f"/{name}").geturl(), str(media)
        finally:
            connection.set_schema_to_public()
            connection.close()
            connections.settings["default"]["NAME"] = own
            drop_database(database.superuser_url(), name=name)


@pytest.fixture(scope="module")
def siege(besieged_database: tuple[str, str]) -> Iterator[Siege]:
    """Alma's mall attacks Cleo's, with the sessions of a guest, a shopper, a clerk and the owner."""
    from tests.isolation.crawler.siege import lay_siege

    url, media = besieged_database
    shutil.copytree(django_settings.PREPARED_MEDIA, media, dirs_exist_ok=True)
    attack, judge, renew = lay_siege(url=url, media_root=media, hosts="{slug}.localhost")
    yield Siege(attack, judge, renew)
    judge.world.close()
