"""The rows of what Django, Wagtail and others keep by a name that malls share: the stock part mixes malls, ours does not."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.shortcuts import get_current_site
from django.core.cache import cache, caches
from django.core.cache.utils import make_template_fragment_key
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from wagtail.models import Site

from saas.accounts.models import User
from saas.kernel.rates import forget, spend
from storefront.stores.models import Store
from tenants.isolation import signing
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.isolation.zoo.ours import people

Leaks = Callable[[str], str]
pytestmark = pytest.mark.django_db


def test_c17_another_threads_content_types_are_not_ours(stock_leaks: Leaks, riverside: Tenant) -> None:
    stock_leaks("C17")
    on_platform = ContentType.objects.get_for_model(User).pk
    with inside(riverside):
        own = ContentType.objects.get(app_label="accounts", model="user").pk
        assert own != on_platform, "the schemas number alike, so this test proves nothing"

        def fills() -> None:  # as stock's exhibit: empties the dictionary and looks the model up in another schema
            ContentType.objects.clear_cache()
            assert ContentType.objects.get_for_model(User).pk == on_platform
            connection.close()

        thread = threading.Thread(target=fills)
        thread.start()
        thread.join()
        assert ContentType.objects.get_for_model(User).pk == own
    assert ContentType.objects.get_for_model(User).pk == on_platform


def test_c18_wagtails_form_types_are_not_part_of_the_product(stock_leaks: Leaks) -> None:
    stock_leaks("C18")
    from wagtail.contrib.forms import utils

    if apps.is_installed("wagtail.contrib.forms"):
        assert not hasattr(utils.get_form_types, "cache_info"), "get_form_types remembers rows of one mall for all"


def test_c19_no_site_is_remembered_and_each_mall_names_its_own_host(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C19")
    assert not apps.is_installed("django.contrib.sites")
    found = []
    for tenant in (riverside, hillside):
        with inside(tenant):
            found.append(get_current_site(RequestFactory().get("/", HTTP_HOST=f"{tenant.slug}.localhost")).domain)
    assert found == ["riverside.localhost", "hillside.localhost"]


def test_c20_t7_a_cache_key_is_one_malls_on_every_alias(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C20")
    for alias in settings.CACHES:
        with inside(riverside):
            caches[alias].set("zoo-greeting", "noodles")
        with inside(hillside):
            assert caches[alias].get("zoo-greeting") is None
        assert caches[alias].get("zoo-greeting") is None
        with inside(riverside):
            assert caches[alias].get("zoo-greeting") == "noodles"
            caches[alias].delete("zoo-greeting")


def test_c21_wagtails_root_paths_are_each_malls_own(
    stock_leaks: Leaks, sites_forgotten: None, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C21")
    hosts = {}
    for tenant in (riverside, hillside, riverside):
        with inside(tenant):
            hosts[tenant.slug] = [entry.root_url for entry in Site.get_site_root_paths()]
    for slug, other in (("riverside", "hillside"), ("hillside", "riverside")):
        assert any(slug in url for url in hosts[slug])
        assert not any(other in url for url in hosts[slug])


def test_c22_t2_a_signature_and_a_session_of_one_mall_are_nothing_in_another(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant, alma: User, client_for: Callable[..., Any]
) -> None:
    stock_leaks("C22")
    with inside(riverside):
        token = signing.sign("user-1", purpose="zoo")
    with inside(hillside), pytest.raises(signing.BadSignature):
        signing.unsign(token, purpose="zoo")
    assert "signed_cookies" not in settings.SESSION_ENGINE
    own, stranger = client_for(riverside, user=alma), client_for(hillside)
    stranger.cookies.update(own.cookies)
    assert own.get("/manage/").status_code == 200
    answer = stranger.get("/manage/")
    assert answer.status_code in (302, 403, 404)
    assert answer.wsgi_request.user.is_anonymous


def test_c28_pictures_in_several_sizes_are_made_in_their_mall(riverside: Tenant) -> None:
    from wagtail.images import get_image_model

    with inside(riverside):
        picture = get_image_model().objects.first()
        assert picture
        made = picture.get_renditions("width-31", "width-47", "width-53")
        assert len(made) == 3
        assert all(rendition.file.name.startswith(f"{riverside.schema_name}/") for rendition in made.values())


def test_c29_t16_a_row_stores_the_whole_key_and_no_other_mall_reads_or_deletes_it(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C29")
    keys = {}
    for tenant in (riverside, hillside):
        with inside(tenant):
            keys[tenant.slug] = default_storage.save("notes/zoo-menu.txt", ContentFile(tenant.slug.encode()))
    with inside(hillside):
        for act in (default_storage.open, default_storage.delete, default_storage.exists, default_storage.url):
            with pytest.raises(SuspiciousFileOperation):
                act(keys["riverside"])
    for tenant in (riverside, hillside):
        with inside(tenant):
            with default_storage.open(keys[tenant.slug]) as file:
                assert file.read() == tenant.slug.encode()
            default_storage.delete(keys[tenant.slug])


def test_c30_another_malls_file_has_no_address_here_and_private_folders_have_none(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant, client_for: Callable[..., Any]
) -> None:
    stock_leaks("C30")
    with inside(hillside):
        public = default_storage.save("images/zoo.png", ContentFile(b"hillside"))
        private = default_storage.save("imports/zoo.csv", ContentFile(b"hillside"))
    try:
        assert client_for(hillside).get(f"/media/{public}").status_code == 200
        assert client_for(hillside).get(f"/media/{private}").status_code == 404
        for key in (public, private):
            assert client_for(riverside).get(f"/media/{key}").status_code == 404
    finally:
        with inside(hillside):
            default_storage.delete(public)
            default_storage.delete(private)
    assert settings.WAGTAILDOCS_SERVE_METHOD == "serve_view"


def test_c31_addresses_in_mails_come_from_the_malls_own_domain(
    stock_leaks: Leaks, sites_forgotten: None, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C31")
    from tenants.isolation.addresses import mall_url
    from tenants.registry.queries import primary_domain

    assert settings.WAGTAILADMIN_BASE_URL == ""
    for tenant in (riverside, hillside):
        domain = primary_domain(tenant)
        assert f"//{tenant.slug}.localhost" in mall_url(domain, "/")
        with inside(tenant):
            Site.objects.update(hostname="evil.example")
        assert primary_domain(tenant) == domain


def test_c32_the_search_finds_nothing_of_another_mall(
    riverside: Tenant, hillside: Tenant, client_for: Callable[..., Any]
) -> None:
    assert {backend["BACKEND"] for backend in settings.WAGTAILSEARCH_BACKENDS.values()} == {
        "wagtail.search.backends.database"
    }
    with inside(hillside):
        Store.objects.create(name="Zanzibarium Corner", street="1 Hill", city="Hillside")
    assert b"Zanzibarium Corner" in client_for(hillside).get("/search/?q=Zanzibarium").content
    assert b"Zanzibarium Corner" not in client_for(riverside).get("/search/?q=Zanzibarium").content


def test_c37_fragments_and_templates_are_each_malls_own(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C37")
    fragment = Template("{% load cache %}{% cache 60 zoo_banner %}{{ name }}{% endcache %}")
    shown, kept = [], make_template_fragment_key("zoo_banner")
    for tenant in (riverside, hillside):
        with inside(tenant):
            cache.delete(kept)
    for tenant in (riverside, hillside):  # what the first mall's page kept is still there when the second one asks
        with inside(tenant):
            shown.append(fragment.render(Context({"name": tenant.name})))
    for tenant in (riverside, hillside):
        with inside(tenant):
            assert cache.get(kept) == tenant.name, "the fragment was not kept, so this test proves nothing"
            cache.delete(kept)
    assert shown == ["Riverside Noodles", "Hillside Salon"]
    assert not any("django_tenants" in str(template) for template in settings.TEMPLATES)


def test_c38_malls_are_told_apart_by_host_not_by_folder() -> None:
    assert not getattr(settings, "TENANT_SUBFOLDER_PREFIX", "")
    assert not any("subfolder" in name.lower() for name in settings.MIDDLEWARE)


def test_c41_people_are_rows_of_their_mall(stock_leaks: Leaks, riverside: Tenant, hillside: Tenant, alma: User) -> None:
    stock_leaks("C41")
    with inside(hillside):
        assert alma.email not in people()
        same_number = User.objects.filter(pk=alma.pk).first()
        assert same_number is None or same_number.email != alma.email
    with inside(riverside):
        assert not alma.is_superuser


def test_c42_whoever_rotates_malls_is_counted_over_all_of_them(
    stock_leaks: Leaks, riverside: Tenant, hillside: Tenant
) -> None:
    stock_leaks("C42")
    allowed = 0
    forget("zoo", "guesser", rate="5/hour", everywhere=True)
    for tenant in (riverside, hillside):
        with inside(tenant):
            allowed += sum(spend("zoo", "guesser", rate="5/hour", everywhere=True) for _guess in range(6))
    assert allowed == 5


def test_the_zoos_files_are_swept(riverside: Tenant) -> None:
    assert not list((Path(settings.MEDIA_ROOT) / riverside.schema_name).glob("notes/zoo-menu*"))
