"""A deal's page: what it says in each state, and how it follows its deal."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cms.pages import operations
from cms.pages.models import DealIndexPage, DealPage
from saas.kernel.actors import SYSTEM
from storefront.deals.models import Deal
from tenants.isolation.entrance import inside
from tests.factories.shop import a_deal


@pytest.fixture
def real_now() -> Any:
    """The pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def deal(mall: Any, real_now: Any) -> Deal:
    """A deal on sale with a published page, beside another one."""
    for title in ("Dumplings", "Noodles"):
        deal = a_deal(now=real_now, title=title, slug=title.lower(), units_total=50)
        operations.publish_deal_page(deal=deal, by=SYSTEM, now=real_now)
    return deal


def change(deal: Deal, **fields: Any) -> None:
    Deal.objects.filter(pk=deal.pk).update(**fields)


def page_of(client_for: Any, mall: Any, deal: Deal) -> tuple[int, str]:
    response = client_for(mall).get(f"/deals/{deal.slug}/")
    return response.status_code, response.content.decode()


@pytest.mark.django_db
def test_a_deal_on_sale_says_price_rules_and_stores_before_it_can_be_bought(
    deal: Deal, mall: Any, client_for: Any
) -> None:
    status, page = page_of(client_for, mall, deal)

    assert status == 200
    buy = page.index(f'href="/deals/{deal.slug}/buy/"')
    assert page.index("Noodles</h1>") < page.index('class="price large"') < buy
    assert "Refund" in page
    assert all(store.name in page for store in deal.stores.all())
    assert "More deals" in page


@pytest.mark.django_db
def test_a_sold_out_deal_says_so_and_shows_what_can_be_bought_instead(deal: Deal, mall: Any, client_for: Any) -> None:
    change(deal, units_sold=50)

    status, page = page_of(client_for, mall, deal)

    assert status == 200
    assert "Sold out" in page
    assert "/buy/" not in page
    assert "You can buy these now" in page
    assert 'href="/deals/dumplings/"' in page


@pytest.mark.django_db
def test_a_deal_that_has_ended_answers_410_with_alternatives(
    deal: Deal, mall: Any, client_for: Any, real_now: Any
) -> None:
    change(deal, sale_starts_at=real_now - timedelta(days=2), sale_ends_at=real_now - timedelta(days=1))

    status, page = page_of(client_for, mall, deal)

    assert status == 410
    assert "This deal has ended" in page
    assert "/buy/" not in page
    assert 'href="/deals/dumplings/"' in page


@pytest.mark.django_db
def test_a_deal_whose_sale_has_not_begun_says_when_in_the_malls_time(deal: Deal, mall: Any, client_for: Any) -> None:
    change(deal, sale_starts_at=timezone.datetime(2090, 1, 2, 17, 0, tzinfo=timezone.get_default_timezone()))

    status, page = page_of(client_for, mall, deal)

    assert status == 200
    assert "Not on sale yet" in page
    assert "Jan 2, 2090, 9:00 AM" in page
    assert "/buy/" not in page


@pytest.mark.django_db
def test_the_last_one_is_named(deal: Deal, mall: Any, client_for: Any) -> None:
    change(deal, units_sold=49)

    _status, page = page_of(client_for, mall, deal)

    assert "This is the last one." in page
    assert "Only 1 left" in page


@pytest.mark.django_db
def test_a_draft_is_hidden_even_when_its_page_was_published(deal: Deal, mall: Any, client_for: Any) -> None:
    change(deal, state=Deal.State.DRAFT)

    assert page_of(client_for, mall, deal)[0] == 404


@pytest.mark.django_db
def test_an_unpublished_page_is_hidden_though_the_deal_is_on_sale(
    deal: Deal, mall: Any, client_for: Any, real_now: Any
) -> None:
    operations.unpublish_deal_page(deal=deal, by=SYSTEM, now=real_now)

    assert page_of(client_for, mall, deal)[0] == 404


