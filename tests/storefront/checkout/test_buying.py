"""Buying through the pages, with the Stripe sandbox at the edge."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel import clock
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.vouchers.models import Voucher
from tests.factories import shop
from tests.factories.buying import buy, form_of, paid_order
from tests.stripe_sandbox import DECLINED, StripeSandbox


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    """Return a deal on sale."""
    return shop.a_deal(now=now)


def everything() -> tuple[Any, ...]:
    """Return all that buying may change."""
    return (
        list(Deal.objects.order_by("pk").values_list("pk", "units_held", "units_sold")),
        list(Order.objects.order_by("pk").values_list("pk", "state")),
        list(Payment.objects.order_by("pk").values_list("pk", "state")),
        Voucher.objects.count(),
    )


def test_a_guest_buys_two_and_has_two_vouchers(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    """V10: one voucher for each unit; V1: none before the payment."""
    client = client_for(riverside)
    page = client.get(f"/deals/{deal.slug}/buy/?units=2").content.decode()
    assert "$48.00" in page
    order = buy(client, deal)
    paying = client.get(f"/orders/{order.public_id}/pay/")
    assert paying.status_code == 303
    payment = Payment.objects.get(order_public_id=order.public_id)
    assert paying["location"] == payment.session_url
    assert client.get(f"/orders/{order.public_id}/return/").context["order"].state == "pending"

    stripe.pay(payment.session_id)
    with run_tasks():
        back = client.get(f"/orders/{order.public_id}/return/")
    assert (back.status_code, back["location"]) == (302, f"/orders/{order.public_id}/")
    shown = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "Paid" in shown
    assert len(set(re.findall(r"/vouchers/([0-9a-z]{26})/", shown))) == 2
    deal.refresh_from_db()
    assert (deal.units_held, deal.units_sold) == (0, 2)
    order.refresh_from_db()
    assert (order.state, order.email, order.total_minor) == ("paid", "mei@example.com", 4800)


def test_a_declined_card_charges_nothing_and_the_order_can_still_be_paid(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    session = Payment.objects.get(order_public_id=order.public_id).session_id
    stripe.pay(session, DECLINED)
    back = client.get(f"/orders/{order.public_id}/return/")
    assert back.status_code == 200
    assert "Confirming" in back.content.decode()
    shown = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "Nothing was charged" in shown
    assert client.get(f"/orders/{order.public_id}/pay/").status_code == 303


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "", "phone": ""}, "Give an e-mail address or a mobile phone number"),
        ({"email": "not an address"}, "Enter a valid email address"),
        ({"phone": "12"}, "Enter a phone number such as"),
        ({"units": 0}, "greater than or equal to 1"),
        ({"units": 21}, "less than or equal to 20"),
        ({"units": "1e9"}, "Enter a whole number"),
        ({"units": "٣\x00"}, "Enter a whole number"),
        ({"price_minor": -1}, "greater than or equal to 1"),
        ({"request_key": "1"}, "This form is damaged"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"price_minor": 1}, "The price has changed"),
    ],
)
def test_a_form_that_cannot_be_right_buys_nothing_and_keeps_what_was_typed(
    deal: Deal, client_for: Any, riverside: Any, fields: dict[str, Any], said: str
) -> None:
    """M14: no row, no server error."""
    before = everything()
    answer = client_for(riverside).post(f"/deals/{deal.slug}/buy/", form_of(deal, **fields))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert said in text
    assert "Mei Lin" in text or "name" in fields
    assert everything() == before


def test_a_changed_price_is_shown_before_it_is_paid(deal: Deal, client_for: Any, riverside: Any) -> None:
    client = client_for(riverside)
    Deal.objects.filter(pk=deal.pk).update(price_minor=3000)
    answer = client.post(f"/deals/{deal.slug}/buy/", form_of(deal))
    assert answer.status_code == 422
    assert 'name="price_minor" value="3000"' in answer.content.decode()
    assert "$60.00" in answer.content.decode()


def test_too_few_left_offers_what_is_left(deal: Deal, client_for: Any, riverside: Any) -> None:
    Deal.objects.filter(pk=deal.pk).update(units_total=1)
    answer = client_for(riverside).post(f"/deals/{deal.slug}/buy/", form_of(deal))
    assert answer.status_code == 422
    assert "Only 1 is left" in answer.content.decode()
    assert 'name="units" value="1"' in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"units_total": 1, "units_sold": 1}, "Sold out"),
        ({"state": "ended"}, "This deal has ended"),
        ({"sale_starts_at": "later"}, "Not on sale yet"),
    ],
)
def test_the_buy_page_of_a_deal_that_cannot_be_bought_says_so(
    deal: Deal, client_for: Any, riverside: Any, now: datetime, change: dict[str, Any], said: str
) -> None:
    change = {name: now + timedelta(days=1) if value == "later" else value for name, value in change.items()}
    Deal.objects.filter(pk=deal.pk).update(**change)
    answer = client_for(riverside).get(f"/deals/{deal.slug}/buy/")
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert 'name="request_key"' not in answer.content.decode(), "no form to buy with"


def test_a_draft_and_an_unknown_deal_have_no_buy_page(deal: Deal, client_for: Any, riverside: Any) -> None:
    Deal.objects.filter(pk=deal.pk).update(state="draft")
    client = client_for(riverside)
    assert client.get(f"/deals/{deal.slug}/buy/").status_code == 404
    assert client.get("/deals/no-such-deal/buy/").status_code == 404


def test_the_quantity_in_the_address_is_taken_where_it_makes_sense(deal: Deal, client_for: Any, riverside: Any) -> None:
    client = client_for(riverside)
    for asked, shown in (("3", "3"), ("99", "20"), ("0", "1"), ("-2", "1"), ("x", "1"), ("٣", "1"), ("", "1")):
        assert (
            f'name="units" value="{shown}"' in client.get(f"/deals/{deal.slug}/buy/", {"units": asked}).content.decode()
        )


def test_a_double_click_leads_to_one_order_and_one_page(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any
) -> None:
    client, form = client_for(riverside), form_of(deal)
    first, second = (client.post(f"/deals/{deal.slug}/buy/", form) for _click in range(2))
    assert first["location"] == second["location"]
    pages = {client.get(first["location"])["location"] for _click in range(2)}
    assert len(pages) == 1
    assert Payment.objects.count() == 1


def test_the_form_sent_again_with_other_details_leads_to_the_order_that_stands(
    deal: Deal, client_for: Any, riverside: Any
) -> None:
    client, form = client_for(riverside), form_of(deal)
    order = Order.objects.get(public_id=client.post(f"/deals/{deal.slug}/buy/", form)["location"].split("/")[2])
    again = client.post(f"/deals/{deal.slug}/buy/", form | {"units": 3})
    assert again.status_code == 422
    assert f"/orders/{order.public_id}/" in again.content.decode()
    assert form["request_key"] not in again.content.decode()
    stranger = client_for(riverside).post(f"/deals/{deal.slug}/buy/", form | {"units": 3})
    assert order.public_id not in stranger.content.decode()


def test_the_shopper_cancels_and_nobody_can_pay_any_more(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    assert client.post(f"/orders/{order.public_id}/cancel/").status_code == 303
    order.refresh_from_db()
    deal.refresh_from_db()
    payment = Payment.objects.get(order_public_id=order.public_id)
    assert (order.state, payment.state, deal.units_held) == ("cancelled", "expired", 0)
    assert "Nothing was charged" in client.get(f"/orders/{order.public_id}/").content.decode()
    assert client.get(f"/orders/{order.public_id}/pay/")["location"] == f"/orders/{order.public_id}/"


def test_cancelling_what_was_paid_a_moment_ago_keeps_the_order(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    stripe.pay(Payment.objects.get(order_public_id=order.public_id).session_id)
    with run_tasks():
        assert client.post(f"/orders/{order.public_id}/cancel/")["location"] == f"/orders/{order.public_id}/"
    order.refresh_from_db()
    assert order.state == "paid"


def test_buying_needs_no_script(deal: Deal, client_for: Any, riverside: Any) -> None:
    page = client_for(riverside).get(f"/deals/{deal.slug}/buy/").content.decode()
    assert 'href="?units=2"' in page
    assert "onclick" not in page
    assert "<style" not in page


def test_the_page_after_paying_loads_itself_anew_and_ends(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    address = f"/orders/{order.public_id}/return/"
    assert '<noscript><meta http-equiv="refresh" content="2;url=?looks=1">' in client.get(address).content.decode()
    last = client.get(address, {"looks": "30"}).content.decode()
    assert "refresh" not in last
    assert "hx-trigger" not in last
    part = client.get(address, headers={"hx-request": "true"}).content.decode()
    assert part.startswith("<div")


def test_the_page_after_paying_leads_on_where_script_asked(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    client = client_for(riverside)
    order = paid_order(client, deal, stripe, run_tasks)
    answer = client.get(f"/orders/{order.public_id}/return/", headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == f"/orders/{order.public_id}/"


@pytest.fixture
def strangers(client_for: Any, riverside: Any, hillside: Any, bo: Any, cleo: Any) -> list[Any]:
    """Return the browsers of people who did not place the order."""
    return [
        client_for(riverside),
        client_for(hillside),
        client_for(riverside, user=bo),
        client_for(hillside, user=cleo),
    ]


@pytest.mark.parametrize("path", ["", "pay/", "return/", "receipt/"])
def test_a_strangers_browser_finds_no_order(
    deal: Deal, client_for: Any, riverside: Any, strangers: list[Any], path: str
) -> None:
    """T1, T2: another browser, another mall, another account: 404, as for an unknown id."""
    order = buy(client_for(riverside), deal)
    for stranger in strangers:
        assert stranger.get(f"/orders/{order.public_id}/{path}").status_code == 404
        assert stranger.post(f"/orders/{order.public_id}/cancel/").status_code == 404
    assert Payment.objects.count() == 0
