"""
Data servers for work at the keyboard: ``python -m infra.local env|stop|status [--test]``.

``env`` starts PostgreSQL and Valkey in the background, unless they run, and prints the ``export`` lines that
lead to them. ``--test`` is a second pair for tests, faster and not durable.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys

from infra.local import processes
from infra.local.errors import LaunchError, Stopping
from infra.local.instance import Instance, Record
from infra.local.servers import DEVELOPMENT, TESTING, Servers, supervised
from infra.local.state import PROJECT, State, open_state
from infra.local.supervisor import last_lines

READY_WITHIN_SECONDS = 150


def main(arguments: list[str] | None = None) -> int:
    """Run one of the verbs and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    parser.add_argument("verb", choices=["env", "stop", "status", "serve"])
    parser.add_argument("--test", action="store_true", help="the pair of servers for tests")
    chosen = parser.parse_args(arguments)
    try:
        state = open_state()
        if chosen.test:
            state = state.nested("test")
        return {"env": env, "stop": stop, "status": status, "serve": serve}[chosen.verb](state, test=chosen.test)
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1


def serve(state: State, *, test: bool) -> int:
    """Run the servers in this process until it is told to stop."""
    instance = Instance(state)
    instance.take("servers")
    chosen = {name: os.environ[name] for name in ("HUTONG_PORT",) if name in os.environ}
    servers = Servers(state, chosen, settings=TESTING if test else DEVELOPMENT, durable=not test)
    try:
        with supervised(servers) as supervisor:
            instance.publish(variables=servers.variables())
            supervisor.watch()
    except Stopping:
        return 130
    finally:
        instance.release()
    return 0


def env(state: State, *, test: bool) -> int:
    """Start the servers in the background where they do not run, and print how to reach them."""
    record = Instance(state).running() or _serve_in_background(state, test=test)
    for name, value in (record.variables if record else {}).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def stop(state: State, *, test: bool) -> int:
    """Stop the servers that ``env`` started."""
    record = Instance(state).running()
    if record is None:
        print("Nothing is running.")
        return 0
    if record.verb != "servers":
        raise LaunchError(f"./hutong {record.verb} (process {record.pid}) runs them. Stop it where it runs.")
    os.kill(record.pid, signal.SIGTERM)
    stopped = processes.wait_until(lambda: Instance(state).running() is None, seconds=60)
    print("Stopped." if stopped else f"Process {record.pid} is still stopping.")
    return 0 if stopped else 1


def status(state: State, *, test: bool) -> int:
    """Say what runs with this state."""
    record = Instance(state).running()
    print(f"{record.verb}, process {record.pid}, since {record.since}" if record else "Nothing is running.")
    return 0 if record else 1


def _serve_in_background(state: State, *, test: bool) -> Record:
    command = [sys.executable, "-m", "infra.local", "serve", *(["--test"] if test else [])]
    root = state.root.parent if test else state.root
    log = state.logs / "servers.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | {"HUTONG_STATE": str(root)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    found: list[Record] = []

    def ready() -> bool:
        record = Instance(state).running()
        if record is not None and record.variables:
            found.append(record)
        return bool(found) or process.poll() is not None

    processes.wait_until(ready, seconds=READY_WITHIN_SECONDS)
    if not found:
        raise LaunchError("The servers did not start:\n" + "\n".join(last_lines(log)))
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
