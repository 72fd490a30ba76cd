"""The addresses of Checkout Sessions, and what a new one must say."""

import time
from typing import Any

from billing.sandbox import checkout, clock, line_items, money
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Address, Echoed, Flag, Metadata, Needed, Text, Whole, merged
from billing.sandbox.store import new_id
from billing.sandbox.wire import Call, endpoint

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600
SLACK_SECONDS = 5
"""Clocks of two processes and the time that a request takes."""

INTENT: Json = {
    "description": Text(1000),
    "metadata": Metadata(),
    "on_behalf_of": Text(),
    "receipt_email": Text(800),
    "statement_descriptor": Text(22),
    "statement_descriptor_suffix": Text(22),
    "transfer_group": Text(),
}
CREATE: Json = {
    "mode": Needed(Text(choices=("payment", "setup", "subscription"))),
    "line_items": [line_items.LINE_ITEM],
    "success_url": Needed(Address()),
    "cancel_url": Address(),
    "client_reference_id": Text(200),
    "currency": Text(3),
    "customer": Text(),
    "customer_email": Text(800),
    "customer_creation": Text(choices=("always", "if_required")),
    "expires_at": Whole(),
    "metadata": Metadata(),
    "payment_intent_data": INTENT,
    "payment_method_types": [Text(choices=("card", "alipay", "wechat_pay"))],
    "subscription_data": {
        "description": Text(500),
        "metadata": Metadata(),
        "trial_period_days": Whole(1, 730),
    },
    "ui_mode": Text(choices=("hosted_page",)),
    "locale": Text(10),
    "submit_type": Text(choices=("auto", "book", "donate", "pay", "subscribe")),
    "branding_settings": {
        "display_name": Text(100),
        "background_color": Text(7),
        "border_style": Text(20),
        "button_color": Text(7),
        "font_family": Text(40),
    },
    "billing_address_collection": Text(choices=("auto", "required")),
    "phone_number_collection": {"enabled": Flag()},
    "adaptive_pricing": {"enabled": Flag()},
    "automatic_tax": {"enabled": Flag()},
    "allow_promotion_codes": Flag(),
    "custom_text": Echoed(),
    "origin_context": Text(choices=("mobile_app", "web")),
    "integration_identifier": Text(200),
}


@endpoint("POST", "/v1/checkout/sessions", CREATE)
def create(call: Call) -> Json:
    """Make a session with a page to pay on."""
    asked, tx = call.params, call.tx
    _check_mode(asked)
    if not asked.get("line_items"):
        raise bad("Missing required param: line_items.", code="parameter_missing", param="line_items")
    if asked.get("customer") and asked.get("customer_email"):
        raise bad("You may only specify one of these parameters: customer, customer_email.", param="customer")
    customer = asked.get("customer")
    if (customer and (found := tx.get("customer", customer)) is None) or (customer and found and found.get("deleted")):
        raise no_such("customer", customer, param="customer", status=400)
    items = [line_items.item(call, sent, f"line_items[{index}]") for index, sent in enumerate(asked["line_items"])]
    currency = line_items.one_currency(items, asked.get("currency"))
    if asked["mode"] == "payment":
        _check_total(sum(item["amount_total"] for item in items), currency)
    elif not all(item["price"]["recurring"] for item in items):
        raise bad("The sandbox speaks recurring prices only in `subscription` mode.", param="line_items")
    expires_at, due_at = _expiry(call)
    session = _session(call, items=items, currency=currency, expires_at=expires_at)
    clock.schedule(tx, "expire_session", session["id"], due_at=due_at)
    return tx.insert(session)


def _check_mode(asked: Json) -> None:
    if asked["mode"] == "setup":
        raise bad("The sandbox does not speak mode 'setup' yet.", param="mode")
    other = "subscription_data" if asked["mode"] == "payment" else "payment_intent_data"
    if asked.get(other):
        raise bad(f"You can not pass `{other}` in `{asked['mode']}` mode.", param=other)
    if asked["mode"] == "subscription" and asked.get("customer_creation"):
        raise bad("`customer_creation` can only be used in `payment` and `setup` mode.", param="customer_creation")


def _check_total(total_minor: int, currency: str) -> None:
    if total_minor < money.smallest(currency):
        least = money.shown(money.smallest(currency), currency)
        raise bad(f"The Checkout Session's total amount due must add up to at least {least}.", code="amount_too_small")
    if total_minor % money.step(currency):
        raise bad(
            f"Invalid amount. Charged amounts in {currency.upper()} must be evenly divisible by {money.step(currency)}.",
            code="invalid_charge_amount",
        )
    if total_minor > money.LARGEST:
        most = money.shown(money.LARGEST, currency)
        raise bad(f"The Checkout Session's total amount must be no more than {most}.", code="amount_too_large")


