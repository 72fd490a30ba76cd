"""
Makes Hutong's own Python environment, then becomes the command line in it.

Run as a file by the system's Python before anything is installed, so it imports the standard library only.
The environment is stamped with the hash of the locked requirements that it was made from: a second run is
instant, a changed lock updates it, and one that was interrupted is made anew. Runs at the same time wait.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = PROJECT / "infra" / "requirements"
NEEDS_DEV = {"test", "check", "fix", "bench", "journeys", "docs"}
ASKS_FOR_HELP = {"help", "-h", "--help"}
STAMP = "hutong-stamp.json"


class CannotInstall(Exception):
    """The environment cannot be made; the message says why, and what to do."""


def main(arguments: list[str]) -> NoReturn:
    """Make the environment that the verb needs, and become the command line in it."""
    python = sys.executable
    if arguments and arguments[0] not in ASKS_FOR_HELP:
        try:
            python = str(environment("dev" if arguments[0] in NEEDS_DEV else "base"))
        except CannotInstall as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            print("\nInterrupted; the next run makes the environment anew.", file=sys.stderr)
            sys.exit(130)
    os.chdir(PROJECT)
    os.execv(python, [python, "-m", "saas.project.cli", *arguments])  # noqa: S606  nothing is left to do here


def environment(group: str) -> Path:
    """
    Return the Python of an environment that holds the locked requirements of `group`, base or dev.

    :raises CannotInstall: no pip or venv, no folder to write to, or an installation that failed
    """
    given = os.environ.get("HUTONG_VENV")
    if given:
        return _existing(Path(given).expanduser())
    state = Path(os.environ.get("HUTONG_STATE") or PROJECT / ".hutong").expanduser().resolve()
    folder = state / "venv"
    if _is_current(folder, group):
        return _python(folder)
    try:
        if not state.exists():
            state.mkdir(parents=True, exist_ok=True)  # another start may make it in the same moment
            state.chmod(0o711)
        lock = (state / "venv.lock").open("w", encoding="utf-8")
    except OSError as error:
        raise CannotInstall(
            f"Cannot write to {state} ({error.strerror}), where the environment and all state belong.\n"
            "Choose a folder of your own: HUTONG_STATE=$HOME/.local/state/hutong ./hutong …"
        ) from error
    with lock:
        _wait_for(lock.fileno())
        if not _is_current(folder, group):
            _make(folder, group)
    return _python(folder)


def _existing(folder: Path) -> Path:
    if not _python(folder).exists():
        raise CannotInstall(f"HUTONG_VENV is {folder}, which holds no Python environment.")
    return _python(folder)


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another ./hutong is installing; waiting for it …", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _hash(group: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{group}.txt").read_bytes()).hexdigest()


def _stamp(folder: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if found.get("folder") == str(folder) else {}


def _is_current(folder: Path, group: str) -> bool:
    """Say whether the environment was wholly made, here, from today's locked requirements."""
    return _python(folder).exists() and _stamp(folder).get(group) == _hash(group)


def _make(folder: Path, group: str) -> None:
    """Make or update the environment; `venv.unfinished` stands beside it meanwhile."""
    unfinished = folder.with_name("venv.unfinished")
    known = _stamp(folder)
    if "dev" in known:
        group = "dev"  # one environment for all verbs: it is never made smaller
    if not known and not unfinished.exists() and _holds_already(folder, group):
        _write_stamp(folder, group)
        return
    sound = bool(known) and not unfinished.exists() and _works(folder)
    unfinished.touch()
    if not sound:
        _create(folder)
    _install(folder, group)
    _remove_strangers(folder, group)
    _write_stamp(folder, group)
    unfinished.unlink()


def _create(folder: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        raise CannotInstall(
            f"Python {version} at {sys.executable} lacks venv or pip, which make Hutong's own environment.\n"
            f"On Debian or Ubuntu:  apt install python{version}-venv"
        )
    if folder.exists():
        shutil.rmtree(folder)
    print(f"Making Hutong's own Python {version} environment in {folder}", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotInstall(
            f"The environment could not be made:\n{(done.stdout + done.stderr).strip()}\n"
            f"On Debian or Ubuntu, this may help:  apt install python{version}-venv"
        )


def _install(folder: Path, group: str) -> None:
    """Install the locked requirements, saying how far it is; what pip says goes to `install.log`."""
    total = len(_locked(group))
    print(f"Installing {total} packages (some hundred megabytes, once) …", flush=True)
    log = folder.with_name("install.log")
    command = [str(_python(folder)), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "-r", str(REQUIREMENTS / f"{group}.txt")]
    seen = 0
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, errors="replace"
        )
        for line in process.stdout or ():
            output.write(line)
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                seen += 1
                if seen % 25 == 0:
                    print(f"  {seen} of at most {total}", flush=True)
            elif line.startswith("Installing collected"):
                print("  all fetched; unpacking", flush=True)
        code = process.wait()
    if code != 0:
        tail = "\n".join(f"  {line}" for line in log.read_text(encoding="utf-8").splitlines()[-15:])
        raise CannotInstall(f"pip could not install the requirements (exit code {code}):\n{tail}\nAll of it: {log}")


def _remove_strangers(folder: Path, group: str) -> None:
    """Uninstall what the lock no longer names, so that nothing works by accident."""
    listing = _pip(folder, "list", "--format=json").stdout
    installed = {_normal(entry["name"]) for entry in json.loads(listing)}
    extra = sorted(installed - _locked(group) - {"pip", "setuptools", "wheel"})
    if extra:
        _pip(folder, "uninstall", "--yes", *extra)


def _holds_already(folder: Path, group: str) -> bool:
    """Say whether an environment that somebody else made has every locked version."""
    if not _works(folder):
        return False
    requirements = str(REQUIREMENTS / f"{group}.txt")
    done = _pip(
        folder, "install", "--dry-run", "--no-index", "--no-input", "--no-deps", "--require-hashes", "-r", requirements
    )
    return done.returncode == 0


def _works(folder: Path) -> bool:
    return _python(folder).exists() and _pip(folder, "--version").returncode == 0


def _pip(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(_python(folder)), "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def _locked(group: str) -> set[str]:
    text = (REQUIREMENTS / f"{group}.txt").read_text(encoding="utf-8")
    return {_normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", text, re.MULTILINE)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _write_stamp(folder: Path, group: str) -> None:
    hashes = {name: _hash(name) for name in (("base", "dev") if group == "dev" else ("base",))}
    stamp = folder / STAMP
    draft = stamp.with_suffix(".new")
    draft.write_text(json.dumps({"folder": str(folder)} | hashes), encoding="utf-8")
    draft.replace(stamp)


if __name__ == "__main__":
    main(sys.argv[1:])
