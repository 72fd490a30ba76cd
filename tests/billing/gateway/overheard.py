"""A line between the gateway and the sandbox on which everything that is said can be read."""

import http.client
import http.server
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.formparser import parse_form_data

from billing.sandbox.params import nested


@dataclass(frozen=True)
class Exchange:
    """One request with what it said, and its answer."""

    method: str
    path: str
    sent: dict[str, Any]
    key: str
    account: str
    status: int
    answer: dict[str, Any]


@dataclass
class Line:
    """What was said."""

    port: int = 0
    said: list[Exchange] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address to speak to instead of the sandbox's."""
        return f"http://127.0.0.1:{self.port}"


def fields(body: bytes, kind: str) -> list[tuple[str, str]]:
    """Return the fields of a form; of a file only its name and size."""
    if not kind.startswith("multipart/"):
        return parse_qsl(body.decode(), keep_blank_values=True)
    environ = {"wsgi.input": io.BytesIO(body), "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
    _stream, form, files = parse_form_data(environ)
    said = [(name, f"{file.filename}, {len(file.read())} bytes") for name, file in files.items(multi=True)]
    return [*form.items(multi=True), *said]


@contextmanager
def overhearing(to_port: int) -> Iterator[Line]:
    """Carry requests to the sandbox and keep what was said."""
    line = Line()

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _carry(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            onward = http.client.HTTPConnection("127.0.0.1", to_port, timeout=20)
            onward.request(self.command, self.path, body, dict(self.headers))
            answer = onward.getresponse()
            said = answer.read()
            onward.close()
            parts = urlsplit(self.path)
            pairs = parse_qsl(parts.query, keep_blank_values=True) + fields(body, self.headers.get("Content-Type", ""))
            key, account = self.headers.get("Idempotency-Key", ""), self.headers.get("Stripe-Account", "")
            line.said.append(
                Exchange(self.command, parts.path, nested(pairs), key, account, answer.status, json.loads(said))
            )
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_DELETE = _carry  # noqa: N815  as the library calls them

        def log_message(self, *_words: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    line.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()
