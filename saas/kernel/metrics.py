"""
What all processes count together: requests, tasks, and how long they took.

Each process adds up for itself and hands its sums to one hash in Valkey every few seconds, so that one address tells the
figures of every process on every machine, also of those that ended; what a killed process had not handed over is lost.
Labels are few and known: a mall is counted by its schema here and shown by name, or as "other", where the figures are read.
"""

import atexit
import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from . import keyspace

logger = logging.getLogger(__name__)
FLUSH_EVERY_S = 5.0
# Upper bounds in seconds; the last is everything.
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, float("inf"))
MOST_SERIES = 5_000


@dataclass(frozen=True)
class Series:
    """One line of figures: a name and its labels, in the order in which they are shown."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    def field(self) -> str:
        """Return the name of the line's field in the hash."""
        return json.dumps([self.name, *self.labels])

    @classmethod
    def of_field(cls, field: str) -> "Series":
        """Return the line that a field stands for."""
        name, *labels = json.loads(field)
        return cls(name, tuple((str(key), str(value)) for key, value in labels))


class Sums:
    """What this process counted since it last handed its sums over. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[Series, float] = defaultdict(float)
        self._handed_over = time.monotonic()

    def add(self, series: Series, amount: float = 1.0) -> None:
        """Count; series beyond the bound of a process are dropped, so that labels made by strangers cannot fill the memory."""
        with self._lock:
            if series in self._sums or len(self._sums) < MOST_SERIES:
                self._sums[series] += amount

    def is_due(self) -> bool:
        """Tell whether the sums should be handed over."""
        return time.monotonic() - self._handed_over > FLUSH_EVERY_S

    def hand_over(self) -> None:
        """Add the sums to everybody's. Without Valkey they are kept for the next time."""
        with self._lock:
            taken, self._sums = self._sums, defaultdict(float)
            self._handed_over = time.monotonic()
        if not taken:
            return
        try:
            keyspace.add_to_counters({series.field(): amount for series, amount in taken.items()})
        except keyspace.RedisError:
            logger.warning("figures could not be handed over; they are kept")
            with self._lock:
                for series, amount in taken.items():
                    self._sums[series] += amount


_own = Sums()
atexit.register(_own.hand_over)


def count(name: str, amount: float = 1.0, **labels: str) -> None:
    """Add to a counter. Values of labels must come from a short, known list."""
    _own.add(Series(name, tuple(labels.items())), amount)


def observe(name: str, seconds: float, **labels: str) -> None:
    """Add a duration to a histogram: its sum, its count, and the first bucket that holds it."""
    bound = next(bound for bound in BUCKETS if seconds <= bound)
    count(f"{name}_sum", seconds, **labels)
    count(f"{name}_bucket", 1.0, **labels, le="+Inf" if bound == BUCKETS[-1] else str(bound))


def hand_over(*, at_once: bool = False) -> None:
    """Hand this process's sums over when it is time, or at once."""
    if at_once or _own.is_due():
        _own.hand_over()


def everybodys() -> Iterator[tuple[Series, float]]:
    """
    Yield what all processes counted.

    :raises RedisError: Valkey does not answer
    """
    for field, amount in keyspace.counters().items():
        yield Series.of_field(field), amount
