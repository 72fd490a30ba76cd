"""Payment intents, payment methods and charges: one try at taking money, and how it ends."""

from billing.sandbox import balance, clock, events
from billing.sandbox.cards import AUTHENTICATION_FAILED, Card, Refusal
from billing.sandbox.errors import Json, bad
from billing.sandbox.store import Transaction, new_id, public

FEE_SECONDS = 2
"""How long after a charge its balance transaction is known; until then the field is null, as at Stripe."""
ALIPAY_SECONDS = 10
"""How long an Alipay payment stays `processing`."""
NO_BILLING: Json = {
    "address": {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None},
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}
UNUSED = (
    "review setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
).split()
"""Fields of an intent that stay null unless the caller sets them."""


def new_intent(tx: Transaction, *, amount_minor: int, currency: str, methods: list[str], extra: Json) -> Json:
    """Make a payment intent that has no payment method yet; `extra` are fields that the caller sets."""
    intent_id = new_id("pi")
    intent: Json = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": amount_minor,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{new_id('x', 24)[2:]}",
        "confirmation_method": "automatic",
        "created": tx.now,
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": methods,
        "processing": None,
        "receipt_email": None,
        "status": "requires_payment_method",
        **dict.fromkeys(UNUSED),
        **extra,
        "_": {},
    }
    tx.insert(intent)
    events.emit(tx, "payment_intent.created", intent)
    return intent


def new_method(tx: Transaction, kind: str, details: Json, *, email: str | None, name: str | None) -> Json:
    """Keep how somebody wants to pay; `details` goes under the name of its kind."""
    return tx.insert(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": {**NO_BILLING, "email": email, "name": name},
            kind: details,
            "created": tx.now,
            "customer": None,
            "livemode": False,
            "metadata": {},
            "type": kind,
        }
    )


def pay_by_card(tx: Transaction, intent: Json, card: Card, method: Json, *, challenge_url: str) -> None:
    """Try a card: it succeeds, is refused (a failed charge stays behind), or asks for 3-D Secure at `challenge_url`."""
    intent |= {"payment_method": method["id"], "last_payment_error": None}
    intent["_"]["refund"] = card.test.refund if card.test else "succeeded"
    intent["_"]["dispute"] = bool(card.test and (card.test.dispute or card.test.inquiry))
    intent["_"]["inquiry"] = bool(card.test and card.test.inquiry)
    if card.test and card.test.challenge:
        refusal = card.test.refusal
        intent["_"]["after_challenge"] = [refusal.code, refusal.decline_code, refusal.message] if refusal else None
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": challenge_url + intent["id"], "return_url": None},
        }
        tx.save(intent)
        events.emit(tx, "payment_intent.requires_action", intent)
    elif card.refusal:
        fail(tx, intent, card.refusal, method)
    else:
        succeed(tx, intent, method)


def answer_challenge(tx: Transaction, intent: Json, *, passed: bool) -> None:
    """End a 3-D Secure question."""
    if intent["status"] != "requires_action":
        raise bad("This payment is not waiting for authentication.", code="payment_intent_unexpected_state")
    method = tx.need("payment_method", intent["payment_method"])
    intent["next_action"] = None
    then = intent["_"].pop("after_challenge", None)
    if not passed:
        intent["payment_method"] = None
        fail(tx, intent, AUTHENTICATION_FAILED, method, with_charge=False)
    elif then:
        fail(tx, intent, Refusal(*then), method)
    else:
        succeed(tx, intent, method)


def start_alipay(tx: Transaction, intent: Json, method: Json, *, will_fail: bool) -> None:
    """Take an Alipay payment that the shopper has authorised: it is processing, and ends by the clock."""
    intent |= {"payment_method": method["id"], "status": "processing", "last_payment_error": None}
    intent["processing"] = {"type": "alipay"}
    intent["_"]["refund"] = "later"
    intent["_"]["will_fail"] = will_fail
    charge = _new_charge(tx, intent, method, status="pending")
    intent["latest_charge"] = charge["id"]
    tx.save(intent)
    events.emit(tx, "payment_intent.processing", intent)
    events.emit(tx, "charge.pending", charge)
    clock.schedule(tx, "end_alipay", intent["id"], due_at=tx.now + ALIPAY_SECONDS)


