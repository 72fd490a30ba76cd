"""
The control page and the same things as a small API: faults, the test clock, deliveries, and how payments end.

Addresses under /control/ take form fields or JSON and answer JSON; a browser's form is sent back to the page.
"""

import io
import json
import time
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, send_file
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from billing.sandbox import (
    accounts,
    cards,
    checkout,
    clock,
    disputes,
    faults,
    files,
    payouts,
    portal,
    refunds,
    webhooks,
)
from billing.sandbox.errors import Json
from billing.sandbox.store import Store, Transaction, public

control = Blueprint("control", __name__)
SHOWN = 50
"""How many of each thing the API answers with."""
SHOWN_ON_PAGE = 12
LISTED = (
    "checkout.session payment_intent charge refund account transfer payout dispute customer subscription invoice"
).split()


def _store() -> Store:
    store: Store = current_app.config["STORE"]
    return store


def _sent() -> Json:
    """Return the fields of the request, from a form or from JSON."""
    if request.is_json:
        sent = request.get_json()
        if not isinstance(sent, dict):
            raise BadRequest("Send a JSON object.")
        return sent
    return request.form.to_dict()


def _answer(body: Json) -> Response:
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
        return redirect("/#" + str(request.form.get("back", "")), 303)
    return jsonify(body)


def _number(sent: Json, name: str, default: float) -> float:
    try:
        number = float(sent.get(name) or default)
    except (TypeError, ValueError):
        raise BadRequest(f"'{name}' must be a number.") from None
    if not abs(number) < 10**10:
        raise BadRequest(f"'{name}' is too large.")
    return number


def state(tx: Transaction, store: Store, *, shown: int = SHOWN) -> Json:
    """Return everything that the control page shows: the newest `shown` of each thing."""
    newest: Json = {}
    for kind in LISTED:
        rows = tx.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq DESC LIMIT ?", kind, shown)
        newest[kind] = [public(json.loads(row["body"])) for row in rows]
    events = tx.rows("SELECT body FROM objects WHERE kind = 'event' ORDER BY seq DESC LIMIT ?", shown)
    endpoints = tx.rows("SELECT body FROM objects WHERE kind = 'webhook_endpoint' ORDER BY seq")
    deliveries = tx.rows("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?", shown)
    counts = tx.rows("SELECT state, count(*) AS many FROM deliveries GROUP BY state")
    return {
        "now": int(store.now()),
        "clock_offset": clock.offset(tx),
        "faults": faults.current(tx),
        "newest": newest,
        "events": [json.loads(row["body"]) for row in events],
        "endpoints": [public(json.loads(row["body"])) for row in endpoints],
        "deliveries": [dict(row) for row in deliveries],
        "delivery_counts": {row["state"]: row["many"] for row in counts},
        "requests": [dict(row) for row in tx.rows("SELECT * FROM requests ORDER BY rowid DESC LIMIT ?", shown)],
        "jobs": [dict(row) for row in tx.rows("SELECT * FROM jobs ORDER BY due_at LIMIT ?", shown)],
    }


@control.get("/")
def show() -> str:
    """The control page."""
    with _store().transaction() as tx:
        seen = state(tx, _store(), shown=SHOWN_ON_PAGE)
    names = {event["id"]: event["type"] for event in seen["events"]}
    return render_template("control.html", **seen, names=names, kinds=faults, test_cards=cards.KNOWN_CARDS)


@control.get("/healthz")
def healthy() -> Response:
    """Say that the sandbox serves and its store can be read."""
    return jsonify({"ok": True, "now": int(_store().now())})


@control.get("/control/state")
def show_state() -> Response:
    """Return what the control page shows, as JSON."""
    with _store().transaction() as tx:
        return jsonify(state(tx, _store()))


@control.get("/control/faults")
def show_faults() -> Response:
    """Return the faults that are on and the kinds that there are."""
    with _store().transaction() as tx:
        return jsonify({"faults": faults.current(tx), "kinds": faults.KINDS})