def _expiry(call: Call) -> tuple[int, float]:
    """
    Return the instant that the session names, and when it falls due by the sandbox's clock.

    A caller that keeps real time while the test clock is ahead is understood too: what counts is how far ahead of
    its own clock the instant is.
    """
    asked = call.params.get("expires_at")
    if asked is None:
        return call.now + LONGEST_SECONDS, call.now + LONGEST_SECONDS
    for reference in (float(call.now), time.time()):
        if SHORTEST_SECONDS - SLACK_SECONDS <= asked - reference <= LONGEST_SECONDS + SLACK_SECONDS:
            return asked, call.now + asked - reference
    raise bad(
        "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
        param="expires_at",
    )


def _session(call: Call, *, items: list[Json], currency: str, expires_at: int) -> Json:
    asked = call.params
    session_id = new_id("cs_test", 58)
    total = sum(item["amount_total"] for item in items)
    intent = {name: value for name, value in (asked.get("payment_intent_data") or {}).items() if value is not None}
    branding: Json = BRANDING | {name: value for name, value in (asked.get("branding_settings") or {}).items() if value}
    fixed: dict[str, Any] = dict.fromkeys(EMPTY_FIELDS)
    return fixed | {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": asked.get("adaptive_pricing") or {"enabled": False},
        "allow_promotion_codes": asked.get("allow_promotion_codes"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": asked.get("billing_address_collection"),
        "branding_settings": branding,
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": call.now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": asked.get("custom_text")
        or dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": asked.get("customer"),
        "customer_creation": _customer_creation(asked),
        "customer_email": asked.get("customer_email"),
        "expires_at": expires_at,
        "integration_identifier": asked.get("integration_identifier"),
        "invoice_creation": None,
        "livemode": False,
        "locale": asked.get("locale"),
        "metadata": asked.get("metadata") or {},
        "mode": asked["mode"],
        "origin_context": asked.get("origin_context"),
        "payment_method_collection": "if_required" if asked["mode"] == "payment" else "always",
        "payment_method_options": {},
        "payment_method_types": asked.get("payment_method_types")
        or (_methods(currency) if asked["mode"] == "payment" else ["card"]),
        "payment_status": "unpaid",
        "phone_number_collection": asked.get("phone_number_collection") or {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "submit_type": asked.get("submit_type"),
        "success_url": asked["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{call.public_url}/c/pay/{session_id}",
        "_": {"line_items": items, "intent": intent, "subscription": asked.get("subscription_data") or {}},
    }


def _customer_creation(asked: Json) -> str | None:
    if asked.get("customer"):
        return None
    return "always" if asked["mode"] == "subscription" else asked.get("customer_creation") or "if_required"


BRANDING = {
    "background_color": "#ffffff",
    "border_style": "rounded",
    "button_color": "#0074d4",
    "display_name": "The shop",
    "font_family": "default",
    "icon": None,
    "logo": None,
}
EMPTY_FIELDS = (
    "after_expiration client_secret collected_information consent consent_collection currency_conversion "
    "customer_account customer_details discounts invoice payment_intent payment_link "
    "payment_method_configuration_details permissions recovered_from "
    "saved_payment_method_options setup_intent shipping_address_collection shipping_cost subscription wallet_options"
).split()


def _methods(currency: str) -> list[str]:
    offered = {"card": True, "alipay": currency in money.ALIPAY, "wechat_pay": currency in money.WECHAT}
    return [name for name, is_offered in offered.items() if is_offered]


def _one(call: Call) -> Json:
    found = call.tx.get("checkout.session", call.ids["session"])
    if found is None:
        raise no_such("checkout.session", call.ids["session"], param="session")
    return found


@endpoint("GET", "/v1/checkout/sessions/<session>")
def retrieve(call: Call) -> Json:
    """Return a session."""
    return _one(call)


@endpoint("POST", "/v1/checkout/sessions/<session>", {"metadata": Metadata()})
def update(call: Call) -> Json:
    """Change a session's metadata."""
    session = _one(call)
    session["metadata"] = merged(session["metadata"], call.params.get("metadata"))
    return call.tx.save(session)


@endpoint("POST", "/v1/checkout/sessions/<session>/expire")
def expire(call: Call) -> Json:
    """Expire an open session."""
    session = _one(call)
    if session["status"] != "open":
        raise bad(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}."
        )
    checkout.expire(call.tx, session)
    return session


@endpoint(
    "GET",
    "/v1/checkout/sessions",
    {
        **PAGE,
        "created": RANGE,
        "customer": Text(),
        "payment_intent": Text(),
        "status": Text(choices=("open", "complete", "expired")),
    },
)
def list_sessions(call: Call) -> Json:
    """Return sessions, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "customer", "payment_intent", "status")
    return page(
        call.tx,
        "checkout.session",
        call.params,
        url="/v1/checkout/sessions",
        where=where + same,
        values=values + equals,
    )
