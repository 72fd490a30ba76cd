"""Events: what happened, as a snapshot that never changes, and the list that a catch-up job reads."""

from billing.sandbox import API_VERSION, webhooks
from billing.sandbox.errors import Json, no_such
from billing.sandbox.lists import PAGE, RANGE, created, page
from billing.sandbox.params import Flag, Text
from billing.sandbox.store import Transaction, new_id, public
from billing.sandbox.wire import Call, endpoint


def emit(tx: Transaction, kind: str, about: Json, previous: Json | None = None) -> Json:
    """
    Record that something happened and queue it for every endpoint that wants it.

    `previous` are the old values of what changed, for events that end in `.updated`.
    """
    data: Json = {"object": public(about)}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Json = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": tx.now,
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": tx.request,
        "type": kind,
    }
    if tx.account:
        event["account"] = tx.account
    tx.insert(event)
    event["pending_webhooks"] = webhooks.queue(tx, event)
    return tx.save(event)


@endpoint("GET", "/v1/events/<event>")
def retrieve(call: Call) -> Json:
    """Return one event."""
    event = call.tx.get("event", call.ids["event"])
    if event is None:
        raise no_such("event", call.ids["event"])
    return event


@endpoint(
    "GET", "/v1/events", {**PAGE, "type": Text(), "types": [Text()], "created": RANGE, "delivery_success": Flag()}
)
def list_events(call: Call) -> Json:
    """Return events, newest first; `delivery_success=false` keeps those that some endpoint has not taken."""
    where, values = created(call.params)
    wanted = [call.params["type"]] if call.params.get("type") else call.params.get("types") or []
    if wanted:
        clauses = ["json_extract(body, '$.type') GLOB ?"] * len(wanted)
        where.append(f"({' OR '.join(clauses)})")
        values += wanted
    success = call.params.get("delivery_success")
    if success is not None:
        missing = "EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND state <> 'delivered')"
        where.append(f"NOT {missing}" if success else missing)
    return page(call.tx, "event", call.params, url="/v1/events", where=where, values=values)
