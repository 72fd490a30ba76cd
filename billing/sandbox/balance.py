"""Balance transactions: every movement of Stripe's pot for an account, with the fee; and the balance they add up to."""

from billing.sandbox import clock, events, money
from billing.sandbox.errors import Json, no_such
from billing.sandbox.lists import PAGE, RANGE, created, equal, page
from billing.sandbox.params import Text
from billing.sandbox.store import Transaction, new_id
from billing.sandbox.wire import Call, endpoint

AVAILABLE_SECONDS = 2 * 24 * 3600
"""How long money is pending."""
CATEGORIES = {"payment": "charge", "payment_refund": "refund", "refund_failure": "refund_failure"}


def move(tx: Transaction, kind: str, source: Json, *, amount_minor: int, fee_minor: int = 0) -> Json:
    """Record a movement of `amount_minor` (negative goes out) less a fee; it is pending for two days."""
    currency = source["currency"]
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
        "available_on": tx.now + AVAILABLE_SECONDS,
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
        "status": "pending",
        "type": kind,
    }
    clock.schedule(tx, "make_available", made["id"], due_at=made["available_on"])
    return tx.insert(made)


@clock.job("make_available")
def make_available(tx: Transaction, target: str, _detail: Json) -> None:
    """Turn a pending movement into an available one."""
    found = tx.need("balance_transaction", target)
    found["status"] = "available"
    tx.save(found)
    events.emit(tx, "balance.available", _balance(tx))


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
    same, equals = equal(call.params, "currency", "type", "source", "payout")
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
