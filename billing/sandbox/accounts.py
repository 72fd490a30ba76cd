"""Connected accounts and the links that lead to their onboarding page."""

from billing.sandbox import clock, events
from billing.sandbox.errors import ApiError, Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, page
from billing.sandbox.params import Address, Echoed, Flag, Metadata, Needed, Text, Whole, merged
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

LINK_SECONDS = 300
CAPABILITIES = ("card_payments", "transfers", "alipay_payments", "wechat_pay_payments")
TO_DO = (
    "business_profile.url",
    "external_account",
    "individual.first_name",
    "individual.last_name",
    "tos_acceptance.date",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PROFILE: Json = {
    "mcc": Text(4),
    "name": Text(),
    "product_description": Text(40000),
    "support_email": Text(),
    "support_phone": Text(),
    "support_url": Text(),
    "url": Text(),
}
WRITABLE: Json = {
    "business_profile": PROFILE,
    "business_type": Text(choices=("company", "government_entity", "individual", "non_profit")),
    "capabilities": {name: {"requested": Flag()} for name in CAPABILITIES},
    "default_currency": Text(3),
    "email": Text(),
    "metadata": Metadata(),
    "settings": {
        "payouts": {
            "debit_negative_balances": Flag(),
            "schedule": {
                "delay_days": Text(),
                "interval": Text(choices=("daily", "manual", "monthly", "weekly")),
                "monthly_anchor": Whole(1, 31),
                "monthly_payout_days": [Whole(1, 31)],
                "weekly_anchor": Text(choices=WEEKDAYS),
                "weekly_payout_days": [Text(choices=WEEKDAYS[:5])],
            },
            "statement_descriptor": Text(22),
        }
    },
}
CONTROLLER: Json = {
    "fees": {"payer": Text(choices=("account", "application"))},
    "losses": {"payments": Text(choices=("application", "stripe"))},
    "requirement_collection": Text(choices=("application", "stripe")),
    "stripe_dashboard": {"type": Text(choices=("express", "full", "none"))},
}


@endpoint(
    "POST",
    "/v1/accounts",
    {**WRITABLE, "country": Text(2), "controller": CONTROLLER, "type": Text(choices=("custom", "express", "standard"))},
)
def create(call: Call) -> Json:
    """Make an account that still has to be onboarded."""
    asked = call.params
    if asked.get("type") and asked.get("controller"):
        raise bad("You may only specify one of these parameters: type, controller.", param="type")
    account = call.tx.insert(_account(call, asked))
    _request_capabilities(account, asked.get("capabilities") or {})
    return call.tx.save(account)


def _account(call: Call, asked: Json) -> Json:
    controller = asked.get("controller") or {}
    country = (asked.get("country") or "US").upper()
    return {
        "id": new_id("acct", 16),
        "object": "account",
        "business_profile": {**dict.fromkeys(PROFILE), **(asked.get("business_profile") or {})},
        "business_type": asked.get("business_type"),
        "capabilities": {},
        "charges_enabled": False,
        "controller": {
            "fees": {"payer": (controller.get("fees") or {}).get("payer", "account")},
            "is_controller": True,
            "losses": {"payments": (controller.get("losses") or {}).get("payments", "stripe")},
            "requirement_collection": controller.get("requirement_collection") or "stripe",
            "stripe_dashboard": {"type": (controller.get("stripe_dashboard") or {}).get("type", "full")},
            "type": "application",
        },
        "country": country,
        "created": call.now,
        "default_currency": (asked.get("default_currency") or "usd").lower(),
        "details_submitted": False,
        "email": asked.get("email"),
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": "/v1/accounts/external_accounts",
        },
        "future_requirements": _requirements([]),
        "metadata": merged({}, asked.get("metadata")),
        "payouts_enabled": False,
        "requirements": _requirements(list(TO_DO)),
        "settings": _settings({}, asked.get("settings")),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": asked.get("type") or "none",
    }


