"""What a subscription's items are at Stripe: prices, and which of them an introduction lowers now."""

from datetime import datetime, timedelta
from hashlib import sha256

from dateutil.relativedelta import relativedelta

from billing.gateway import packages as stripe

from .each import one_by_one
from .models import Price, Subscription

State = Subscription.State


def end_introductions(*, now: datetime) -> int:
    """
    Let prices go up whose introductory months are over, and follow what contracts changed, from the next period on; return how many
    subscriptions changed.
    """
    running = Subscription.objects.filter(state=State.ACTIVE)
    moving = [row for row in running if row.contract or any(item["intro_months"] for item in row.items)]
    return one_by_one(moving, lambda row: follow_items(row, now=now))


def follow(*, subscription: str, now: datetime) -> None:
    """Bring a running subscription's items at Stripe to what they are here. Never inside a transaction."""
    one_by_one(
        Subscription.objects.filter(public_id=subscription, state=State.ACTIVE), lambda row: follow_items(row, now=now)
    )


def follow_items(found: Subscription, *, now: datetime) -> bool:
    """
    Bring a subscription's items at Stripe to what they are here in this month, from the next period on; tell whether any changed.

    Never inside a transaction. Repeated it changes nothing.
    """
    wanted = at_stripe(found, now=now)
    state = stripe.read_subscription(found.stripe_subscription)
    known = {item.price_id: item for item in state.items}
    if {item.price_id for item in wanted} == set(known):
        return False
    items = tuple(known.get(item.price_id, item) for item in wanted)
    # What stands there now is part of the key: a change back and forth within Stripe's day of remembering is three changes.
    change = ":".join(sorted([*(item.item_id for item in state.items), *(item.price_id for item in wanted)]))
    key = f"{found.public_id}:{sha256(change.encode()).hexdigest()[:32]}"
    stripe.change_items(subscription_id=found.stripe_subscription, items=items, key=key)
    return True


def month_of(found: Subscription, price: str, *, now: datetime) -> int:
    """Return how many whole months an item runs by the end of today's billing day; one that was added runs from then."""
    since = found.begins_at or now
    if price in found.added:
        since = max(since, datetime.fromisoformat(found.added[price]))
    gone = relativedelta(now + timedelta(days=1), since)
    return max(0, int(gone.years * 12 + gone.months))


def at_stripe(found: Subscription, *, now: datetime) -> tuple[stripe.Item, ...]:
    """Return the items of a subscription as they are to be now; their prices are made at Stripe where they are not there."""
    items = []
    for one in found.items:
        if one["kind"] == Price.Kind.ONE_OFF:
            continue
        is_intro = one["intro_months"] > month_of(found, one["price"], now=now)
        metered = one["kind"] == Price.Kind.PER_UNIT
        named_as = f"{one['price']}-{one['language']}" if one.get("language") else one["price"]
        request = stripe.PriceRequest(
            key=f"{named_as}{':intro' if is_intro else ''}",
            product_key=named_as,
            product_name=f"{one['module']}: {one['unit_name']}" if metered else one["module"],
            unit_amount_minor=one["intro_amount_minor"] if is_intro else one["amount_minor"],
            currency=found.currency,
            meter_id=stripe.meter(
                event_name=meter_name(one["price"]), display_name=f"{one['module']}: {one['unit_name']}"
            )
            if metered
            else "",
        )
        items.append(stripe.Item(stripe.price(request), None if metered else 1))
    return tuple(items)


def meter_name(price: str) -> str:
    """Return the name by which Stripe's meter counts the units of a price."""
    return f"hutong_{price}"
