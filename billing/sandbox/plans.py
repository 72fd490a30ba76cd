"""Products, prices and meters: what the platform sells, for how much, and what it counts."""

import re

from billing.sandbox import events, line_items, money
from billing.sandbox.errors import ApiError, Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Address, Flag, Metadata, Needed, Text, Whole, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

INTERVALS = ("day", "week", "month", "year")
PRODUCT: Json = {
    "active": Flag(),
    "description": Text(40000),
    "images": [Address()],
    "metadata": Metadata(),
    "name": Text(250),
    "tax_code": Text(),
    "unit_label": Text(12),
    "url": Address(),
}
RECURRING: Json = {
    "interval": Needed(Text(choices=INTERVALS)),
    "interval_count": Whole(1, 156),
    "meter": Text(),
    "usage_type": Text(choices=("licensed", "metered")),
}
METER_LATEST_SECONDS = 35 * 24 * 3600
"""How old usage may be when it is told."""


@endpoint("POST", "/v1/products", {**PRODUCT, "id": Text(), "name": Needed(Text(250))})
def create_product(call: Call) -> Json:
    """Make a product; the caller may choose its id."""
    asked, tx = call.params, call.tx
    if asked.get("id") and tx.owner_of(asked["id"]) is not None:
        raise bad(f"Product already exists: {asked['id']}", code="resource_already_exists", param="id")
    made = line_items.product(call, asked) | {"active": asked.get("active") is not False, "url": asked.get("url")}
    made["id"] = asked.get("id") or made["id"]
    tx.insert(made)
    events.emit(tx, "product.created", made)
    return made


@endpoint("POST", "/v1/products/<id>", PRODUCT)
def update_product(call: Call) -> Json:
    """Change a product."""
    return _update(call, "product", "product.updated")


@endpoint("GET", "/v1/products", {**PAGE, "created": RANGE, "active": Flag()})
def list_products(call: Call) -> Json:
    """Return products, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "active")
    return page(call.tx, "product", call.params, url="/v1/products", where=where + same, values=values + equals)


@endpoint(
    "POST",
    "/v1/prices",
    {
        "active": Flag(),
        "currency": Needed(Text(3)),
        "lookup_key": Text(200),
        "metadata": Metadata(),
        "nickname": Text(),
        "product": Text(),
        "recurring": RECURRING,
        "tax_behavior": Text(choices=("inclusive", "exclusive", "unspecified")),
        "unit_amount": Whole(0, money.LARGEST),
    },
)
def create_price(call: Call) -> Json:
    """Make a price of a product; what it costs never changes afterwards."""
    asked, tx = call.params, call.tx
    currency = asked["currency"].lower()
    if not money.is_known(currency):
        raise bad(f"Invalid currency: {currency}.", param="currency")
    if asked.get("unit_amount") is None:
        raise bad("Missing required param: unit_amount.", code="parameter_missing", param="unit_amount")
    if not asked.get("product"):
        raise bad("Missing required param: product.", code="parameter_missing", param="product")
    if tx.get("product", asked["product"]) is None:
        raise no_such("product", asked["product"], param="product", status=400)
    recurring = asked.get("recurring")
    if recurring:
        recurring = _recurring(tx, recurring)
    made = line_items.price(
        call, product_id=asked["product"], currency=currency, unit_amount=asked["unit_amount"], asked=asked
    )
    made |= {
        "active": asked.get("active") is not False,
        "lookup_key": asked.get("lookup_key"),
        "metadata": asked.get("metadata") or {},
        "nickname": asked.get("nickname"),
        "recurring": recurring,
        "type": "recurring" if recurring else "one_time",
    }
    tx.insert(made)
    events.emit(tx, "price.created", made)
    return made


def _recurring(tx: Transaction, asked: Json) -> Json:
    usage, meter = asked.get("usage_type") or "licensed", asked.get("meter")
    if (usage == "metered") != bool(meter):
        raise bad("Metered prices must be backed by a meter, and only they.", param="recurring[meter]")
    if meter and tx.get("billing.meter", meter) is None:
        raise no_such("meter", meter, param="recurring[meter]", status=400)
    return {
        "interval": asked["interval"],
        "interval_count": asked.get("interval_count") or 1,
        "meter": meter,
        "trial_period_days": None,
        "usage_type": usage,
    }


@endpoint("POST", "/v1/prices/<id>", {"active": Flag(), "metadata": Metadata(), "nickname": Text()})
def update_price(call: Call) -> Json:
    """Change what a price says about itself, or retire it."""
    return _update(call, "price", "price.updated")


def _update(call: Call, kind: str, event: str) -> Json:
    found = call.tx.get(kind, call.ids["id"])
    if found is None:
        raise no_such(kind, call.ids["id"])
    previous = {name: found.get(name) for name in call.params}
    for name, value in call.params.items():
        found[name] = merged(found["metadata"], value) if name == "metadata" else value
    call.tx.save(found)
    events.emit(call.tx, event, found, previous)
    return found


@endpoint("GET", "/v1/prices", {**PAGE, "created": RANGE, "active": Flag(), "product": Text(), "lookup_keys": [Text()]})
def list_prices(call: Call) -> Json:
    """Return prices, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "active", "product")
    keys = call.params.get("lookup_keys") or []
    if keys:
        same, equals = (
            [*same, f"json_extract(body, '$.lookup_key') IN ({', '.join('?' * len(keys))})"],
            [*equals, *keys],
        )
    return page(call.tx, "price", call.params, url="/v1/prices", where=where + same, values=values + equals)


