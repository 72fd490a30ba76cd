"""The pages of a mall: what they cost, what they weigh, and that a preview stays in its mall."""

import gzip
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Site

from cms.media import operations as media
from cms.media.models import MallImage
from cms.pages import operations, queries
from cms.pages.models import DealIndexPage, HomePage, PlainPage
from saas.kernel.actors import SYSTEM
from storefront.catalog.models import Category
from storefront.deals.models import Deal
from tenants.isolation.entrance import inside
from tests.factories.shop import a_deal

MOST_QUERIES, AIM = 25, 12
MOST_BYTES = 25 * 1024


@pytest.fixture
def shop(riverside: Any, settings: Any, tmp_path: Any) -> Any:
    """Riverside with 12 deals on sale, all with pictures whose renditions are made."""
    settings.MEDIA_ROOT = str(tmp_path)
    with inside(riverside):
        now = timezone.now()
        from tests.cms.media.pictures import stored_picture

        pictures = [stored_picture(f"dish-{number}.png") for number in range(3)]
        media.make_renditions(image_ids=[image.pk for image in pictures])
        MallImage.objects.exclude(pk__in=[image.pk for image in pictures]).delete()
        lunch = Category.objects.create(name="Quick lunch", slug="quick-lunch")
        for number in range(12):
            deal = a_deal(
                now=now,
                title=f"Deal {number}",
                slug=f"deal-{number}",
                picture=pictures[number % 3],
                category=lunch if number < 4 else None,
            )
            operations.publish_deal_page(deal=deal, by=SYSTEM, now=now)
    return riverside


def cost(client: Any, path: str) -> tuple[int, int]:
    client.get(path)
    with CaptureQueriesContext(connection) as counted:
        response = client.get(path)
    assert response.status_code == 200
    asked = [one["sql"] for one in counted if "search_path" not in one["sql"]]
    return len(asked), len(gzip.compress(response.content))


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/deals/", "/deals/deal-1/", "/about/", "/terms/"])
def test_a_page_costs_few_queries_and_few_bytes(path: str, shop: Any, client_for: Any) -> None:
    asked, weight = cost(client_for(shop), path)

    assert asked <= MOST_QUERIES
    assert asked <= AIM
    assert weight <= MOST_BYTES


@pytest.mark.django_db
def test_the_list_of_deals_is_narrowed_by_category_and_turned_by_page(shop: Any, client_for: Any) -> None:
    client = client_for(shop)

    assert client.get("/deals/").content.decode().count("deal-card") == 12
    narrowed = client.get("/deals/?category=quick-lunch").content.decode()
    assert narrowed.count('class="deal-card') == 4
    assert "4 deals" in narrowed
    assert "Nothing of this kind" in client.get("/deals/?category=none").content.decode()
    for odd in ("?page=99", "?page=x", "?category=%00", "?category=" + "x" * 500):
        assert client.get("/deals/" + odd).status_code == 200, odd


@pytest.mark.django_db
def test_the_footer_links_the_pages_that_stand_in_menus(shop: Any, client_for: Any) -> None:
    with inside(shop):
        PlainPage.objects.filter(slug="about").update(show_in_menus=False)
        assert queries.footer_links() == [{"label": "Help", "href": "/help/"}, {"label": "Terms", "href": "/terms/"}]
    page = client_for(shop).get("/deals/deal-1/").content.decode()
    assert '<a href="/help/">Help</a>' in page


def _edited(body: list[Any]) -> dict[str, str]:
    """The home page's edit form with one hero block."""
    value = body[0]["value"]
    return {
        "body-count": "1",
        "body-0-deleted": "",
        "body-0-order": "0",
        "body-0-type": "hero",
        "body-0-id": body[0]["id"],
        "body-0-value-heading": "Written in the preview",
        "body-0-value-text": value["text"],
        "body-0-value-picture": "",
        "body-0-value-link_label": "",
        "body-0-value-link_page": "",
        "seo_title": "",
        "search_description": "",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
    }


@pytest.mark.django_db
def test_a_preview_shows_what_was_typed_and_stays_in_its_mall_c26(
    riverside: Any, hillside: Any, alma: Any, client_for: Any
) -> None:
    with inside(riverside):
        Site.objects.update(hostname="hillside.localhost")
        home = HomePage.objects.get()
        form = _edited(home.body.get_prep_value())
    client = client_for(riverside, alma)

    sent = client.post(f"/manage/pages/{home.pk}/edit/preview/", form)
    shown = client.get(f"/manage/pages/{home.pk}/edit/preview/?in_preview_panel=true")

    assert json.loads(sent.content)["is_valid"], sent.content
    page = shown.content.decode()
    assert shown.status_code == 200
    assert "Written in the preview" in page
    assert "Riverside Noodles" in page
    assert "Hillside" not in page
    assert "Written in the preview" not in client_for(riverside).get("/").content.decode()


@pytest.mark.django_db
def test_a_draft_deal_can_be_previewed_and_says_that_it_is_one(riverside: Any, alma: Any, client_for: Any) -> None:
    with inside(riverside):
        page = Deal.objects.filter(state=Deal.State.DRAFT).first().page  # type: ignore[union-attr]
    response = client_for(riverside, alma).get(f"/manage/pages/{page.pk}/view_draft/")

    text = response.content.decode()
    assert response.status_code == 200
    assert "Shoppers cannot see this deal yet" in text
    assert "/buy/" not in text


@pytest.mark.django_db
def test_the_home_page_is_edited_and_published_by_the_owner(riverside: Any, alma: Any, client_for: Any) -> None:
    with inside(riverside):
        home = HomePage.objects.get()
        form = _edited(home.body.get_prep_value()) | {"action-publish": "action-publish"}

    response = client_for(riverside, alma).post(f"/manage/pages/{home.pk}/edit/", form)

    assert response.status_code == 302, response.context["form"].errors
    assert "Written in the preview" in client_for(riverside).get("/").content.decode()
    assert client_for(riverside, alma).get("/manage/front/")["location"] == f"/manage/pages/{home.pk}/edit/"


@pytest.mark.django_db
def test_there_is_one_home_and_one_list_of_deals(mall: Any) -> None:
    assert not HomePage.can_create_at(HomePage.objects.get().get_parent())
    assert not DealIndexPage.can_create_at(HomePage.objects.get())


@pytest.mark.django_db
def test_a_page_without_a_hero_still_has_a_heading(riverside: Any, client_for: Any) -> None:
    with inside(riverside):
        HomePage.objects.update(body=[])

    assert '<h1 class="hide">Riverside Noodles</h1>' in client_for(riverside).get("/").content.decode()
