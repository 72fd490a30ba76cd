"""
The pages that Stripe hosts: Checkout, 3-D Secure, Alipay, WeChat Pay, onboarding. Plain forms, no script.

Form fields and buttons are listed in the README; browser tests press them.
"""

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from billing.sandbox import accounts, cards, checkout, money
from billing.sandbox.errors import Json
from billing.sandbox.store import Store, Transaction

pages = Blueprint("hosted", __name__, url_prefix="/c")
Page = Response | tuple[str, int] | str


def _store() -> Store:
    store: Store = current_app.config["STORE"]
    return store


def _session(tx: Transaction, session_id: str) -> Json:
    """Return a session whoever owns it, or 404; the transaction then acts for its owner."""
    tx.account = tx.owner_of(session_id) or ""
    found = tx.get("checkout.session", session_id)
    if found is None:
        abort(404)
    return found


def _intent(tx: Transaction, intent_id: str) -> tuple[Json, Json]:
    """Return an intent and its session, or 404."""
    tx.account = tx.owner_of(intent_id) or ""
    intent = tx.get("payment_intent", intent_id)
    if intent is None or not intent["_"].get("session"):
        abort(404)
    return intent, _session(tx, intent["_"]["session"])


def _after(session: Json, intent: Json) -> Response:
    """Go where the shopper belongs now: back to the shop, to the bank's page, or to the payment page."""
    if session["status"] == "complete":
        return redirect(checkout.return_url(session), 303)
    if intent["status"] == "requires_action":
        action = intent["next_action"]
        step = action[action["type"]]
        return redirect(step.get("url") or step["hosted_instructions_url"], 303)
    return redirect(f"/c/pay/{session['id']}", 303)


def _pay_page(session: Json, *, intent: Json | None, errors: dict[str, str], status: int) -> tuple[str, int]:
    failed = (intent or {}).get("last_payment_error")
    if failed and not errors and intent and intent["status"] == "requires_payment_method":
        errors = {"payment": failed["message"]}
    if session["status"] != "open":
        return render_template("ended.html", session=session, back=_back(session)), 410 if status == 200 else status
    return render_template(
        "pay.html",
        session=session,
        items=session["_"]["line_items"],
        seller=session["branding_settings"].get("display_name") or "The shop",
        email=session["customer_email"] or request.form.get("email", ""),
        form=request.form,
        method=_method(session),
        errors=errors,
        test_cards=cards.KNOWN_CARDS,
    ), status


def _method(session: Json) -> str:
    asked = request.form.get("method", "")
    return asked if asked in session["payment_method_types"] else str(session["payment_method_types"][0])


def _back(session: Json) -> str | None:
    if session["status"] == "complete":
        return checkout.return_url(session)
    return str(session["cancel_url"]) if session["cancel_url"] else None


@pages.get("/pay/<session_id>")
def show_pay(session_id: str) -> Page:
    """Show the payment page, or how the session ended."""
    with _store().transaction() as tx:
        session = _session(tx, session_id)
        if session["status"] == "open" and tx.now >= session["expires_at"] and not _is_due_later(tx, session_id):
            checkout.expire(tx, session)
        intent = tx.get("payment_intent", session["payment_intent"])
    if session["status"] == "complete":
        return redirect(checkout.return_url(session), 303)
    return _pay_page(session, intent=intent, errors={}, status=200)


def _is_due_later(tx: Transaction, session_id: str) -> bool:
    """Say whether the session still waits for the clock; its own instant may be by the shop's clock."""
    return bool(
        tx.rows("SELECT 1 FROM jobs WHERE name = 'expire_session' AND target = ? AND due_at > ?", session_id, tx.now)
    )


@pages.post("/pay/<session_id>")
def pay(session_id: str) -> Page:
    """Try to pay; a second click on a paid session goes to the shop like the first."""
    form = request.form
    with _store().transaction() as tx:
        session = _session(tx, session_id)
        intent = tx.get("payment_intent", session["payment_intent"])
        if session["status"] == "open":
            try:
                intent = _try(tx, session, session["customer_email"] or form.get("email", "").strip())
            except cards.CardErrors as wrong:
                return _pay_page(session, intent=None, errors=wrong.errors, status=422)
        if session["status"] == "expired" or intent is None:
            return _pay_page(session, intent=intent, errors={}, status=410)
        if session["status"] == "open" and intent["status"] == "requires_payment_method":
            return _pay_page(session, intent=intent, errors={}, status=422)
    return _after(session, intent)


