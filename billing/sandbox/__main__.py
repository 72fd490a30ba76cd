"""`python -m billing.sandbox`: see `--help`, or README.md beside this file."""

import argparse
import fcntl
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from billing.sandbox import webhooks
from billing.sandbox.app import create_app
from billing.sandbox.clock import Ticker
from billing.sandbox.errors import ApiError
from billing.sandbox.store import Store

HOST = "127.0.0.1"
log = logging.getLogger("billing.sandbox")


class Handler(WSGIRequestHandler):
    """Answers without Nagle's delay, and without a line of log for each request."""

    disable_nagle_algorithm = True
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        log.debug("%s %s %s", self.command, self.path, code)


def options(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; the secrets may come from the environment instead."""
    parser = argparse.ArgumentParser(prog="python -m billing.sandbox", description="Stripe without the internet.")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--storage", type=Path, required=True, help="SQLite file; made if it is not there")
    parser.add_argument("--webhook", help="where events of the platform's own account go")
    parser.add_argument("--webhook-secret", default=os.environ.get("STRIPE_WEBHOOK_SECRET", ""))
    parser.add_argument("--connect-webhook", help="where events of connected accounts go")
    parser.add_argument("--connect-webhook-secret", default=os.environ.get("STRIPE_CONNECT_WEBHOOK_SECRET", ""))
    parser.add_argument("--public-url", help="own address as browsers see it (http://localhost:PORT)")
    parser.add_argument("--verbose", action="store_true", help="log every request")
    given = parser.parse_args(arguments)
    for name in ("webhook", "connect_webhook"):
        if getattr(given, name) and not getattr(given, name + "_secret"):
            flag = name.replace("_", "-")
            parser.error(f"--{flag} needs --{flag}-secret or STRIPE_{name.upper()}_SECRET")
    return given


def lock(storage: Path) -> int:
    """Hold the storage for this process; the lock goes when the process goes, however it goes."""
    storage.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(storage.with_name(storage.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Another sandbox is using {storage}. Stop it, or give this one another --storage.")
    return held


def install_webhooks(store: Store, given: argparse.Namespace) -> None:
    """Point the endpoints that were named at the start at their addresses."""
    with store.transaction() as tx:
        for name, connect in (("webhook", False), ("connect_webhook", True)):
            if getattr(given, name):
                webhooks.install(tx, url=getattr(given, name), secret=getattr(given, name + "_secret"), connect=connect)


def serve(server: BaseWSGIServer, store: Store) -> None:
    """Serve until SIGTERM or SIGINT; deliveries and the clock run beside."""
    ticker, deliverer = Ticker(store), webhooks.Deliverer(store)

    def stop(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ticker.start()
    deliverer.start()
    server.serve_forever(poll_interval=0.1)
    for thread in (ticker, deliverer):
        thread.stopping.set()
    store.stirred.set()
    for thread in (ticker, deliverer):
        thread.join(webhooks.ANSWER_SECONDS / 5)
    server.server_close()
    store.close()


def main(arguments: list[str]) -> int:
    """Run the sandbox until it is told to stop."""
    given = options(arguments)
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.INFO, format="%(asctime)s sandbox %(message)s"
    )
    lock(given.storage)
    store = Store(given.storage)
    public_url = (given.public_url or f"http://localhost:{given.port}").rstrip("/")
    try:
        install_webhooks(store, given)
    except ApiError as refusal:
        sys.exit(str(refusal))
    app = create_app(store, public_url=public_url)
    server = make_server(HOST, given.port, app, threaded=True, request_handler=Handler)
    log.info("SANDBOX: no money moves. Control page %s/ storage %s", public_url, given.storage)
    serve(server, store)
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