@endpoint(
    "POST",
    "/v1/billing/meters",
    {
        "customer_mapping": {"event_payload_key": Needed(Text(100)), "type": Needed(Text(choices=("by_id",)))},
        "default_aggregation": Needed({"formula": Needed(Text(choices=("count", "sum", "last")))}),
        "display_name": Needed(Text(250)),
        "event_name": Needed(Text(100)),
        "value_settings": {"event_payload_key": Needed(Text(100))},
    },
)
def create_meter(call: Call) -> Json:
    """Make a meter; one for each event name."""
    asked, tx = call.params, call.tx
    if _meter(tx, asked["event_name"]):
        raise bad("There is already an active meter with that event name.", param="event_name")
    made: Json = {
        "id": new_id("mtr"),
        "object": "billing.meter",
        "created": call.now,
        "customer_mapping": asked.get("customer_mapping")
        or {"event_payload_key": "stripe_customer_id", "type": "by_id"},
        "default_aggregation": asked["default_aggregation"],
        "display_name": asked["display_name"],
        "event_name": asked["event_name"],
        "event_time_window": None,
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": call.now,
        "value_settings": asked.get("value_settings") or {"event_payload_key": "value"},
    }
    return tx.insert(made)


def _meter(tx: Transaction, event_name: str) -> Json | None:
    where, values = equal({"event_name": event_name}, "event_name")
    return next(iter(tx.find("billing.meter", where, values)), None)


@endpoint("GET", "/v1/billing/meters/<id>")
def retrieve_meter(call: Call) -> Json:
    """Return one meter."""
    found = call.tx.get("billing.meter", call.ids["id"])
    if found is None:
        raise no_such("meter", call.ids["id"])
    return found


@endpoint("GET", "/v1/billing/meters", {**PAGE, "status": Text()})
def list_meters(call: Call) -> Json:
    """Return meters, newest first."""
    where, values = equal(call.params, "status")
    return page(call.tx, "billing.meter", call.params, url="/v1/billing/meters", where=where, values=values)


@endpoint(
    "POST",
    "/v1/billing/meter_events",
    {
        "event_name": Needed(Text(100)),
        "identifier": Text(100),
        "payload": Needed(Metadata()),
        "timestamp": Whole(),
    },
)
def create_meter_event(call: Call) -> Json:
    """Note usage of a customer; the same `identifier` is refused for a day."""
    asked, tx = call.params, call.tx
    meter = _meter(tx, asked["event_name"])
    if meter is None:
        raise bad(f"No active meter found for event name {asked['event_name']}.", code="no_meter", param="event_name")
    customer_id = asked["payload"].get(meter["customer_mapping"]["event_payload_key"], "")
    value = asked["payload"].get(meter["value_settings"]["event_payload_key"], "1")
    if tx.get("customer", customer_id) is None:
        raise no_such("customer", customer_id, param="payload", status=400)
    if not re.fullmatch(r"-?[0-9]{1,12}", value):
        raise bad("The value of a meter event must be a whole number here.", param="payload")
    at = asked.get("timestamp") or call.now
    if not call.now - METER_LATEST_SECONDS <= at <= call.now + 300:
        raise bad("The timestamp must be within the past 35 days and at most 5 minutes ahead.", param="timestamp")
    identifier = asked.get("identifier") or new_id("x", 24)[2:]
    if tx.owner_of(f"mevt_{identifier}") is not None:
        raise ApiError(
            400,
            f"An event already exists with identifier {identifier}.",
            code="duplicate_meter_event",
            param="identifier",
        )
    made: Json = {
        "object": "billing.meter_event",
        "created": call.now,
        "event_name": asked["event_name"],
        "identifier": identifier,
        "livemode": False,
        "payload": asked["payload"],
        "timestamp": at,
    }
    tx.insert({**made, "id": f"mevt_{identifier}", "_": {"customer": customer_id, "value": int(value)}})
    return made


def usage(tx: Transaction, *, meter_id: str, customer_id: str, since: int, until: int) -> int:
    """Return what a customer used from `since` to before `until`, as the meter counts."""
    meter = tx.need("billing.meter", meter_id)
    found = tx.find(
        "billing.meter_event",
        [
            "json_extract(body, '$.event_name') = ?",
            "json_extract(body, '$._.customer') = ?",
            "json_extract(body, '$.timestamp') >= ?",
            "json_extract(body, '$.timestamp') < ?",
        ],
        [meter["event_name"], customer_id, since, until],
    )
    values = [one["_"]["value"] for one in found]
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return len(values)
    # Below zero, which corrections can bring it to, Stripe bills nothing.
    return max(0, (values[0] if values else 0) if formula == "last" else sum(values))