@control.post("/control/faults")
def add_fault() -> Response:
    """
    Switch a fault on: `kind`, and optionally `times` (0: until it is switched off), `method`, `path` (a prefix), `seconds`.

    Without `times`, faults of requests strike once and faults of deliveries stay on.
    """
    sent = _sent()
    kind = str(sent.get("kind", ""))
    times = int(_number(sent, "times", 0 if kind in faults.DELIVERY else 1))
    if str(sent.get("times", "")) == "0":
        times = 0
    fault = faults.Fault(
        kind,
        times=max(times, 0) or None,
        method=str(sent.get("method") or "*"),
        path=str(sent.get("path") or "/v1/"),
        seconds=_number(sent, "seconds", faults.HANG_SECONDS),
    )
    with _store().transaction() as tx:
        try:
            faults.switch_on(tx, fault)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return _answer({"faults": faults.current(tx)})


@control.post("/control/faults/clear")
def clear_faults() -> Response:
    """Switch faults off: those of `kind`, or all. Requests that hang are let go."""
    with _store().transaction() as tx:
        removed = faults.switch_off(tx, _sent().get("kind") or None)
        left = faults.current(tx)
    current_app.config["HANGING"].release()
    return _answer({"removed": removed, "faults": left})


@control.post("/control/clock")
def move_clock() -> Response:
    """
    Move the test clock `advance` seconds ahead, or put it `at` an instant (Unix seconds), or at real time plus `offset`.

    What falls due has then run.
    """
    sent = _sent()
    if sent.get("at"):
        clock.set_offset(_store(), _number(sent, "at", 0) - time.time())
    elif sent.get("offset") not in (None, ""):
        clock.set_offset(_store(), _number(sent, "offset", 0))
    else:
        clock.advance(_store(), max(0.0, _number(sent, "advance", 0)))
    return _answer({"now": int(_store().now())})


@control.post("/control/events/<event>/resend")
def resend(event: str) -> Response:
    """Deliver an event again, once, to every endpoint that wants it."""
    with _store().transaction() as tx:
        try:
            many = webhooks.resend(tx, event)
        except LookupError:
            raise NotFound("No such event.") from None
    return _answer({"queued": many})


@control.get("/control/deliveries")
def show_deliveries() -> Response:
    """Return deliveries, newest first; of one `event` if it is named."""
    event = request.args.get("event")
    with _store().transaction() as tx:
        rows = tx.rows(
            "SELECT * FROM deliveries WHERE ? IS NULL OR event = ? ORDER BY id DESC LIMIT 1000", event, event
        )
        return jsonify({"deliveries": [dict(row) for row in rows]})


@control.post("/control/deliveries/retry")
def retry_deliveries() -> Response:
    """Make every pending, failed or dropped delivery due now."""
    with _store().transaction() as tx:
        many = tx.run("UPDATE deliveries SET state = 'pending', due_at = 0 WHERE state <> 'delivered'")
    return _answer({"queued": many})


@control.post("/control/sessions/<session_id>/pay")
def pay_session(session_id: str) -> Response:
    """Pay an open session without its page: `card` (a test card, 4242… if not given), `email`; answers the session."""
    sent = _sent()
    try:
        card = cards.of(str(sent.get("card") or cards.KNOWN_CARDS[0].number), now=int(_store().now()))
    except cards.CardErrors as wrong:
        raise BadRequest(str(wrong)) from None
    with _store().transaction() as tx:
        session = _owned(tx, "checkout.session", session_id)
        if session["status"] == "open":
            email = str(sent.get("email") or session["customer_email"] or "shopper@example.com")
            checkout.pay_by_card(
                tx, session, card, email=email, name="Test Shopper", url=current_app.config["PUBLIC_URL"]
            )
    return _answer(public(session))


@control.post("/control/payments/<intent_id>/settle")
def settle_payment(intent_id: str) -> Response:
    """End a processing payment now: `outcome` is `succeeded` or `failed`."""
    with _store().transaction() as tx:
        _owned(tx, "payment_intent", intent_id)
        checkout.end_alipay(tx, intent_id, {"failed": _outcome() == "failed"})
        return _answer(public(tx.need("payment_intent", intent_id)))


@control.post("/control/refunds/<refund_id>/settle")
def settle_refund(refund_id: str) -> Response:
    """End a refund now: `outcome` is `succeeded` or `failed`; one that succeeded can still fail."""
    with _store().transaction() as tx:
        _owned(tx, "refund", refund_id)
        refunds.settle(tx, refund_id, {"failed": _outcome() == "failed"})
        return _answer(public(tx.need("refund", refund_id)))


