"""The Flask application: the API, the hosted pages and the control page over one store."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from billing.sandbox import (  # noqa: F401 - importing a module registers its addresses and jobs
    accounts,
    balance,
    checkout_api,
    customers,
    disputes,
    events,
    files,
    invoices_api,
    papers,
    payments_api,
    payouts,
    plans,
    refunds,
    subscriptions,
    transfers,
    webhooks,
)
from billing.sandbox.control import control
from billing.sandbox.errors import ApiError, unknown_address
from billing.sandbox.faults import Fault
from billing.sandbox.hosted import pages
from billing.sandbox.portal import portal
from billing.sandbox.store import Store
from billing.sandbox.wire import ENDPOINTS, Endpoint, Wire, authenticate

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' http: https: data:; base-uri 'none'; frame-ancestors 'none'"
)
LARGEST_BODY = files.LARGEST + 1024 * 1024


class Hanging:
    """Requests that were committed and get no answer; they wait here."""

    def __init__(self) -> None:
        self._released = threading.Event()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until somebody lets all go."""
        self._released.wait(seconds)

    def release(self) -> None:
        """Let all that wait go."""
        released, self._released = self._released, threading.Event()
        released.set()


def create_app(store: Store, *, public_url: str) -> Flask:
    """Return the application; `public_url` is its own address as a browser sees it, without a slash at the end."""
    app = Flask("billing.sandbox")
    app.config |= {"STORE": store, "PUBLIC_URL": public_url, "HANGING": Hanging(), "MAX_CONTENT_LENGTH": LARGEST_BODY}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    wire = Wire(store, public_url=public_url)
    with store.transaction() as tx:
        tx.put_setting("public_url", public_url)  # jobs of the clock make links too
    for spec in ENDPOINTS:
        app.add_url_rule(
            spec.rule,
            endpoint=f"{spec.method} {spec.rule}",
            view_func=_view(app, wire, spec),
            methods=[spec.method],
            provide_automatic_options=False,
        )
    app.register_blueprint(pages)
    app.register_blueprint(portal)
    app.register_blueprint(control)
    app.before_request(_refuse_strangers)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InternalServerError, _http_error)
    return app


def _view(app: Flask, wire: Wire, spec: Endpoint) -> Any:
    def view(**ids: str) -> Response:
        answer = wire.serve(spec, request, ids)
        if answer.fault and answer.fault.kind in ("commit_then_hang", "commit_then_reset"):
            return _dropped(app, answer.fault)
        return answer.response()

    return view


def _dropped(app: Flask, fault: Fault) -> Response:
    """Close the connection without an answer, after a while or at once. What was asked for is done and stays done."""

    line: socket.socket = request.environ["werkzeug.socket"]

    def nothing() -> Iterator[bytes]:
        if fault.kind == "commit_then_hang":
            app.config["HANGING"].wait(fault.seconds)
        with suppress(OSError):  # the caller may have gone before us
            line.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError("a fault closes this line")
        yield b""  # type: ignore[unreachable]  # makes the function a stream

    return Response(nothing())


def _refuse_strangers() -> Response | None:
    """
    Refuse what a web page elsewhere could make a browser send here: another Host, or a POST from another origin.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    if not (host in ("localhost", "127.0.0.1") or host.endswith(".localhost")):
        return Response("The sandbox answers only to localhost.\n", 421, content_type="text/plain")
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD") and origin and urlsplit(origin).netloc != request.host:
        return Response("This form came from another site.\n", 403, content_type="text/plain")
    return None


def _add_headers(answer: Response) -> Response:
    if request.path.startswith("/v1/"):
        answer.headers["Stripe-Version"] = request.headers.get("Stripe-Version", "")
    else:
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _http_error(error: HTTPException) -> Response:
    if not request.path.startswith("/v1/"):
        if request.path.startswith("/control/"):
            answer = jsonify({"error": error.description})
            answer.status_code = error.code or 500
            return answer
        return Response(render_template("problem.html", error=error), error.code)
    try:
        authenticate(request)
        refusal = unknown_address(request.method, request.path)
        if error.code not in (404, 405):
            refusal = ApiError(error.code or 500, error.description or error.name, kind="api_error")
    except ApiError as refused:
        refusal = refused
    answer = jsonify(refusal.body)
    answer.status_code = refusal.status
    return answer
