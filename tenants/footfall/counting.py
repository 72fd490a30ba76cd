"""A WSGI application in front of the others that counts views and visits of malls' public pages by host and quarter of an hour."""

import atexit
import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from redis.exceptions import RedisError

from tenants.registry.names import host_in

from . import taking

logger = logging.getLogger(__name__)
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
QUARTER_S = 900
FLUSH_EVERY_S = 5.0
MOST_LINES = 5_000
# What shoppers look at; the way to pay, accounts and the back office are no part of it.
_PAGES = re.compile(r"/(?:deals/(?:[^/]+/)?|stores/(?:[^/]+/)?|search/)?")
_ROBOTS = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|monitor|headless", re.IGNORECASE)


class Footfall:
    """Wraps an application. One for each process; safe in threads."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._handed_over = time.monotonic()
        atexit.register(self.hand_over)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Let the application answer, and count a page that somebody looks at."""
        if not is_looked_at(environ):
            return self.application(environ, start_response)
        host, is_visit = host_in(environ.get("HTTP_HOST", "")), is_arrival(environ)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            if status.startswith(("200", "304")):
                self.add(host, is_visit=is_visit, at=time.time())
            return start_response(status, headers, *error)

        return self.application(environ, start)

    def add(self, host: str, *, is_visit: bool, at: float) -> None:
        """Count a view; hosts beyond the bound of a process are dropped, so that made-up ones cannot fill the memory."""
        line = f"{int(at) // QUARTER_S}|{host[:253]}"
        with self._lock:
            if line in self._counts or len(self._counts) < MOST_LINES:
                self._counts[line] += 1
                self._counts[f"{line}|visit"] += is_visit
            is_due = time.monotonic() - self._handed_over > FLUSH_EVERY_S
        if is_due:
            self.hand_over()

    def hand_over(self) -> None:
        """Add the sums to everybody's. Without Valkey they are kept for the next time."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
            self._handed_over = time.monotonic()
        try:
            if taken:
                taking.add({line: count for line, count in taken.items() if count})
        except RedisError:
            logger.warning("views could not be handed over; they are kept")
            with self._lock:
                self._counts.update(taken)


def is_looked_at(environ: Environ) -> bool:
    """Tell whether a person asks for a whole public page."""
    if environ["REQUEST_METHOD"] != "GET" or not _PAGES.fullmatch(environ.get("PATH_INFO", "")):
        return False
    if "HTTP_HX_REQUEST" in environ or "prefetch" in str(environ.get("HTTP_SEC_PURPOSE", "")):
        return False
    return not _ROBOTS.search(environ.get("HTTP_USER_AGENT", "")[:300])


def is_arrival(environ: Environ) -> bool:
    """Tell whether the page was come to from elsewhere than a page of the same host."""
    referer = environ.get("HTTP_REFERER", "")[:2000]
    try:
        came_from = urlsplit(referer).hostname or ""
    except ValueError:  # brackets that are no address
        came_from = ""
    return came_from != host_in(environ.get("HTTP_HOST", ""))
