"""The merchant sees what the agency does, takes it back, and pauses the mandate (A2, story 6)."""

import io
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.urls import resolve
from django.utils.translation import override
from time_machine import travel
from wagtail.models import Page

from cms.backoffice.stores import operations as stores
from cms.news import operations as news
from cms.theming import operations as theming
from cms.theming.models import Theme
from ops_console.mandates import feed as feeds
from ops_console.mandates import operations, reverting, roles
from ops_console.work.models import Task
from saas.accounts.middleware import actor_for
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from storefront.catalog import operations as catalog
from storefront.catalog.imports import applying, drafts
from storefront.catalog.imports.reading import open_sheet
from storefront.catalog.models import CatalogImport
from storefront.deals import operations as deals
from storefront.deals import snapshots
from storefront.deals.models import Deal
from tenants.isolation.entrance import inside
from tests.cms.backoffice.making import deal_form
from tests.cms.media.pictures import stored_picture
from tests.factories import shop
from tests.factories.mandates import CLAUSES, give
from tests.factories.visiting import REASON, come_in, staff
from tests.factories.work import begin
from tests.storefront.catalog.making import row, written

FEED = "/manage/hosting/feed/"
LATER = timedelta(minutes=1)


@pytest.fixture
def omar(riverside: Any, mei: Any, client_for: Any, now: datetime) -> Any:
    """A client of the agency's inside Riverside Noodles, with everything a contract can give, for a task."""
    give(riverside, now=now)
    begin(riverside, starts_on=now.date(), assignee=mei, now=now)
    task = Task.objects.earliest("occurs_on").public_id
    return come_in(client_for(riverside), riverside, mei, now=now, task=task)


def last(riverside: Any, action: str) -> AuditEntry:
    with inside(riverside):
        return AuditEntry.objects.filter(action=action).latest("pk")


def look(client: Any, colour: str) -> None:
    answer = client.post(
        "/manage/look/", {"name": "Riverside Noodles", "brand_colour": colour, "accent_colour": "#e0a03a"}
    )
    assert answer.status_code == 302, answer.content.decode()


def test_the_banner_leads_to_the_task_and_what_is_closed_says_what_the_visit_may_do(
    omar: Any, riverside: Any, client_for: Any, now: datetime
) -> None:
    with travel(now, tick=False):
        path = re.findall(r"http://[^/]+(/ops/[^\"]+)", omar.get("/manage/deals/").content.decode())[0]
        assert resolve(path, settings.PUBLIC_SCHEMA_URLCONF).view_name == "work:task"
        closed = omar.get("/manage/staff/")
    assert closed.status_code == 403
    assert "This is not for your visit" in closed.content.decode()
    assert "Change logo and colours" in closed.content.decode()
    vera = come_in(client_for(riverside), riverside, staff("vera.t@hutong.example", "Vera", roles.REVIEWER), now=now)
    with travel(now, tick=False):
        page = vera.get("/manage/staff/").content.decode()
    assert "as far as your role goes" in page, "there is a contract, though the role uses little of it"
    assert "Without a contract" not in page


