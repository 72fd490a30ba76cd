"""
From an HTTP request to an answer: key, faults, idempotency, parameters, the call itself, `expand[]`.

The change, the events it makes, their deliveries and the remembered answer are one commit, made before answering.
"""

import hashlib
import json
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response

from billing.sandbox import faults, lists, params
from billing.sandbox.errors import ApiError, Json, bad, unauthorised
from billing.sandbox.store import Store, Transaction, new_id, public

KEY_SECONDS = 24 * 3600
"""How long an idempotency key is remembered."""
REQUESTS_KEPT = 500


@dataclass(frozen=True)
class Call:
    """One request to the API: its transaction, its typed parameters, and the ids in its path."""

    tx: Transaction
    params: Json
    ids: dict[str, str]
    public_url: str

    @property
    def now(self) -> int:
        """The sandbox's clock, in whole seconds."""
        return self.tx.now


Run = Callable[[Call], Json]


@dataclass(frozen=True)
class Endpoint:
    """An address of the API: what it accepts and what it does."""

    method: str
    rule: str
    accepts: Json
    run: Run


ENDPOINTS: list[Endpoint] = []


def endpoint(method: str, rule: str, accepts: Json | None = None) -> Callable[[Run], Run]:
    """Register an address of the API; `rule` is written as Flask writes routes."""

    def register(run: Run) -> Run:
        ENDPOINTS.append(Endpoint(method, rule, accepts or {}, run))
        return run

    return register


