"""Service packages: customers, products, prices, subscriptions, their hosted pages, and usage."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .client import NotThere, PaymentRefused, api, asked, every, notes, with_key
from .models import Outgoing
from .once import Wanted, made_before, once, refuse_transaction

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PriceRequest:
    """
    A price of a product. `key` is ours and becomes Stripe's lookup key: the same key is the same price for ever.

    `product_key` names the product; `interval` is month, year, week or day; `meter_id` makes it a price for each unit that is used.
    """

    key: str
    product_key: str
    product_name: str
    unit_amount_minor: int
    currency: str
    interval: str = "month"
    meter_id: str = ""


@dataclass(frozen=True)
class Item:
    """One price of a subscription; `quantity` is None for metered prices."""

    price_id: str
    quantity: int | None = 1
    item_id: str = ""


@dataclass(frozen=True)
class SubscriptionRequest:
    """
    A subscription for a mall's customer. `days_until_due` above 0 sends invoices instead of charging the card.

    `key` is made of the contract's id; `trial_days` are free at the start.
    """

    key: str
    tenant_schema: str
    customer_id: str
    items: tuple[Item, ...]
    days_until_due: int = 0
    trial_days: int = 0


@dataclass(frozen=True)
class SubscriptionState:
    """
    A subscription at Stripe: `status` incomplete, trialing, active, past_due, unpaid, canceled, paused, incomplete_expired.

    The period that is billed is `period_starts_at` to before `period_ends_at`.
    """

    subscription_id: str
    customer_id: str
    status: str
    items: tuple[Item, ...]
    period_starts_at: datetime
    period_ends_at: datetime
    ends_at_period_end: bool
    latest_invoice_id: str


@dataclass(frozen=True)
class SubscribePage:
    """Where the merchant enters a card and begins the subscription."""

    session_id: str
    url: str


def customer(*, tenant_schema: str, name: str, email: str, now: datetime) -> str:
    """
    Return the id of the mall's customer at Stripe; made at the first call. Its name and address are those of that call.

    :raises GatewayUnavailable: unknown; asking again is safe
    """
    key = f"cus:{tenant_schema}"
    known = made_before(key)
    if known:
        return known
    wanted = Wanted(key, Outgoing.Kind.CUSTOMER, tenant_schema, {"name": name, "email": email})
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().customers.create(wanted.sent, options)),
        read=lambda customer_id: asked(lambda: api().customers.retrieve(customer_id)),
        find=lambda: with_key(every(asked(lambda: api().customers.list({"email": email, "limit": 100}))), key),
        now=now,
    )
    return str(made.id)


def price(request: PriceRequest) -> str:
    """
    Return the id of a price; it and its product are made at the first call. What a price costs never changes.

    :raises GatewayUnavailable: unknown; asking again is safe
    :raises PaymentRefused: the key stands for another price
    """
    refuse_transaction()
    found = asked(lambda: api().prices.list({"lookup_keys": [request.key], "limit": 1})).data
    if found:
        same = (found[0].unit_amount, found[0].currency) == (request.unit_amount_minor, request.currency.lower())
        if not same:
            raise PaymentRefused(stripe_code="price_differs")
        return str(found[0].id)
    product_id = _product(request)
    recurring: dict[str, Any] = {"interval": request.interval}
    if request.meter_id:
        recurring |= {"usage_type": "metered", "meter": request.meter_id}
    params = {
        "product": product_id,
        "currency": request.currency.lower(),
        "unit_amount": request.unit_amount_minor,
        "recurring": recurring,
        "lookup_key": request.key,
        "nickname": request.product_name[:200],
    }
    return str(asked(lambda: api().prices.create(params, {"idempotency_key": f"price:{request.key}"})).id)


def retire_price(price_id: str) -> None:
    """Let nobody subscribe to a price any more; who has it keeps it."""
    refuse_transaction()
    asked(lambda: api().prices.update(price_id, {"active": False}))


def _product(request: PriceRequest) -> str:
    product_id = f"hutong_{request.product_key}"
    try:
        return str(asked(lambda: api().products.retrieve(product_id)).id)
    except NotThere:
        params = {"id": product_id, "name": request.product_name[:250]}
        return str(asked(lambda: api().products.create(params, {"idempotency_key": f"prod:{request.product_key}"})).id)


def subscribe(request: SubscriptionRequest, *, now: datetime) -> SubscriptionState:
    """
    Begin a subscription, once for each key; the first invoice is made at once.

    :raises GatewayUnavailable: unknown; ask again with the same request
    :raises PaymentRefused: Stripe will not
    """
    params: dict[str, Any] = {
        "customer": request.customer_id,
        "items": [_item_params(one) for one in request.items],
        "proration_behavior": "none",
    }
    if request.days_until_due:
        params |= {"collection_method": "send_invoice", "days_until_due": request.days_until_due}
    if request.trial_days:
        params["trial_period_days"] = request.trial_days
    wanted = Wanted(f"sub:{request.key}", Outgoing.Kind.SUBSCRIPTION, request.tenant_schema, params)
    of_customer = {"customer": request.customer_id, "status": "all", "limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().subscriptions.create(wanted.sent, options)),
        read=lambda subscription_id: asked(lambda: api().subscriptions.retrieve(subscription_id)),
        find=lambda: with_key(every(asked(lambda: api().subscriptions.list(of_customer))), wanted.key),
        now=now,
    )
    return _subscription(made)


def subscribe_page(
    request: SubscriptionRequest, *, success_url: str, cancel_url: str, now: datetime, expires_at: datetime
) -> SubscribePage:
    """
    Open Stripe's page at which the merchant enters a card and begins the subscription. The same key is the same page.

    :raises GatewayUnavailable: unknown; ask again with the same request
    """
    params: dict[str, Any] = {
        "mode": "subscription",
        "customer": request.customer_id,
        "line_items": [
            {"price": one.price_id, **({"quantity": one.quantity} if one.quantity is not None else {})}
            for one in request.items
        ],
        "subscription_data": {"metadata": {"key": f"sub:{request.key}", "tenant": request.tenant_schema}},
        "success_url": success_url,
        "cancel_url": cancel_url,
        "expires_at": int(expires_at.timestamp()),
    }
    if request.trial_days:
        params["subscription_data"]["trial_period_days"] = request.trial_days
    wanted = Wanted(f"cs:sub:{request.key}", Outgoing.Kind.SESSION, request.tenant_schema, params)
    of_customer = {"customer": request.customer_id, "limit": 100}
    made = once(
        wanted,
        create=lambda options: asked(lambda: api().checkout.sessions.create(wanted.sent, options)),
        read=lambda session_id: asked(lambda: api().checkout.sessions.retrieve(session_id)),
        find=lambda: with_key(every(asked(lambda: api().checkout.sessions.list(of_customer))), wanted.key),
        now=now,
    )
    return SubscribePage(session_id=made.id, url=made.url or "")


def close_other_pages(*, customer_id: str, stem: str, keep: str) -> SubscriptionState | None:
    """
    Close a customer's open pages whose keys begin with `stem`, the one of key `keep` left out, so that only one can begin a subscription;
    return what one of them began already, or None.

    :raises GatewayUnavailable: no clear answer; nothing else is opened then
    """
    refuse_transaction()
    pages = every(asked(lambda: api().checkout.sessions.list({"customer": customer_id, "limit": 100})))
    for page in pages:
        key = notes(page).get("key", "")
        if not key.startswith(f"cs:sub:{stem}:") or key == f"cs:sub:{keep}":
            continue
        if page.status == "open":
            _close_page(page.id)
        began = subscription_of_page(page.id)
        if began is not None:
            return began
    return None


def _close_page(session_id: str) -> None:
    try:
        asked(lambda: api().checkout.sessions.expire(session_id))
    except PaymentRefused:
        logger.info("page %s was no longer open", session_id)


def subscription_of_page(session_id: str) -> SubscriptionState | None:
    """Return the subscription that a page began, or None while it has not."""
    refuse_transaction()
    session = asked(lambda: api().checkout.sessions.retrieve(session_id, {"expand": ["subscription"]}))
    return _subscription(session.subscription) if session.subscription else None


def read_subscription(subscription_id: str) -> SubscriptionState:
    """
    Return a subscription as Stripe has it now.

    :raises GatewayUnavailable: no clear answer
    :raises NotThere: Stripe knows no such subscription
    """
    refuse_transaction()
    return _subscription(asked(lambda: api().subscriptions.retrieve(subscription_id)))


def subscriptions_of(customer_id: str) -> list[SubscriptionState]:
    """Return a customer's subscriptions, newest first, ended ones too."""
    refuse_transaction()
    params = {"customer": customer_id, "status": "all", "limit": 100}
    return [_subscription(one) for one in every(asked(lambda: api().subscriptions.list(params)))]


