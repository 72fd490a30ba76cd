"""Wagtail's site row follows our domains, and no merchant can write it (T8)."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from wagtail.models import Site

from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from tenants.domains import operations
from tenants.domains.models import DomainClaim
from tenants.domains.proof import Finding
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

ALMA = Actor(kind="merchant", name="Alma", public_id="b" * 26)
NAME = "noodles.example.com"
ADMIN = ("", "results/", "new/", "edit/{pk}/", "delete/{pk}/", "copy/{pk}/", "history/{pk}/", "usage/{pk}/", "{pk}/")


@pytest.fixture(autouse=True)
def _forgotten(riverside: Any) -> Iterator[None]:
    """Valkey outlives the test's transaction, and with it what Wagtail keeps of the mall's address."""
    yield
    with inside(riverside):
        Site.clear_site_root_paths_cache()


def site_of(tenant: Tenant) -> tuple[str, int, bool]:
    with inside(tenant):
        row = Site.objects.get()
        return row.hostname, row.port, row.is_default_site


def prove(tenant: Tenant, now: datetime) -> DomainClaim:
    claim = operations.claim(tenant=tenant, typed=NAME, by=ALMA, now=now)
    operations.apply(claim_id=claim.public_id, finding=Finding(is_proved=True), by=ALMA, now=now)
    return claim


def test_the_site_follows_the_domain_that_shoppers_are_led_to(
    riverside: Any, hillside: Any, run_tasks: Any, now: datetime
) -> None:
    """Added, chosen, given up, lost: the row and the addresses that pages give themselves; the other mall's stays."""
    port = int(settings.PUBLIC_PORT)
    others = site_of(hillside)
    own = ("riverside.localhost", port, True)
    with run_tasks():
        claim = prove(riverside, now)
    assert site_of(riverside) == own
    with inside(riverside):  # Wagtail keeps the address for an hour from here on
        assert Site.objects.get().root_page.full_url == f"http://riverside.localhost:{port}/"
    for give_up in (
        lambda: operations.choose_primary(tenant=riverside, domain="", by=ALMA, now=now),
        lambda: operations.release(claim_id=claim.public_id, by=ALMA, now=now),
    ):
        with run_tasks():
            operations.choose_primary(tenant=riverside, domain=NAME, by=ALMA, now=now)
        riverside.refresh_from_db()
        assert site_of(riverside) == (NAME, port, True)
        with inside(riverside):
            assert Site.objects.get().root_page.full_url == f"http://{NAME}:{port}/"
        with run_tasks():
            give_up()
        riverside.refresh_from_db()
        assert site_of(riverside) == own
    assert site_of(hillside) == others


@pytest.mark.parametrize("who", ["alma", "bo", "superuser"])
def test_nobody_of_a_mall_reaches_the_form_of_its_site_t8(
    riverside: Any, alma: User, bo: User, client_for: Callable[..., Any], who: str
) -> None:
    before = site_of(riverside)
    with inside(riverside):
        pk = Site.objects.get().pk
        person = alma if who != "bo" else bo
        User.objects.filter(pk=person.pk).update(is_superuser=who == "superuser")
    client = client_for(riverside, person)
    sent = {"hostname": "hillside.localhost", "port": 80, "site_name": "x", "root_page": 2, "is_default_site": "on"}
    for path in ADMIN:
        for answer in (
            client.get(f"/manage/sites/{path.format(pk=pk)}"),
            client.post(f"/manage/sites/{path.format(pk=pk)}", sent),
        ):
            assert answer.status_code in (302, 403, 404), path
            assert answer.status_code != 302 or "/counter/" in answer["location"] or "/account/" in answer["location"]
    assert site_of(riverside) == before


def test_a_mall_whose_site_was_made_to_name_another_is_put_right_by_the_next_change(
    riverside: Any, run_tasks: Any, now: datetime
) -> None:
    with inside(riverside):
        Site.objects.update(hostname="hillside.localhost", port=80)
    prove(riverside, now)
    with run_tasks():
        operations.choose_primary(tenant=riverside, domain=NAME, by=SYSTEM, now=now)
    assert site_of(riverside)[0] == NAME


def test_an_operator_points_a_mall_back_to_its_own_address(riverside: Any, hillside: Any, run_tasks: Any) -> None:
    """What the doctor advises: ./hutong mall point. The other mall's row stays as it is."""
    for tenant in (riverside, hillside):
        with inside(tenant):
            Site.objects.update(hostname="evil.example", port=80)
    with run_tasks():
        call_command("mall", "point", "riverside")
    assert site_of(riverside) == ("riverside.localhost", int(settings.PUBLIC_PORT), True)
    assert site_of(hillside)[0] == "evil.example"
