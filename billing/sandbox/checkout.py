"""
Checkout Sessions: from a list of items to a paid payment intent.

A session is open until it is complete (paid, or an Alipay payment is on its way) or expired. Everything that ends one
happens inside a transaction that re-reads it, so two clicks or a click and the clock cannot both win.
"""

import segno

from billing.sandbox import clock, customers, events, payments, subscriptions
from billing.sandbox.cards import AUTHENTICATION_FAILED, Card, Refusal
from billing.sandbox.errors import Json
from billing.sandbox.store import Transaction

ALIPAY_FAILED = Refusal("payment_intent_payment_attempt_failed", None, "The payment was refused by Alipay.")


def expire(tx: Transaction, session: Json) -> None:
    """End an open session without payment; an intent that it began is cancelled."""
    session |= {"status": "expired", "url": None}
    tx.save(session)
    clock.cancel(tx, "expire_session", session["id"])
    intent = tx.get("payment_intent", session["payment_intent"])
    if intent and intent["status"] not in ("succeeded", "canceled"):
        payments.cancel(tx, intent, reason="expired")
    events.emit(tx, "checkout.session.expired", session)


@clock.job("expire_session")
def expire_by_clock(tx: Transaction, target: str, _detail: Json) -> None:
    """Expire a session whose time has come, unless it ended another way."""
    session = tx.need("checkout.session", target)
    if session["status"] == "open":
        expire(tx, session)


def pay_by_card(tx: Transaction, session: Json, card: Card, *, email: str, name: str | None, url: str) -> Json:
    """Try a card on an open session and return the intent; `url` is the sandbox's own address."""
    if session["mode"] == "subscription":
        return _subscribe(tx, session, card, email=email, name=name)
    intent = _intent(tx, session, email)
    method = payments.new_method(tx, "card", card.details, email=email, name=name)
    payments.pay_by_card(tx, intent, card, method, challenge_url=f"{url}/c/challenge/")
    _remember_payer(tx, session, intent, email=email, name=name)
    _follow(tx, session, intent)
    return intent


def _subscribe(tx: Transaction, session: Json, card: Card, *, email: str, name: str | None) -> Json:
    """Keep the card with the customer and begin the subscription; a card that is refused leaves the page open."""
    if card.refusal:
        session["_"]["refused"] = card.refusal.message
        tx.save(session)
        return {"status": "requires_payment_method", "last_payment_error": {"message": card.refusal.message}}
    customer = tx.get("customer", session["customer"]) or customers.new(tx, {"email": email, "name": name})
    customers.keep_card(tx, customer, card)
    wanted = [
        {"price": item["price"], "quantity": item["quantity"], "metadata": item["metadata"]}
        for item in session["_"]["line_items"]
    ]
    subscription = subscriptions.start(tx, customer, wanted, session["_"]["subscription"])
    session |= {"customer": customer["id"], "subscription": subscription["id"]}
    session["invoice"] = subscription["latest_invoice"]
    session["_"]["payer"] = {"email": email, "name": name}
    tx.save(session)
    _complete(tx, session, {}, payment_status="paid" if session["invoice"] else "no_payment_required")
    return {"status": "succeeded"}


def answer_challenge(tx: Transaction, session: Json, intent: Json, *, passed: bool) -> None:
    """End the 3-D Secure question of an open session."""
    payments.answer_challenge(tx, intent, passed=passed)
    _follow(tx, session, intent)


def begin_alipay(tx: Transaction, session: Json, *, email: str, url: str) -> Json:
    """Send the shopper to Alipay: the intent waits for what they do there."""
    intent = _intent(tx, session, email)
    method = payments.new_method(tx, "alipay", {}, email=email, name=None)
    intent |= {
        "payment_method": method["id"],
        "last_payment_error": None,
        "status": "requires_action",
        "next_action": {
            "type": "alipay_handle_redirect",
            "alipay_handle_redirect": {
                "native_data": None,
                "native_url": None,
                "return_url": session["success_url"],
                "url": f"{url}/c/alipay/{intent['id']}",
            },
        },
    }
    tx.save(intent)
    _remember_payer(tx, session, intent, email=email, name=None)
    events.emit(tx, "payment_intent.requires_action", intent)
    return intent


