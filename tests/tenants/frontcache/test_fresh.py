"""
What changes a page is seen by every process, at once: pages by two web processes, changes by the operations.

Each test first finds the page in the cache of both processes; the first one shows that a change which nobody notices stays
unseen, so that the others prove something.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

from cms.backoffice.stores import operations as stores
from cms.media.models import MallImage
from cms.pages.models import HomePage, PlainPage
from cms.pages.operations import publish_deal_page, unpublish_deal_page
from cms.theming import operations as theming
from cms.theming.models import Theme
from saas.kernel.actors import SYSTEM
from storefront.deals import operations as deals
from storefront.deals.checks import DealDraft
from storefront.deals.models import Deal
from tenants.isolation.entrance import on_platform
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Domain, Tenant
from tests import database
from tests.factories.shop import an_order

from .served import HILLSIDE, Served


def draft_of(deal: Deal, **changed: Any) -> DealDraft:
    names = DealDraft.__dataclass_fields__
    facts = {name: getattr(deal, name) for name in names if hasattr(deal, name)}
    return DealDraft(**{**facts, "store_ids": tuple(deal.stores.values_list("pk", flat=True)), **changed})


def test_control_a_change_that_is_not_noticed_stays_unseen(served: Served, deal: Deal) -> None:
    path = f"/deals/{deal.slug}/"
    served.warm(path)
    there = urlsplit(database.superuser_url())._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with psycopg.connect(there, autocommit=True) as unwatched:
        table = sql.Identifier(connection.schema_name, "deals_deal")
        statement = sql.SQL("UPDATE {} SET title = 'Unnoticed' WHERE id = {}").format(table, deal.pk)
        changed = unwatched.execute(statement)
    assert changed.rowcount == 1
    answers = [served.get(path, process=number) for number in (0, 1) for _time in range(5)]
    assert all("Unnoticed" not in answer.text for answer in answers)
    assert all("hit" in answer.headers["Cache-Status"] for answer in answers)


def test_a_price_change(served: Served, deal: Deal, at: datetime) -> None:
    path = f"/deals/{deal.slug}/"
    assert "$24" in served.warm(path)
    served.warm("/deals/")
    deals.update(deal_public_id=deal.public_id, draft=draft_of(deal, price_minor=1950), by=SYSTEM, now=at)
    served.everywhere(path, "19.50")
    served.everywhere("/deals/", "19.50")


def test_a_change_that_is_rolled_back_changes_nothing_and_one_in_a_savepoint_does(
    served: Served, deal: Deal, at: datetime
) -> None:
    from django.db import transaction

    path = f"/deals/{deal.slug}/"
    served.warm(path)
    with transaction.atomic():
        Deal.objects.filter(pk=deal.pk).update(price_minor=1111)
        transaction.set_rollback(True)
    with transaction.atomic():
        try:
            with transaction.atomic():
                Deal.objects.filter(pk=deal.pk).update(price_minor=2222)
                raise ZeroDivisionError
        except ZeroDivisionError:
            Deal.objects.filter(pk=deal.pk).update(price_minor=3333)
    served.everywhere(path, "33.33")
    assert "11.11" not in served.get(path).text


def test_a_purchase_that_leaves_few_and_one_that_sells_out(served: Served, deal: Deal, at: datetime) -> None:
    path = f"/deals/{deal.slug}/"
    assert "left" not in served.warm(path).partition("<main")[2].partition("</main")[0]
    an_order(deal, now=at, units=3)
    served.everywhere(path, "Only 9 left")
    served.warm(path)
    an_order(deal, now=at, units=9, email="bo@example.com")
    served.everywhere(path, "Every voucher of this deal has been sold.")


def test_a_deal_that_is_published_and_one_that_ends(
    served: Served, in_riverside: Tenant, deal: Deal, at: datetime
) -> None:
    served.warm("/deals/")
    title = f"Dumplings {uuid.uuid4().hex[:6]}"
    new = deals.create(draft=draft_of(deal, title=title, slug=""), by=SYSTEM, now=at)
    deals.publish(deal_public_id=new.public_id, by=SYSTEM, now=at)
    publish_deal_page(deal=new, by=SYSTEM, now=at)
    served.everywhere("/deals/", title)
    served.warm(f"/deals/{new.slug}/")
    deals.end(deal_public_id=new.public_id, by=SYSTEM, now=at)
    served.everywhere(f"/deals/{new.slug}/", "This deal has ended", status=410)
    served.everywhere("/deals/", f"-{title}")


def test_a_page_that_is_published_edited_and_taken_back(served: Served, in_riverside: Tenant, at: datetime) -> None:
    slug, word = f"about-{uuid.uuid4().hex[:6]}", uuid.uuid4().hex
    page = PlainPage(title="About us", slug=slug, body=[("text", f"<p>{word}</p>")])
    HomePage.objects.get().add_child(instance=page)
    assert word in served.warm(f"/{slug}/")
    page.title = "About our kitchen"
    page.save_revision().publish()
    served.everywhere(f"/{slug}/", "About our kitchen")
    served.warm(f"/{slug}/")
    page.unpublish()
    served.everywhere(f"/{slug}/", f"-{word}", status=404)


def test_a_deal_page_that_is_taken_back(served: Served, deal: Deal, at: datetime) -> None:
    path = f"/deals/{deal.slug}/"
    served.warm(path)
    unpublish_deal_page(deal=deal, by=SYSTEM, now=at)
    served.everywhere(path, "-Noodles for two", status=404)


def test_a_new_look(served: Served, in_riverside: Tenant, at: datetime) -> None:
    before = served.warm("/")
    look = Theme.objects.get()
    look.tagline, look.brand_colour = f"Hand-pulled {uuid.uuid4().hex[:6]}", "#1f5f8b"
    theming.change(theme=look, by=SYSTEM, now=at + timedelta(seconds=5))
    served.everywhere("/", look.tagline)
    assert served.get("/").text.count("/theme.css?v=") == before.count("/theme.css?v=") == 1


def test_a_stores_hours(served: Served, deal: Deal, at: datetime) -> None:
    store = deal.stores.get()
    path = f"/stores/{store.public_id}/"
    served.warm(path)
    served.warm("/stores/")
    fields = {name: getattr(store, name) for name in stores.FIELDS}
    hours = {"mon": [["04:44", "05:55"]]}
    stores.change(store_public_id=store.public_id, fields={**fields, "hours": hours}, by=SYSTEM, now=at)
    served.everywhere(path, "4:44")
    stores.change(store_public_id=store.public_id, fields={**fields, "is_serving": False}, by=SYSTEM, now=at)
    served.everywhere("/stores/", f"-{store.public_id}")


def test_a_pictures_description(served: Served, in_riverside: Tenant, at: datetime) -> None:
    served.warm("/")
    picture = next(one for one in MallImage.objects.all() if one.default_alt_text in served.get("/").text)
    word = uuid.uuid4().hex
    MallImage.objects.filter(pk=picture.pk).update(description=f"Bowls {word}")
    served.everywhere("/", word)


def test_a_suspension_and_its_end(served: Served, in_riverside: Tenant, at: datetime) -> None:
    served.warm("/")
    with on_platform():
        provisioning.suspend(tenant_id=in_riverside.pk, reason="papers", by=SYSTEM, now=at)
    served.everywhere("/", "", status=503)
    with on_platform():
        provisioning.resume(tenant_id=in_riverside.pk, by=SYSTEM, now=at)
    served.everywhere("/", "Riverside Noodles")


def test_a_domain_that_changes_hands(served: Served, in_riverside: Tenant) -> None:
    host = "noodles.example"
    with on_platform():
        hillside = Tenant.objects.get(slug="hillside")
        domain = Domain.objects.create(domain=host, tenant=in_riverside, is_primary=False)
    assert "Riverside Noodles" in served.warm("/", host=host)
    with on_platform():
        Domain.objects.filter(pk=domain.pk).update(tenant=hillside)
    served.everywhere("/", "Hillside Salon", host=host)
    served.warm("/", host=host)
    with on_platform():
        domain.delete()
    served.everywhere("/", "-Hillside Salon", host=host, status=404)


def test_an_address_that_is_no_more_the_malls_first(served: Served, in_riverside: Tenant) -> None:
    served.warm("/")
    with on_platform():
        Tenant.objects.filter(pk=in_riverside.pk).update(primary_host="noodles.example")
    served.everywhere("/", "", status=302)
    with on_platform():
        Tenant.objects.filter(pk=in_riverside.pk).update(primary_host="")
    served.everywhere("/", "Riverside Noodles")


def test_what_the_registry_says_of_a_mall(served: Served, in_riverside: Tenant, deal: Deal, at: datetime) -> None:
    path, ends_at = f"/deals/{deal.slug}/", at.replace(microsecond=0, second=0, minute=17, hour=20) + timedelta(days=9)
    Deal.objects.filter(pk=deal.pk).update(sale_ends_at=ends_at)
    served.everywhere(path, "12:17 PM")
    served.warm(path)
    with on_platform():
        Tenant.objects.filter(pk=in_riverside.pk).update(time_zone="Asia/Shanghai")
    served.everywhere(path, "4:17 AM")
    with on_platform():
        Tenant.objects.filter(pk=in_riverside.pk).update(time_zone=in_riverside.time_zone)


def test_another_malls_pages_stay_where_they_are(served: Served, deal: Deal, at: datetime) -> None:
    served.warm("/", host=HILLSIDE)
    deals.update(deal_public_id=deal.public_id, draft=draft_of(deal, price_minor=2050), by=SYSTEM, now=at)
    served.everywhere(f"/deals/{deal.slug}/", "20.50")
    assert "hit" in served.get("/", host=HILLSIDE).headers["Cache-Status"]
