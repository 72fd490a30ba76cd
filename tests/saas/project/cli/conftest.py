"""Running the command line as a person does: in a process of its own, with a state of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import account
from infra.local.state import PROJECT, open_state

OURS = ("HUTONG_", "DATABASE_", "REDIS_", "STRIPE_", "DJANGO_", "PYTEST_", "SECRET_KEY")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A state folder with a space in its name, gone afterwards with what was put elsewhere for it."""
    path = Path(tempfile.mkdtemp(prefix="hutong cli "))
    path.chmod(0o755)
    yield path / "state"
    if (path / "state").exists():
        for state in (path / "state", path / "state" / "test", path / "state" / "bench"):
            if (state / "remembered.json").exists():
                shutil.rmtree(account.server_home(open_state(state)).folder, ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """The environment of somebody who set nothing but where the state is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"HUTONG_STATE": str(folder), "HUTONG_VENV": sys.prefix}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Run `./hutong` with these arguments, and on top these variables, to its end."""

    def hutong(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROJECT / "hutong", *arguments],
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    return hutong
