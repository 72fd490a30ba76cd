"""
Who the embedded servers run as, and where their files may be.

PostgreSQL refuses to run as root. Started by root, the servers run as an unprivileged account of the
system, in a folder that this account can enter without any folder being opened for it: inside the state
where possible, else under the system's own folder for such data.
"""

from __future__ import annotations

import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LaunchError
from infra.local.state import State

CANDIDATES = ("nobody", "daemon")
INSIDE = "inside the state folder"


@dataclass(frozen=True)
class Account:
    """An unprivileged account of the system."""

    name: str
    uid: int
    gid: int

    def give(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Say whether the account itself, with no groups, can read and enter this folder."""
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(self.gid)
                os.setuid(self.uid)
                os._exit(0 if os.access(folder, os.X_OK) else 1)
            except BaseException:  # noqa: BLE001  the forked copy must not return into the caller
                os._exit(1)
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status) == 0


@dataclass(frozen=True)
class Home:
    """The folder of the embedded servers' data, and the account that owns what is in it."""

    folder: Path
    account: Account | None

    def make(self, name: str, *, mode: int = 0o700) -> Path:
        """Make a folder in the home that belongs to the account."""
        path = self.folder / name
        path.mkdir(mode=mode, exist_ok=True)
        self.own(path, mode=mode)
        return path

    def own(self, path: Path, *, mode: int) -> None:
        path.chmod(mode)
        if self.account is not None:
            self.account.give(path)

    def write(self, path: Path, text: str) -> None:
        """Write a file that only the account can read."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self.own(path, mode=0o600)

    def reachable(self, package: Path, *siblings: Path) -> Path:
        """
        Return `package` where the account can run it: itself, or a copy in the home beside its `siblings`.

        The copy is remade when the package's version (its folder's time of change) is another.
        """
        if self.account is None or self.account.can_enter(package):
            return package
        stamp = f"{package}:{package.stat().st_mtime_ns}"
        copies = self.folder / "binaries"
        marker = copies / f"{package.name}.from"
        if not marker.exists() or marker.read_text(encoding="utf-8") != stamp:
            copies.mkdir(mode=0o755, exist_ok=True)
            copies.chmod(0o755)
            for source in (package, *siblings):
                shutil.rmtree(copies / source.name, ignore_errors=True)
                shutil.copytree(source, copies / source.name)
                self._own_tree(copies / source.name)
            marker.write_text(stamp, encoding="utf-8")
        return copies / package.name

    def _own_tree(self, top: Path) -> None:
        for path in (top, *top.rglob("*")):
            if not path.is_symlink():
                self.own(path, mode=path.stat().st_mode | 0o500)


def server_account() -> Account | None:
    """
    Return the account for the servers: none (oneself) unless root runs this.

    :raises LaunchError: the system has no unprivileged account
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LaunchError(
        "PostgreSQL does not run as root, and this system has no account 'nobody' to run it as.\n"
        "Make one (useradd --system nobody), or run ./hutong as an ordinary user."
    )


def server_home(state: State) -> Home:
    """Return the servers' home for this state, the same one each time."""
    account = server_account()
    chosen = state.remember("server_home", lambda: _choose_folder(state, account))
    folder = state.root / "servers" if chosen == INSIDE else Path(chosen)
    if account is not None and folder.parent != state.root:
        folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(mode=0o711, exist_ok=True)
    folder.chmod(0o711)
    return Home(folder, account)


def _choose_folder(state: State, account: Account | None) -> str:
    if account is None or account.can_enter(state.root):
        return INSIDE
    for parent in (Path("/var/lib/hutong"), Path("/var/tmp/hutong")):  # noqa: S108  the system's own, sticky folder
        try:
            parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if account.can_enter(parent) and parent.stat().st_uid == os.geteuid():
            return str(parent / state.identity)
    raise LaunchError(
        f"The account {account.name} cannot enter {state.root}, and there is no other place for its data.\n"
        "Choose a state folder that it can enter: HUTONG_STATE=/srv/hutong ./hutong …"
    )
