"""The addresses of payment intents, charges, payment methods, products and prices."""

from billing.sandbox import events, payments
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, extra, listing, page
from billing.sandbox.params import Metadata, Text, merged
from billing.sandbox.store import Transaction
from billing.sandbox.wire import Call, endpoint

CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


def _one(call: Call, kind: str, label: str) -> Json:
    found = call.tx.get(kind, call.ids["id"])
    if found is None:
        raise no_such(label, call.ids["id"], param="intent" if kind == "payment_intent" else "id")
    return found


@endpoint("GET", "/v1/payment_intents/<id>", {"client_secret": Text()})
def retrieve_intent(call: Call) -> Json:
    """Return one payment intent."""
    return _one(call, "payment_intent", "payment_intent")


@endpoint("GET", "/v1/payment_intents", {**PAGE, "created": RANGE, "customer": Text()})
def list_intents(call: Call) -> Json:
    """Return payment intents, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "customer")
    return page(
        call.tx, "payment_intent", call.params, url="/v1/payment_intents", where=where + same, values=values + equals
    )


@endpoint(
    "POST",
    "/v1/payment_intents/<id>",
    {"metadata": Metadata(), "description": Text(1000), "receipt_email": Text(800), "transfer_group": Text()},
)
def update_intent(call: Call) -> Json:
    """Change what an intent says about itself; not its amount, which belongs to its Checkout Session."""
    intent = _one(call, "payment_intent", "payment_intent")
    for name in ("description", "receipt_email", "transfer_group"):
        if name in call.params:
            intent[name] = call.params[name]
    intent["metadata"] = merged(intent["metadata"], call.params.get("metadata"))
    return call.tx.save(intent)


@endpoint(
    "POST",
    "/v1/payment_intents/<id>/cancel",
    {"cancellation_reason": Text(choices=("abandoned", "duplicate", "fraudulent", "requested_by_customer"))},
)
def cancel_intent(call: Call) -> Json:
    """Cancel an intent; one that a Checkout Session made is cancelled by expiring the session."""
    intent = _one(call, "payment_intent", "payment_intent")
    if intent["_"].get("session"):
        raise bad(
            "You cannot cancel the PaymentIntent of a Checkout Session. Expire the session instead.",
            code="payment_intent_unexpected_state",
        )
    if intent["status"] not in CANCELLABLE:
        raise bad(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    payments.cancel(call.tx, intent, reason=call.params.get("cancellation_reason") or "requested_by_customer")
    return intent


@endpoint("GET", "/v1/charges/<id>")
def retrieve_charge(call: Call) -> Json:
    """Return one charge."""
    return _one(call, "charge", "charge")


@endpoint(
    "GET",
    "/v1/charges",
    {**PAGE, "created": RANGE, "customer": Text(), "payment_intent": Text(), "transfer_group": Text()},
)
def list_charges(call: Call) -> Json:
    """Return charges, newest first, failed ones too."""
    where, values = created(call.params)
    same, equals = equal(call.params, "customer", "payment_intent", "transfer_group")
    return page(call.tx, "charge", call.params, url="/v1/charges", where=where + same, values=values + equals)


@endpoint("POST", "/v1/charges/<id>", {"metadata": Metadata(), "description": Text(1000), "transfer_group": Text()})
def update_charge(call: Call) -> Json:
    """Change what a charge says about itself."""
    charge = _one(call, "charge", "charge")
    for name in ("description", "transfer_group"):
        if name in call.params:
            charge[name] = call.params[name]
    old = charge["metadata"]
    charge["metadata"] = merged(old, call.params.get("metadata"))
    call.tx.save(charge)
    events.emit(call.tx, "charge.updated", charge, {"metadata": old})
    return charge


@extra("charge", "refunds")
def refunds_of(tx: Transaction, charge: Json) -> Json:
    """Return the first ten refunds of a charge."""
    where, values = equal({"charge": charge["id"]}, "charge")
    found = tx.find("refund", where, values, limit=11)
    return listing(found[:10], url=f"/v1/charges/{charge['id']}/refunds", has_more=len(found) > 10)


@endpoint("GET", "/v1/payment_methods/<id>")
def retrieve_method(call: Call) -> Json:
    """Return how somebody paid."""
    return _one(call, "payment_method", "PaymentMethod")


@endpoint("GET", "/v1/prices/<id>")
def retrieve_price(call: Call) -> Json:
    """Return one price."""
    return _one(call, "price", "price")


@endpoint("GET", "/v1/products/<id>")
def retrieve_product(call: Call) -> Json:
    """Return one product."""
    return _one(call, "product", "product")
