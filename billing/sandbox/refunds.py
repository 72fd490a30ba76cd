"""
Refunds: at once for most cards; pending first for Alipay, WeChat Pay and some test cards; and some that fail afterwards.
"""

from billing.sandbox import balance, clock, disputes, events, money
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Flag, Metadata, Text, Whole, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

SETTLE_SECONDS = 10
"""How long an asynchronous refund stays pending, and after how long a failing one fails."""
DAYS = {"alipay": ("An Alipay", 90), "wechat_pay": ("A WeChat Pay", 180)}
"""For so many days a wallet takes money back."""
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@endpoint(
    "POST",
    "/v1/refunds",
    {
        "amount": Whole(1),
        "charge": Text(),
        "payment_intent": Text(),
        "metadata": Metadata(),
        "reason": Text(choices=REASONS),
        "refund_application_fee": Flag(),
        "reverse_transfer": Flag(),
        "instructions_email": Text(),
    },
)
def create(call: Call) -> Json:
    """Give back a charge, or `amount` of it; never more than is left."""
    charge = _charge(call)
    left = charge["amount"] - charge["amount_refunded"]
    amount = call.params.get("amount") or left
    if left == 0:
        raise bad(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount % money.step(charge["currency"]):
        raise bad(f"Invalid amount. It must be evenly divisible by {money.step(charge['currency'])}.", param="amount")
    if amount > left:
        raise bad(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    if _is_disputed(call.tx, charge):
        raise bad(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    kind = charge["payment_method_details"]["type"]
    if kind in DAYS and call.now - charge["created"] > DAYS[kind][1] * 24 * 3600:
        name, days = DAYS[kind]
        raise bad(f"{name} payment can be refunded for {days} days only.", code="charge_not_refundable")
    return _refund(call, charge, amount)


def of_intent(call: Call, intent_id: str | None, amount: int) -> Json:
    """Give back part of what an intent took, for a credit note."""
    intent = call.tx.get("payment_intent", intent_id)
    charge = call.tx.get("charge", intent["latest_charge"]) if intent else None
    if charge is None or amount > charge["amount"] - charge["amount_refunded"]:
        raise bad("The refund amount is more than what was paid by card.", param="refund_amount")
    return _refund(call, charge, amount)


def _is_disputed(tx: Transaction, charge: Json) -> bool:
    """Say whether the cardholder's bank has the money of this charge. One that only asks has not."""
    where, values = equal({"charge": charge["id"]}, "charge")
    return any(
        found["status"] != "won" and not found["status"].startswith("warning_")
        for found in tx.find("dispute", where, values)
    )


def _charge(call: Call) -> Json:
    """Return the charge to give back, by its own id or its intent's."""
    charge_id, intent_id = call.params.get("charge"), call.params.get("payment_intent")
    if intent_id:
        intent = call.tx.get("payment_intent", intent_id)
        if intent is None:
            raise no_such("payment_intent", intent_id, param="payment_intent", status=400)
        charge_id = charge_id or intent["latest_charge"]
    elif not charge_id:
        raise bad(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    charge = call.tx.get("charge", charge_id)
    if charge is None and intent_id:
        raise bad(
            f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.", param="payment_intent"
        )
    if charge is None:
        raise no_such("charge", str(charge_id), param="charge", status=400)
    if intent_id and charge["payment_intent"] != intent_id:
        raise bad("The charge does not belong to the payment_intent.", param="charge")
    if charge["status"] != "succeeded":
        raise bad(
            f"This charge ({charge['id']}) has not succeeded and cannot be refunded.", code="charge_not_refundable"
        )
    return charge


def _refund(call: Call, charge: Json, amount: int) -> Json:
    tx, manner = call.tx, charge["_"]["refund"]
    kind = charge["payment_method_details"]["type"]
    refund: Json = {
        "id": new_id("re" if kind == "card" else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "destination_details": {
            "type": kind,
            kind: {"reference_status": "pending", "type": "refund"} if kind == "card" else {},
        },
        "metadata": merged({}, call.params.get("metadata")),
        "payment_intent": charge["payment_intent"],
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if manner == "later" else "succeeded",
        "transfer_reversal": None,
    }
    if manner == "later":
        refund["pending_reason"] = "processing"
    moved = balance.move(tx, "refund" if kind == "card" else "payment_refund", refund, amount_minor=-amount)
    refund["balance_transaction"] = moved["id"]
    tx.insert(refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    tx.save(charge)
    events.emit(tx, "refund.created", refund)
    events.emit(tx, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
    if charge["refunded"]:
        disputes.charge_refunded(tx, charge)
    if manner != "succeeded":
        clock.schedule(tx, "settle_refund", refund["id"], due_at=call.now + SETTLE_SECONDS, failed=manner == "fails")
    return refund


@clock.job("settle_refund")
def settle(tx: Transaction, target: str, detail: Json) -> None:
    """End a refund: `failed` gives the money back to the balance and the charge."""
    refund = tx.need("refund", target)
    failed = bool(detail.get("failed"))
    if refund["status"] in ("failed", "canceled") or (refund["status"] == "succeeded" and not failed):
        return
    previous = {"status": refund["status"]}
    refund.pop("pending_reason", None)
    refund["status"] = "failed" if failed else "succeeded"
    if failed:
        refund["failure_reason"] = "expired_or_canceled_card" if refund["id"].startswith("re_") else "unknown"
        moved = balance.move(tx, "refund_failure", refund, amount_minor=refund["amount"])
        refund["failure_balance_transaction"] = moved["id"]
        charge = tx.need("charge", refund["charge"])
        charge |= {"amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False}
        tx.save(charge)
    tx.save(refund)
    clock.cancel(tx, "settle_refund", target)
    events.emit(tx, "refund.updated", refund, previous)
    if failed:
        events.emit(tx, "refund.failed", refund)


def _one(call: Call) -> Json:
    found = call.tx.get("refund", call.ids["refund"])
    if found is None:
        raise no_such("refund", call.ids["refund"])
    return found


@endpoint("GET", "/v1/refunds/<refund>")
def retrieve(call: Call) -> Json:
    """Return one refund."""
    return _one(call)


@endpoint("POST", "/v1/refunds/<refund>", {"metadata": Metadata()})
def update(call: Call) -> Json:
    """Change a refund's metadata."""
    refund = _one(call)
    old = refund["metadata"]
    refund["metadata"] = merged(old, call.params.get("metadata"))
    call.tx.save(refund)
    events.emit(call.tx, "refund.updated", refund, {"metadata": old})
    return refund


@endpoint("GET", "/v1/refunds", {**PAGE, "created": RANGE, "charge": Text(), "payment_intent": Text()})
def list_refunds(call: Call) -> Json:
    """Return refunds, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "charge", "payment_intent")
    return page(call.tx, "refund", call.params, url="/v1/refunds", where=where + same, values=values + equals)
