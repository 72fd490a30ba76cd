"""Keep-alive clients on plain sockets, cheap enough to measure a server that answers thousands of times a second."""

import gzip
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks._stack import percentile


@dataclass
class Found:
    """What a load found: seconds for each answer, how long it took in all, and the answers that were wrong by their status."""

    seconds: list[float] = field(default_factory=list)
    wrong: dict[int, int] = field(default_factory=dict)
    lasted_s: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.lasted_s

    @property
    def p95_ms(self) -> float:
        """Milliseconds in which 95 of 100 answers came."""
        return percentile(self.seconds, 0.95) * 1000


@dataclass(frozen=True)
class Target:
    """A page to ask for, and a text that it must contain."""

    host: str
    path: str
    expected: bytes


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._open()

    def _open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def ask(self, target: Target, *, again: bool = True) -> tuple[int, bytes]:
        """Return status and body, decompressed. A connection that the server has closed is opened again once, if `again`."""
        words = (
            f"GET {target.path} HTTP/1.1\r\nHost: {target.host}:{self.port}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )
        for last in (False, True):
            try:
                self.socket.sendall(words)
                status = self.file.readline()
                if status:
                    return self._answer(status)
            except OSError:
                if last or not again:
                    raise
            if not again:
                break
            self.file.close()
            self.socket.close()
            self._open()
        raise SystemExit(f"the server closed the connection on {target}")

    def _answer(self, status: bytes) -> tuple[int, bytes]:
        headers: dict[bytes, bytes] = {}
        while (line := self.file.readline().strip()) != b"":
            name, _colon, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        body = self.file.read(int(headers.get(b"content-length", 0)))
        if headers.get(b"connection", b"").lower() == b"close":
            self.file.close()
            self.socket.close()
            self._open()
        return int(status.split()[1]), _plain(body) if headers.get(b"content-encoding") == b"gzip" else body


_seen: dict[bytes, bytes] = {}


def _plain(body: bytes) -> bytes:
    """Decompress; the same bytes once."""
    if body not in _seen:
        if len(_seen) > 500:
            _seen.clear()
        _seen[body] = gzip.decompress(body)
    return _seen[body]


def load(port: int, targets: Sequence[Target], *, requests: int, clients: int = 4) -> Found:
    """Ask for the pages in turn from some connections at once, until `requests` were answered."""
    found, lock, left = Found(), threading.Lock(), iter(range(requests))

    def run() -> None:
        client = Client(port)
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            target = targets[number % len(targets)]
            begun = time.perf_counter()
            status, body = client.ask(target)
            took = time.perf_counter() - begun
            is_wrong = status != 200 or target.expected not in body
            with lock:
                found.seconds.append(took)
                if is_wrong:
                    found.wrong[status] = found.wrong.get(status, 0) + 1

    threads = [threading.Thread(target=run) for _number in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.lasted_s = time.perf_counter() - begun
    return found
