"""The demo malls: opened once, quick afterwards, and never put back to what they were."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.kits import demo
from cms.media.models import MallImage
from cms.pages.models import DealPage, PlainPage
from cms.theming.models import Theme
from saas.accounts.models import User
from storefront.deals.models import Deal
from storefront.stores.models import Store
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant


@pytest.fixture
def malls(riverside: Tenant, hillside: Tenant) -> dict[str, Tenant]:
    """Give the standing malls' addresses free and open the demo malls there."""
    for tenant in (riverside, hillside):
        Tenant.objects.filter(pk=tenant.pk).update(slug=f"old-{tenant.slug}")
        tenant.domains.update(domain=f"old-{tenant.slug}.localhost")
    return {tenant.slug: tenant for tenant in demo.open_demo(now=timezone.now())}


@pytest.mark.django_db
def test_the_demo_has_malls_with_people_stores_and_deals_on_sale(malls: dict[str, Tenant]) -> None:
    with inside(malls["riverside"]):
        people = {user.name: [group.name for group in user.groups.all()] for user in User.objects.all()}
        assert people == {"Alma": ["Owner"], "Bo": ["Clerk"], "Dan": ["Editor"]}
        assert User.objects.get(email="bo@riverside.example").check_password(demo.password())
        assert [store.name for store in Store.objects.all()] == ["Mill Lane", "Station Road"]
        assert Deal.objects.on_sale(at=timezone.now()).count() == 4
        assert DealPage.objects.live().count() == 4
        assert all(store.phone.is_valid() for store in Store.objects.all())
    with inside(malls["hillside"]):
        assert User.objects.get().email == "cleo@hillside.example"
        assert Deal.objects.on_sale(at=timezone.now()).count() == 3
    with inside(malls["nanmen-teahouse"]):
        assert Deal.objects.on_sale(at=timezone.now()).filter(category__name="午餐").count() == 2
        assert PlainPage.objects.get(slug="help").title == "帮助"
        assert not MallImage.objects.filter(description__regex="[a-z]").exists()


@pytest.mark.django_db
def test_every_page_of_the_demo_answers(malls: dict[str, Tenant], client_for: Any) -> None:
    for tenant in malls.values():
        with inside(tenant):
            slugs = list(Deal.objects.values_list("slug", flat=True))
        for path in ("/", "/deals/", "/about/", "/help/", "/terms/", *(f"/deals/{slug}/" for slug in slugs)):
            assert client_for(tenant).get(path).status_code == 200, path


@pytest.mark.django_db
def test_a_second_time_it_only_looks(malls: dict[str, Tenant]) -> None:
    with CaptureQueriesContext(connection) as counted:
        opened = demo.open_demo(now=timezone.now())

    assert opened == []
    assert len([one for one in counted if "search_path" not in one["sql"]]) <= 6


@pytest.mark.django_db
def test_what_somebody_changed_stays_changed(malls: dict[str, Tenant]) -> None:
    with inside(malls["riverside"]):
        Theme.objects.update(name="Mine now")
        User.objects.filter(name="Bo").delete()
        Store.objects.filter(name="Station Road").update(name="Harbour")

    call_command("demo")

    with inside(malls["riverside"]):
        assert Theme.objects.get().name == "Mine now"
        assert not User.objects.filter(name="Bo").exists()
        assert Store.objects.filter(name="Harbour").exists()


@pytest.mark.django_db
def test_a_mall_that_was_left_half_made_is_finished(malls: dict[str, Tenant], monkeypatch: pytest.MonkeyPatch) -> None:
    for tenant in malls.values():
        Tenant.objects.filter(pk=tenant.pk).update(slug=f"older-{tenant.slug}", opening_key=None)
        tenant.domains.update(domain=f"older-{tenant.slug}.localhost")
    real = demo.dress
    monkeypatch.setattr(demo, "dress", _fail)
    with pytest.raises(RuntimeError):
        demo.open_demo(now=timezone.now())
    monkeypatch.setattr(demo, "dress", real)

    opened = demo.open_demo(now=timezone.now())

    assert {tenant.slug for tenant in opened} == {"riverside", "hillside", "nanmen-teahouse"}


def _fail(*_args: object, **_kwargs: object) -> None:
    raise RuntimeError("the power went out")


@pytest.mark.django_db
def test_an_address_that_somebody_else_has_is_left_to_them(riverside: Tenant, hillside: Tenant) -> None:
    opened = demo.open_demo(now=timezone.now())
    assert [tenant.slug for tenant in opened] == ["nanmen-teahouse"]
    with inside(riverside):
        assert not Store.objects.exists()


@pytest.mark.django_db
def test_without_development_pages_there_is_no_demo(settings: Any, riverside: Tenant) -> None:
    settings.DEVELOPMENT_PAGES = False
    Tenant.objects.filter(pk=riverside.pk).update(slug="old")

    call_command("demo")

    assert not Tenant.objects.filter(slug="riverside").exists()


def test_the_password_belongs_to_the_installation(settings: Any) -> None:
    first = demo.password()
    assert first == demo.password()
    assert first.startswith("lane-")
    assert len(first) == 13
    settings.SECRET_KEY = "another"
    assert demo.password() != first