def _settings(old: Json, asked: Json | None) -> Json:
    """Return an account's settings after an update; only those about payouts can be changed."""
    kept = old.get("payouts") or {
        "debit_negative_balances": True,
        "schedule": {"delay_days": 2, "interval": "daily"},
        "statement_descriptor": None,
    }
    sent = {name: value for name, value in ((asked or {}).get("payouts") or {}).items() if value is not None}
    schedule = {name: value for name, value in (sent.pop("schedule", None) or {}).items() if value is not None}
    schedule.pop("delay_days", None)
    changed = {"delay_days": kept["schedule"]["delay_days"], **schedule} if "interval" in schedule else kept["schedule"]
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        **old,
        "payouts": {**kept, **sent, "schedule": changed},
    }


def _requirements(due: list[str]) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": "requirements.past_due" if due else None,
        "errors": [],
        "eventually_due": due,
        "past_due": due,
        "pending_verification": [],
    }


def _request_capabilities(account: Json, asked: Json) -> None:
    for name, wish in asked.items():
        if wish and wish.get("requested"):
            account["capabilities"][name] = "active" if account["details_submitted"] else "inactive"
        elif wish:
            account["capabilities"].pop(name, None)


def _one(call: Call) -> Json:
    found = call.tx.get("account", call.ids["account"])
    if found is None:
        raise no_such("account", call.ids["account"], param="account")
    if found.get("_", {}).get("disconnected"):
        raise ApiError(
            403,
            f"The provided key does not have access to account '{found['id']}' (or that account does not exist). "
            "Application access may have been revoked.",
            code="account_invalid",
        )
    return found


@endpoint("GET", "/v1/accounts/<account>")
def retrieve(call: Call) -> Json:
    """Return an account."""
    return _one(call)


@endpoint("POST", "/v1/accounts/<account>", WRITABLE)
def update(call: Call) -> Json:
    """Change an account; says `account.updated` to the Connect endpoint."""
    account = _one(call)
    previous: Json = {}
    for name, value in call.params.items():
        if name not in ("capabilities", "metadata", "business_profile", "settings"):
            previous[name], account[name] = account.get(name), value
    if "business_profile" in call.params:
        previous["business_profile"] = account["business_profile"]
        account["business_profile"] = {**account["business_profile"], **(call.params["business_profile"] or {})}
    account["settings"] = _settings(account["settings"], call.params.get("settings"))
    account["metadata"] = merged(account["metadata"], call.params.get("metadata"))
    _request_capabilities(account, call.params.get("capabilities") or {})
    call.tx.save(account)
    say(call.tx, account, "account.updated", account, previous)
    return account


@endpoint("GET", "/v1/accounts/<account>/capabilities/<capability>")
def retrieve_capability(call: Call) -> Json:
    """Return one capability of an account."""
    account, name = _one(call), call.ids["capability"]
    if name not in account["capabilities"]:
        raise no_such("capability", name)
    return _capability(account, name, account["capabilities"][name])


@endpoint("DELETE", "/v1/accounts/<account>")
def delete(call: Call) -> Json:
    """Forget an account."""
    account = _one(call)
    call.tx.delete(account["id"])
    return {"id": account["id"], "object": "account", "deleted": True}


@endpoint("GET", "/v1/accounts", {**PAGE, "created": RANGE})
def list_accounts(call: Call) -> Json:
    """Return accounts, newest first."""
    where, values = created(call.params)
    return page(call.tx, "account", call.params, url="/v1/accounts", where=where, values=values)


