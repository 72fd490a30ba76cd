"""A server on the loopback for a test: answers by a function, remembers what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answering(Protocol):
    """What answers: a status and a body, or None to hang up without a word."""

    def answer(self, asked: Asked) -> tuple[int, bytes] | None:
        """Answer a request."""


@dataclass
class Served:
    """A running server."""

    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The address before the path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        """What an operator lists as their own."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def serving(answering: Answering, *, port: int = 0) -> Iterator[Served]:
    """Run a server that answers by `answering` until the block ends, on a port that is free where none is given."""
    served = Served(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, {name.lower(): text for name, text in self.headers.items()}, body)
            served.asked.append(asked)
            said = answering.answer(asked)
            if said is None:
                self.close_connection = True
                return
            self.send_response(said[0])
            self.send_header("Content-Length", str(len(said[1])))
            self.end_headers()
            self.wfile.write(said[1])

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    served.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
