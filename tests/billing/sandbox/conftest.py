"""A running sandbox and a receiver of its webhooks."""

import http.server
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.billing.sandbox.process import Receiver, Sandbox, free_port


@pytest.fixture(scope="session")
def _receiver() -> Iterator[Receiver]:
    receiver = Receiver(port=0)

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(self.path, self.headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield receiver
    server.shutdown()


@pytest.fixture
def receiver(_receiver: Receiver) -> Receiver:
    _receiver.clear()
    return _receiver


@pytest.fixture(scope="session")
def _shared(_receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = Sandbox(free_port(), tmp_path_factory.mktemp("sandbox") / "sandbox.db", _receiver).start()
    yield running
    assert running.stop() == 0


@pytest.fixture
def sandbox(_shared: Sandbox, receiver: Receiver) -> Sandbox:
    """The shared sandbox, emptied."""
    _shared.control("reset")
    receiver.clear()
    return _shared


@pytest.fixture
def own_sandbox(receiver: Receiver, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of the test's own, to be killed and started again."""
    running = Sandbox(free_port(), tmp_path / "own" / "sandbox.db", receiver).start()
    yield running
    if running.process and running.process.poll() is None:
        running.stop(signal.SIGKILL)