@endpoint(
    "POST",
    "/v1/account_links",
    {
        "account": Needed(Text()),
        "type": Needed(Text(choices=("account_onboarding", "account_update"))),
        "refresh_url": Address(),
        "return_url": Address(),
        "collect": Text(choices=("currently_due", "eventually_due")),
        "collection_options": Echoed(),
    },
)
def create_link(call: Call) -> Json:
    """Make a link to the onboarding page, good once and for five minutes."""
    account_id = call.params["account"]
    if call.tx.get("account", account_id) is None:
        raise no_such("account", account_id, param="account", status=400)
    for name in ("refresh_url", "return_url"):
        if not call.params.get(name):
            raise bad(f"Missing required param: {name}.", code="parameter_missing", param=name)
    token = new_id("alink", 32)
    link: Json = {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + LINK_SECONDS,
        "url": f"{call.public_url}/c/onboard/{token}",
    }
    addresses = {name: call.params[name] for name in ("refresh_url", "return_url")}
    call.tx.insert({**link, "id": token, "_": {"account": account_id, "used": False, **addresses}})
    return link


def say(tx: Transaction, account: Json, kind: str, about: Json, previous: Json | None = None) -> None:
    """Emit an event as the connected account's, so that it goes to the Connect endpoint."""
    with tx.acting_for(account["id"]):
        events.emit(tx, kind, about, previous)


OUTCOMES = ("complete", "due", "incomplete", "restricted")
DAYS_TO_DEADLINE = 14


def onboard(tx: Transaction, account: Json, *, outcome: str) -> None:
    """
    The merchant has filled in the form: everything; everything, but a document is wanted by a day; all but the bank account; or what
    Stripe will not accept.

    A restricted account loses its transfers and payouts with a reason; filling in the form again can lift that.
    """
    complete = outcome in ("complete", "due")
    due = {"complete": [], "incomplete": ["external_account"]}.get(outcome, ["individual.verification.document"])
    account |= {
        "details_submitted": True,
        "charges_enabled": complete,
        "payouts_enabled": complete,
        "requirements": _requirements(due),
        "tos_acceptance": {"date": tx.now, "ip": "127.0.0.1", "user_agent": None},
    }
    if outcome == "due":
        deadline = tx.now + DAYS_TO_DEADLINE * 86400
        account["requirements"] |= {"current_deadline": deadline, "disabled_reason": None, "past_due": []}
    if outcome == "restricted":
        account["requirements"] |= {
            "disabled_reason": "requirements.past_due",
            "errors": [
                {
                    "code": "verification_document_name_mismatch",
                    "reason": "The name on the document does not match the name on the account.",
                    "requirement": due[0],
                }
            ],
        }
    if complete and not account["external_accounts"]["data"]:
        account["external_accounts"]["data"] = [_bank(account)]
    for name in account["capabilities"]:
        account["capabilities"][name] = "active" if complete else "inactive"
    tx.save(account)
    for name, status in account["capabilities"].items():
        say(tx, account, "capability.updated", _capability(account, name, status))
    say(tx, account, "account.updated", account, {"details_submitted": False})
    if complete:
        with tx.acting_for(account["id"]):
            clock.schedule(tx, "pay_out", account["id"], due_at=tx.now)


def _bank(account: Json) -> Json:
    return {
        "id": new_id("ba"),
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": account["country"],
        "currency": account["default_currency"],
        "default_for_currency": True,
        "fingerprint": None,
        "last4": "6789",
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }


def disconnect(tx: Transaction, account: Json) -> None:
    """The merchant has taken the platform's access away: no more transfers, and `account.application.deauthorized`."""
    account |= {"payouts_enabled": False, "charges_enabled": False}
    account["capabilities"] = dict.fromkeys(account["capabilities"], "inactive")
    account["_"] = {"disconnected": True}
    tx.save(account)
    application = {"id": "ca_sandbox", "object": "application", "name": "Hutong"}
    say(tx, account, "account.application.deauthorized", application)


def _capability(account: Json, name: str, status: str) -> Json:
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "future_requirements": account["future_requirements"],
        "requested": True,
        "requested_at": account["created"],
        "requirements": account["requirements"],
        "status": status,
    }
