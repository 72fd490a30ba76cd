import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import processes
from infra.local.state import State, open_state

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        child.kill()
        child.wait()


def test_a_process_with_our_mark_is_ours_and_others_are_not(
    state: State, folder: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    other = open_state(folder / "other")
    marks = (processes.mark(state, "web"), processes.mark(other, "web"), {})
    children += [subprocess.Popen(SLEEP, env=os.environ | mark) for mark in marks]
    assert processes.wait_until(lambda: processes.leftovers(state) == [children[0].pid], seconds=5)


def test_a_recorded_process_is_ours_only_while_its_number_is_not_somebody_elses(
    state: State, children: list[subprocess.Popen[bytes]]
) -> None:
    children.append(subprocess.Popen(SLEEP))
    processes.record(state, "web", children[0].pid)
    assert processes.leftovers(state) == [children[0].pid]
    record = state.run / "web.json"
    record.write_text(record.read_text().replace(processes.started(children[0].pid), "another boot:1"))
    assert processes.leftovers(state) == []


def test_a_process_that_ignores_a_polite_request_is_killed(children: list[subprocess.Popen[bytes]]) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE)
    children.append(child)
    assert child.stdout
    child.stdout.readline()
    processes.end([child.pid], patience_seconds=0.3)
    assert child.wait(5) == -signal.SIGKILL


def test_a_child_does_not_outlive_a_killed_parent(folder: Path) -> None:
    script = (
        "import os, signal, sys, time; from pathlib import Path; from infra.local import processes\n"
        "log = open(os.devnull, 'wb')\n"
        "child = processes.start([sys.executable, '-c', 'import time; time.sleep(60)'], environment=os.environ, log=log,"
        " account=None, cwd=Path.cwd(), end_with_parent=signal.SIGTERM)\n"
        "print(child.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert processes.is_running(child)
    parent.kill()
    parent.wait()
    assert processes.wait_until(lambda: not processes.is_running(child), seconds=5)
