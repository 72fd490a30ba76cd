"""Balance transactions: every movement of Stripe's pot for an account, with the fee; and the balance they add up to."""

from billing.sandbox import clock, events, money
from billing.sandbox.errors import Json, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Text
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

AVAILABLE_SECONDS = 2 * 24 * 3600
"""How long money is pending."""
CATEGORIES = {"payment": "charge", "payment_refund": "refund", "transfer_refund": "transfer_reversal"}


def move(
    tx: Transaction, kind: str, source: Json, *, amount_minor: int, fee_minor: int = 0, available_on: int | None = None
) -> Json:
    """Record a movement of `amount_minor` (negative goes out) less a fee; it is pending until then, by default two days."""
    currency = source["currency"]
    available_on = tx.now + AVAILABLE_SECONDS if available_on is None else available_on
    details = {
        "amount": fee_minor,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    made: Json = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount_minor,
        "available_on": available_on,
        "balance_type": "payments",
        "created": tx.now,
        "currency": currency,
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee_minor,
        "fee_details": [details] if fee_minor else [],
        "net": amount_minor - fee_minor,
        "reporting_category": CATEGORIES.get(kind, kind),
        "source": source["id"],
        "status": "pending" if available_on > tx.now else "available",
        "type": kind,
    }
    if made["status"] == "pending":
        clock.schedule(tx, "make_available", made["id"], due_at=available_on)
    return tx.insert(made)


@clock.job("make_available")
def make_available(tx: Transaction, target: str, _detail: Json) -> None:
    """Turn a pending movement into an available one."""
    found = tx.need("balance_transaction", target)
    found["status"] = "available"
    tx.save(found)
    events.emit(tx, "balance.available", _balance(tx))
    if tx.account:
        clock.cancel(tx, "pay_out", tx.account)
        clock.schedule(tx, "pay_out", tx.account, due_at=tx.now)


def held(tx: Transaction, currency: str, *statuses: str) -> int:
    """Return what the acting account holds in a currency, in minor units, of movements in these states."""
    return sum(
        found["net"]
        for found in tx.find("balance_transaction")
        if found["currency"] == currency and found["status"] in statuses
    )


def _balance(tx: Transaction) -> Json:
    sums: dict[tuple[str, str], int] = {}
    for found in tx.find("balance_transaction"):
        key = (found["status"], found["currency"])
        sums[key] = sums.get(key, 0) + found["net"]
    currencies = sorted({currency for _, currency in sums}) or ["usd"]

    def part(status: str) -> list[Json]:
        amounts = [(currency, sums.get((status, currency), 0)) for currency in currencies]
        return [{"amount": net, "currency": name, "source_types": {"card": net}} for name, net in amounts]

    return {
        "object": "balance",
        "available": part("available"),
        "connect_reserved": [{"amount": 0, "currency": currency} for currency in currencies],
        "livemode": False,
        "pending": part("pending"),
    }


@endpoint("GET", "/v1/balance")
def retrieve_balance(call: Call) -> Json:
    """Return the balance: the sums of pending and available movements for each currency."""
    return _balance(call.tx)


@endpoint("GET", "/v1/balance_transactions/<transaction>")
@endpoint("GET", "/v1/balance/history/<transaction>")
def retrieve(call: Call) -> Json:
    """Return one movement."""
    found = call.tx.get("balance_transaction", call.ids["transaction"])
    if found is None:
        raise no_such("balance transaction", call.ids["transaction"])
    return found


@endpoint(
    "GET",
    "/v1/balance_transactions",
    {**PAGE, "created": RANGE, "currency": Text(3), "type": Text(), "source": Text(), "payout": Text()},
)
def list_transactions(call: Call) -> Json:
    """Return movements, newest first."""
    where, values = created(call.params)
    same, equals = equal(call.params, "currency", "type", "source")
    if call.params.get("payout"):
        same, equals = [*same, "json_extract(body, '$._.payout') = ?"], [*equals, call.params["payout"]]
    return page(
        call.tx,
        "balance_transaction",
        call.params,
        url="/v1/balance_transactions",
        where=where + same,
        values=values + equals,
    )


def fee_of(charge: Json) -> int:
    """Return the processing fee of a charge in minor units."""
    return money.fee_minor(charge["amount"], charge["currency"])
