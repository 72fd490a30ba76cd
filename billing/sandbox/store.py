"""
One SQLite file (WAL) with everything the sandbox knows.

Every change happens in a transaction that is committed before the answer is sent, so a `kill -9` loses nothing that
somebody was told. One connection serves all threads, one transaction at a time: SQLite allows one writer anyway.
"""

import json
import secrets
import sqlite3
import string
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from billing.sandbox.errors import Json

ALPHABET = string.ascii_letters + string.digits

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    account TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, account, seq);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_by_source ON objects (kind, json_extract(body, '$.source_transaction'));
CREATE INDEX IF NOT EXISTS objects_by_transfer ON objects (kind, json_extract(body, '$.transfer'));
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due_at REAL NOT NULL, name TEXT NOT NULL, target TEXT NOT NULL,
    detail TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_due ON jobs (due_at);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL, made_at REAL NOT NULL, note TEXT NOT NULL DEFAULT '',
    CHECK (state IN ('pending', 'delivered', 'failed', 'dropped'))) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, request TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (account, key)) STRICT;
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, remaining INTEGER, method TEXT NOT NULL,
    path TEXT NOT NULL, seconds REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS requests (
    id TEXT PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL,
    key TEXT NOT NULL, note TEXT NOT NULL) STRICT;
"""
EMPTIED = ("objects", "settings", "jobs", "deliveries", "idempotency", "faults", "requests")


def new_id(prefix: str, length: int = 24) -> str:
    """Return a fresh id in Stripe's form, such as `pi_3fK…`."""
    return prefix + "_" + "".join(secrets.choice(ALPHABET) for _ in range(length))


def public(body: Json) -> Json:
    """Return an object as the wire shows it: without what the sandbox notes for itself under `_`."""
    return {name: value for name, value in body.items() if name != "_"}


class Transaction:
    """
    What one request, job or page may do to the store.

    `now` is the sandbox's clock in whole seconds, `account` the connected account that the caller acts for ("" is the
    platform itself), `request` the id and idempotency key that events will carry.
    """

    def __init__(self, connection: sqlite3.Connection, *, now: int, account: str, request: Json | None):
        self.connection = connection
        self.now = now
        self.account = account
        self.request: Json = request or {"id": None, "idempotency_key": None}
        self.stirs = False
        """Set when there is something new to deliver."""

    @contextmanager
    def acting_for(self, account: str) -> Iterator[None]:
        """Do what stands in the block for another account: what it makes, finds and says is that account's."""
        before, self.account = self.account, account
        try:
            yield
        finally:
            self.account = before

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Run a query and return all of its rows."""
        return self.connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> int:
        """Run a statement and return how many rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def insert(self, body: Json) -> Json:
        """Keep a new object; its kind is its `object` field."""
        self.connection.execute(
            "INSERT INTO objects (id, kind, account, created, body) VALUES (?, ?, ?, ?, ?)",
            (body["id"], body["object"], self.account, body.get("created", self.now), json.dumps(body)),
        )
        return body

    def save(self, body: Json) -> Json:
        """Write back an object that was changed."""
        self.connection.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
        return body

    def delete(self, object_id: str) -> None:
        """Forget an object."""
        self.connection.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def get(self, kind: str, object_id: str | None) -> Json | None:
        """Return the object of this kind and id if this account owns it, else None."""
        if not object_id:
            return None
        found = self.rows(
            "SELECT body FROM objects WHERE id = ? AND kind = ? AND account = ?", object_id, kind, self.account
        )
        return json.loads(found[0]["body"]) if found else None

    def need(self, kind: str, object_id: str) -> Json:
        """Return an object that must be there; for ids that the sandbox wrote down itself."""
        body = self.get(kind, object_id)
        if body is None:
            raise LookupError(f"{kind} {object_id} is gone")
        return body

    def owner_of(self, object_id: str) -> str | None:
        """Return the account that owns an object ("" for the platform), or None when there is no such object."""
        found = self.rows("SELECT account FROM objects WHERE id = ?", object_id)
        return found[0]["account"] if found else None

    def find(self, kind: str, where: Sequence[str] = (), values: Sequence[Any] = (), **order: Any) -> list[Json]:
        """
        Return objects of a kind, newest first, of this account.

        `where` are SQL conditions over the columns (`json_extract(body, '$.x') = ?`) with their `values`;
        `order` may hold `limit` and `oldest_first`.
        """
        conditions = " AND ".join(["kind = ?", "account = ?", *where])
        direction = "ASC" if order.get("oldest_first") else "DESC"
        found = self.rows(
            f"SELECT body FROM objects WHERE {conditions} ORDER BY seq {direction} LIMIT ?",  # noqa: S608 - our own text
            kind,
            self.account,
            *values,
            order.get("limit", -1),
        )
        return [json.loads(row["body"]) for row in found]

    def setting(self, name: str, default: str = "") -> str:
        """Return a stored setting."""
        found = self.rows("SELECT value FROM settings WHERE name = ?", name)
        return str(found[0]["value"]) if found else default

    def put_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        self.run(
            "INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value
        )


class Store:
    """The file, its lock and its clock."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)
        self.stirred = threading.Event()
        """Set after a commit that left something to deliver."""

    @contextmanager
    def transaction(self, *, account: str = "", request: Json | None = None) -> Iterator[Transaction]:
        """Commit at the end of the block, roll back when it raises. One at a time; not to be nested."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                tx = Transaction(self._connection, now=int(self.now()), account=account, request=request)
                yield tx
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        if tx.stirs:
            self.stirred.set()

    def now(self) -> float:
        """Return the sandbox's time: the machine's clock and the test clock's offset, in seconds."""
        with self._lock:
            found = self._connection.execute("SELECT value FROM settings WHERE name = 'clock_offset'").fetchone()
        return time.time() + (float(found["value"]) if found else 0.0)

    def empty(self) -> None:
        """Forget everything but the webhook endpoints."""
        with self.transaction() as tx:
            for table in EMPTIED:
                tx.run(f"DELETE FROM {table}" + (" WHERE kind <> 'webhook_endpoint'" if table == "objects" else ""))  # noqa: S608

    def close(self) -> None:
        """Close the file; SQLite then folds the write-ahead log into it."""
        with self._lock:
            self._connection.close()