@control.post("/control/charges/<charge_id>/dispute")
def dispute_charge(charge_id: str) -> Response:
    """A cardholder disputes a charge: `amount` (all of it if not given) and `reason`; `inquiry` = the bank only asks."""
    sent = _sent()
    with _store().transaction() as tx:
        charge = _owned(tx, "charge", charge_id)
        if charge["status"] != "succeeded" or charge["disputed"]:
            raise BadRequest("Only a charge that succeeded can be disputed, and once.")
        amount = int(_number(sent, "amount", charge["amount"]))
        reason, is_inquiry = str(sent.get("reason") or "fraudulent"), bool(sent.get("inquiry"))
        return _answer(public(disputes.start(tx, charge, amount_minor=amount, reason=reason, is_inquiry=is_inquiry)))


@control.post("/control/disputes/<dispute_id>/escalate")
def escalate_dispute(dispute_id: str) -> Response:
    """The bank that only asked takes the money now."""
    with _store().transaction() as tx:
        _owned(tx, "dispute", dispute_id)
        disputes.escalate(tx, dispute_id)
        return _answer(public(tx.need("dispute", dispute_id)))


@control.post("/control/disputes/<dispute_id>/close")
def close_dispute(dispute_id: str) -> Response:
    """The bank decides now: `outcome` is `won` or `lost`; `won` is also the end of a mere question."""
    with _store().transaction() as tx:
        _owned(tx, "dispute", dispute_id)
        disputes.decide(tx, dispute_id, {"won": _outcome("won", "lost") == "won"})
        return _answer(public(tx.need("dispute", dispute_id)))


@control.get("/control/files/<file_id>")
def download_file(file_id: str) -> Response:
    """Give a file as it was uploaded."""
    with _store().transaction() as tx:
        found = _owned(tx, "file", file_id)
    return send_file(io.BytesIO(files.content(found)), download_name=f"{file_id}.{found['type']}", as_attachment=True)


@control.post("/control/payouts/<payout_id>/settle")
def settle_payout(payout_id: str) -> Response:
    """End a payout now: `outcome` is `paid` or `failed`; one that was paid can still come back as failed."""
    with _store().transaction() as tx:
        payout = _owned(tx, "payout", payout_id)
        if _outcome("paid", "failed") == "paid":
            payouts.arrive(tx, payout_id, {})
        else:
            payouts.fail(tx, payout)
        return _answer(public(tx.need("payout", payout_id)))


@control.post("/control/accounts/<account_id>/onboard")
def onboard_account(account_id: str) -> Response:
    """Fill in an account's form without its page: `outcome` is `complete`, `due`, `incomplete`, `restricted` or `disconnected`."""
    outcome = _outcome(*accounts.OUTCOMES, "disconnected")
    with _store().transaction() as tx:
        account = _owned(tx, "account", account_id)
        if outcome == "disconnected":
            accounts.disconnect(tx, account)
        else:
            accounts.onboard(tx, account, outcome=outcome)
        return _answer(public(account))


@control.post("/control/customers/<customer_id>/card")
def set_card(customer_id: str) -> Response:
    """Give a customer a card: `outcome` is `pays` or `fails`."""
    outcome = _outcome("pays", "fails")
    with _store().transaction() as tx:
        customer = _owned(tx, "customer", customer_id)
        portal.set_card(tx, customer, pays=outcome == "pays")
        return _answer(public(customer))


@control.post("/control/reset")
def reset() -> Response:
    """Forget everything but the webhook endpoints."""
    _store().empty()
    current_app.config["HANGING"].release()
    return _answer({"ok": True})


def _outcome(*outcomes: str) -> str:
    outcomes = outcomes or ("succeeded", "failed")
    outcome = _sent().get("outcome")
    if outcome not in outcomes:
        raise BadRequest(f"'outcome' must be one of: {', '.join(outcomes)}.")
    return str(outcome)


def _owned(tx: Transaction, kind: str, object_id: str) -> Json:
    """Return an object whoever owns it; the transaction then acts for its owner."""
    tx.account = tx.owner_of(object_id) or ""
    found = tx.get(kind, object_id)
    if found is None:
        raise NotFound(f"No such {kind}.")
    return found


@control.app_template_filter("clock")
def clock_filter(at: Any) -> str:
    """Show an instant as time of day, with the date when it is not the same day."""
    return datetime.fromtimestamp(float(at), UTC).astimezone().strftime("%d %b %H:%M:%S")
