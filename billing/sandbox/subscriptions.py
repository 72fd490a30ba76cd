"""Subscriptions: a customer pays the same prices each period, by card or by invoice, until somebody ends it."""

import calendar
from datetime import UTC, datetime, timedelta

from billing.sandbox import clock, events, invoices, plans
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.invoices_api import METHODS, customer_of, lines_of, note_invoiced, waiting
from billing.sandbox.lists import PAGE, RANGE, created, equal, listing, page
from billing.sandbox.params import Echoed, Flag, Metadata, Needed, Text, Whole, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

ITEM: Json = {"price": Text(), "quantity": Whole(0), "metadata": Metadata()}
EMPTY = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at customer_account "
    "days_until_due default_payment_method default_source description ended_at latest_invoice managed_payments "
    "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval pending_setup_intent "
    "pending_update schedule test_clock transfer_data trial_end trial_settings trial_start"
).split()
ENDED = ("canceled", "incomplete_expired")


def later(at: int, recurring: Json) -> int:
    """Return the end of a period that begins at `at`; the 31st becomes a short month's last day."""
    count, begin = recurring["interval_count"], datetime.fromtimestamp(at, UTC)
    if recurring["interval"] in ("day", "week"):
        return int((begin + timedelta(days=count * (7 if recurring["interval"] == "week" else 1))).timestamp())
    months = begin.month - 1 + count * (12 if recurring["interval"] == "year" else 1)
    year, month = begin.year + months // 12, months % 12 + 1
    return int(
        begin.replace(year=year, month=month, day=min(begin.day, calendar.monthrange(year, month)[1])).timestamp()
    )


def start(tx: Transaction, customer: Json, wanted: list[Json], asked: Json) -> Json:
    """Begin a subscription of `wanted` items (price object, quantity, metadata); its first invoice is made at once."""
    trial = asked.get("trial_period_days") or 0
    now, subscription_id = tx.now, new_id("sub")
    recurring = wanted[0]["price"]["recurring"]
    ends_at = now + trial * 24 * 3600 if trial else later(now, recurring)
    items = [_item(tx, subscription_id, one, now, ends_at) for one in wanted]
    subscription: Json = {
        **dict.fromkeys(EMPTY),
        "id": subscription_id,
        "object": "subscription",
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": ends_at if trial else now,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": asked.get("collection_method") or METHODS[0],
        "created": now,
        "currency": wanted[0]["price"]["currency"],
        "customer": customer["id"],
        "days_until_due": asked.get("days_until_due"),
        "default_tax_rates": [],
        "description": asked.get("description"),
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listing(items, url=f"/v1/subscription_items?subscription={subscription_id}")
        | {"total_count": len(items)},
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "start_date": now,
        "status": "trialing" if trial else "incomplete",
        "trial_end": ends_at if trial else None,
        "trial_start": now if trial else None,
    }
    tx.insert(subscription)
    if not trial:
        _bill(tx, subscription, reason="subscription_create")
    if subscription["status"] == "incomplete" and subscription["collection_method"] == METHODS[1]:
        subscription["status"] = "active"
    tx.save(subscription)
    clock.schedule(tx, "renew", subscription_id, due_at=ends_at)
    events.emit(tx, "customer.subscription.created", subscription)
    return subscription


def _item(tx: Transaction, subscription_id: str, wanted: Json, starts_at: int, ends_at: int) -> Json:
    item: Json = {
        "id": new_id("si", 14),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": tx.now,
        "current_period_end": ends_at,
        "current_period_start": starts_at,
        "discounts": [],
        "metadata": wanted.get("metadata") or {},
        "price": wanted["price"],
        "subscription": subscription_id,
        "tax_rates": [],
    }
    if wanted["price"]["recurring"]["usage_type"] == "licensed":
        item["quantity"] = 1 if wanted.get("quantity") is None else wanted["quantity"]
    return item


