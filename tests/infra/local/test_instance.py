import subprocess
import sys

import pytest

from infra.local.instance import Instance, Running
from infra.local.state import State

HOLD = """
import sys, time
from pathlib import Path
from infra.local.instance import Instance
from infra.local.state import open_state
instance = Instance(open_state(Path(sys.argv[1])))
instance.take("up")
instance.publish(variables={"A": "b"}, address="http://localhost:8000")
print("held", flush=True)
time.sleep(60)
"""


def hold(state: State) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(state.root)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_is_told_who_runs_since_when_and_where(state: State) -> None:
    holder = hold(state)
    try:
        with pytest.raises(Running, match=rf"\./hutong up \(process {holder.pid}, since 20\d\d-") as caught:
            Instance(state).take("up")
        assert caught.value.record
        assert caught.value.record.address == "http://localhost:8000"
        assert caught.value.record.variables == {"A": "b"}
    finally:
        holder.kill()
        holder.wait()


def test_a_killed_holder_leaves_the_lock_free(state: State) -> None:
    holder = hold(state)
    holder.kill()
    holder.wait()
    instance = Instance(state)
    assert instance.running() is None
    instance.take("up")
    instance.release()


def test_two_locks_of_one_state_do_not_hinder_each_other(state: State) -> None:
    servers, up = Instance(state), Instance(state, "up")
    servers.take("servers")
    up.take("up")
    assert servers.running() is not None
    up.release()
    assert up.running() is None
    servers.release()
