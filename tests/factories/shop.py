"""A shop to test with: a store, a deal on sale, a commission term, a purchase and its payment. Runs inside the current mall."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from billing.gateway.operations import CheckoutState
from saas.kernel.actors import GUEST
from saas.kernel.ids import public_id, random_id
from storefront.checkout import operations as checkout
from storefront.checkout.operations import Purchase
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.stores.models import Store
from storefront.terms.models import CommissionTerm


def a_store(name: str = "Mill Lane", **fields: Any) -> Store:
    """Return a serving store."""
    return Store.objects.create(**{"name": name, "street": "1 Mill Lane", "city": "Riverside", **fields})


def a_term(*, now: datetime, **fields: Any) -> CommissionTerm:
    """Return a commission of 3 % of the whole mall that wins from `now` on."""
    given = {"name": "Introductory", "rate_bp": 300, "starts_at": now, "created_at": now, **fields}
    return CommissionTerm.objects.create(**given)


def a_deal(*, now: datetime, **fields: Any) -> Deal:
    """Return a deal on sale at 24.00, valid for 30 days, redeemed in a store of its own; with a term so that it can be sold."""
    if not CommissionTerm.objects.filter(starts_at__lte=now).exists():
        a_term(now=now)
    given = {
        "slug": f"noodles-{random_id(8)}",
        "title": "Noodles for two",
        "state": Deal.State.PUBLISHED,
        "currency": "usd",
        "price_minor": 2400,
        "units_total": 100,
        "sale_starts_at": now - timedelta(days=1),
        "valid_days": 30,
        "created_at": now,
        **fields,
    }
    deal = Deal.objects.create(**given)
    deal.stores.add(a_store(f"Mill Lane {random_id(4)}"))
    return deal


def a_purchase(deal: Deal, **fields: Any) -> Purchase:
    """Return Mei's wish for one unit, by a form of its own."""
    wanted = Purchase(
        deal_slug=deal.slug,
        units=1,
        price_minor=deal.price_minor,
        request_key=public_id(),
        email="mei@example.com",
        name="Mei Lin",
    )
    return replace(wanted, **fields)


def an_order(deal: Deal, *, now: datetime, **fields: Any) -> Order:
    """Return an unpaid order, its units held."""
    return checkout.reserve(purchase=a_purchase(deal, **fields), by=GUEST, now=now)


def a_payment(order: Order, *, now: datetime) -> Payment:
    """Return a try to pay whose page is open."""
    payment = checkout.prepare_payment(order_public_id=order.public_id, now=now)
    payment.state, payment.session_id, payment.session_url = (
        Payment.State.OPEN,
        f"cs_{payment.reference}",
        "http://127.0.0.1/pay",
    )
    payment.save()
    return payment


def told(payment: Payment, /, **fields: Any) -> CheckoutState:
    """Return what Stripe says of a payment: paid in full, unless `fields` say otherwise."""
    state = CheckoutState(
        session_id=payment.session_id,
        status="complete",
        payment="paid",
        payment_intent_id=f"pi_{payment.reference}",
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        reference=payment.reference,
    )
    return replace(state, **fields)
