"""Stops asking Stripe while it does not answer, so that no shopper and no worker waits in vain for each time-out (W7)."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# After so many calls in a row without a clear answer nothing is asked for `PAUSE_S`; then one call tries.
AFTER = 5
PAUSE_S = 10.0


@dataclass
class Breaker:
    """One process's knowledge of whether Stripe answers. Safe in threads; `clock` gives seconds that only go forward."""

    clock: Callable[[], float] = time.monotonic
    _failures: int = 0
    _again_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self) -> bool:
        """Tell whether a call may be made now; while closed off, one in each pause may, as a trial."""
        with self._lock:
            if self._failures < AFTER:
                return True
            if self.clock() < self._again_at:
                return False
            self._again_at = self.clock() + PAUSE_S
            return True

    def answered(self) -> None:
        """Note a clear answer, a refusal too."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Note a call without a clear answer."""
        with self._lock:
            self._failures += 1
            self._again_at = self.clock() + PAUSE_S