def change_items(*, subscription_id: str, items: tuple[Item, ...], key: str) -> SubscriptionState:
    """
    Change prices or quantities from the next period on. Items with an `item_id` are changed, others added, missing ones removed.

    :raises GatewayUnavailable: unknown; ask again with the same key
    """
    refuse_transaction()
    known = read_subscription(subscription_id)
    kept = {one.item_id for one in items}
    removed = [{"id": one.item_id, "deleted": True} for one in known.items if one.item_id not in kept]
    params = {"items": [*[_item_params(one) for one in items], *removed], "proration_behavior": "none"}
    options = {"idempotency_key": f"subitems:{key}"}
    return _subscription(asked(lambda: api().subscriptions.update(subscription_id, params, options)))


def end_subscription(*, subscription_id: str, at_period_end: bool = True) -> SubscriptionState:
    """
    End a subscription when its period does, or at once. Nothing that was paid is given back, no balance is touched (M20).

    :raises GatewayUnavailable: unknown; ask again
    """
    refuse_transaction()
    if at_period_end:
        params = {"cancel_at_period_end": True}
        return _subscription(asked(lambda: api().subscriptions.update(subscription_id, params)))
    return _subscription(asked(lambda: api().subscriptions.cancel(subscription_id)))


def keep_subscription(subscription_id: str) -> SubscriptionState:
    """Take back that a subscription was to end with its period."""
    refuse_transaction()
    params = {"cancel_at_period_end": False}
    return _subscription(asked(lambda: api().subscriptions.update(subscription_id, params)))