def begin_wechat(tx: Transaction, session: Json, *, email: str, url: str) -> Json:
    """Show the shopper a QR code for WeChat: the intent waits until it is scanned."""
    intent = _intent(tx, session, email)
    method = payments.new_method(tx, "wechat_pay", {}, email=email, name=None)
    page = f"{url}/c/wechat/{intent['id']}"
    picture = segno.make_qr(page, error="m").png_data_uri(scale=6)
    shown = {"data": page, "hosted_instructions_url": page, "image_data_url": picture}
    intent |= {
        "payment_method": method["id"],
        "last_payment_error": None,
        "status": "requires_action",
        "next_action": {
            "type": "wechat_pay_display_qr_code",
            "wechat_pay_display_qr_code": {**shown, "image_url_png": picture, "image_url_svg": picture},
        },
    }
    tx.save(intent)
    _remember_payer(tx, session, intent, email=email, name=None)
    events.emit(tx, "payment_intent.requires_action", intent)
    return intent


def answer_wechat(tx: Transaction, session: Json, intent: Json, *, outcome: str) -> None:
    """What the shopper did in WeChat: `pay` (paid at once; a refund takes its time), or `refuse`."""
    method = tx.need("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if outcome == "refuse":
        payments.fail(tx, intent, AUTHENTICATION_FAILED, method, with_charge=False)
        return
    intent["_"]["refund"] = "later"
    payments.succeed(tx, intent, method)
    _follow(tx, session, intent)


def answer_alipay(tx: Transaction, session: Json, intent: Json, *, outcome: str) -> None:
    """
    What the shopper did at Alipay: `pay` (processing, then paid), `pay_then_fail` (processing, then failed), `refuse`.

    The first two complete the session while its payment_status is still `unpaid`.
    """
    method = tx.need("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if outcome == "refuse":
        payments.fail(tx, intent, AUTHENTICATION_FAILED, method, with_charge=False)
        return
    payments.start_alipay(tx, intent, method, will_fail=outcome == "pay_then_fail")
    _complete(tx, session, intent, payment_status="unpaid")


@clock.job("end_alipay")
def end_alipay(tx: Transaction, target: str, detail: Json) -> None:
    """Settle a processing payment: paid, or failed if it was to fail (or `detail` says so)."""
    intent = tx.need("payment_intent", target)
    if intent["status"] != "processing":
        return
    clock.cancel(tx, "end_alipay", target)
    method = tx.need("payment_method", intent["payment_method"])
    session = tx.get("checkout.session", intent["_"].get("session"))
    failed = bool(detail.get("failed", intent["_"].get("will_fail")))
    if failed:
        payments.fail(tx, intent, ALIPAY_FAILED, method)
    else:
        payments.succeed(tx, intent, method)
    if session and failed:
        events.emit(tx, "checkout.session.async_payment_failed", session)
    elif session:
        session["payment_status"] = "paid"
        tx.save(session)
        events.emit(tx, "checkout.session.async_payment_succeeded", session)


def return_url(session: Json) -> str:
    """Return where a shopper goes who has paid, with the session's id filled in."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", str(session["id"]))


def _intent(tx: Transaction, session: Json, email: str) -> Json:
    """Return the session's intent; it is made at the first try."""
    known = tx.get("payment_intent", session["payment_intent"])
    if known:
        return known
    asked = session["_"]["intent"]
    intent = payments.new_intent(
        tx,
        amount_minor=session["amount_total"],
        currency=session["currency"],
        methods=session["payment_method_types"],
        extra={**asked, "customer": session["customer"], "receipt_email": asked.get("receipt_email") or email},
    )
    intent["_"]["session"] = session["id"]
    tx.save(intent)
    session["payment_intent"] = intent["id"]
    tx.save(session)
    return intent


def _remember_payer(tx: Transaction, session: Json, intent: Json, *, email: str, name: str | None) -> None:
    session["_"]["payer"] = {"email": email, "name": name}
    session["payment_intent"] = intent["id"]
    tx.save(session)


def _follow(tx: Transaction, session: Json, intent: Json) -> None:
    if intent["status"] == "succeeded":
        _complete(tx, session, intent, payment_status="paid")


def _complete(tx: Transaction, session: Json, intent: Json, *, payment_status: str) -> None:
    payer = session["_"].get("payer", {})
    if session["customer"] is None and session["customer_creation"] == "always":
        customer = customers.new(tx, {"email": payer.get("email"), "name": payer.get("name")})
        session["customer"] = intent["customer"] = customer["id"]
        tx.save(intent)
    session |= {
        "status": "complete",
        "payment_status": payment_status,
        "url": None,
        "customer_details": {
            "address": dict(payments.NO_BILLING["address"]),
            "business_name": None,
            "email": payer.get("email"),
            "individual_name": None,
            "name": payer.get("name"),
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
    }
    tx.save(session)
    clock.cancel(tx, "expire_session", session["id"])
    events.emit(tx, "checkout.session.completed", session)
