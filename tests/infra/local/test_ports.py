import socket

import pytest

from infra.local import ports
from infra.local.errors import LaunchError
from infra.local.state import State


def test_a_port_is_kept_from_run_to_run(state: State) -> None:
    first = ports.remembered(state, "postgres")
    assert ports.settle(state, "postgres") == first
    assert ports.LOWEST <= first < ports.HIGHEST


def test_a_port_that_a_stranger_took_is_changed_and_the_new_one_kept(state: State) -> None:
    first = ports.remembered(state, "postgres")
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", first))
        stranger.listen()
        second = ports.settle(state, "postgres")
        assert second != first
    assert ports.remembered(state, "postgres") == second


@pytest.mark.parametrize("text", ["0", "65536", "-1", "eighty", "8000.0", "٨٠٠٠"])
def test_what_is_no_port_number_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(LaunchError, match="HUTONG_PORT=8001"):
        ports.web_port({"HUTONG_PORT": text})


@pytest.mark.parametrize(("environ", "port"), [({}, 8000), ({"HUTONG_PORT": ""}, 8000), ({"HUTONG_PORT": " 81 "}, 81)])
def test_the_web_port_is_8000_unless_said_otherwise(environ: dict[str, str], port: int) -> None:
    assert ports.web_port(environ) == port
