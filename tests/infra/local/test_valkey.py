import os
import signal

import pytest
import redis

from infra.local import processes
from infra.local.state import State
from infra.local.supervisor import Supervisor
from infra.local.valkey import Valkey


def test_what_is_written_survives_a_kill(state: State) -> None:
    server = Valkey(state)
    with Supervisor(state) as supervisor:
        supervisor.start(server.service())
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "yes")
        (pid,) = processes.leftovers(state)
        os.kill(pid, signal.SIGKILL)
    with Supervisor(state) as supervisor:
        supervisor.start(server.service())
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") == b"yes"
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_the_server_wants_a_password_that_is_not_on_its_command_line(state: State) -> None:
    server = Valkey(state, durable=False)
    with Supervisor(state) as supervisor:
        supervisor.start(server.service())
        with redis.Redis(port=server.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    assert not any(state.secret("valkey_password") in word for word in server.service().command)