def _try(tx: Transaction, session: Json, email: str) -> Json:
    form, url = request.form, current_app.config["PUBLIC_URL"]
    quick = form.get("test_card", "")
    if quick:
        return checkout.pay_by_card(
            tx, session, cards.of(quick, now=tx.now), email=email or "shopper@example.com", name="Test Shopper", url=url
        )
    if "@" not in email or len(email) > 254:
        raise cards.CardErrors({"email": "Write your e-mail address, such as ada@example.com."})
    if _method(session) == "alipay":
        return checkout.begin_alipay(tx, session, email=email, url=url)
    if _method(session) == "wechat_pay":
        return checkout.begin_wechat(tx, session, email=email, url=url)
    card = cards.given(form.get("card_number", ""), form.get("card_expiry", ""), form.get("card_cvc", ""), now=tx.now)
    return checkout.pay_by_card(
        tx, session, card, email=email, name=form.get("card_name", "").strip()[:256] or None, url=url
    )


@pages.post("/pay/<session_id>/expire")
def expire(session_id: str) -> Page:
    """Expire the session from its own page."""
    with _store().transaction() as tx:
        session = _session(tx, session_id)
        if session["status"] == "open":
            checkout.expire(tx, session)
    return redirect(f"/c/pay/{session_id}", 303)


@pages.get("/challenge/<intent_id>")
@pages.get("/alipay/<intent_id>")
@pages.get("/wechat/<intent_id>")
def show_step(intent_id: str) -> Page:
    """Show the bank's page, Alipay's, or the QR code for WeChat."""
    with _store().transaction() as tx:
        intent, session = _intent(tx, intent_id)
        method = tx.get("payment_method", intent["payment_method"])
    if session["status"] != "open" or intent["status"] != "requires_action" or method is None:
        return _after(session, intent)
    template = {"alipay": "alipay.html", "wechat_pay": "wechat.html"}.get(method["type"], "challenge.html")
    return render_template(template, intent=intent, session=session, method=method)


@pages.post("/challenge/<intent_id>")
def answer_challenge(intent_id: str) -> Page:
    """`outcome` is `complete` or `fail`."""
    with _store().transaction() as tx:
        intent, session = _intent(tx, intent_id)
        if session["status"] == "open" and intent["status"] == "requires_action":
            checkout.answer_challenge(tx, session, intent, passed=request.form.get("outcome") == "complete")
    return _after(session, intent)


@pages.post("/alipay/<intent_id>")
def answer_alipay(intent_id: str) -> Page:
    """`outcome` is `pay`, `pay_then_fail` or `refuse`."""
    outcome = request.form.get("outcome", "")
    with _store().transaction() as tx:
        intent, session = _intent(tx, intent_id)
        if session["status"] == "open" and intent["status"] == "requires_action":
            checkout.answer_alipay(
                tx, session, intent, outcome=outcome if outcome in ("pay", "pay_then_fail") else "refuse"
            )
    return _after(session, intent)


@pages.post("/wechat/<intent_id>")
def answer_wechat(intent_id: str) -> Page:
    """`outcome` is `pay` or `refuse`."""
    with _store().transaction() as tx:
        intent, session = _intent(tx, intent_id)
        if session["status"] == "open" and intent["status"] == "requires_action":
            outcome = "pay" if request.form.get("outcome") == "pay" else "refuse"
            checkout.answer_wechat(tx, session, intent, outcome=outcome)
    return _after(session, intent)


@pages.route("/onboard/<token>", methods=["GET", "POST"])
def onboard(token: str) -> Page:
    """Show the onboarding form, or take it: `outcome` is `complete`, `due`, `incomplete` or `restricted`."""
    with _store().transaction() as tx:
        tx.account = tx.owner_of(token) or ""
        link = tx.get("account_link", token)
        account = tx.get("account", link["_"]["account"]) if link else None
        if link is None or account is None:
            abort(404)
        if link["_"]["used"] or tx.now >= link["expires_at"]:
            return redirect(link["_"]["refresh_url"], 303)
        if request.method == "GET":
            return render_template("onboard.html", account=account, back=link["_"]["return_url"])
        link["_"]["used"] = True
        tx.save(link)
        outcome = request.form.get("outcome", "")
        accounts.onboard(tx, account, outcome=outcome if outcome in accounts.OUTCOMES else "incomplete")
    return redirect(link["_"]["return_url"], 303)


@pages.app_template_filter("money")
def money_filter(amount_minor: int, currency: str) -> str:
    """Show an amount."""
    return money.shown(amount_minor, currency)


@pages.app_template_filter("grouped")
def grouped_filter(number: Any) -> str:
    """Show a card number in groups of four."""
    digits = str(number)
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
