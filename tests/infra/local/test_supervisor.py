import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local import processes
from infra.local.errors import ServiceFailed
from infra.local.service import Service
from infra.local.state import State
from infra.local.supervisor import Supervisor

STAYS = "print('began', flush=True); import time; time.sleep(60)"


def python(name: str, code: str, **options: object) -> Service:
    return Service(name, [sys.executable, "-c", code], environment=os.environ, **options)  # type: ignore[arg-type]


def writes_when_stopped(name: str, book: Path) -> Service:
    code = (
        "import signal, sys, time\n"
        f"def stop(*_): open({str(book)!r}, 'a').write('{name} '); sys.exit()\n"
        f"signal.signal(signal.SIGTERM, stop); open({str(book) + name!r}, 'w').close(); time.sleep(60)"
    )
    return python(name, code, is_ready=Path(str(book) + name).exists)


def after(condition: Callable[[], bool], supervisor: Supervisor) -> None:
    """Let the supervisor work until the condition holds, by giving it a command that runs meanwhile."""
    for _ in range(100):
        if condition():
            return
        supervisor.call([sys.executable, "-c", "import time; time.sleep(0.3)"], environment=os.environ)
    raise AssertionError("it did not happen")


def test_services_stop_in_the_reverse_of_their_order(state: State, folder: Path) -> None:
    book = folder / "book"
    with Supervisor(state) as supervisor:
        for name in ("first", "second", "third"):
            supervisor.start(writes_when_stopped(name, book))
    assert book.read_text().split() == ["third", "second", "first"]


def test_a_service_that_dies_is_started_again_and_that_is_said(state: State) -> None:
    said: list[str] = []
    log = state.logs / "web.log"
    with Supervisor(state, report=said.append) as supervisor:
        supervisor.start(python("web", STAYS, is_ready=lambda: "began" in log.read_text()))
        (pid,) = processes.leftovers(state)
        os.kill(pid, signal.SIGKILL)
        after(lambda: log.read_text().count("began") == 2, supervisor)
        (again,) = processes.leftovers(state)
        assert again != pid
    assert said[0].startswith("web was killed by SIGKILL; starting it again in 0.5 s")
    assert said[1] == f"web is started again (process {again})."
    assert processes.leftovers(state) == []


def test_the_pauses_grow_for_a_service_that_cannot_stay(state: State) -> None:
    said: list[str] = []
    with Supervisor(state, report=said.append) as supervisor:
        supervisor.start(python("web", "raise SystemExit(3)"))
        after(lambda: len(said) >= 5, supervisor)
    assert [line.split(";")[1].split(".  Its")[0][:27] for line in said[0:5:2]] == [
        " starting it again in 0.5 s",
        " starting it again in 1.0 s",
        " starting it again in 2.0 s",
    ]


def test_a_service_that_fails_to_start_is_reported_with_the_end_of_its_log(state: State) -> None:
    broken = python("web", "print('no settings'); raise SystemExit(3)", is_ready=lambda: False)
    wanted = r"(?s)web stopped with exit code 3.*no settings"
    with Supervisor(state) as supervisor, pytest.raises(ServiceFailed, match=wanted):
        supervisor.start(broken)


def test_a_service_that_is_never_ready_is_reported_and_stopped(state: State) -> None:
    idle = python("web", STAYS, is_ready=lambda: False, ready_within_seconds=0.5)
    with Supervisor(state) as supervisor, pytest.raises(ServiceFailed, match="not ready after"):
        supervisor.start(idle)
    assert processes.leftovers(state) == []


def test_a_command_beside_the_services_gives_its_exit_code(state: State) -> None:
    with Supervisor(state) as supervisor:
        assert supervisor.call([sys.executable, "-c", "raise SystemExit(7)"], environment=os.environ) == 7


def test_being_asked_to_stop_ends_the_watch(state: State) -> None:
    with Supervisor(state) as supervisor:
        supervisor.start(python("web", STAYS))
        os.kill(os.getpid(), signal.SIGTERM)
        assert supervisor.watch() == "SIGTERM"
    assert processes.leftovers(state) == []


def test_what_a_killed_run_left_is_ended_by_the_next(state: State) -> None:
    with Supervisor(state) as first:
        first.start(python("web", STAYS))
        (pid,) = processes.leftovers(state)
        said: list[str] = []
        second = Supervisor(state, report=said.append)
        second.clear_leftovers()
        assert not processes.is_running(pid)
        assert said == ["An earlier run was killed; ending 1 processes that it left behind."]


def test_a_large_log_is_put_aside(state: State) -> None:
    (state.logs / "web.log").write_bytes(b"x" * 10_000_001)
    with Supervisor(state) as supervisor:
        supervisor.start(python("web", STAYS))
    assert (state.logs / "web.log.1").stat().st_size == 10_000_001
    assert (state.logs / "web.log").stat().st_size < 100
