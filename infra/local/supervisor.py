"""
Starts services in order, keeps them running, and stops them in reverse.

One thread, one loop. Each service writes to a file of its own under the state's ``logs``; the terminal
shows only what a person should know: that one died, why, and that it is started again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

from infra.local import processes
from infra.local.errors import ServiceFailed, Stopping
from infra.local.service import Service
from infra.local.state import PROJECT, State

LONGEST_PAUSE_SECONDS = 30.0
CALM_AFTER_SECONDS = 60.0  # a service that ran so long starts its next pauses from the shortest again
LARGEST_LOG_BYTES = 10_000_000
SHOWN_LINES = 12
TICK_SECONDS = 0.2


def say(text: str) -> None:
    """Print at once; a terminal that was closed meanwhile must not keep anything from being stopped."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _nobody(_service: Service) -> None:
    return None


@dataclass
class _Running:
    service: Service
    process: subprocess.Popen[bytes]
    since: float
    failures: int = 0
    again_at: float | None = None


class Supervisor:
    """Runs the services of one state; use as a context manager, which stops them all when left."""

    def __init__(self, state: State, *, report: Callable[[str], None] = say) -> None:
        self._state = state
        self._report = report
        self._running: list[_Running] = []
        self._stop_asked: str | None = None
        self._foreground: subprocess.Popen[bytes] | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def clear_leftovers(self) -> None:
        """End what a killed instance of this state left running; only the holder of its lock may."""
        left = processes.leftovers(self._state)
        if left:
            self._report(f"An earlier run was killed; ending {len(left)} processes that it left behind.")
            processes.end(left)

    def start(self, *services: Service, told: Callable[[Service], None] = _nobody) -> None:
        """
        Start services at once and wait for all; `told` hears of each when it is ready, in the order given.

        :raises ServiceFailed: one stopped, or was not ready in time; with the end of its log
        :raises Stopping: the supervisor was asked to stop meanwhile
        """
        entries = []
        for service in services:
            entries.append(self._spawn(service))
            self._running.append(entries[-1])
        for entry in entries:
            self._wait_for(entry)
            entry.service.after_ready()
            told(entry.service)

    def _wait_for(self, entry: _Running) -> None:
        service = entry.service
        while not service.is_ready():
            if self._stop_asked:
                raise Stopping(self._stop_asked)
            if entry.process.poll() is not None:
                raise ServiceFailed(f"{service.name} {self._ending(entry)}.\n{self._last_lines(service.name)}")
            if time.monotonic() - entry.since > service.ready_within_seconds:
                raise ServiceFailed(
                    f"{service.name} was not ready after {service.ready_within_seconds:.0f} s.\n"
                    f"{self._last_lines(service.name)}"
                )
            time.sleep(0.05)

    @property
    def stop_asked(self) -> str | None:
        """Return by what the supervisor was asked to stop, or None."""
        return self._stop_asked

    def watch(self) -> str:
        """Keep the services running until somebody asks to stop; return who asked, as a word."""
        while self._stop_asked is None:
            self._tend()
            time.sleep(TICK_SECONDS)
        return self._stop_asked

    def call(self, command: Sequence[str], *, environment: Mapping[str, str], cwd: Path = PROJECT) -> int:
        """
        Run a command at the terminal while tending the services, and return its exit code.

        Ctrl-C reaches the command itself, from the terminal; other signals are passed on to it.
        """
        self._foreground = subprocess.Popen(list(command), env=dict(environment), cwd=cwd)
        try:
            while True:
                try:
                    code = self._foreground.wait(TICK_SECONDS)
                except subprocess.TimeoutExpired:
                    self._tend()
                    continue
                return code if code >= 0 else 128 - code
        finally:
            self._foreground = None

    def stop(self) -> None:
        """Stop all services, the last started first."""
        for entry in reversed(self._running):
            self._end(entry)
        self._running.clear()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        name = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self._stop_asked = name
        command = self._foreground
        if command is not None and (number != signal.SIGINT or not sys.stdin.isatty()):
            command.send_signal(number)

    def _spawn(self, service: Service) -> _Running:
        service.before_start()
        with self._log(service.name).open("ab") as log:
            process = processes.start(
                service.command,
                environment={**service.environment, **processes.mark(self._state, service.name)},
                log=log,
                account=service.account,
                cwd=service.cwd,
                end_with_parent=service.stop_signal,
            )
        processes.record(self._state, service.name, process.pid)
        return _Running(service, process, since=time.monotonic())

    def _tend(self) -> None:
        """Start again what has died, each after a pause that grows with its failures."""
        for index, entry in enumerate(self._running):
            now = time.monotonic()
            if entry.again_at is None and entry.process.poll() is not None:
                if now - entry.since > CALM_AFTER_SECONDS:
                    entry.failures = 0
                pause = min(0.5 * 2**entry.failures, LONGEST_PAUSE_SECONDS)
                entry.again_at = now + pause
                self._report(
                    f"{entry.service.name} {self._ending(entry)}; starting it again in {pause:.1f} s. "
                    f"Its log: {self._log(entry.service.name)}"
                )
            elif entry.again_at is not None and now >= entry.again_at:
                again = self._spawn(entry.service)
                again.failures = entry.failures + 1
                self._running[index] = again
                self._report(f"{entry.service.name} is started again (process {again.process.pid}).")

    def _end(self, entry: _Running) -> None:
        name, process = entry.service.name, entry.process
        if process.poll() is None:
            process.send_signal(entry.service.stop_signal)
            try:
                process.wait(entry.service.stop_within_seconds)
            except subprocess.TimeoutExpired:
                self._report(f"{name} did not stop within {entry.service.stop_within_seconds:.0f} s and is killed.")
                process.kill()
                process.wait()
        _end_group(process.pid)
        processes.forget(self._state, name)

    def _log(self, name: str) -> Path:
        path = self._state.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def _last_lines(self, name: str) -> str:
        return "\n".join(f"  {line}" for line in last_lines(self._log(name))) + f"\nAll of it: {self._log(name)}"

    @staticmethod
    def _ending(entry: _Running) -> str:
        code = entry.process.returncode
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"stopped with exit code {code}"


def last_lines(path: Path, count: int = SHOWN_LINES) -> list[str]:
    """Return the end of a log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 20_000))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []


def _end_group(group: int) -> None:
    """Kill what a service left in its own process group, such as workers of a killed parent."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
