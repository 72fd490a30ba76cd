"""The state folder: secrets, remembered ports, logs and the running instance's record."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LaunchError

PROJECT = Path(__file__).resolve().parents[2]
ENTERABLE = 0o711  # the servers' own account passes through, and cannot list


@dataclass(frozen=True)
class State:
    """One instance's folder; everything in it may be deleted to start afresh."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Where the records of started processes are."""
        return self.root / "run"

    @property
    def identity(self) -> str:
        """A random word that is this folder's for good, also when the folder is moved."""
        return self.remember("identity", lambda: secrets.token_hex(6))

    def nested(self, name: str) -> State:
        """Return the state of a separate instance inside this one, as tests and benchmarks use."""
        already = self.root.name == name  # HUTONG_STATE was taken from such an instance's variables
        return self if already else open_state(self.root / name)

    def remember(self, name: str, make: Callable[[], str]) -> str:
        """Return a remembered, non-secret value, making it the first time."""
        return _remember(self.root / "remembered.json", name, make)

    def replace(self, name: str, value: str) -> None:
        """Remember `value` instead of what was remembered before."""
        path = self.root / "remembered.json"
        write_private(path, _read(path) | {name: value})

    def secret(self, name: str, *, prefix: str = "") -> str:
        """Return this instance's secret of that name, made at random the first time and kept 0600."""
        return _remember(self.root / "secrets.json", name, lambda: prefix + secrets.token_hex(24))


def default_root() -> Path:
    """Return where the state is: `HUTONG_STATE`, or `.hutong` in the project."""
    chosen = os.environ.get("HUTONG_STATE")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT / ".hutong"


def open_state(root: Path | None = None) -> State:
    """
    Return the state at `root`, making its folders.

    :raises LaunchError: the folder cannot be made or written
    """
    state = State(root or default_root())
    try:
        for folder in (state.root, state.logs, state.run):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(ENTERABLE if folder == state.root else 0o700)
    except OSError as error:
        raise LaunchError(
            f"Cannot make the state folder {state.root} ({error.strerror}).\n"
            "Choose one that you can write: HUTONG_STATE=$HOME/.local/state/hutong ./hutong …"
        ) from error
    if not os.access(state.root, os.W_OK | os.X_OK):
        raise LaunchError(
            f"The state folder {state.root} belongs to somebody else.\n"
            "Run as its owner, or choose another: HUTONG_STATE=$HOME/.local/state/hutong ./hutong …"
        )
    return state


def _remember(path: Path, name: str, make: Callable[[], str]) -> str:
    known = _read(path)
    if name not in known:
        known[name] = make()
        write_private(path, known)
    return known[name]


def _read(path: Path) -> dict[str, str]:
    try:
        loaded: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise LaunchError(
            f"{path} is damaged ({error}). Mend it, or delete the state folder to start afresh."
        ) from error
    return loaded


def write_private(path: Path, values: dict[str, str]) -> None:
    """Replace the file at once, readable by its owner only: a crash leaves the old one or the new one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=2, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
