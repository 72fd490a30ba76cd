"""
The whole product, started by its one command, killed in every way, and stopped.

One story, because each start costs half a minute: the state is the same from one step to the next.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import ports, processes
from infra.local.state import PROJECT, State, open_state
from saas.project.cli.processes import is_healthy
from tests.saas.project.cli.conftest import Run

pytestmark = pytest.mark.slow
READY = "Ctrl-C stops everything."


class Product:
    """One `./hutong up` in the background, with what it prints in a file."""

    def __init__(self, environment: dict[str, str], output: Path) -> None:
        self.output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [PROJECT / "hutong", "up"], env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def until(self, wanted: str, *, seconds: float = 600) -> None:
        """Wait until it has printed this."""

        def printed() -> bool:
            return wanted in self.said() or self.process.poll() is not None

        assert processes.wait_until(printed, seconds=seconds), self.said()
        assert wanted in self.said(), self.said()


@pytest.fixture
def start(environment: dict[str, str], folder: Path) -> Iterator[Callable[[], Product]]:
    started: list[Product] = []

    def begin() -> Product:
        started.append(Product(environment, folder.with_name(f"output {len(started)}")))
        return started[-1]

    yield begin
    for product in started:
        if product.process.poll() is None:
            product.process.terminate()
            product.process.wait(60)


@pytest.fixture
def port(environment: dict[str, str]) -> int:
    chosen = next(port for port in range(18_000, 19_000) if ports.is_free(port))
    environment["HUTONG_PORT"] = str(chosen)
    return chosen


def all_of(state: State) -> list[int]:
    """Return every process of the instance but the supervisor."""
    return processes.leftovers(state) + processes.working_in((state.root / "servers" / "postgres").resolve())


def test_it_starts_says_where_it_is_outlives_kills_and_stops_clean(
    start: Callable[[], Product], run: Run, folder: Path, port: int
) -> None:
    first = start()
    first.until(READY)
    for place in ("", "/ops/", "/dev/messages/"):
        assert f"http://localhost:{port}{place}" in first.said()
    assert f"http://riverside.localhost:{port}" in first.said()
    assert is_healthy(port)

    second = run("up", HUTONG_PORT=str(port))
    assert second.returncode == 0
    assert f"running already: process {first.process.pid}, since 20" in second.stdout
    assert f"at http://localhost:{port}" in second.stdout

    malls = run("mall", "list", HUTONG_PORT=str(port))
    assert "riverside" in malls.stdout, malls.stderr

    state = open_state(folder)
    web = json.loads((state.run / "web.json").read_text())["pid"]
    os.kill(web, signal.SIGKILL)
    first.until("web was killed by SIGKILL; starting it again")
    first.until("web is started again")
    assert processes.wait_until(lambda: is_healthy(port), seconds=60)

    for pid in (first.process.pid, *all_of(state)):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # a child dies with its parent
    first.process.wait()

    again = start()
    again.until(READY)
    assert is_healthy(port)
    assert re.search(r"Ready after \d+ s\.", again.said())
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(90) == 0
    assert "Ctrl-C: stopping …" in again.said()
    assert all_of(state) == []
    assert ports.is_free(port)
