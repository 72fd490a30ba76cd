"""
Webhook endpoints, and the queue that feeds them.

A delivery is a row that is pending until the endpoint has answered 2xx. It is sent at least once: a process that is
killed between sending and noting sends again. Failures come again after 1 s, 2 s, 5 s … up to an hour, for three days.
"""

import hmac
import http.client
import json
import logging
import random
import threading
import time
from hashlib import sha256
from urllib.parse import urlsplit

from billing.sandbox import API_VERSION, faults
from billing.sandbox.errors import Json, bad, no_such
from billing.sandbox.lists import PAGE, page
from billing.sandbox.params import Address, Flag, Metadata, Needed, Text, merged
from billing.sandbox.store import Store, Transaction, new_id, public
from billing.sandbox.wire import Call, endpoint

log = logging.getLogger(__name__)

BACKOFF_SECONDS = (1, 2, 5, 10, 30, 60, 300, 900)
LATER_SECONDS = 3600
GIVE_UP_SECONDS = 3 * 24 * 3600
ANSWER_SECONDS = 10
REORDER_SECONDS = 0.5
DROPPED_SHARE = 0.2
USER_AGENT = "Stripe/1.0 (+https://stripe.com/docs/webhooks) sandbox"


def check_target(url: str) -> None:
    """
    Let only this machine be a target.

    :raises ApiError: the address is not plain http to localhost, 127.0.0.1 or a name under .localhost
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or not (host in ("localhost", "127.0.0.1") or host.endswith(".localhost")):
        raise bad(
            "The sandbox delivers only to http://localhost, http://127.0.0.1 or *.localhost",
            code="url_invalid",
            param="url",
        )


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the `Stripe-Signature` header for a body sent at `at` (seconds of the machine's clock)."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={signed}"


def install(tx: Transaction, *, url: str, secret: str, connect: bool) -> Json:
    """Make the endpoint of this address exist with this secret; for addresses given at the start."""
    check_target(url)
    for old in tx.find("webhook_endpoint"):
        if old["_"].get("installed") and old["_"]["connect"] == connect:
            old["url"], old["status"] = url, "enabled"
            old["_"]["secret"] = secret
            return tx.save(old)
    made = _endpoint(tx, url=url, events=["*"], connect=connect, secret=secret)
    made["description"] = "Given at the start"
    made["_"]["installed"] = True
    return tx.insert(made)


def _endpoint(tx: Transaction, *, url: str, events: list[str], connect: bool, secret: str) -> Json:
    return {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": tx.now,
        "description": None,
        "enabled_events": events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
        "_": {"secret": secret, "connect": connect},
    }


WRITABLE: Json = {"description": Text(), "metadata": Metadata(), "enabled_events": [Text(200)], "url": Address()}


@endpoint(
    "POST",
    "/v1/webhook_endpoints",
    {
        **WRITABLE,
        "url": Needed(Address()),
        "enabled_events": Needed([Text(200)]),
        "connect": Flag(),
        "api_version": Text(choices=(API_VERSION,)),
    },
)
def create(call: Call) -> Json:
    """Add an endpoint; its secret is shown only in this answer."""
    check_target(call.params["url"])
    made = _endpoint(
        call.tx,
        url=call.params["url"],
        events=call.params["enabled_events"],
        connect=bool(call.params.get("connect")),
        secret=new_id("whsec", 32),
    )
    made["description"] = call.params.get("description")
    made["metadata"] = call.params.get("metadata") or {}
    call.tx.insert(made)
    return {**made, "secret": made["_"]["secret"]}


def _one(call: Call) -> Json:
    found = call.tx.get("webhook_endpoint", call.ids["endpoint"])
    if found is None:
        raise no_such("webhook endpoint", call.ids["endpoint"])
    return found


@endpoint("GET", "/v1/webhook_endpoints/<endpoint>")
def retrieve(call: Call) -> Json:
    """Return an endpoint, without its secret."""
    return _one(call)


@endpoint("POST", "/v1/webhook_endpoints/<endpoint>", {**WRITABLE, "disabled": Flag()})
def update(call: Call) -> Json:
    """Change where an endpoint is, what it wants, or whether it is on."""
    found = _one(call)
    if call.params.get("url"):
        check_target(call.params["url"])
    for name in ("url", "enabled_events", "description"):
        if name in call.params:
            found[name] = call.params[name]
    found["metadata"] = merged(found["metadata"], call.params.get("metadata"))
    if "disabled" in call.params:
        found["status"] = "disabled" if call.params["disabled"] else "enabled"
    return call.tx.save(found)


@endpoint("DELETE", "/v1/webhook_endpoints/<endpoint>")
def delete(call: Call) -> Json:
    """Remove an endpoint and what was waiting for it."""
    found = _one(call)
    call.tx.delete(found["id"])
    call.tx.run("DELETE FROM deliveries WHERE endpoint = ? AND state = 'pending'", found["id"])
    return {"id": found["id"], "object": "webhook_endpoint", "deleted": True}


@endpoint("GET", "/v1/webhook_endpoints", PAGE)
def list_endpoints(call: Call) -> Json:
    """Return the endpoints."""
    return page(call.tx, "webhook_endpoint", call.params, url="/v1/webhook_endpoints")


def queue(tx: Transaction, event: Json) -> int:
    """Queue an event for each endpoint that wants it, as the faults that are on say; return how many those are."""
    wanted = [found for found in _endpoints(tx) if _wants(found, event)]
    if not wanted:
        return 0
    state = "dropped" if faults.take(tx, ["drop_deliveries"]) else "pending"
    if faults.is_on(tx, "drop_some_deliveries") and random.random() < DROPPED_SHARE:  # noqa: S311 - no secret
        state = "dropped"
    copies = faults.COPIES if state == "pending" and faults.take(tx, ["duplicate_deliveries"]) else 1
    for found in wanted:
        for _ in range(copies):
            send_later(tx, event["id"], found["id"], state=state)
    return len(wanted)


def send_later(tx: Transaction, event_id: str, endpoint_id: str, *, state: str = "pending") -> None:
    """Add a delivery that is due now."""
    tx.stirs = True
    tx.run(
        "INSERT INTO deliveries (event, endpoint, state, due_at, made_at) VALUES (?, ?, ?, ?, ?)",
        event_id,
        endpoint_id,
        state,
        tx.now,
        time.time(),
    )


def resend(tx: Transaction, event_id: str) -> int:
    """Queue an event again for every endpoint that wants it; return how many those are."""
    found = tx.rows("SELECT body FROM objects WHERE id = ? AND kind = 'event'", event_id)
    if not found:
        raise LookupError(event_id)
    event = json.loads(found[0]["body"])
    wanted = [target for target in _endpoints(tx) if _wants(target, event)]
    for target in wanted:
        send_later(tx, event_id, target["id"])
    return len(wanted)


def _endpoints(tx: Transaction) -> list[Json]:
    rows = tx.rows("SELECT body FROM objects WHERE kind = 'webhook_endpoint' ORDER BY seq")
    return [json.loads(row["body"]) for row in rows]


def _wants(found: Json, event: Json) -> bool:
    if found["status"] != "enabled" or found["_"]["connect"] != ("account" in event):
        return False
    return "*" in found["enabled_events"] or event["type"] in found["enabled_events"]


class Deliverer(threading.Thread):
    """Sends what is pending and due, one at a time, until it is told to stop."""

    def __init__(self, store: Store):
        super().__init__(name="deliveries", daemon=True)
        self._store = store
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            self._store.stirred.clear()
            try:
                while not self.stopping.is_set() and self._send_next():
                    pass
            except Exception:
                log.exception("Delivering failed; it goes on in a second")
                self.stopping.wait(1)
            self._store.stirred.wait(0.25)

    def _send_next(self) -> bool:
        with self._store.transaction() as tx:
            due = self._due(tx)
            if due is None:
                return False
            event = json.loads(tx.rows("SELECT body FROM objects WHERE id = ?", due["event"])[0]["body"])
            target = tx.rows("SELECT body FROM objects WHERE id = ?", due["endpoint"])
            wrong = faults.take(tx, ["bad_signature", "old_signature"])
        found = json.loads(target[0]["body"]) if target else None
        status, note = self._post(found, event, wrong.kind if wrong else "") if found else (0, "the endpoint is gone")
        with self._store.transaction() as tx:
            _note(tx, due, status, note, self._store.now())
        return True

    def _due(self, tx: Transaction) -> Json | None:
        """Return the next delivery to send; newest first, once it has been quiet for a while, when that fault is on."""
        if faults.is_on(tx, "hold_deliveries"):
            return None
        reorder = faults.is_on(tx, "reorder_deliveries")
        order = "DESC" if reorder else "ASC"
        due = "state = 'pending' AND due_at <= ?"
        now = self._store.now()
        if reorder:
            oldest, newest = tx.rows(f"SELECT min(made_at), max(made_at) FROM deliveries WHERE {due}", now)[0]  # noqa: S608
            if newest and time.time() < min(newest + REORDER_SECONDS, oldest + 10 * REORDER_SECONDS):
                return None
        found = tx.rows(f"SELECT * FROM deliveries WHERE {due} ORDER BY id {order} LIMIT 1", now)  # noqa: S608
        return dict(found[0]) if found else None

    def _post(self, target: Json, event: Json, wrong: str) -> tuple[int, str]:
        """Return the status that the endpoint answered with (0 for none) and a word about it."""
        body = json.dumps(public(event), indent=2, ensure_ascii=False).encode()
        secret, at = target["_"]["secret"], int(time.time())
        if wrong == "bad_signature":
            secret = new_id("whsec", 32)
        if wrong == "old_signature":
            at -= 3600
        parts = urlsplit(target["url"])
        # Names under .localhost are this machine (RFC 6761) whether or not its resolver knows; Host stays as written.
        line = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=ANSWER_SECONDS)
        headers = {
            "Host": parts.netloc,
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(secret, body, at),
            "User-Agent": USER_AGENT,
        }
        try:
            line.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = line.getresponse()
            answer.read(65536)
            return answer.status, " ".join(filter(None, [answer.reason, f"({wrong})" if wrong else ""]))
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{type(error).__name__}: {error}"[:200]
        finally:
            line.close()


def _note(tx: Transaction, due: Json, status: int, note: str, now: float) -> None:
    attempts = due["attempts"] + 1
    shown = f"{status or 'no answer'} {note}".strip()
    state, due_at = "pending", now + delay_seconds(attempts)
    if 200 <= status < 300:
        state = "delivered"
    elif now + LATER_SECONDS - due["made_at"] > GIVE_UP_SECONDS:
        state = "failed"
    tx.run(
        "UPDATE deliveries SET state = ?, attempts = ?, due_at = ?, note = ? WHERE id = ?",
        state,
        attempts,
        due_at,
        shown,
        due["id"],
    )
    if state != "pending":
        left = "SELECT count(DISTINCT endpoint) FROM deliveries WHERE event = ? AND state = 'pending'"
        waiting = tx.rows(left, due["event"])[0][0]
        tx.run(
            "UPDATE objects SET body = json_set(body, '$.pending_webhooks', ?) WHERE id = ?",
            waiting,
            due["event"],
        )


def delay_seconds(attempts: int) -> float:
    """Return how long to wait after so many failed attempts, with up to a tenth of jitter."""
    base = BACKOFF_SECONDS[attempts - 1] if attempts <= len(BACKOFF_SECONDS) else LATER_SECONDS
    return base * random.uniform(1, 1.1)  # noqa: S311 - no secret
