"""Payouts: what an account has goes to its bank by its schedule or by hand, arrives, fails, or comes back after it had arrived."""

from datetime import UTC, datetime, timedelta

from billing.sandbox import balance, clock, events, money
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Metadata, Needed, Text, Whole
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

TRAVEL_SECONDS = 2 * 24 * 3600
"""How long money is on its way to the bank."""
DEFAULT_SCHEDULE: Json = {"delay_days": 2, "interval": "daily"}


def schedule_of(account: Json) -> Json:
    """Return when an account's money goes to its bank."""
    kept = (account["settings"].get("payouts") or {}).get("schedule") or {}
    return {**DEFAULT_SCHEDULE, **kept}


@clock.job("pay_out")
def pay_out(tx: Transaction, target: str, detail: Json) -> None:
    """Send an account's available money on its way, when its schedule's day has come; look again on the next such day."""
    with tx.acting_for(""):
        account = tx.get("account", target)
    if account is None or not account["payouts_enabled"]:
        return
    schedule = schedule_of(account)
    if schedule["interval"] == "manual":
        return
    due = _next_day(schedule, now=tx.now)
    if due > tx.now and not detail.get("is_due"):
        clock.schedule(tx, "pay_out", target, due_at=due, is_due=True)
        return
    sums = {found["currency"] for found in tx.find("balance_transaction")}
    for currency in sorted(sums):
        amount = balance.held(tx, currency, "available")
        if amount > 0:
            _send(tx, account, amount_minor=amount, currency=currency, automatic=True)


def _next_day(schedule: Json, *, now: int) -> int:
    """Return the instant of the next payout day; for `daily` that is now."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if schedule["interval"] == "weekly":
        days = "monday tuesday wednesday thursday friday saturday sunday".split()
        anchor = (schedule.get("weekly_payout_days") or [schedule.get("weekly_anchor") or "friday"])[0]
        ahead = (days.index(anchor) - today.weekday()) % 7 or 7
        return int((today + timedelta(days=ahead)).timestamp())
    if schedule["interval"] == "monthly":
        anchor_day = int((schedule.get("monthly_payout_days") or [schedule.get("monthly_anchor") or 1])[0])
        following = (today.replace(day=28) + timedelta(days=4)).replace(day=min(anchor_day, 28))
        this = today.replace(day=min(anchor_day, 28))
        return int((this if this > today else following).timestamp())
    return now


def _send(
    tx: Transaction, account: Json, *, amount_minor: int, currency: str, automatic: bool, given: Json | None = None
) -> Json:
    given = given or {}
    bank = next(iter(account["external_accounts"]["data"]), None)
    payout: Json = {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount_minor,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": tx.now + TRAVEL_SECONDS,
        "automatic": automatic,
        "balance_transaction": None,
        "created": tx.now,
        "currency": currency,
        "description": given.get("description") or "STRIPE PAYOUT",
        "destination": bank["id"] if bank else None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": given.get("metadata") or {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": given.get("statement_descriptor"),
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }
    tx.insert(payout)
    moved = balance.move(tx, "payout", payout, amount_minor=-amount_minor, available_on=tx.now)
    payout["balance_transaction"] = moved["id"]
    tx.save(payout)
    if automatic:
        _list_in(tx, payout)
    events.emit(tx, "payout.created", payout)
    clock.schedule(tx, "payout_arrives", payout["id"], due_at=payout["arrival_date"])
    return payout


def _list_in(tx: Transaction, payout: Json) -> None:
    """Note on each available movement which payout took it, so that a payout can be explained line by line."""
    for found in tx.find("balance_transaction"):
        if found["status"] == "available" and found["currency"] == payout["currency"] and "_" not in found:
            found["_"] = {"payout": payout["id"]}
            tx.save(found)


@clock.job("payout_arrives")
def arrive(tx: Transaction, target: str, _detail: Json) -> None:
    """The bank has the money."""
    payout = tx.need("payout", target)
    if payout["status"] not in ("pending", "in_transit"):
        return
    clock.cancel(tx, "payout_arrives", target)
    payout["status"] = "paid"
    tx.save(payout)
    events.emit(tx, "payout.paid", payout)


def fail(tx: Transaction, payout: Json, *, code: str = "account_closed") -> None:
    """The bank refuses, or returns what it had taken: the money is in the account's balance again."""
    if payout["status"] in ("failed", "canceled"):
        return
    clock.cancel(tx, "payout_arrives", payout["id"])
    moved = balance.move(tx, "payout_failure", payout, amount_minor=payout["amount"], available_on=tx.now)
    payout |= {
        "status": "failed",
        "failure_code": code,
        "failure_message": "The bank account has been closed.",
        "failure_balance_transaction": moved["id"],
    }
    tx.save(payout)
    events.emit(tx, "payout.failed", payout)


@endpoint(
    "POST",
    "/v1/payouts",
    {
        "amount": Needed(Whole(1, money.LARGEST)),
        "currency": Needed(Text(3)),
        "description": Text(1000),
        "metadata": Metadata(),
        "method": Text(choices=("standard",)),
        "statement_descriptor": Text(22),
    },
)
def create(call: Call) -> Json:
    """Send available money to the bank by hand."""
    tx, asked = call.tx, call.params
    currency = asked["currency"].lower()
    acting = tx.account
    with tx.acting_for(""):
        account = tx.get("account", acting)
    if account is None or not account["payouts_enabled"]:
        raise bad("Payouts are not enabled for this account.", code="payouts_not_allowed")
    if balance.held(tx, currency, "available") < asked["amount"]:
        raise bad("You have insufficient funds in your Stripe account for this payout.", code="balance_insufficient")
    return _send(tx, account, amount_minor=asked["amount"], currency=currency, automatic=False, given=asked)


def _one(call: Call) -> Json:
    found = call.tx.get("payout", call.ids["payout"])
    if found is None:
        raise no_such("payout", call.ids["payout"])
    return found


@endpoint("GET", "/v1/payouts/<payout>")
def retrieve(call: Call) -> Json:
    """Return one payout."""
    return _one(call)


@endpoint("POST", "/v1/payouts/<payout>/cancel")
def cancel(call: Call) -> Json:
    """Take back a payout that has not left."""
    payout = _one(call)
    if payout["status"] != "pending":
        raise bad("Payouts can only be canceled before they are paid out.", code="payout_cannot_be_canceled")
    payout["status"] = "canceled"
    call.tx.save(payout)
    events.emit(call.tx, "payout.canceled", payout)
    return payout


@endpoint("GET", "/v1/payouts", {**PAGE, "created": RANGE, "arrival_date": RANGE, "status": Text()})
def list_payouts(call: Call) -> Json:
    """Return payouts, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "status")
    return page(call.tx, "payout", call.params, url="/v1/payouts", where=where + same, values=values + equals)
