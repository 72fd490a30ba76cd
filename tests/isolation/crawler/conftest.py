"""A throwaway copy of the prepared database, with both malls furnished and full of canaries, for all tests of the crawler."""

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker
from time_machine import travel

from billing.packages import catalogue
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.settlements.models import SettlementRun
from infra.local.roles import create_database, drop_database
from ops_console.mandates import operations as mandates
from ops_console.mandates import roles
from ops_console.mandates.models import Visit
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests import database
from tests.isolation.crawler.addresses import addresses
from tests.isolation.crawler.furnish import furnish
from tests.isolation.crawler.loot import Loot, collect
from tests.ops_console.finance.test_breaks import a_break


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


@pytest.fixture
def loot(riverside: Tenant, hillside: Tenant, now: datetime) -> Iterator[Loot]:
    """Furnish Riverside, the catalogue of packages, a visit and a break, and return every id. The clock stands still."""
    addresses("mall")  # loads the URL confs, as a process that serves has
    with travel(now, tick=False):
        furnish(riverside, each=1, now=now)
        found = collect(riverside, host="riverside.localhost")
        draft = PriceDraft(kind="monthly", currency="usd", amount_minor=900)
        module = catalogue.add_module(name="Pictures", summary="", by=SYSTEM, now=now).public_id
        price = catalogue.add_price(module=module, draft=draft, by=SYSTEM, now=now).public_id
        offered = PackageDraft("Small", "", "usd", minimum_months=1, notice_days=0, prices=[price])
        package = catalogue.add_package(draft=offered, by=SYSTEM, now=now).public_id
        tomas = User.objects.create_user("tomas@agency.example", name="Tomas Berg", kind=User.Kind.AGENCY)
        roles.ensure_roles()
        tomas.groups.set(Group.objects.filter(name=roles.ACCOUNT_MANAGER))
        mandates.open_visit(
            tenant=riverside, person=tomas, reason="Alma asked for help with the lunch deal", minutes=30, now=now
        )
        found.ids |= {"module": [module], "price": [price], "package": [package], "break": [a_break(now).public_id]}
        found.ids |= {"mandate": [Visit.objects.get().public_id], "run": [SettlementRun.objects.get().public_id]}
        with inside(riverside):
            voucher = Voucher.objects.filter(state=Voucher.State.ISSUED).latest("pk")
            found.ids |= {"unused": [voucher.public_id], "its_store": [voucher.deal.stores.get().public_id]}
        yield found
