"""Buying as a shopper does, by the pages."""

from typing import Any

from saas.kernel.ids import public_id
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from tests.stripe_sandbox import StripeSandbox


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


def paid_order(client: Any, deal: Deal, stripe: StripeSandbox, run_tasks: Any, **fields: Any) -> Order:
    """Buy, pay and come back."""
    order = buy(client, deal, **fields)
    client.get(f"/orders/{order.public_id}/pay/")
    stripe.pay(Payment.objects.get(order_public_id=order.public_id).session_id)
    with run_tasks():
        client.get(f"/orders/{order.public_id}/return/")
    order.refresh_from_db()
    return order
