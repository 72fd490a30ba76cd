"""
Processes: starting them tied to their parent, telling which are ours, ending them.

"Ours" must be proved before anything is ended: by a mark in the process's environment that carries the
state's identity, by PostgreSQL's own working folder, or, on systems without /proc, by a record of the
process id together with the moment it started.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict

from infra.local.account import Account
from infra.local.state import State

MARK = "HUTONG_SERVICE"
_PR_SET_PDEATHSIG = 1
_PROC = Path("/proc")


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: IO[bytes],
    account: Account | None,
    cwd: Path,
    end_with_parent: signal.Signals,
) -> subprocess.Popen[bytes]:
    """
    Start a direct child in a session of its own, so that a Ctrl-C at the terminal reaches only us.

    :param end_with_parent: what Linux sends the child when we are killed without a chance to stop it
    """
    return subprocess.Popen(
        list(command),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_tie_to_parent(end_with_parent),  # noqa: PLW1509  the supervisor has one thread
        **as_account(account),
    )


def mark(state: State, name: str) -> dict[str, str]:
    """Return the environment variable by which a later start knows the process as this state's."""
    return {MARK: f"{state.identity}:{name}"}


def record(state: State, name: str, pid: int) -> None:
    """Write down a started process, for systems where its environment cannot be read."""
    entry = {"pid": pid, "started": started(pid)}
    (state.run / f"{name}.json").write_text(json.dumps(entry), encoding="utf-8")


def forget(state: State, name: str) -> None:
    (state.run / f"{name}.json").unlink(missing_ok=True)


def leftovers(state: State) -> list[int]:
    """Return the ids of processes that an earlier, killed instance of this state left behind."""
    wanted = f"{MARK}={state.identity}:".encode()
    found = {pid for pid in _all() if any(entry.startswith(wanted) for entry in _environment(pid))}
    for path in state.run.glob("*.json"):
        with contextlib.suppress(ValueError, KeyError):
            entry = json.loads(path.read_text(encoding="utf-8"))
            if entry["started"] and started(entry["pid"]) == entry["started"]:
                found.add(entry["pid"])
    found.discard(os.getpid())
    return sorted(found)


def working_in(folder: Path) -> list[int]:
    """Return the ids of processes whose working folder is `folder`; PostgreSQL's are all in their data folder."""
    found = []
    for pid in _all():
        with contextlib.suppress(OSError):
            if (_PROC / str(pid) / "cwd").readlink() == folder:
                found.append(pid)
    return sorted(found)


def can_see_folders() -> bool:
    """Say whether this system lets us look at processes' working folders at all."""
    return _PROC.joinpath("self/cwd").exists()


def end(pids: Sequence[int], *, first: signal.Signals = signal.SIGTERM, patience_seconds: float = 5) -> None:
    """Ask the processes to stop, and kill those that have not after `patience_seconds`."""
    for number, wait_seconds in ((first, patience_seconds), (signal.SIGKILL, 5.0)):
        remaining = [pid for pid in pids if is_running(pid)]
        for pid in remaining:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        wait_until(lambda: not any(is_running(pid) for pid in pids), seconds=wait_seconds)


def is_running(pid: int) -> bool:
    """Say whether the process exists and is not merely waiting to be collected by its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _status(pid)[:1] != "Z"


def started(pid: int) -> str:
    """Return a text that tells this process from any later one with the same id; empty when it is gone."""
    fields = _status(pid).split()
    if fields:
        return f"{_boot()}:{fields[19]}"
    if _PROC.joinpath("self").exists():
        return ""
    shown = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout.strip()


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for the condition, at most so long; say whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _all() -> Iterator[int]:
    if not _PROC.joinpath("self").exists():
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _status(pid: int) -> str:
    """Return what Linux says of the process, from its state on (the name before it may hold anything)."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2]
    except OSError:
        return ""


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


class Identity(TypedDict):
    """What `subprocess` is told of who runs a program; all None is ourselves."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None


def as_account(account: Account | None) -> Identity:
    if account is None:
        return Identity(user=None, group=None, extra_groups=None)
    return Identity(user=account.uid, group=account.gid, extra_groups=[])


def _tie_to_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before its program starts: Linux will signal it when its parent dies."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    parent = os.getpid()

    def tie() -> None:
        library.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return tie
