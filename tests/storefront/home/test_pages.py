"""Search, stores, and the shopper's account."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from saas.accounts.models import User
from saas.kernel import clock
from storefront.catalog.models import Category
from storefront.checkout.settling import settle
from storefront.home import queries
from storefront.home.queries import Search
from storefront.orders.models import Order
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")


@pytest.fixture
def now() -> datetime:
    """Return the present instant, in which pages are shown."""
    return clock.now()


def titles(search: Search, now: datetime) -> list[str]:
    """Return the titles that a search finds, in their order."""
    return [deal.title for deal in queries.deals(search, at=now)]


def test_search_finds_words_in_title_sentence_category_and_store(now: datetime) -> None:
    lunch = Category.objects.create(name="Midday", slug="midday")
    shop.a_deal(now=now, title="Noodles for two", summary="With a pot of tea", category=lunch)
    shop.a_deal(now=now, title="Dumplings")
    for text in ("noodle", "NOODLES TWO", "pot tea", "midday", "mill lane noodles"):
        assert titles(Search(text), now)[0] == "Noodles for two", text
    assert titles(Search("sushi"), now) == []


def test_search_forgives_a_slip_of_the_finger(now: datetime) -> None:
    shop.a_deal(now=now, title="Handmade dumplings")
    assert titles(Search("dumplngs"), now) == ["Handmade dumplings"]


def test_search_reads_chinese(now: datetime) -> None:
    shop.a_deal(now=now, title="双人牛肉面套餐")
    assert titles(Search("牛肉面"), now) == ["双人牛肉面套餐"]


@pytest.mark.parametrize(
    "text", ["%", "_", "'", '"; drop table deals_deal; --', "\\", "(", "a" * 60, "🍜", "noodles\x00"]
)
def test_search_takes_whatever_is_typed(client_for: Any, riverside: Any, now: datetime, text: str) -> None:
    shop.a_deal(now=now)
    assert client_for(riverside).get("/search/", {"q": text}).status_code == 200


def test_filters_and_order(now: datetime) -> None:
    lunch = Category.objects.create(name="Midday", slug="midday")
    shop.a_deal(now=now, title="Dear", price_minor=5000, category=lunch, published_at=now)
    shop.a_deal(
        now=now,
        title="Cheap",
        price_minor=900,
        published_at=now - timedelta(days=1),
        sale_ends_at=now + timedelta(days=1),
    )
    assert titles(Search(), now) == ["Dear", "Cheap"]
    assert titles(Search(sort="price"), now) == ["Cheap", "Dear"]
    assert titles(Search(sort="ending"), now) == ["Cheap", "Dear"]
    assert titles(Search(most=Decimal("9.00")), now) == ["Cheap"]
    assert titles(Search(category="midday"), now) == ["Dear"]
    assert queries.categories(at=now) == [("midday", "Midday")]


def test_filters_that_make_no_sense_are_as_if_absent(client_for: Any, riverside: Any, now: datetime) -> None:
    shop.a_deal(now=now)
    asked = {"most": "1e30", "sort": "colour", "category": "nothing", "page": "99"}
    page = client_for(riverside).get("/search/", asked).content.decode()
    assert "Noodles for two" in page


def test_nothing_found_says_what_to_do(client_for: Any, riverside: Any, now: datetime) -> None:
    shop.a_deal(now=now)
    assert "Nothing matches that" in client_for(riverside).get("/search/", {"q": "sushi"}).content.decode()
    assert "No store matches that." in client_for(riverside).get("/stores/", {"open": "on"}).content.decode()


def test_stores_near_a_position(client_for: Any, riverside: Any) -> None:
    shop.a_store("Far", latitude=Decimal("32.715700"), longitude=Decimal("-117.161100"))
    shop.a_store("Near", latitude=Decimal("34.056200"), longitude=Decimal("-118.236500"))
    client = client_for(riverside)
    page = client.get("/stores/", {"near": "34.0537,-118.2427"}).content.decode()
    assert page.index("Near") < page.index(">Far<")
    assert "640 m" in page
    for odd in ("x", "91,0", "1,2,3", "nan,nan", "inf,0", ""):
        assert client.get("/stores/", {"near": odd}).status_code == 200


def test_a_store_shows_its_week_and_its_deals(client_for: Any, riverside: Any, now: datetime) -> None:
    deal = shop.a_deal(now=now)
    store = deal.stores.get()
    store.hours = {"fri": [["09:00", "18:00"]]}
    store.save()
    client = client_for(riverside)
    page = client.get(f"/stores/{store.public_id}/").content.decode()
    assert "Noodles for two" in page
    assert "9:00\xa0AM\u2060–\u20606:00\xa0PM" in page
    assert client.get("/stores/nothing/").status_code == 404
    store.is_serving = False
    store.save()
    assert client.get(f"/stores/{store.public_id}/").status_code == 404


@pytest.fixture
def mei(now: datetime) -> User:
    """Mei, who has an account and proved her address."""
    user = User.objects.create_user("mei@example.com", name="Mei Lin", joined_at=now)
    EmailAddress.objects.create(user=user, email="mei@example.com", verified=True, primary=True)
    return user


def a_paid_order(now: datetime, **fields: Any) -> Order:
    """Return a paid order of Mei's."""
    order = shop.an_order(shop.a_deal(now=now), now=now, **fields)
    payment = shop.a_payment(order, now=now)
    return settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)


def test_the_account_is_for_who_signed_in(client_for: Any, riverside: Any) -> None:
    client = client_for(riverside)
    assert client.get("/account/")["location"].startswith("/account/login/")
    assert client.post("/account/claim/")["location"].startswith("/account/login/")


def test_an_empty_account_says_what_to_do(client_for: Any, riverside: Any, mei: User) -> None:
    page = client_for(riverside, user=mei).get("/account/").content.decode()
    assert "You have no voucher to use right now." in page
    assert "Nothing bought yet." in page


def test_the_account_offers_what_a_guest_bought_with_its_address_and_adds_it(
    client_for: Any, riverside: Any, mei: User, now: datetime
) -> None:
    order = a_paid_order(now, units=2)
    client = client_for(riverside, user=mei)
    page = client.get("/account/").content.decode()
    assert "1 order was bought with your address" in page
    assert order.number not in page
    assert client.post("/account/claim/")["location"] == "/account/"
    page = client.get("/account/").content.decode()
    assert "1 order is in your account now." in page
    assert order.number in page
    assert page.count("/vouchers/") >= 3
    assert client.get(f"/orders/{order.public_id}/").status_code == 200


def test_nobody_else_is_offered_it(client_for: Any, riverside: Any, bo: Any, now: datetime) -> None:
    order = a_paid_order(now)
    client = client_for(riverside, user=bo)
    assert "bought with your address" not in client.get("/account/").content.decode()
    client.post("/account/claim/")
    assert Order.objects.get(pk=order.pk).shopper_id is None
