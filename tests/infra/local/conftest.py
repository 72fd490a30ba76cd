"""States in short, enterable folders: the servers run as an unprivileged account when root runs the tests."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import account
from infra.local.state import State, open_state


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a space in its name, that everybody may enter, and that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="hutong test "))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def state(folder: Path) -> Iterator[State]:
    made = open_state(folder / "state")
    yield made
    shutil.rmtree(account.server_home(made).folder, ignore_errors=True)
