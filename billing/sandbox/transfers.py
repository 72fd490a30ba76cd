"""Transfers: the platform's money to a connected account, from a charge, and back again."""

from billing.sandbox import balance, events, money
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, listing, page
from billing.sandbox.params import Metadata, Needed, Text, Whole, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

CREATE: Json = {
    "amount": Whole(1, money.LARGEST),
    "currency": Needed(Text(3)),
    "destination": Needed(Text()),
    "description": Text(1000),
    "metadata": Metadata(),
    "source_transaction": Text(),
    "transfer_group": Text(),
}


@endpoint("POST", "/v1/transfers", CREATE)
def create(call: Call) -> Json:
    """Send money to an account: out of a charge, or out of what is available."""
    asked, tx = call.params, call.tx
    if not asked.get("amount"):
        raise bad("Missing required param: amount.", code="parameter_missing", param="amount")
    account = _destination(call)
    charge = _source(call)
    currency = asked["currency"].lower()
    if charge is None and balance.held(tx, currency, "available") < asked["amount"]:
        raise bad(
            "You have insufficient available funds in your Stripe account. Use source_transaction to transfer out of a charge.",
            code="balance_insufficient",
        )
    transfer = tx.insert(_transfer(call, account, charge, currency))
    available_on = _available_on(tx, charge)
    moved = balance.move(tx, "transfer", transfer, amount_minor=-asked["amount"], available_on=available_on)
    transfer["balance_transaction"] = moved["id"]
    with tx.acting_for(account["id"]):
        arrived = tx.insert(_arrival(call, transfer))
        gained = balance.move(tx, "payment", arrived, amount_minor=asked["amount"], available_on=available_on)
        arrived["balance_transaction"] = gained["id"]
        tx.save(arrived)
    transfer["destination_payment"] = arrived["id"]
    if charge:
        transfer["transfer_group"] = transfer["transfer_group"] or charge["transfer_group"]
    tx.save(transfer)
    events.emit(tx, "transfer.created", transfer)
    return transfer


