"""What `up` says when it cannot start; nothing is started in any of these."""

import socket
from pathlib import Path

import pytest

from saas.project.cli.up import addresses
from tests.saas.project.cli.conftest import Run


def test_a_taken_port_is_named_with_a_free_one(run: Run) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        done = run("up", HUTONG_PORT=str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken by another program" in done.stderr
    assert "HUTONG_PORT=" in done.stderr


def test_a_port_that_is_none_is_refused(run: Run) -> None:
    done = run("up", HUTONG_PORT="eighty")
    assert done.returncode == 1
    assert "HUTONG_PORT is 'eighty', which is not a port number" in done.stderr


def test_a_state_that_cannot_be_made_is_named(run: Run, folder: Path) -> None:
    folder.touch()
    done = run("up")
    folder.unlink()
    assert done.returncode == 1
    assert "Cannot make the state folder" in done.stderr


def test_an_unknown_benchmark_is_answered_with_the_known_ones(run: Run) -> None:
    done = run("bench", "nothing")
    assert done.returncode == 2
    assert "Benchmarks:" in done.stderr


@pytest.mark.parametrize(("sandbox", "shown"), [("http://localhost:23000", True), ("", False)])
def test_the_sandboxs_address_is_shown_where_it_is_ours(sandbox: str, shown: bool) -> None:
    lines = addresses(8000, sandbox)
    assert ("Stripe sandbox" in lines) is shown
    for address in (
        "http://localhost:8000/ops/",
        "http://hillside.localhost:8000",
        "http://localhost:8000/dev/messages/",
    ):
        assert address in lines
