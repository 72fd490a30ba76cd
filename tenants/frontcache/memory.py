"""The pages of one process, within bounds: in all, and for each mall so that one cannot push the others out."""

import threading
from collections import OrderedDict
from typing import NamedTuple

from .keys import PageKey
from .pages import Page


class Home(NamedTuple):
    """The mall behind a host: its schema, a stamp of its registry row, and the registry's word when that was learned."""

    schema: str
    stamp: str
    registry: str


class Memory:
    """Pages by mall, least recently used out first. `most_bytes` in all, a quarter of it for one mall. Safe for threads."""

    MOST_HOSTS = 20_000
    MOST_PRIVATE = 5_000

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._malls: OrderedDict[str, OrderedDict[PageKey, Page]] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._homes: OrderedDict[str, Home] = OrderedDict()
        self._private: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()

    def home(self, host: str) -> Home | None:
        """Return what is known of a host."""
        return self._homes.get(host)

    def learn(self, host: str, home: Home) -> None:
        """Note which mall a host is."""
        with self._lock:
            self._homes[host] = home
            self._homes.move_to_end(host)
            if len(self._homes) > self.MOST_HOSTS:
                self._homes.popitem(last=False)

    def is_private(self, key: PageKey) -> bool:
        """Tell whether the page was not for everybody when it was last made, so that nobody waits for it."""
        return (key.host, key.path) in self._private

    def note_private(self, key: PageKey, *, is_private: bool) -> None:
        """Note whether a page is for everybody."""
        with self._lock:
            if not is_private:
                self._private.pop((key.host, key.path), None)
                return
            self._private[key.host, key.path] = None
            if len(self._private) > self.MOST_PRIVATE:
                self._private.popitem(last=False)

    def get(self, schema: str, key: PageKey) -> Page | None:
        """Return a kept page, current or not."""
        with self._lock:
            pages = self._malls.get(schema)
            page = pages.get(key) if pages else None
            if page and pages:
                pages.move_to_end(key)
                self._malls.move_to_end(schema)
            return page

    def put(self, key: PageKey, page: Page) -> None:
        """Keep a page, and let go of what has not been asked for longest."""
        with self._lock:
            pages = self._malls.setdefault(page.schema, OrderedDict())
            self._malls.move_to_end(page.schema)
            old = pages.pop(key, None)
            self._count(page.schema, page.size - (old.size if old else 0))
            pages[key] = page
            while self._sizes.get(page.schema, 0) > self.most_bytes // 4:
                self._drop_oldest(page.schema)
            while self.bytes > self.most_bytes:
                self._drop_oldest(next(iter(self._malls)))

    def _count(self, schema: str, size: int) -> None:
        self.bytes += size
        self._sizes[schema] = self._sizes.get(schema, 0) + size

    def _drop_oldest(self, schema: str) -> None:
        pages = self._malls[schema]
        _key, page = pages.popitem(last=False)
        self._count(schema, -page.size)
        if not pages:
            del self._malls[schema], self._sizes[schema]
