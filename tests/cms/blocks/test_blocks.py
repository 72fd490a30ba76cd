"""The blocks that pages are made of."""

from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone
from wagtail.admin.views.generic.preview import StreamFieldBlockPreview

from cms.blocks.streams import PageStream
from cms.pages import operations
from cms.pages.models import HomePage
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM
from storefront.deals.models import Deal
from storefront.stores.models import Store
from tests.cms.media.pictures import stored_picture
from tests.factories.shop import a_deal


def shown(*blocks: tuple[str, Any]) -> str:
    """Draw blocks as a page does."""
    stream = PageStream().to_python(
        [{"type": kind, "value": value, "id": f"b{place}"} for place, (kind, value) in enumerate(blocks)]
    )
    return Template('{% include "blocks/stream.html" %}').render(Context({"stream": stream}))


def on_sale(title: str) -> Any:
    now = timezone.now()
    deal = a_deal(now=now, title=title, slug=title.lower())
    return operations.publish_deal_page(deal=deal, by=SYSTEM, now=now)


HERO = {"heading": "Noodles & tea", "text": "Come in", "picture": None, "link_label": "Deals", "link_page": None}


@pytest.mark.django_db
def test_the_first_hero_is_the_pages_heading_and_leads_to_the_deals(mall: Any) -> None:
    page = shown(("hero", HERO), ("hero", HERO))

    assert page.count("<h1") == 1
    assert page.index('<h1 class="say">Noodles &amp; tea</h1>') < page.index('<h2 class="say">')
    assert 'href="/deals/"' in page


@pytest.mark.django_db
def test_a_hero_shows_its_picture_at_once_and_leads_to_the_chosen_page(mall: Any) -> None:
    home = HomePage.objects.get()
    picture = stored_picture()

    page = shown(("hero", {**HERO, "picture": picture.pk, "link_page": home.pk}))

    assert 'fetchpriority="high"' in page
    assert 'href="/"' in page


@pytest.mark.django_db
def test_the_latest_deals_are_those_on_sale_newest_first(mall: Any) -> None:
    for title in ("Older", "Newer"):
        on_sale(title)
    on_sale("Over")
    Deal.objects.filter(title="Over").update(state=Deal.State.ENDED)

    page = shown(("deals", {"heading": "Now", "show": "latest", "count": 2, "chosen": []}))

    assert page.index(">Newer<") < page.index(">Older<")
    assert ">Over<" not in page
    assert page.count('class="deal-card') == 2


@pytest.mark.django_db
def test_chosen_deals_keep_their_order_and_lose_those_that_are_over(mall: Any) -> None:
    first, second, over = (on_sale(title) for title in ("First", "Second", "Over"))
    Deal.objects.filter(title="Over").update(state=Deal.State.ENDED)

    page = shown(
        ("deals", {"heading": "", "show": "chosen", "count": 1, "chosen": [second.pk, over.pk, first.pk, 999_999]})
    )

    assert page.index(">Second<") < page.index(">First<")
    assert ">Over<" not in page


@pytest.mark.django_db
def test_a_shelf_without_deals_says_so(mall: Any) -> None:
    assert "No deals yet" in shown(("deals", {"heading": "Now", "show": "latest", "count": 2, "chosen": []}))


@pytest.mark.django_db
def test_stores_show_address_hours_and_whether_they_are_open(mall: Any) -> None:
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    Store.objects.create(name="Always", street="1 Mill Lane", city="Riverside", hours=always, phone="+19515550142")
    Store.objects.create(name="Hidden", street="2 Mill Lane", city="Riverside", is_serving=False)

    page = shown(("stores", {"heading": "Here", "text": ""}))

    assert "Open around the clock" in page
    assert "1 Mill Lane, Riverside" in page
    assert 'href="tel:+19515550142"' in page
    assert "Opening hours" in page
    assert "Hidden" not in page


@pytest.mark.django_db
def test_text_keeps_its_markup_and_a_notice_has_none(mall: Any) -> None:
    page = shown(
        ("text", "<h2>About</h2><p>We <b>cook</b>.</p>"),
        ("notice", {"kind": "warning", "title": "Closed <Monday>", "text": "<script>"}),
    )

    assert "<b>cook</b>" in page
    assert "Closed &lt;Monday&gt;" in page
    assert "<script>" not in page


@pytest.mark.django_db
def test_picture_and_text_stand_on_the_chosen_side_and_survive_a_deleted_picture(mall: Any) -> None:
    picture = stored_picture()
    value = {"picture": picture.pk, "heading": "By hand", "text": "<p>Nine folds</p>", "side": "end"}

    assert 'class="story end"' in shown(("picture_text", value))
    picture.delete()
    assert "<img" not in shown(("picture_text", value))


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(PageStream().child_blocks))
def test_each_block_can_be_previewed_in_the_chooser(name: str, mall: Any, alma: User) -> None:
    block = HomePage._meta.get_field("body").stream_block.child_blocks[name]
    request = RequestFactory().get("/manage/", {"id": block.definition_prefix})
    request.user, request.tenant, request.session = alma, mall, {}  # type: ignore[attr-defined,assignment]

    response = StreamFieldBlockPreview.as_view()(request).render()

    assert block.is_previewable
    assert block.get_description()
    assert f'class="block block-{name}"' in response.content.decode()