def portal_url(*, customer_id: str, return_url: str) -> str:
    """Return the address of Stripe's portal for a customer: card, invoices, cancelling. Good for a short time."""
    refuse_transaction()
    params = {"customer": customer_id, "return_url": return_url}
    return str(asked(lambda: api().billing_portal.sessions.create(params)).url)


def meter(*, event_name: str, display_name: str) -> str:
    """Return the id of the meter that counts `event_name`; made at the first call."""
    refuse_transaction()
    known = every(asked(lambda: api().billing.meters.list({"status": "active", "limit": 100})))
    found = next((one for one in known if one.event_name == event_name), None)
    if found:
        return str(found.id)
    params = {
        "display_name": display_name,
        "event_name": event_name,
        "default_aggregation": {"formula": "sum"},
        "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "value_settings": {"event_payload_key": "value"},
    }
    return str(asked(lambda: api().billing.meters.create(params, {"idempotency_key": f"meter:{event_name}"})).id)


def tell_usage(*, event_name: str, customer_id: str, units: int, identifier: str, at: datetime) -> None:
    """
    Tell Stripe that a customer used something. The same `identifier` (at most 100 characters) counts once.

    :raises GatewayUnavailable: unknown; ask again with the same identifier, within a day
    """
    refuse_transaction()
    params = {
        "event_name": event_name,
        "identifier": identifier,
        "payload": {"stripe_customer_id": customer_id, "value": str(units)},
        "timestamp": int(at.timestamp()),
    }
    try:
        asked(lambda: api().billing.meter_events.create(params, {"idempotency_key": f"usage:{identifier}"}))
    except PaymentRefused as refusal:
        if "already exists" not in str(refusal.data.get("stripe_message")):
            raise


def _item_params(item: Item) -> dict[str, Any]:
    params: dict[str, Any] = {"price": item.price_id}
    if item.item_id:
        params["id"] = item.item_id
    if item.quantity is not None:
        params["quantity"] = item.quantity
    return params


def _subscription(found: Any) -> SubscriptionState:
    items = found["items"].data
    return SubscriptionState(
        subscription_id=found.id,
        customer_id=found.customer,
        status=found.status,
        items=tuple(Item(one.price.id, getattr(one, "quantity", None), one.id) for one in items),
        period_starts_at=datetime.fromtimestamp(items[0].current_period_start, UTC),
        period_ends_at=datetime.fromtimestamp(items[0].current_period_end, UTC),
        ends_at_period_end=found.cancel_at_period_end,
        latest_invoice_id=found.latest_invoice or "",
    )
