"""Drives malls along their way on several connections at once."""

import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError

from saas.kernel.database import connection
from tenants.isolation.threads import beside

from .malls import Drifted, Locked, Mall, take
from .models import Step
from .stretches import Stretch, way

logger = logging.getLogger(__name__)
# Malls in one transaction, and the time for which it may hold their locks: a batch shrinks when malls take longer.
BATCH, HOLD_S = 25, 0.4
RETRY_S = 1.5


@dataclass(frozen=True)
class Progress:
    """How far the roll-out is. `ends_in_s` is None until one mall is through."""

    malls: int
    done: int
    broken: int
    waiting: int
    seconds: float

    @property
    def ends_in_s(self) -> float | None:
        """Return the seconds that are left at the speed so far."""
        return self.seconds / self.done * (self.malls - self.done - self.broken) if self.done else None


@dataclass
class Outcome:
    """What became of the malls: their numbers in the registry."""

    done: list[int] = field(default_factory=list)
    # Could not be locked for as long as patience lasted. They stay where they are and are served.
    waiting: list[int] = field(default_factory=list)
    # With the reason.
    broken: dict[int, str] = field(default_factory=dict)


class Lanes:
    """The malls that wait, and the connections that work on them."""

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        now: datetime,
        patience_s: float,
        gives_up_after: int,
        tell: Callable[[Progress], object],
    ) -> None:
        self.steps, self.now, self.patience_s, self.tell = steps, now, patience_s, tell
        # So many malls that break while none goes through: the rest is not tried. 0: all are tried.
        self.gives_up_after = gives_up_after
        self.outcome = Outcome()
        self._ready: dict[int, deque[Mall]] = defaultdict(deque)
        self._later: list[tuple[float, Mall]] = []
        self._total = self._busy = 0
        self._lock = threading.Lock()
        self._begun = self._moved = time.monotonic()
        self._error: BaseException | None = None
        self._seconds_per_mall = 0.02

    def run(self, malls: Sequence[Mall], *, connections: int) -> Outcome:
        """
        Take every mall to the last step, on `connections` connections. A mall that breaks stands aside; the others go on.

        :raises Exception: what is no mall's own fault, such as a lost connection; run again to go on
        """
        self._total = len(malls)
        for mall in malls:
            self._ready[mall.step].append(mall)
        threads = [beside(self._work, name=f"rollout-{number}") for number in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._error:
            raise self._error
        return self.outcome

    def _work(self) -> None:
        try:
            while (batch := self._next()) is not None:
                if batch:
                    self._take(batch)
                else:
                    time.sleep(0.05)
        except BaseException as error:  # noqa: BLE001  told by run() in the thread that called
            self._error = error

    def _next(self) -> list[Mall] | None:
        """Return malls that stand at one step; none when there are none now; None when all is over."""
        with self._lock:
            if self._error:
                return None
            if self.gives_up_after and len(self.outcome.broken) >= self.gives_up_after and not self.outcome.done:
                return None
            now = time.monotonic()
            for entry in [entry for entry in self._later if entry[0] <= now]:
                self._later.remove(entry)
                self._busy += 1
                return [entry[1]]
            for waiting in self._ready.values():
                if waiting:
                    size = max(1, min(BATCH, int(HOLD_S / self._seconds_per_mall)))
                    batch = [waiting.popleft() for _place in range(min(size, len(waiting)))]
                    self._busy += len(batch)
                    return batch
            if not self._busy and self._later and now - self._moved > self.patience_s:
                self.outcome.waiting += [mall.tenant.pk for _at, mall in self._later]
                self._later.clear()
            return [] if self._busy or self._later else None

    def _take(self, batch: Sequence[Mall]) -> None:
        stretch = next(way(self.steps, batch[0].step), None)
        if stretch is None:
            return self._settle(batch, self.outcome.done)
        begun = time.monotonic()
        failure: Exception | None = None
        try:
            take(batch, stretch, now=self.now)
        except Exception as error:  # noqa: BLE001  a migration may raise anything; the mall is set aside with the reason
            failure = error
        if failure:
            return self._failed(batch, stretch, failure)
        with self._lock:
            self._moved = time.monotonic()
            self._seconds_per_mall = (self._moved - begun) / len(batch)
        further = [Mall(mall.tenant, stretch.end) for mall in batch]
        if stretch.end == self.steps[-1].pk:
            return self._settle(further, self.outcome.done)
        return self._take(further)

    def _failed(self, batch: Sequence[Mall], stretch: Stretch, error: Exception) -> None:
        connection.close()
        if len(batch) > 1:
            for mall in batch:
                self._take([mall])
        elif isinstance(error, Locked):
            with self._lock:
                self._busy -= 1
                self._later.append((time.monotonic() + RETRY_S, batch[0]))
            self._say()
        else:
            # What the database or the comparison says is told whole in the reason; of our own code's errors the way matters too.
            way_of = None if isinstance(error, (DatabaseError, Drifted)) else error
            logger.warning("%s could not take %s", batch[0].schema, stretch.steps[-1], exc_info=way_of)
            self._break(batch[0], f"{_described(stretch)}: {_told(error)}")

    def _break(self, mall: Mall, reason: str) -> None:
        with self._lock:
            self._busy -= 1
            self.outcome.broken[mall.tenant.pk] = reason
        self._say()

    def _settle(self, batch: Sequence[Mall], among: list[int]) -> None:
        with self._lock:
            self._busy -= len(batch)
            among += [mall.tenant.pk for mall in batch]
        self._say()

    def _say(self) -> None:
        with self._lock:
            found = self.outcome
            seconds = time.monotonic() - self._begun
            self.tell(Progress(self._total, len(found.done), len(found.broken), len(self._later), seconds))


def _described(stretch: Stretch) -> str:
    named = [str(step) for step in stretch.steps]
    return named[0] if len(named) == 1 else f"{named[0]} … {named[-1]}"


def _told(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text if isinstance(error, Drifted) else f"{type(error).__name__}: {text}"
