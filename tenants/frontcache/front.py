"""
The page cache: a WSGI application in front of Django's.

A request that may be for everybody is answered from this process's memory, else from Valkey, else by Django. A page is served
while its mall's generation holds (see `generations`), and never beyond the minute on the clock in which it was made, because
"open until 9" and a sale's end change with the minute. One request makes a page anew; those that come meanwhile get the old
one for as long as it was current less than `STALE_S` ago, and wait after that.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing, nullcontext
from typing import Any

import redis
from django.conf import settings

from . import pages
from .everybody import ELIGIBLE, ORIGIN
from .generations import REGISTRY, Words, generations, page_key
from .keys import PageKey, key_of
from .memory import Home, Memory
from .pages import Page

logger = logging.getLogger(__name__)
Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# With a poll of a quarter second a change shows within a second: poll, this, and the making of the page.
STALE_S = 0.7
LONGEST_WAIT_S = 5.0


class _Flight:
    """One request makes a page; others wait for `landed`."""

    def __init__(self) -> None:
        self.began_at = time.monotonic()
        self.landed = threading.Event()
        self.page: Page | None = None


class FrontCache:
    """Wraps Django's application. One for each process."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.memory = Memory(settings.FRONT_CACHE_BYTES)
        self._flights: dict[PageKey, _Flight] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer from what is kept, or by Django."""
        key = key_of(environ) if settings.FRONT_CACHE else None
        if key is None:
            return self.application(environ, start_response)
        page, is_fresh = self._kept(key)
        if page and is_fresh:
            return page.answer(environ, start_response, how="hit")
        if self.memory.is_private(key):
            return self._made(key, environ, start_response, None)
        flight = self._lead(key)
        if flight:
            return self._made(key, environ, start_response, flight)
        if page:
            return page.answer(environ, start_response, how="stale")
        made = self._awaited(key)
        if made:
            return made.answer(environ, start_response, how="hit")
        return self._made(key, environ, start_response, None)

    def _kept(self, key: PageKey) -> tuple[Page | None, bool]:
        """Return the page in memory if it may be served, and whether it is current."""
        home = self.memory.home(key.host)
        page = self.memory.get(home.schema, key) if home else None
        if home is None or page is None:
            return None, False
        words = generations.now(home.schema)
        if words is None:
            return None, False
        if _is_current(page, home, words):
            page.seen_fresh_at = words.asked_at
            return page, True
        return (page, False) if time.monotonic() - page.seen_fresh_at < STALE_S else (None, False)

    def _lead(self, key: PageKey) -> _Flight | None:
        """Return a flight if this request is to make the page, None if another one is at it."""
        with self._lock:
            if key in self._flights:
                return None
            self._flights[key] = _Flight()
            return self._flights[key]

    def _awaited(self, key: PageKey) -> Page | None:
        """Wait for the request that makes the page; None where it brought none that is fresh."""
        flight = self._flights.get(key)
        if flight:
            flight.landed.wait(LONGEST_WAIT_S)
            if flight.page and time.monotonic() - flight.began_at < STALE_S:
                return flight.page
        page, is_fresh = self._kept(key)
        return page if is_fresh else None

    def _made(
        self, key: PageKey, environ: Environ, start_response: Callable[..., Any], flight: _Flight | None
    ) -> Iterable[bytes]:
        """Answer from Valkey or by Django, and keep the page if it is for everybody."""
        try:
            page = self._from_valkey(key) if flight else None
            if page is None:
                answer = self._by_django(key, environ, start_response)
                if not isinstance(answer, Page):
                    return answer
                page = answer
            self.memory.put(key, page)
            if flight:
                flight.page = page
            return page.answer(environ, start_response, how="miss")
        finally:
            if flight:
                with self._lock:
                    self._flights.pop(key, None)
                flight.landed.set()

    def _from_valkey(self, key: PageKey) -> Page | None:
        """Return the page that another process made, if it is current."""
        home = self.memory.home(key.host)
        words = generations.now(home.schema) if home else None
        if home is None or words is None or home.registry != words.registry:
            return None
        try:
            data: Any = generations.client.get(_valkey_key(key, home.schema, words.mall))
            page = pages.load(data) if data else None
        except (redis.RedisError, ValueError):
            logger.warning("a kept page could not be read", exc_info=True)
            return None
        return page if page and _is_current(page, home, words) else None

    def _by_django(self, key: PageKey, environ: Environ, start_response: Callable[..., Any]) -> Page | Iterable[bytes]:
        """Let Django answer. Return a page where the answer is for everybody, else the answer itself, already started."""
        before = generations.now(REGISTRY)
        if before is None:
            return self.application(environ, start_response)
        # A copy, because a page for everybody takes the visitor's own headers out of it.
        inner = {**environ, ELIGIBLE: True}
        said: list[Any] = []

        def start(status: str, headers: pages.Headers, error: Any = None) -> Callable[[bytes], object]:
            said[:] = [status, headers, error]
            if inner.get(ORIGIN) is None:
                return start_response(status, headers, error) if error else start_response(status, headers)
            return lambda _data: None

        answer = self.application(inner, start)
        origin = inner.get(ORIGIN)
        if origin is None or not pages.may_be_kept(said[0], said[1]):
            self.memory.note_private(key, is_private=not said[0].startswith("304"))
            if origin is not None:
                start_response(said[0], said[1])
            return answer
        with closing(answer) if hasattr(answer, "close") else nullcontext():  # type: ignore[type-var]
            body = b"".join(answer)
        self.memory.note_private(key, is_private=False)
        self.memory.learn(key.host, Home(origin.schema, origin.stamp, before.registry))
        page = pages.make(
            schema=origin.schema, generation=origin.generation, stamp=origin.stamp, headers=said[1], body=body
        )
        self._to_valkey(key, page)
        return page

    def _to_valkey(self, key: PageKey, page: Page) -> None:
        lives_s = max(1, int(page.good_until - time.time()))
        try:
            generations.client.set(_valkey_key(key, page.schema, page.generation), page.dump(), ex=lives_s)
        except redis.RedisError:
            logger.warning("a page could not be kept for other processes", exc_info=True)


def _is_current(page: Page, home: Home, words: Words) -> bool:
    return (
        page.generation == words.mall
        and home.registry == words.registry
        and page.stamp == home.stamp
        and time.time() < page.good_until
    )


def _valkey_key(key: PageKey, schema: str, generation: str) -> str:
    digest = pages.digest(f"{settings.PRODUCT_VERSION}\n{generation}\n{key.text()}".encode())
    return page_key(schema, f"page:{digest}")
