"""
Faults on demand.

The first group strikes requests, `remaining` times (None until it is switched off). The second changes how events
are delivered; there `remaining` counts events.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.sandbox.errors import ApiError, Json
from billing.sandbox.store import Store, Transaction

BEFORE = {
    "rate_limit": "429, nothing done",
    "server_error": "500, nothing done, the same key works again",
    "server_error_kept": "500, nothing done, the same key repeats the 500 for a day, as Stripe's does",
    "unavailable": "503 from in front of the API, nothing done",
}
AFTER = {
    "commit_then_hang": "done, but the answer never comes; the line closes after `seconds`",
    "commit_then_reset": "done, but the line closes at once",
    "commit_then_500": "done, but the answer is 500",
}
DELIVERY = {
    "duplicate_deliveries": "each event is delivered three times",
    "reorder_deliveries": "events go out newest first, once half a second brings no other",
    "hold_deliveries": "nothing goes out",
    "drop_deliveries": "events are never sent; only the list of events has them",
    "drop_some_deliveries": "one event in five is never sent",
    "bad_signature": "events go out signed with another secret",
    "old_signature": "events go out with a signature that is an hour old",
}
KINDS = {**BEFORE, **AFTER, **DELIVERY}
HANG_SECONDS = 90.0
COPIES = 3


@dataclass(frozen=True)
class Fault:
    """One switched-on fault; `method` "*" strikes any, `path` is a prefix."""

    kind: str
    times: int | None = 1
    method: str = "*"
    path: str = "/v1/"
    seconds: float = HANG_SECONDS


def switch_on(tx: Transaction, fault: Fault) -> None:
    """Add a fault."""
    if fault.kind not in KINDS:
        raise ValueError(f"No such fault: {fault.kind}. There are {', '.join(KINDS)}.")
    tx.run(
        "INSERT INTO faults (kind, remaining, method, path, seconds) VALUES (?, ?, ?, ?, ?)",
        fault.kind,
        fault.times,
        fault.method.upper(),
        fault.path,
        fault.seconds,
    )


def switch_off(tx: Transaction, kind: str | None = None) -> int:
    """Remove the faults of a kind, or all; return how many there were."""
    return tx.run("DELETE FROM faults WHERE ? IS NULL OR kind = ?", kind, kind)


def current(tx: Transaction) -> list[Json]:
    """Return the faults that are on, oldest first."""
    return [dict(row) for row in tx.rows("SELECT * FROM faults ORDER BY id")]


def take(tx: Transaction, kinds: Sequence[str], *, method: str = "*", path: str = "/v1/") -> Fault | None:
    """Return the oldest fault of these kinds that strikes, and count it down."""
    marks = ", ".join("?" * len(kinds))
    found = tx.rows(
        f"SELECT * FROM faults WHERE kind IN ({marks}) AND (method = '*' OR ? = '*' OR method = ?)"  # noqa: S608 - marks
        " AND substr(?, 1, length(path)) = path ORDER BY id LIMIT 1",
        *kinds,
        method,
        method,
        path,
    )
    if not found:
        return None
    row = found[0]
    if row["remaining"] == 1:
        tx.run("DELETE FROM faults WHERE id = ?", row["id"])
    elif row["remaining"] is not None:
        tx.run("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", row["id"])
    return Fault(row["kind"], row["remaining"], row["method"], row["path"], row["seconds"])


def for_request(store: Store, *, method: str, path: str) -> Fault | None:
    """Return the fault that strikes this request, if any."""
    kinds = [*BEFORE, *AFTER] if method == "POST" else list(BEFORE)
    with store.transaction() as tx:
        return take(tx, kinds, method=method, path=path)


def is_on(tx: Transaction, kind: str) -> bool:
    """Say whether a fault of this kind is on, without counting it down."""
    return bool(tx.rows("SELECT 1 FROM faults WHERE kind = ? LIMIT 1", kind))


def refusal(kind: str) -> ApiError:
    """Return the answer of a fault that refuses."""
    if kind == "rate_limit":
        message = "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests."
        return ApiError(429, message, code="rate_limit")
    if kind == "unavailable":
        return ApiError(503, "The sandbox is unavailable because somebody switched that fault on.", kind="api_error")
    return ApiError(
        500,
        "The sandbox failed because somebody switched that fault on.",
        kind="api_error",
        keeps=kind == "server_error_kept",
    )