def _bill(
    tx: Transaction, subscription: Json, *, reason: str, used: tuple[int, int] | None = None, last: bool = False
) -> None:
    """
    Make, finalise and try to collect the invoice of the period that begins; `used` is the span whose usage is due. The `last` one
    is for usage only, and is left out where nothing was used.
    """
    customer = tx.need("customer", subscription["customer"])
    items = waiting(tx, customer["id"], subscription["currency"]) if used else []
    kept = [one for one in subscription["items"]["data"] if not last or _is_metered(one)]
    lines = [found for one in kept if (found := _line(tx, subscription, one, used))]
    if last and not any(line["amount"] for line in lines):
        return
    lines += lines_of(tx, items)
    asked = {name: subscription[name] for name in ("collection_method", "days_until_due")}
    invoice = invoices.new(
        tx,
        customer,
        currency=subscription["currency"],
        lines=lines,
        asked={**asked, "subscription": subscription, "billing_reason": reason, "auto_advance": True},
    )
    note_invoiced(tx, invoice, items)
    subscription["latest_invoice"] = invoice["id"]
    tx.save(subscription)
    invoices.finalize(tx, invoice)
    if invoice["status"] == "open" and subscription["collection_method"] == METHODS[0]:
        invoices.attempt(tx, invoice)
    subscription["status"] = tx.need("subscription", subscription["id"])["status"]


def _is_metered(item: Json) -> bool:
    return bool(item["price"]["recurring"]["usage_type"] == "metered")


def _line(tx: Transaction, subscription: Json, item: Json, used: tuple[int, int] | None) -> Json | None:
    price = item["price"]
    period = {"start": item["current_period_start"], "end": item["current_period_end"]}
    quantity = int(item.get("quantity") or 0)
    if price["recurring"]["usage_type"] == "metered":
        if used is None:
            return None
        period = {"start": used[0], "end": used[1]}
        quantity = plans.usage(
            tx,
            meter_id=price["recurring"]["meter"],
            customer_id=subscription["customer"],
            since=used[0],
            until=used[1],
        )
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": subscription["id"],
        "subscription_item": item["id"],
    }
    parent = {
        "type": "subscription_item_details",
        "subscription_item_details": details,
        "invoice_item_details": None,
    }
    return invoices.line(
        tx,
        amount_minor=price["unit_amount"] * quantity,
        currency=price["currency"],
        description=f"{quantity} × {tx.need('product', price['product'])['name']}",
        quantity=quantity,
        more={"period": period, "price": price, "parent": parent, "metadata": item["metadata"]},
    )


@clock.job("renew")
def renew(tx: Transaction, target: str, _detail: Json) -> None:
    """A period is over: end the subscription if that was asked for, else begin and bill the next one."""
    subscription = tx.need("subscription", target)
    if subscription["status"] in ENDED:
        return
    items = subscription["items"]["data"]
    began, ended = items[0]["current_period_start"], items[0]["current_period_end"]
    if subscription["cancel_at_period_end"]:
        end(tx, subscription)
        _bill(tx, subscription, reason="subscription_cycle", used=(began, ended), last=True)
        return
    for item in items:
        item["current_period_start"] = ended
        item["current_period_end"] = later(ended, item["price"]["recurring"])
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    tx.save(subscription)
    _bill(tx, subscription, reason="subscription_cycle", used=(began, ended))
    tx.save(subscription)
    clock.schedule(tx, "renew", target, due_at=items[0]["current_period_end"])
    events.emit(tx, "customer.subscription.updated", subscription, {"items": {}})


def end(tx: Transaction, subscription: Json) -> None:
    """End a subscription now."""
    clock.cancel(tx, "renew", subscription["id"])
    subscription |= {"status": "canceled", "canceled_at": subscription["canceled_at"] or tx.now, "ended_at": tx.now}
    subscription["cancellation_details"]["reason"] = "cancellation_requested"
    tx.save(subscription)
    events.emit(tx, "customer.subscription.deleted", subscription)


@endpoint(
    "POST",
    "/v1/subscriptions",
    {
        "collection_method": Text(choices=METHODS),
        "customer": Needed(Text()),
        "days_until_due": Whole(0),
        "description": Text(500),
        "items": Needed([ITEM]),
        "metadata": Metadata(),
        "payment_behavior": Text(choices=("allow_incomplete", "default_incomplete")),
        "off_session": Flag(),
        "proration_behavior": Text(choices=("none",)),
        "trial_period_days": Whole(1, 730),
    },
)
def create(call: Call) -> Json:
    """Begin a subscription."""
    customer = customer_of(call.tx, call.params["customer"])
    wanted = wanted_of(call.tx, call.params["items"] or [])
    return start(call.tx, customer, wanted, call.params)


