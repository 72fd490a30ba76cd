"""
What the pages of a mall have in common, kept in the process: its face, the links of its footer, its stores, its newest deals.

A part holds as long as a page in front of Django does (see `generations`): until something that pages show is written, the mall's
row in the registry changes, or its minute on the clock ends, which bounds what a lost word of a change can do. It is found by
database, schema and language, and is never a person's: `make` is given no request.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.utils.translation import get_language

from saas.kernel import clock
from saas.kernel.database import connection

from .generations import generations
from .middleware import stamp_of

T = TypeVar("T")
# A mall's pages have about five parts in each language, of some kilobytes; who was not asked for longest goes first.
MOST_PARTS = 2_000


class _Part(NamedTuple):
    """What was made, and when that holds: the mall's word, the stamp of its registry row, the minute since 1970."""

    word: str
    stamp: str
    minute: int
    value: Any


_parts: OrderedDict[tuple[str, str, str, str], _Part] = OrderedDict()
_lock = threading.Lock()


def kept(name: str, make: Callable[[], T], *, at: datetime | None = None) -> T:
    """
    Return the part of the current mall that `make` makes: plain values or markup, no model's rows, since threads share it.

    `name` names it among the mall's parts. It holds for the minute of `at`, the instant that it is made for (now). `make` reads what it
    shows itself, or `name` tells all that was read before: that may be older than the word that the part is kept under. Inside a
    transaction, on the platform and while Valkey does not answer it is made anew.
    """
    words = None if connection.in_atomic_block or not connection.is_in_mall else generations.now(connection.schema_name)
    if words is None:
        return make()
    key = (str(connection.settings_dict["NAME"]), connection.schema_name, get_language() or "", name)
    holds = (words.mall, stamp_of(connection.tenant), int((at or clock.now()).timestamp() // 60))
    with _lock:
        part = _parts.get(key)
        if part is not None and part[:3] == holds:
            _parts.move_to_end(key)
            found: T = part.value
            return found
    made = make()
    with _lock:
        _parts[key] = _Part(*holds, made)
        _parts.move_to_end(key)
        while len(_parts) > MOST_PARTS:
            _parts.popitem(last=False)
    return made
