"""What the supervisor needs to know of one service."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.account import Account
from infra.local.state import PROJECT


def _nothing() -> None:
    return None


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Service:
    """
    A process that the supervisor keeps running.

    `before_start` runs before every start, also after a crash; `after_ready` once, after the first start.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = _always
    before_start: Callable[[], None] = _nothing
    after_ready: Callable[[], None] = _nothing
    ready_within_seconds: float = 30
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_seconds: float = 15
    account: Account | None = None
    cwd: Path = PROJECT
