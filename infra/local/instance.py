"""One instance for one state: the lock that says so, and the record of what runs and where."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from infra.local.errors import LaunchError
from infra.local.processes import is_running
from infra.local.state import State, write_private

UNTIL_RECORDED_SECONDS = 3.0  # between taking the lock and writing who did


@dataclass(frozen=True)
class Record:
    """Who holds the lock: the verb, its process, since when, and the variables for joining it."""

    verb: str
    pid: int
    since: str
    variables: dict[str, str]
    address: str = ""


class Running(LaunchError):
    """The lock is held by another process."""

    def __init__(self, record: Record | None) -> None:
        self.record = record
        who = "another ./hutong"
        if record is not None and record.pid:
            who = f"./hutong {record.verb} (process {record.pid}, since {record.since})"
        super().__init__(f"{who} is running with this state.")


class Instance:
    """The lock on one state; the kernel releases it when its holder dies in whatever way."""

    def __init__(self, state: State, name: str = "instance") -> None:
        self._state = state
        self._lock_path = state.root / f"{name}.lock"
        self._record_path = state.root / f"{name}.json"
        self._lock: IO[str] | None = None
        self._held: Record | None = None

    def take(self, verb: str, *, wait_seconds: float = 0.5) -> None:
        """
        Take the lock.

        :raises Running: another process has it, and still has after `wait_seconds`
        """
        lock = self._lock_path.open("a+", encoding="utf-8")
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    lock.close()
                    raise Running(self.running()) from None
                time.sleep(0.1)
        self._lock = lock
        self._held = Record(verb, os.getpid(), f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}", {})
        self._save(self._held)

    def publish(self, *, variables: dict[str, str], address: str = "") -> None:
        """Tell others how to join: from now on the instance counts as ready."""
        if self._held is None:
            raise RuntimeError("only the holder of the lock publishes")
        self._held = Record(self._held.verb, self._held.pid, self._held.since, variables, address)
        self._save(self._held)

    def release(self) -> None:
        if self._lock is not None:
            self._record_path.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None
            self._held = None

    def running(self) -> Record | None:
        """Return the record of the process that holds the lock now, or None when nobody does."""
        deadline = time.monotonic() + UNTIL_RECORDED_SECONDS
        while self._is_held():
            record = self._load()
            if record is not None and is_running(record.pid):
                return record  # not one that a killed holder left, before the new one has written its own
            if time.monotonic() > deadline:
                return Record("", 0, "a moment ago", {})
            time.sleep(0.05)
        return None

    def _is_held(self) -> bool:
        with self._lock_path.open("a+", encoding="utf-8") as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def _save(self, record: Record) -> None:
        write_private(self._record_path, dict(vars(record)))

    def _load(self) -> Record | None:
        try:
            return Record(**json.loads(self._record_path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