def test_the_feed_tells_what_who_by_which_clause_for_which_task_and_why(
    omar: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    with travel(now + LATER, tick=False):
        look(omar, "#1f5f8b")
        page = client_for(riverside, alma).get(FEED).content.decode()
        part = client_for(riverside, alma).get(FEED, headers={"HX-Request": "true"}).content.decode()
        none = client_for(riverside, alma).get(f"{FEED}?q=zebra").content.decode()
        by_clause = client_for(riverside, alma).get(f"{FEED}?q={CLAUSES['theme.edit']}").content.decode()
    for text in (
        "Changed the mall’s look",
        "Mei",
        f"clause {CLAUSES['theme.edit']}",
        REASON,
        "for “Write a post”",
        "Take back",
    ):
        assert text in page, text
        assert text in part, text
    assert "<html" not in part
    assert "GET /manage/" not in page
    assert "Nothing is like that" in none
    assert "Changed the mall’s look" in by_clause


def test_the_merchant_takes_back_the_look_once(
    omar: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    with inside(riverside):
        before = Theme.objects.get().brand_colour
    with travel(now + LATER, tick=False):
        look(omar, "#1f5f8b")
        number = last(riverside, "look.changed").pk
        owner = client_for(riverside, alma)
        assert "Take back" in owner.get(f"{FEED}{number}/revert/").content.decode()
        assert owner.post(f"{FEED}{number}/revert/").status_code == 302
        assert "taken back by Alma" in owner.get(FEED).content.decode()
        assert "already" in owner.post(f"{FEED}{number}/revert/", follow=True).content.decode()
    with inside(riverside):
        assert Theme.objects.get().brand_colour == before
        told = AuditEntry.objects.get(action="act.reverted")
    assert (told.actor_name, told.data["entry"], told.on_behalf_of) == ("Alma", number, "")


def test_the_merchant_takes_back_a_deals_fields_and_nothing_else(
    omar: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    with travel(now + LATER, tick=False):
        assert omar.post("/manage/deals/new/", deal_form()).status_code == 302
        with inside(riverside):
            deal = Deal.objects.get(title="Noodles for two")
        path = f"/manage/deals/{deal.public_id}/"
        assert omar.post(path, deal_form(price="20.00")).status_code == 302
        cheaper = last(riverside, "deal.changed").pk
        assert omar.post(path, deal_form(price="20.00", summary="Two bowls")).status_code == 302
        owner = client_for(riverside, alma)
        assert "Price (before: $24.00)" in owner.get(FEED).content.decode(), "the feed says what was changed"
        owner.post(f"{FEED}{cheaper}/revert/")
    with inside(riverside):
        deal.refresh_from_db()
    assert (deal.price_minor, deal.summary) == (2400, "Two bowls")


def test_what_was_changed_again_later_is_not_taken_back(omar: Any, riverside: Any, alma: Any, now: datetime) -> None:
    with travel(now + LATER, tick=False):
        look(omar, "#1f5f8b")
        first = last(riverside, "look.changed").pk
        look(omar, "#7a1f5f")
    with inside(riverside):
        with pytest.raises(reverting.ChangedSince):
            reverting.revert(entry_id=first, by=actor_for(alma), now=now)
        assert Theme.objects.get().brand_colour == "#7a1f5f"


def test_the_merchant_brings_back_the_former_page(
    omar: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    with inside(riverside):
        page = Page.objects.get(slug="about")
        title = page.title
    form = {"title": "Sold out", "slug": "about", "body-count": "0", "action-publish": "1"}
    with travel(now + LATER, tick=False):
        answer = omar.post(f"/manage/pages/{page.pk}/edit/", form)
        assert answer.status_code == 302, answer.content.decode()[-2000:]
        with inside(riverside):
            assert Page.objects.get(pk=page.pk).title == "Sold out"
        number = last(riverside, "page.published").pk
        client_for(riverside, alma).post(f"{FEED}{number}/revert/")
    with inside(riverside):
        page.refresh_from_db()
    assert (page.title, page.live) == (title, True)


def test_nobody_but_the_merchant_takes_back_and_nothing_but_the_agencys_acts(
    omar: Any, riverside: Any, alma: Any, bo: Any, client_for: Any, now: datetime
) -> None:
    with travel(now + LATER, tick=False):
        look(omar, "#1f5f8b")
        number = last(riverside, "look.changed").pk
        assert omar.post(f"{FEED}{number}/revert/").status_code == 403
        assert client_for(riverside, bo).post(f"{FEED}{number}/revert/").status_code in (302, 403)
        owner = client_for(riverside, alma)
        look(owner, "#7a1f5f")
        own = last(riverside, "look.changed").pk
    with inside(riverside):
        assert Theme.objects.get().brand_colour == "#7a1f5f"
        for entry in (own, 10**6):
            with pytest.raises(reverting.CannotRevert):
                reverting.revert(entry_id=entry, by=actor_for(alma), now=now)


def test_a_pause_puts_the_agency_out_with_the_next_click_and_only_the_merchant_ends_it(
    omar: Any, riverside: Any, alma: Any, mei: Any, client_for: Any, now: datetime
) -> None:
    with travel(now + LATER, tick=False):
        assert omar.get("/manage/").status_code == 200
        assert omar.post("/manage/hosting/resume/").status_code == 403
        owner = client_for(riverside, alma)
        assert owner.post("/manage/hosting/pause/").status_code == 302
        assert "Paused by Alma" in owner.get(FEED).content.decode()
        assert omar.get("/manage/").status_code == 403
        with pytest.raises(operations.MandatePaused):
            operations.open_visit(tenant=riverside, person=mei, reason=REASON, minutes=30, now=now)
        assert owner.post("/manage/hosting/resume/").status_code == 302
        assert operations.open_visit(tenant=riverside, person=mei, reason=REASON, minutes=30, now=now)


def test_the_feed_names_the_thing_alone_to_who_reads_no_english() -> None:
    entry = AuditEntry(action="notice.published", summary="Published the notice “Winter broth”")
    assert feeds._about(entry) == entry.summary
    with override("zh-hans"):
        assert feeds._about(entry) == "Winter broth"
        assert feeds._about(AuditEntry(action="x", summary="No name in it")) == "No name in it"


def test_stores_products_news_and_a_sale_are_taken_back_and_of_the_rest_it_says_why_not(
    riverside: Any, alma: Any, now: datetime
) -> None:
    mei = Actor("agency", "Mei", public_id="m" * 26, on_behalf_of="Riverside Noodles", clause="1.1", reason="Summer")
    owner = actor_for(alma)
    with inside(riverside):
        deal = shop.a_deal(now=now, state=Deal.State.DRAFT)
        store = deal.stores.get()
        was = {name: getattr(store, name) for name in stores.FIELDS}
        given = was | {
            "hours": {"mon": [["09:00", "12:00"]]},
            "phone": "+12125550199",
            "latitude": None,
            "longitude": None,
        }
        stores.change(store_public_id=store.public_id, fields=given, by=mei, now=now)
        draft = catalog.ProductDraft(
            title="Tea", option_names=("Size",), is_published=True,
            variants=(catalog.VariantDraft(("S",), 300), catalog.VariantDraft(("L",), 500, sku="TEA-L")),
        )  # fmt: skip
        tea = catalog.create(draft=draft, by=owner, now=now)
        tea.variants.filter(sku="TEA-L").update(barcode="4006381333931", grams=250)
        other = catalog.ProductDraft(title="Cold tea", variants=(catalog.VariantDraft((), 900),))
        catalog.change(product_public_id=tea.public_id, draft=other, by=mei, now=now)
        notice = news.publish(draft=news.Draft("post-1", "Closed on Monday", "Back on Tuesday."), by=mei, now=now)
        deals.publish(deal_public_id=deal.public_id, by=mei, now=now)
        for action in ("store.changed", "product.changed", "notice.published", "deal.published"):
            entry = AuditEntry.objects.filter(action=action).latest("pk")
            assert feeds.rows([entry], by=owner)[0].may_revert, action
            reverting.revert(entry_id=entry.pk, by=owner, now=now)
            with pytest.raises(reverting.CannotRevert):
                reverting.revert(entry_id=entry.pk, by=owner, now=now)
        for row in (store, tea, notice, deal):
            row.refresh_from_db()
        assert {name: getattr(store, name) for name in stores.FIELDS} == was
        sizes = tea.variants.order_by("position").values_list("options", "price_minor", "sku", "barcode", "grams")
        assert (tea.title, list(sizes)) == (
            "Tea",
            [(["S"], 300, "", "", 0), (["L"], 500, "TEA-L", "4006381333931", 250)],
        )
        assert (notice.withdrawn_at, deal.state) == (now, Deal.State.ENDED)
        written = deals.create(draft=replace(snapshots.draft_of(deal), title="Soup"), by=mei, now=now)
        entry = AuditEntry.objects.get(action="deal.created", subject_id=written.public_id)
        assert "shoppers do not see it" in feeds.rows([entry], by=owner)[0].why_not


def a_change_of_tea(now: datetime, *, picture: int | None = None) -> tuple[Any, int]:
    """Return tea at 3.00 that the agency has made dearer and given another picture, and the number of that act."""
    mei = Actor("agency", "Mei", public_id="m" * 26, on_behalf_of="Riverside Noodles", clause="1.1", reason="Summer")
    draft = catalog.ProductDraft(title="Tea", variants=(catalog.VariantDraft((), 300),), picture_id=picture)
    tea = catalog.create(draft=draft, by=mei, now=now)
    other = replace(draft, variants=(catalog.VariantDraft((), 400),), picture_id=None)
    catalog.change(product_public_id=tea.public_id, draft=other, by=mei, now=now)
    return tea, AuditEntry.objects.filter(action="product.changed").latest("pk").pk


def test_a_product_that_an_import_changed_later_is_not_taken_back(riverside: Any, alma: Any, now: datetime) -> None:
    """An import writes no entry for each product."""
    with inside(riverside):
        tea, number = a_change_of_tea(now)
        batch = CatalogImport.objects.create(file="tea.csv", file_name="tea.csv", created_at=now, progressed_at=now)
        sheet = open_sheet(io.BytesIO(written([row(tea.handle, title="Tea", price="12", grams="250")])))
        applying.write(list(drafts.drafts(sheet, currency="usd")), of=batch, now=now)
        with pytest.raises(reverting.ChangedSince):
            reverting.revert(entry_id=number, by=actor_for(alma), now=now)
        assert list(tea.variants.values_list("price_minor", "grams")) == [(1200, 250)]


def test_products_deals_and_the_look_are_taken_back_without_a_picture_that_is_deleted_since(
    riverside: Any, alma: Any, now: datetime
) -> None:
    mei = Actor("agency", "Mei", public_id="m" * 26, on_behalf_of="Riverside Noodles", clause="1.1", reason="Summer")
    with inside(riverside):
        picture = stored_picture()
        tea, number = a_change_of_tea(now, picture=picture.pk)
        deal = shop.a_deal(now=now, state=Deal.State.DRAFT, picture_id=picture.pk)
        draft = replace(snapshots.draft_of(deal), picture_id=None, title="Soup")
        deals.update(deal_public_id=deal.public_id, draft=draft, by=mei, now=now)
        Theme.objects.update(logo_id=picture.pk)
        theme = Theme.objects.get()
        theme.logo_id = None
        theming.change(theme=theme, by=mei, now=now)
        picture.delete()
        others = AuditEntry.objects.filter(action__in=["deal.changed", "look.changed"], actor_kind="agency")
        for one in (number, *others.values_list("pk", flat=True)):
            reverting.revert(entry_id=one, by=actor_for(alma), now=now)
        # What a commit would check.
        connection.check_constraints()
        tea.refresh_from_db()
        deal.refresh_from_db()
        assert (tea.picture_id, tea.variants.get().price_minor) == (None, 300)
        assert (deal.picture_id, deal.title, Theme.objects.get().logo_id) == (None, "Noodles for two", None)
        assert AuditEntry.objects.filter(action="act.reverted").count() == 3


def test_a_visitor_without_the_right_is_offered_no_button_that_publishes(
    riverside: Any, mei: Any, client_for: Any, now: datetime
) -> None:
    with inside(riverside):
        pk = Page.objects.get(slug="about").pk
    mandate = give(riverside, "content.edit", now=now)
    client = come_in(client_for(riverside), riverside, mei, now=now)

    def offered() -> tuple[bool, bool]:
        page = client.get(f"/manage/pages/{pk}/edit/").content.decode()
        assert "Save draft" in page
        return "action-publish" in page, "Publishing is not in the contract" in page

    with travel(now + LATER, tick=False):
        assert offered() == (False, True)
        mandate.permissions.create(permission="content.publish", clause="1.2")
        assert offered() == (True, False)
