"""Customers."""

from billing.sandbox import events, payments
from billing.sandbox.cards import Card
from billing.sandbox.errors import Json, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Metadata, Text, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

ADDRESS: Json = {name: Text() for name in ("city", "country", "line1", "line2", "postal_code", "state")}
WRITABLE: Json = {
    "address": ADDRESS,
    "description": Text(350),
    "email": Text(512),
    "metadata": Metadata(),
    "name": Text(256),
    "phone": Text(20),
    "preferred_locales": [Text(20)],
}


def new(tx: Transaction, given: Json) -> Json:
    """Keep a customer and say so."""
    customer_id = new_id("cus", 14)
    customer = tx.insert(
        {
            "id": customer_id,
            "object": "customer",
            "address": given.get("address"),
            "balance": 0,
            "created": tx.now,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": given.get("description"),
            "discount": None,
            "email": given.get("email"),
            "invoice_prefix": customer_id[4:12].upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "livemode": False,
            "metadata": merged({}, given.get("metadata")),
            "name": given.get("name"),
            "next_invoice_sequence": 1,
            "phone": given.get("phone"),
            "preferred_locales": given.get("preferred_locales") or [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        }
    )
    events.emit(tx, "customer.created", customer)
    return customer


def keep_card(tx: Transaction, customer: Json, card: Card) -> None:
    """Keep a card as what the customer's invoices are paid with; test cards that are declined stay so."""
    method = payments.new_method(tx, "card", card.details, email=customer["email"], name=customer["name"])
    method["customer"] = customer["id"]
    tx.save(method)
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    customer["_"] = {"card": "fails" if card.refusal else "pays"}
    tx.save(customer)
    events.emit(tx, "customer.updated", customer, {"invoice_settings": {"default_payment_method": None}})


def _one(call: Call) -> Json:
    found = call.tx.get("customer", call.ids["customer"])
    if found is None:
        raise no_such("customer", call.ids["customer"])
    return found


@endpoint("POST", "/v1/customers", WRITABLE)
def create(call: Call) -> Json:
    """Make a customer."""
    return new(call.tx, call.params)


@endpoint("GET", "/v1/customers/<customer>")
def retrieve(call: Call) -> Json:
    """Return a customer; a deleted one says so."""
    return _one(call)


@endpoint("POST", "/v1/customers/<customer>", WRITABLE)
def update(call: Call) -> Json:
    """Change a customer."""
    found = _one(call)
    if found.get("deleted"):
        raise no_such("customer", found["id"])
    previous = {name: found[name] for name in call.params if name in found}
    for name, value in call.params.items():
        found[name] = merged(found["metadata"], value) if name == "metadata" else value
    call.tx.save(found)
    events.emit(call.tx, "customer.updated", found, previous)
    return found


@endpoint("DELETE", "/v1/customers/<customer>")
def delete(call: Call) -> Json:
    """Delete a customer; its id stays known as deleted."""
    found = _one(call)
    events.emit(call.tx, "customer.deleted", found)
    return call.tx.save({"id": found["id"], "object": "customer", "deleted": True})


@endpoint("GET", "/v1/customers", {**PAGE, "created": RANGE, "email": Text(512)})
def list_customers(call: Call) -> Json:
    """Return customers, newest first, without deleted ones."""
    where, values = created(call.params)
    same, equals = equal(call.params, "email")
    where += [*same, "json_extract(body, '$.deleted') IS NULL"]
    return page(call.tx, "customer", call.params, url="/v1/customers", where=where, values=values + equals)