@dataclass
class Answer:
    """What goes back: a status, a body, headers, and what is to happen to the line afterwards."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    fault: faults.Fault | None = None

    def response(self) -> Response:
        """Return it as Flask wants it."""
        answer = Response(self.body, status=self.status, content_type="application/json")
        answer.headers.update(self.headers)
        return answer


class Wire:
    """Serves the API out of one store."""

    def __init__(self, store: Store, *, public_url: str):
        self.store = store
        self.public_url = public_url
        self._busy: set[tuple[str, str]] = set()
        self._busy_lock = threading.Lock()

    def serve(self, spec: Endpoint, request: Request, ids: dict[str, str]) -> Answer:
        """Return the answer to one request, after it is committed and noted in the log of requests."""
        request_id = new_id("req", 14)
        try:
            answer = self._serve(spec, request, ids, request_id)
        except ApiError as refusal:
            answer = Answer(refusal.status, json.dumps(refusal.body))
        answer.headers.setdefault("Request-Id", request_id)
        self._note(request, request_id, answer)
        return answer

    def _serve(self, spec: Endpoint, request: Request, ids: dict[str, str], request_id: str) -> Answer:
        authenticate(request)
        account = self._account(request.headers.get("Stripe-Account", ""))
        fault = faults.for_request(self.store, method=request.method, path=request.path)
        if fault and fault.kind in faults.BEFORE and fault.kind != "server_error_kept":
            raise faults.refusal(fault.kind)
        key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
        if len(key) > 255:
            raise bad("Idempotency keys can be up to 255 characters")
        if not key:
            return self._once(spec, request, ids, Attempt(request_id, account, "", "", fault))
        with self._busy_lock:
            if (account, key) in self._busy:
                raise ApiError(
                    409,
                    "There is currently another in-progress request using this Idempotent Key.",
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._busy.add((account, key))
        try:
            return self._once(spec, request, ids, Attempt(request_id, account, key, fingerprint(request), fault))
        finally:
            with self._busy_lock:
                self._busy.discard((account, key))

    def _once(self, spec: Endpoint, request: Request, ids: dict[str, str], attempt: "Attempt") -> Answer:
        about = {"id": attempt.request_id, "idempotency_key": attempt.key or None}
        with self.store.transaction(account=attempt.account, request=about) as tx:
            known = recall(tx, attempt, request.path)
            if known:
                return known
            try:
                status, body = 200, self._body(spec, request, ids, tx, attempt)
            except ApiError as refusal:
                if not refusal.keeps:
                    raise
                status, body = refusal.status, json.dumps(refusal.body, separators=(",", ":"))
            remember(tx, attempt, request.path, status, body)
        answer = Answer(status, body, attempt.headers())
        if attempt.fault and attempt.fault.kind in faults.AFTER:
            answer.fault = attempt.fault
            if attempt.fault.kind == "commit_then_500":
                answer.status, answer.body = 500, json.dumps(faults.refusal("server_error").body)
        return answer

    def _body(self, spec: Endpoint, request: Request, ids: dict[str, str], tx: Transaction, attempt: "Attempt") -> str:
        if attempt.fault and attempt.fault.kind == "server_error_kept":
            raise faults.refusal("server_error_kept")
        sent = params.nested([*request.args.items(multi=True), *request.form.items(multi=True), *files(request)])
        expand = params.read({"expand": [params.Text()]}, {"expand": sent.pop("expand", "")})["expand"] or []
        call = Call(tx, params.read(spec.accepts, sent), ids, self.public_url)
        body = lists.expand(tx, public(spec.run(call)), expand)
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False)

    def _account(self, header: str) -> str:
        if not header:
            return ""
        with self.store.transaction() as tx:
            if tx.get("account", header) is None:
                raise ApiError(
                    403,
                    f"The provided key does not have access to account '{header}' (or that account does not exist).",
                    code="account_invalid",
                )
        return header

    def _note(self, request: Request, request_id: str, answer: Answer) -> None:
        note = answer.fault.kind if answer.fault else ""
        if answer.headers.get("Idempotent-Replayed"):
            note = "same key, same answer"
        with self.store.transaction() as tx:
            tx.run(
                "INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)",
                request_id,
                self.store.now(),
                request.method,
                request.path,
                answer.status,
                request.headers.get("Idempotency-Key", ""),
                note,
            )
            tx.run(
                "DELETE FROM requests WHERE rowid <= (SELECT max(rowid) FROM requests) - ?",
                REQUESTS_KEPT,
            )


@dataclass(frozen=True)
class Attempt:
    """One try at a request: its id, who acts, its idempotency key and fingerprint, and the fault that strikes it."""

    request_id: str
    account: str
    key: str
    fingerprint: str
    fault: faults.Fault | None

    def headers(self) -> dict[str, str]:
        """Return the headers that Stripe adds."""
        headers = {"Request-Id": self.request_id}
        if self.key:
            headers |= {"Idempotency-Key": self.key, "Original-Request": self.request_id}
        return headers


def authenticate(request: Request) -> None:
    """
    Let any `sk_test_…` in, as Bearer or as the user name of Basic.

    :raises ApiError: 401 without a key, with a live key, or with anything else
    """
    header = request.headers.get("Authorization", "")
    scheme, _, rest = header.partition(" ")
    key = rest.strip()
    if scheme.lower() == "basic":
        try:
            key = b64decode(key).decode().partition(":")[0]
        except ValueError:
            key = ""
    if not key:
        raise unauthorised("You did not provide an API key. Send it as 'Authorization: Bearer sk_test_…'.")
    if key.startswith(("sk_live_", "rk_live_")):
        raise unauthorised("This is the sandbox and it refuses live keys. Use a key that begins with sk_test_.")
    if not key.startswith("sk_test_") or len(key) <= len("sk_test_"):
        raise unauthorised(f"Invalid API Key provided: {key[:8]}****")


def files(request: Request) -> list[tuple[str, params.SentFile]]:
    """Return the files of a multipart form."""
    found = []
    for name, part in request.files.items(multi=True):
        part.stream.seek(0)
        found.append((name, params.SentFile(part.filename or "", part.stream.read())))
    return found


def fingerprint(request: Request) -> str:
    """Return what two requests must share to count as the same under one key."""
    sent: list[Any] = [
        request.method,
        request.path,
        sorted(request.form.items(multi=True)),
        sorted(request.args.items()),
        *((name, file.name, hashlib.sha256(file.content).hexdigest()) for name, file in files(request)),
    ]
    return hashlib.sha256(json.dumps(sent).encode()).hexdigest()


def recall(tx: Transaction, attempt: Attempt, path: str) -> Answer | None:
    """
    Return the remembered answer for this key, if there is one.

    :raises ApiError: the key was used for another request (400, idempotency_error)
    """
    if not attempt.key:
        return None
    tx.run("DELETE FROM idempotency WHERE created < ?", tx.now - KEY_SECONDS)
    found = tx.rows("SELECT * FROM idempotency WHERE account = ? AND key = ?", attempt.account, attempt.key)
    if not found:
        return None
    row = found[0]
    if row["fingerprint"] != attempt.fingerprint:
        same = "for another address" if row["path"] != path else "with other parameters"
        raise ApiError(
            400,
            f"Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"The key '{attempt.key}' was first used {same}; use another key if this is another request.",
            kind="idempotency_error",
        )
    headers = {**attempt.headers(), "Idempotent-Replayed": "true", "Original-Request": row["request"]}
    return Answer(row["status"], row["body"], headers)


def remember(tx: Transaction, attempt: Attempt, path: str, status: int, body: str) -> None:
    """Keep the answer under its key, in the transaction that made it."""
    if attempt.key:
        tx.run(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            attempt.account,
            attempt.key,
            attempt.fingerprint,
            path,
            status,
            body,
            attempt.request_id,
            tx.now,
        )
