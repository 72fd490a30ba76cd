"""Sold things to test with: stores, a deal, a paid order with its vouchers. Everything runs inside the current mall."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from saas.accounts.models import User
from saas.kernel.actors import Actor
from saas.kernel.ids import random_id
from storefront.deals.models import Deal
from storefront.orders.models import Order, OrderLine
from storefront.stores.models import Store
from storefront.vouchers import operations
from storefront.vouchers.models import Redemption, Voucher

BO = Actor(kind="merchant", name="Bo")


def make_store(name: str = "Mill Lane", **fields: Any) -> Store:
    """Return a serving store."""
    return Store.objects.create(name=name, street="1 Mill Lane", city="Riverside", **fields)


def make_deal(*stores: Store, now: datetime, **fields: Any) -> Deal:
    """Return a deal on sale whose vouchers are valid for 30 days, redeemed in `stores`."""
    given = {
        "slug": f"noodles-{random_id(8)}",
        "title": "Two bowls of noodles",
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
    deal.stores.set(stores)
    return deal


def make_order(deal: Deal, *, now: datetime, units: int = 2, **line: Any) -> Order:
    """Return a paid order of `units` by Mei Lin, without vouchers; `line` sets fields of its line."""
    order = Order.objects.create(
        number=f"T-{random_id(6)}",
        request_key=random_id(20),
        state=Order.State.PAID,
        email="mei@example.com",
        name="Mei Lin",
        currency=deal.currency,
        total_minor=units * deal.price_minor,
        held_until_at=now + timedelta(minutes=30),
        placed_at=now,
        paid_at=now,
    )
    given = {
        "title": deal.title,
        "units": units,
        "unit_price_minor": deal.price_minor,
        "total_minor": units * deal.price_minor,
        "offer": {
            "valid_from_at": deal.valid_from_at.isoformat() if deal.valid_from_at else None,
            "valid_until_at": deal.valid_until_at.isoformat() if deal.valid_until_at else None,
            "valid_days": deal.valid_days,
            "contents": [{"name": "Bowl of noodles", "quantity": 2, "value_minor": 1500}],
            "rules": [{"label": "Booking", "text": "Not needed"}],
        },
        "commission_rate_bp": 800,
        "commission_rule": "Standard: 8 % of the whole mall",
        "commission_rule_id": "term",
        **line,
    }
    OrderLine.objects.create(order=order, deal=deal, **given)
    return order


def issue(order: Order, *, now: datetime) -> list[Voucher]:
    """Issue the order's vouchers as checkout does."""
    with transaction.atomic():
        return operations.issue(order=order, now=now)


def make_voucher(store: Store, *, now: datetime, **deal: Any) -> Voucher:
    """Return one voucher of a new deal, redeemed in `store`."""
    return issue(make_order(make_deal(store, now=now, **deal), now=now, units=1), now=now)[0]


def redeem(voucher: Voucher, store: Store, staff: User, *, now: datetime, key: str = "") -> Redemption:
    """Redeem as the counter does; a key of its own unless one is given."""
    return operations.redeem(
        voucher_public_id=voucher.public_id,
        store_id=store.pk,
        request_key=key or random_id(20),
        by=BO,
        staff=staff,
        now=now,
    )
