"""
Turns: a crowd in one mall does not keep the others out (A5).

The server has more threads than Django shall use. What no cache answers waits here, by host, and a few threads of our own take
one request from each host, however it is spelt, in turn; one host never holds more than `FRONT_TURNS_PER_HOST` of them. While others
are here too, a host has one request computed at a time, because all threads share one interpreter; what waits for somebody else's
server or for the request's own body (`away`) is not computed. A host at which too many wait already is told to come again in a
second, which costs the process next to nothing. Database connections are those of our few threads.
"""

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from tenants.registry.names import host_in

Environ = dict[str, Any]
# A host is alone when no other one's request has come for so long.
ALONE_AFTER_S = 1.0
BUSY = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>One moment</title>
<link rel="stylesheet" href="/static/ui/ui.css"></head>
<body><main class="main stack" id="main"><h1>One moment, please</h1>
<p>Many people are here right now. This page tries again by itself in two seconds. Nothing was bought or charged.</p>
<p lang="zh-Hans">访问的人很多，本页将在两秒后自动重试。没有下单，也没有扣款。</p></main></body></html>
""".encode()


class _Job:
    """A request that waits for its turn, and what came of it."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.done = threading.Event()
        self.said: list[Any] = []
        self.answer: Iterable[bytes] = ()
        self.error: BaseException | None = None


class FairTurns:
    """Wraps Django's application. Off with `FRONT_TURNS = 0`."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()
        self._held: Counter[str] = Counter()
        self._computed: Counter[str] = Counter()
        self._latest = ""
        self._others_until = 0.0
        self._change = threading.Condition()
        self._threads = 0

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer when it is the host's turn, or that too many wait."""
        if not settings.FRONT_TURNS:
            return self.application(environ, start_response)
        environ["wsgi.input"] = _Body(environ.get("wsgi.input"))
        job, host = _Job(environ), host_in(environ.get("HTTP_HOST", "")[:260])
        if not self._enter(host, job):
            headers = [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Retry-After", "2"),
                ("Cache-Control", "no-store"),
            ]
            start_response("503 Service Unavailable", [*headers, ("Content-Length", str(len(BUSY)))])
            return [BUSY]
        job.done.wait()
        if job.error is not None:
            raise job.error
        start_response(*job.said)
        return job.answer

    def _enter(self, host: str, job: _Job) -> bool:
        with self._change:
            line = self._waiting.get(host)
            if line is not None and len(line) >= settings.FRONT_TURNS_WAITING:
                return False
            self._waiting.setdefault(host, deque()).append(job)
            if host != self._latest:
                self._others_until = time.monotonic() + ALONE_AFTER_S if self._latest else 0.0
                self._latest = host
            if self._threads < settings.FRONT_TURNS:
                self._threads += 1
                threading.Thread(target=self._work, name=f"turn-{self._threads}", daemon=True).start()
            self._change.notify()
        return True

    def _work(self) -> None:
        while True:
            with self._change:
                while (found := self._next()) is None:
                    self._change.wait()
            host, job = found
            _here.turn = (self, host)
            try:
                _run(self.application, job)
            finally:
                with self._change:
                    self._count(self._held, host, -1)
                    self._count(self._computed, host, -1)
                    self._change.notify()
                job.done.set()

    def _next(self) -> tuple[str, _Job] | None:
        """Take the first request of the host whose turn it is; the host goes to the end of the round."""
        most = settings.FRONT_TURNS_PER_HOST
        computed = 1 if time.monotonic() < self._others_until else most
        for host, line in self._waiting.items():
            if self._held[host] < most and self._computed[host] < computed:
                job = line.popleft()
                self._held[host] += 1
                self._computed[host] += 1
                del self._waiting[host]
                if line:
                    self._waiting[host] = line
                return host, job
        return None

    def note_away(self, host: str, *, is_away: bool) -> None:
        """Note that a request of the host waits for somebody else's server, or does no more."""
        with self._change:
            self._count(self._computed, host, -1 if is_away else 1)
            self._change.notify()

    @staticmethod
    def _count(counter: Counter[str], host: str, change: int) -> None:
        """Counters name no host of which there is nothing to count."""
        counter[host] += change
        if not counter[host]:
            del counter[host]


# The turn that a thread of ours has: whose turns, and of which host.
_here = threading.local()


@contextmanager
def away() -> Iterator[None]:
    """Wait for somebody else in this block: the host may have its next request computed meanwhile. Outside a turn, nothing."""
    turns, host = getattr(_here, "turn", (None, ""))
    if turns is None:
        yield
        return
    turns.note_away(host, is_away=True)
    try:
        yield
    finally:
        turns.note_away(host, is_away=False)


class _Body:
    """A request's body: while a slow phone sends it, nothing is computed."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, *size: int) -> bytes:
        """Wait for bytes."""
        with away():
            return bytes(self._inner.read(*size))

    def readline(self, *size: int) -> bytes:
        """Wait for a line."""
        with away():
            return bytes(self._inner.readline(*size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _run(application: Callable[..., Iterable[bytes]], job: _Job) -> None:
    """Run Django in this thread. A body that is no stream is read and closed here, where its database connection is."""
    try:
        answer: Any = application(job.environ, lambda *said: job.said.__setitem__(slice(None), said))
        if getattr(answer, "streaming", True):
            job.answer = answer
            return
        try:
            job.answer = [b"".join(answer)]
        finally:
            answer.close()
    except BaseException as error:  # noqa: BLE001  it is raised in the thread that asked
        job.error = error
