"""Buying through the pages, with the Stripe sandbox at the edge."""

import re
from datetime import datetime
from typing import Any

import pytest

from saas.kernel import clock
from saas.kernel.ids import public_id
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from tests.factories import shop
from tests.stripe_sandbox import DECLINED, StripeSandbox


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    """Return a deal on sale."""
    return shop.a_deal(now=now)


def form_of(deal: Deal, **fields: Any) -> dict[str, Any]:
    """Return the buy form as Mei fills it in."""
    return {
        "email": "Mei@Example.com",
        "phone": "",
        "name": "Mei Lin",
        "units": 2,
        "price_minor": deal.price_minor,
        "request_key": public_id(),
        **fields,
    }


def buy(client: Any, deal: Deal, **fields: Any) -> Order:
    """Send the buy form and return the order."""
    answer = client.post(f"/deals/{deal.slug}/buy/", form_of(deal, **fields))
    assert answer.status_code == 303, answer.content.decode()
    return Order.objects.get(public_id=answer["location"].split("/")[2])


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
