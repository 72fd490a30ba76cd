"""
Generations: a word in Valkey for each mall, and one for the registry, replaced when what pages show has changed.

A page is kept together with the words that held before it was made; it is current while they still hold. A process asks for
a mall's words at most once in `FRONT_CACHE_POLL_S`, however many pages it serves. Words are random, so that none comes back
after Valkey lost them.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict
from typing import Any, NamedTuple

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
REGISTRY = "public"
KEPT_S = 7 * 24 * 3600
# After a failure Valkey is left alone for so long; pages are made anew meanwhile.
PAUSE_S = 1.0
MOST_MALLS = 20_000


class Words(NamedTuple):
    """What holds: of the registry, of the mall, and when that was asked (`time.monotonic`)."""

    registry: str
    mall: str
    asked_at: float


def page_key(schema: str, name: str) -> str:
    """Return the key in Valkey, under the mall's prefix."""
    return f"p:{schema}:1:{name}"


class Generations:
    """The words as this process knows them. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Words] = OrderedDict()
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._paused_until = 0.0
        self._client: Any = None
        self._registry = ""

    @property
    def client(self) -> Any:
        """The connection pool to Valkey, with short time-outs: a page can always be made without it."""
        if self._client is None:
            options = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
            self._client = redis.Redis.from_url(settings.REDIS_URL, **options)
        return self._client

    def now(self, schema: str) -> Words | None:
        """
        Return the words of a mall, asked at most `FRONT_CACHE_POLL_S` ago; None while Valkey does not answer.

        While another thread asks, what was known up to three polls ago is good enough.
        """
        moment = time.monotonic()
        known = self._known.get(schema)
        age = moment - known.asked_at if known else float("inf")
        if age < settings.FRONT_CACHE_POLL_S:
            return known
        if moment < self._paused_until:
            return None
        wait = age >= 3 * settings.FRONT_CACHE_POLL_S
        if not self._asking.acquire(blocking=wait):
            return known
        try:
            known = self._known.get(schema)
            if known and known.asked_at > moment:
                return known
            return self._ask(schema)
        finally:
            self._asking.release()

    def _ask(self, schema: str) -> Words | None:
        moment = time.monotonic()
        names = [page_key(one, "generation") for one in (REGISTRY, schema)]
        try:
            found = [value.decode() if value else "" for value in self.client.mget(names)]
            for place, name in enumerate(names):
                if not found[place]:
                    self.client.set(name, secrets.token_hex(8), nx=True, ex=KEPT_S)
                    found[place] = (self.client.get(name) or b"").decode()
        except redis.RedisError:
            logger.warning("pages are made anew: Valkey does not answer", exc_info=True)
            self._paused_until = moment + PAUSE_S
            return None
        if found[0] != self._registry:
            from tenants.registry import directory  # noqa: PLC0415  models; this module is imported before Django is set up

            # Before anybody sees the new word: a page under it is made from the registry's rows as they are now.
            directory.here.look_again()
            self._registry = found[0]
        words = Words(found[0], found[1], moment)
        with self._lock:
            self._known[schema] = words
            self._known.move_to_end(schema)
            while len(self._known) > MOST_MALLS:
                self._known.popitem(last=False)
        return words

    def change(self, *schemas: str) -> None:
        """Replace the word of malls, or of the registry for "public". When Valkey fails, pages live out their minute."""
        try:
            with self.client.pipeline(transaction=False) as pipe:
                for schema in schemas:
                    pipe.set(page_key(schema, "generation"), secrets.token_hex(8), ex=KEPT_S)
                pipe.execute()
        except redis.RedisError:
            logger.exception("the pages of %s stay up to a minute: Valkey does not answer", ", ".join(schemas))
        with self._lock:
            if REGISTRY in schemas:
                self._known.clear()
            for schema in schemas:
                self._known.pop(schema, None)


generations = Generations()