@pytest.mark.django_db
def test_texts_of_a_deal_cannot_write_markup(deal: Deal, mall: Any, client_for: Any) -> None:
    change(deal, title="<script>alert(1)</script>", summary="<img src=x onerror=alert(1)>",
           rules=[{"label": "<b>x", "text": "</dd><script>"}], contents=[{"name": "<i>", "quantity": 1, "value_minor": None}])  # fmt: skip

    _status, page = page_of(client_for, mall, deal)

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "</dd><script>" not in page


@pytest.mark.django_db
def test_the_page_takes_title_and_slug_from_the_deal_and_is_made_once(deal: Deal, real_now: Any) -> None:
    page = operations.ensure_deal_page(deal=deal, by=SYSTEM, now=real_now)
    assert (page.title, page.slug, page.get_parent().specific) == (deal.title, deal.slug, DealIndexPage.objects.get())
    change(deal, title="Better noodles", slug="better-noodles")
    deal.refresh_from_db()

    again = operations.ensure_deal_page(deal=deal, by=SYSTEM, now=real_now)

    assert again.pk == page.pk
    assert (again.title, again.url_path) == ("Better noodles", "/mall/deals/better-noodles/")
    assert DealPage.objects.filter(deal=deal).count() == 1


@pytest.mark.django_db
def test_an_old_revision_does_not_bring_back_the_old_title(deal: Deal, real_now: Any) -> None:
    page = operations.ensure_deal_page(deal=deal, by=SYSTEM, now=real_now)
    page.description = "<p>Written later</p>"
    page.save_revision()
    change(deal, title="Better noodles", slug="better-noodles")
    deal.refresh_from_db()
    operations.ensure_deal_page(deal=deal, by=SYSTEM, now=real_now)

    published = operations.publish_deal_page(deal=deal, by=SYSTEM, now=real_now)

    assert (published.title, published.slug, published.description) == (
        "Better noodles",
        "better-noodles",
        "<p>Written later</p>",
    )


@pytest.mark.django_db
def test_publishing_and_hiding_twice_changes_nothing_more(deal: Deal, real_now: Any) -> None:
    first = operations.publish_deal_page(deal=deal, by=SYSTEM, now=real_now)
    second = operations.publish_deal_page(deal=deal, by=SYSTEM, now=real_now)
    assert first.last_published_at == second.last_published_at

    for _time in range(2):
        assert not operations.unpublish_deal_page(deal=deal, by=SYSTEM, now=real_now).live


@pytest.mark.django_db
def test_nobody_can_make_a_deal_page_without_a_deal(riverside: Any, alma: Any, client_for: Any) -> None:
    with inside(riverside):
        shelf = DealIndexPage.objects.get()
        before = DealPage.objects.count()
    response = client_for(riverside, alma).get(f"/manage/pages/add/cms_pages/dealpage/{shelf.pk}/")

    assert response.status_code in (302, 403)
    with inside(riverside):
        assert DealPage.objects.count() == before


@pytest.mark.django_db
def test_an_unknown_deal_is_404(riverside: Any, client_for: Any) -> None:
    assert client_for(riverside).get("/deals/no-such-deal/").status_code == 404


@pytest.mark.django_db
def test_a_deal_page_cannot_be_copied_because_a_deal_has_one(
    deal: Deal, riverside: Any, alma: Any, client_for: Any
) -> None:
    with inside(riverside):
        page = DealPage.objects.get(deal=deal)
        before = DealPage.objects.count()
        form = {
            "new_title": "Twin",
            "new_slug": "twin",
            "new_parent_page": page.get_parent().pk,
            "publish_copies": "on",
        }
    response = client_for(riverside, alma).post(f"/manage/pages/{page.pk}/copy/", form)

    assert response.status_code < 500
    with inside(riverside):
        assert DealPage.objects.count() == before