def wanted_of(tx: Transaction, items: list[Json]) -> list[Json]:
    """Return items with their prices, which all recur alike and share a currency."""
    wanted = []
    for index, one in enumerate(items):
        price = tx.get("price", one.get("price"))
        if price is None:
            raise no_such("price", str(one.get("price")), param=f"items[{index}][price]", status=400)
        if not price["recurring"] or not price["active"]:
            raise bad("The price must be active and recurring.", param=f"items[{index}][price]")
        wanted.append({**one, "price": price})
    alike = {
        (one["price"]["currency"], one["price"]["recurring"]["interval"], one["price"]["recurring"]["interval_count"])
        for one in wanted
    }
    if len(alike) != 1:
        raise bad("All prices on a subscription must have the same currency and interval.", param="items")
    return wanted


def _one(call: Call) -> Json:
    found = call.tx.get("subscription", call.ids["id"])
    if found is None:
        raise no_such("subscription", call.ids["id"])
    return found


@endpoint("GET", "/v1/subscriptions/<id>")
def retrieve(call: Call) -> Json:
    """Return one subscription."""
    return _one(call)


@endpoint(
    "POST",
    "/v1/subscriptions/<id>",
    {
        "cancel_at_period_end": Flag(),
        "cancellation_details": Echoed(),
        "description": Text(500),
        "items": [{**ITEM, "id": Text(), "deleted": Flag()}],
        "metadata": Metadata(),
        "proration_behavior": Text(choices=("none",)),
    },
)
def update(call: Call) -> Json:
    """Change items from the next period on (the sandbox speaks `proration_behavior=none` only), or when it ends."""
    subscription, asked, tx = _one(call), call.params, call.tx
    if subscription["status"] in ENDED:
        raise no_such("subscription", subscription["id"])
    if asked.get("items") and asked.get("proration_behavior") != "none":
        raise bad("The sandbox changes items with proration_behavior=none only.", param="proration_behavior")
    previous: Json = {}
    for one in asked.get("items") or []:
        previous["items"] = {}
        _change(tx, subscription, one)
    for name in ("cancel_at_period_end", "description"):
        if name in asked and asked[name] != subscription[name]:
            previous[name], subscription[name] = subscription[name], asked[name]
    ends_at = subscription["items"]["data"][0]["current_period_end"]
    stops = subscription["cancel_at_period_end"]
    subscription |= {"cancel_at": ends_at if stops else None, "canceled_at": tx.now if stops else None}
    subscription["metadata"] = merged(subscription["metadata"], asked.get("metadata"))
    tx.save(subscription)
    events.emit(tx, "customer.subscription.updated", subscription, previous)
    return subscription


def _change(tx: Transaction, subscription: Json, asked: Json) -> None:
    items = subscription["items"]["data"]
    if not asked.get("id"):
        first = items[0]
        wanted = wanted_of(tx, [asked])[0]
        items.append(_item(tx, subscription["id"], wanted, first["current_period_start"], first["current_period_end"]))
        return
    known = next((one for one in items if one["id"] == asked["id"]), None)
    if known is None:
        raise no_such("subscription item", asked["id"], param="items", status=400)
    if asked.get("deleted"):
        if len(items) == 1:
            raise bad("A subscription must have at least one active plan.", param="items")
        items.remove(known)
        return
    if asked.get("price"):
        known["price"] = wanted_of(tx, [asked])[0]["price"]
    if asked.get("quantity") is not None:
        known["quantity"] = asked["quantity"]


@endpoint("DELETE", "/v1/subscriptions/<id>", {"invoice_now": Flag(), "prorate": Flag()})
def cancel(call: Call) -> Json:
    """End a subscription at once."""
    subscription = _one(call)
    if subscription["status"] in ENDED:
        raise no_such("subscription", subscription["id"])
    end(call.tx, subscription)
    return subscription


@endpoint("GET", "/v1/subscriptions", {**PAGE, "created": RANGE, "customer": Text(), "price": Text(), "status": Text()})
def list_subscriptions(call: Call) -> Json:
    """Return subscriptions, newest first; ended ones only for `status` all or their own."""
    where, values = created(call.params)
    status = call.params.get("status")
    same, equals = equal({**call.params, "status": None if status == "all" else status}, "customer", "status")
    if not status:
        same.append("json_extract(body, '$.status') NOT IN ('canceled', 'incomplete_expired')")
    return page(
        call.tx, "subscription", call.params, url="/v1/subscriptions", where=where + same, values=values + equals
    )
