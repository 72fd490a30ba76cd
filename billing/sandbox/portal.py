"""The customer portal and the page of an invoice: what a customer of the platform sees of its own subscription."""

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from billing.sandbox import cards, customers, events, invoices
from billing.sandbox.errors import Json
from billing.sandbox.invoices_api import customer_of
from billing.sandbox.params import Address, Needed, Text
from billing.sandbox.store import Store, Transaction, new_id
from billing.sandbox.wire import Call, endpoint

portal = Blueprint("portal", __name__, url_prefix="/c")
PORTAL_SECONDS = 3600
PAYS, DECLINED = "4242424242424242", "4000000000000002"


@endpoint(
    "POST",
    "/v1/billing_portal/sessions",
    {"customer": Needed(Text()), "return_url": Address(), "locale": Text(10), "configuration": Text()},
)
def create(call: Call) -> Json:
    """Make a link to the portal, good for an hour."""
    customer = customer_of(call.tx, call.params["customer"])
    session_id = new_id("bps")
    session: Json = {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": "bpc_sandbox",
        "created": call.now,
        "customer": customer["id"],
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": call.params.get("locale"),
        "on_behalf_of": None,
        "return_url": call.params.get("return_url"),
        "url": f"{call.public_url}/c/portal/{session_id}",
    }
    return call.tx.insert(session)


def _store() -> Store:
    store: Store = current_app.config["STORE"]
    return store


def _session(tx: Transaction, session_id: str) -> tuple[Json, Json]:
    session = tx.get("billing_portal.session", session_id)
    if session is None or tx.now > session["created"] + PORTAL_SECONDS:
        abort(404)
    return session, tx.need("customer", session["customer"])


@portal.get("/portal/<session_id>")
def show(session_id: str) -> str:
    """Show a customer's subscriptions, card and invoices."""
    with _store().transaction() as tx:
        session, customer = _session(tx, session_id)
        where, values = ["json_extract(body, '$.customer') = ?"], [customer["id"]]
        subscriptions = tx.find("subscription", where, values)
        return render_template(
            "portal.html",
            session=session,
            names=_names(tx, subscriptions),
            customer=customer,
            card=tx.get("payment_method", customer["invoice_settings"]["default_payment_method"]),
            subscriptions=subscriptions,
            invoices=tx.find("invoice", where, values, limit=12),
        )


def _names(tx: Transaction, subscriptions: list[Json]) -> dict[str, str]:
    """Return the names of what is subscribed to, by the product's id."""
    ids = {item["price"]["product"] for one in subscriptions for item in one["items"]["data"]}
    found = {product_id: tx.get("product", product_id) for product_id in ids}
    return {product_id: product["name"] for product_id, product in found.items() if product}


@portal.post("/portal/<session_id>")
def change(session_id: str) -> Response:
    """`act` is `cancel`, `keep`, `card` (a card that pays) or `bad_card` (one that is declined later)."""
    with _store().transaction() as tx:
        _session_found, customer = _session(tx, session_id)
        act = request.form.get("act", "")
        if act in ("card", "bad_card"):
            set_card(tx, customer, pays=act == "card")
        subscription = tx.get("subscription", request.form.get("subscription"))
        if subscription and subscription["customer"] == customer["id"] and act in ("cancel", "keep"):
            subscription["cancel_at_period_end"] = act == "cancel"
            ends_at = subscription["items"]["data"][0]["current_period_end"]
            subscription["cancel_at"] = ends_at if act == "cancel" else None
            tx.save(subscription)
            events.emit(tx, "customer.subscription.updated", subscription, {"cancel_at_period_end": act != "cancel"})
    return redirect(f"/c/portal/{session_id}", 303)


@portal.route("/invoice/<invoice_id>", methods=["GET", "POST"])
def invoice_page(invoice_id: str) -> Response | str:
    """Show an invoice that was sent; POST pays what is left of it by card."""
    with _store().transaction() as tx:
        tx.account = tx.owner_of(invoice_id) or ""
        invoice = tx.get("invoice", invoice_id)
        if invoice is None:
            abort(404)
        if request.method == "POST" and invoice["status"] == "open":
            invoices.take(tx, invoice, tx.need("customer", invoice["customer"]))
    if request.method == "POST":
        return redirect(f"/c/invoice/{invoice_id}", 303)
    return render_template("invoice.html", invoice=invoice, lines=invoices.every_line(invoice))


def set_card(tx: Transaction, customer: Json, *, pays: bool) -> None:
    """Give a customer a card that pays, or one that is declined."""
    customers.keep_card(tx, customer, cards.of(PAYS if pays else DECLINED, now=tx.now))
