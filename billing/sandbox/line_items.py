"""The items of a Checkout Session: what they must say, the products and prices they become, and their list."""

from billing.sandbox import money
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, extra, listing
from billing.sandbox.params import Address, Metadata, Needed, Text, Whole
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

PRODUCT: Json = {
    "name": Needed(Text(250)),
    "description": Text(40000),
    "images": [Address()],
    "metadata": Metadata(),
    "tax_code": Text(),
    "unit_label": Text(12),
}
LINE_ITEM: Json = {
    "price": Text(),
    "price_data": {
        "currency": Needed(Text(3)),
        "product": Text(),
        "product_data": PRODUCT,
        "tax_behavior": Text(choices=("inclusive", "exclusive", "unspecified")),
        "unit_amount": Whole(0, money.LARGEST),
    },
    "quantity": Whole(1, 999_999),
    "metadata": Metadata(),
}


def item(call: Call, sent: Json, path: str) -> Json:
    """Return a line item with its price; what `price_data` describes becomes a product and a price."""
    if bool(sent.get("price")) == bool(sent.get("price_data")):
        raise bad("You must specify either `price` or `price_data`.", code="parameter_missing", param=path)
    if sent.get("price"):
        cost = call.tx.get("price", sent["price"])
        if cost is None:
            raise no_such("price", sent["price"], param=f"{path}[price]", status=400)
        sold = call.tx.need("product", cost["product"])
    else:
        cost, sold = _inline(call, sent["price_data"], f"{path}[price_data]")
    is_metered = bool(cost["recurring"]) and cost["recurring"]["usage_type"] == "metered"
    if (sent.get("quantity") is None) != is_metered:
        raise bad(
            f"A quantity is needed, and only metered prices have none: {path}[quantity].",
            code="parameter_missing",
            param=f"{path}[quantity]",
        )
    amount = 0 if is_metered else cost["unit_amount"] * sent["quantity"]
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": cost["currency"],
        "description": sold["name"],
        "metadata": sent.get("metadata") or {},
        "price": cost,
        "quantity": sent.get("quantity"),
        "_": {"about": sold["description"], "images": sold["images"]},
    }


def _inline(call: Call, asked: Json, path: str) -> tuple[Json, Json]:
    currency = asked["currency"].lower()
    if not money.is_known(currency):
        raise bad(f"Invalid currency: {currency}.", param=f"{path}[currency]")
    if asked.get("unit_amount") is None:
        raise bad(
            f"Missing required param: {path}[unit_amount].", code="parameter_missing", param=f"{path}[unit_amount]"
        )
    if asked.get("product"):
        made = call.tx.get("product", asked["product"])
        if made is None:
            raise no_such("product", asked["product"], param=f"{path}[product]", status=400)
    elif asked.get("product_data"):
        made = call.tx.insert(product(call, asked["product_data"]))
    else:
        raise bad(
            f"Missing required param: {path}[product_data].", code="parameter_missing", param=f"{path}[product_data]"
        )
    cost = price(call, product_id=made["id"], currency=currency, unit_amount=asked["unit_amount"], asked=asked)
    return call.tx.insert(cost), made


def price(call: Call, *, product_id: str, currency: str, unit_amount: int, asked: Json) -> Json:
    """Return a new price that is not kept yet: one that a session makes for itself, inactive and paid once."""
    return {
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": call.now,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": None,
        "tax_behavior": asked.get("tax_behavior") or "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }


def product(call: Call, asked: Json) -> Json:
    """Return a new product that is not kept yet."""
    return {
        "id": new_id("prod", 14),
        "object": "product",
        "active": False,
        "created": call.now,
        "default_price": None,
        "description": asked.get("description"),
        "images": (asked.get("images") or [])[:8],
        "livemode": False,
        "marketing_features": [],
        "metadata": asked.get("metadata") or {},
        "name": asked["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": asked.get("tax_code"),
        "type": "service",
        "unit_label": asked.get("unit_label"),
        "updated": call.now,
        "url": None,
    }


def one_currency(items: list[Json], asked: str | None) -> str:
    currencies = {item["currency"] for item in items} | ({asked.lower()} if asked else set())
    if len(currencies) > 1:
        raise bad(
            f"All line items must have the same currency; got {', '.join(sorted(currencies))}.",
            param="line_items",
        )
    return str(currencies.pop())


@extra("checkout.session", "line_items")
def of_session(tx: Transaction, session: Json) -> Json:
    """Return the items of a session as a list object."""
    full = tx.need("checkout.session", session["id"])
    return listing(full["_"]["line_items"], url=f"/v1/checkout/sessions/{session['id']}/line_items")


@endpoint("GET", "/v1/checkout/sessions/<session>/line_items", PAGE)
def list_items(call: Call) -> Json:
    """Return one page of the items of a session, in their order."""
    session = call.tx.get("checkout.session", call.ids["session"])
    if session is None:
        raise no_such("checkout.session", call.ids["session"], param="session")
    items: list[Json] = session["_"]["line_items"]
    ids = [item["id"] for item in items]
    limit = call.params.get("limit") or 10
    start, after, before = 0, call.params.get("starting_after"), call.params.get("ending_before")
    for anchor, name in ((after, "starting_after"), (before, "ending_before")):
        if anchor and anchor not in ids:
            raise no_such("line item", anchor, param=name, status=400)
    if after:
        start = ids.index(after) + 1
    elif before:
        start = max(0, ids.index(before) - limit)
        limit = ids.index(before) - start
    return listing(
        items[start : start + limit],
        url=f"/v1/checkout/sessions/{session['id']}/line_items",
        has_more=start > 0 if before else len(items) > start + limit,
    )