def _destination(call: Call) -> Json:
    account_id = call.params["destination"]
    account = call.tx.get("account", account_id)
    if account is None:
        raise bad(f"No such destination: '{account_id}'", code="resource_missing", param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise bad(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    return account


def _source(call: Call) -> Json | None:
    """Return the charge that a transfer comes out of; all transfers together never take more than it."""
    charge_id, currency = call.params.get("source_transaction"), call.params["currency"].lower()
    if not charge_id:
        return None
    charge = call.tx.get("charge", charge_id)
    if charge is None:
        raise no_such("charge", charge_id, param="source_transaction", status=400)
    if charge["status"] != "succeeded":
        raise bad("The source transaction has not succeeded.", param="source_transaction")
    if charge["currency"] != currency:
        raise bad(f"The currency of source_transaction's balance transaction ({charge['currency']}) is not {currency}.")
    out = call.tx.find("transfer", ["json_extract(body, '$.source_transaction') = ?"], [charge_id])
    left = charge["amount"] - sum(one["amount"] - one["amount_reversed"] for one in out)
    if call.params["amount"] > left:
        raise bad(
            "Transfers using this transaction as a source must not exceed the source amount of "
            f"{money.shown(charge['amount'], currency)}. (There is {money.shown(left, currency)} left.)",
            param="amount",
        )
    return charge


def _available_on(tx: Transaction, charge: Json | None) -> int:
    """Money out of a charge is available when the charge's is."""
    moved = tx.get("balance_transaction", charge["balance_transaction"]) if charge else None
    if moved:
        return max(tx.now, int(moved["available_on"]))
    return tx.now + balance.AVAILABLE_SECONDS if charge else tx.now


def _transfer(call: Call, account: Json, charge: Json | None, currency: str) -> Json:
    asked, transfer_id = call.params, new_id("tr")
    return {
        "id": transfer_id,
        "object": "transfer",
        "amount": asked["amount"],
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": call.now,
        "currency": currency,
        "description": asked.get("description"),
        "destination": account["id"],
        "destination_payment": None,
        "livemode": False,
        "metadata": asked.get("metadata") or {},
        "reversals": listing([], url=f"/v1/transfers/{transfer_id}/reversals") | {"total_count": 0},
        "reversed": False,
        "source_transaction": charge["id"] if charge else None,
        "source_type": "card",
        "transfer_group": asked.get("transfer_group"),
    }


def _arrival(call: Call, transfer: Json) -> Json:
    """Return the payment as which a transfer arrives in the account."""
    return {
        "id": new_id("py"),
        "object": "charge",
        "amount": transfer["amount"],
        "amount_captured": transfer["amount"],
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": True,
        "created": call.now,
        "currency": transfer["currency"],
        "description": None,
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_intent": None,
        "payment_method_details": None,
        "refunded": False,
        "source_transfer": transfer["id"],
        "status": "succeeded",
        "transfer_group": None,
        "_": {"refund": "succeeded"},
    }


def _one(call: Call) -> Json:
    found = call.tx.get("transfer", call.ids["transfer"])
    if found is None:
        raise no_such("transfer", call.ids["transfer"])
    return _with_reversals(call.tx, found)


def _with_reversals(tx: Transaction, transfer: Json) -> Json:
    found = tx.find("transfer_reversal", ["json_extract(body, '$.transfer') = ?"], [transfer["id"]])
    shown = listing(found[:10], url=f"/v1/transfers/{transfer['id']}/reversals", has_more=len(found) > 10)
    return {**transfer, "reversals": shown | {"total_count": len(found)}}


@endpoint("GET", "/v1/transfers/<transfer>")
def retrieve(call: Call) -> Json:
    """Return one transfer with its reversals."""
    return _one(call)


@endpoint("POST", "/v1/transfers/<transfer>", {"metadata": Metadata(), "description": Text(1000)})
def update(call: Call) -> Json:
    """Change what a transfer says about itself."""
    transfer = _one(call)
    old = transfer["metadata"]
    transfer["metadata"] = merged(old, call.params.get("metadata"))
    if "description" in call.params:
        transfer["description"] = call.params["description"]
    call.tx.save(transfer)
    events.emit(call.tx, "transfer.updated", transfer, {"metadata": old})
    return transfer


@endpoint(
    "GET",
    "/v1/transfers",
    {**PAGE, "created": RANGE, "destination": Text(), "transfer_group": Text()},
)
def list_transfers(call: Call) -> Json:
    """Return transfers, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "destination", "transfer_group")
    shown = page(call.tx, "transfer", call.params, url="/v1/transfers", where=where + same, values=values + equals)
    return {**shown, "data": [_with_reversals(call.tx, one) for one in shown["data"]]}


@endpoint(
    "POST",
    "/v1/transfers/<transfer>/reversals",
    {"amount": Whole(1), "description": Text(1000), "metadata": Metadata()},
)
def reverse(call: Call) -> Json:
    """Take money back from an account, as far as it has any."""
    transfer, tx = _one(call), call.tx
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = call.params.get("amount") or left
    if left == 0:
        raise bad("This transfer has already been fully reversed.", code="transfer_already_reversed")
    if amount > left:
        raise bad(f"Reversal amount ({amount}) is greater than unreversed amount ({left}) on transfer", param="amount")
    with tx.acting_for(transfer["destination"]):
        arrived = tx.need("charge", transfer["destination_payment"])
        moved = tx.need("balance_transaction", arrived["balance_transaction"])
        if balance.held(tx, transfer["currency"], "pending", "available") < amount:
            raise bad(
                "The connected account has insufficient funds for this reversal.",
                code="balance_insufficient",
            )
        until = max(tx.now, moved["available_on"])
        balance.move(tx, "payment_refund", arrived, amount_minor=-amount, available_on=until)
        arrived["amount_refunded"] += amount
        arrived["refunded"] = arrived["amount_refunded"] == arrived["amount"]
        tx.save(arrived)
    return _reversal(call, transfer, amount, available_on=until)


def _reversal(call: Call, transfer: Json, amount: int, *, available_on: int) -> Json:
    tx = call.tx
    made: Json = {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": None,
        "created": call.now,
        "currency": transfer["currency"],
        "destination_payment_refund": None,
        "metadata": call.params.get("metadata") or {},
        "source_refund": None,
        "transfer": transfer["id"],
    }
    tx.insert(made)
    moved = balance.move(tx, "transfer_refund", made, amount_minor=amount, available_on=available_on)
    made["balance_transaction"] = moved["id"]
    tx.save(made)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    tx.save(transfer)
    events.emit(tx, "transfer.reversed", _with_reversals(tx, transfer))
    return made


@endpoint("GET", "/v1/transfers/<transfer>/reversals/<reversal>")
def retrieve_reversal(call: Call) -> Json:
    """Return one reversal of a transfer."""
    found = call.tx.get("transfer_reversal", call.ids["reversal"])
    if found is None or found["transfer"] != call.ids["transfer"]:
        raise no_such("transfer reversal", call.ids["reversal"])
    return found


@endpoint("GET", "/v1/transfers/<transfer>/reversals", PAGE)
def list_reversals(call: Call) -> Json:
    """Return the reversals of one transfer, newest first."""
    transfer = _one(call)
    url = f"/v1/transfers/{transfer['id']}/reversals"
    where = ["json_extract(body, '$.transfer') = ?"]
    return page(call.tx, "transfer_reversal", call.params, url=url, where=where, values=[transfer["id"]])