def succeed(tx: Transaction, intent: Json, method: Json) -> None:
    """The money is taken. The fee follows two seconds later, with `charge.updated`."""
    waiting = tx.get("charge", intent["latest_charge"]) if intent["status"] == "processing" else None
    charge = waiting or _new_charge(tx, intent, method, status="succeeded")
    charge |= {"status": "succeeded", "paid": True, "captured": True, "amount_captured": charge["amount"]}
    charge["outcome"] = _outcome(None)
    tx.save(charge)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "last_payment_error": None,
        "next_action": None,
        "processing": None,
    }
    tx.save(intent)
    events.emit(tx, "charge.succeeded", charge)
    events.emit(tx, "payment_intent.succeeded", intent)
    clock.schedule(tx, "book_fee", charge["id"], due_at=tx.now + FEE_SECONDS)
    if intent["_"].get("dispute"):
        is_inquiry = bool(intent["_"].get("inquiry"))
        clock.schedule(tx, "dispute_charge", charge["id"], due_at=tx.now + FEE_SECONDS + 1, inquiry=is_inquiry)


def fail(tx: Transaction, intent: Json, refusal: Refusal, method: Json, *, with_charge: bool = True) -> None:
    """The money is not taken; the intent waits for another payment method."""
    error: Json = {
        "type": "card_error" if method["type"] == "card" else "invalid_request_error",
        "code": refusal.code,
        "message": refusal.message,
        "doc_url": "https://stripe.com/docs/error-codes/" + refusal.code.replace("_", "-"),
        "payment_method": public(method),
    }
    if refusal.decline_code:
        error["decline_code"] = refusal.decline_code
    if with_charge:
        waiting = tx.get("charge", intent["latest_charge"]) if intent["status"] == "processing" else None
        charge = waiting or _new_charge(tx, intent, method, status="failed")
        charge |= {"status": "failed", "failure_code": refusal.code, "failure_message": refusal.message}
        charge["outcome"] = _outcome(refusal)
        tx.save(charge)
        error["charge"] = intent["latest_charge"] = charge["id"]
        events.emit(tx, "charge.failed", charge)
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "last_payment_error": error,
        "next_action": None,
        "processing": None,
    }
    tx.save(intent)
    events.emit(tx, "payment_intent.payment_failed", intent)


def cancel(tx: Transaction, intent: Json, *, reason: str) -> None:
    """End an intent that has not been paid."""
    intent |= {"status": "canceled", "canceled_at": tx.now, "cancellation_reason": reason, "next_action": None}
    tx.save(intent)
    events.emit(tx, "payment_intent.canceled", intent)


def _outcome(refusal: Refusal | None) -> Json:
    return {
        "advice_code": None,
        "network_status": "declined_by_network" if refusal else "approved_by_network",
        "reason": (refusal.decline_code or refusal.code) if refusal else None,
        "risk_level": "normal",
        "seller_message": "The bank did not approve the payment." if refusal else "Payment complete.",
        "type": "issuer_declined" if refusal else "authorized",
    }


def _new_charge(tx: Transaction, intent: Json, method: Json, *, status: str) -> Json:
    kind = method["type"]
    return tx.insert(
        {
            "id": new_id("ch" if kind == "card" else "py"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": "SANDBOX",
            "captured": False,
            "created": tx.now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": intent["metadata"],
            "on_behalf_of": intent["on_behalf_of"],
            "outcome": None,
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {"type": kind, kind: method[kind]},
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": intent["statement_descriptor"],
            "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
            "status": status,
            "transfer_data": None,
            "transfer_group": intent["transfer_group"],
            "_": {"refund": intent["_"].get("refund", "succeeded")},
        }
    )


@clock.job("book_fee")
def book_fee(tx: Transaction, target: str, _detail: Json) -> None:
    """Give a charge its balance transaction."""
    charge = tx.need("charge", target)
    if charge["balance_transaction"]:
        return
    kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
    moved = balance.move(tx, kind, charge, amount_minor=charge["amount"], fee_minor=balance.fee_of(charge))
    charge["balance_transaction"] = moved["id"]
    tx.save(charge)
    events.emit(tx, "charge.updated", charge, {"balance_transaction": None})
