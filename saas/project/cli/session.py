"""Servers for one verb: joined where an instance runs them, else started for as long as the verb takes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.local.instance import Instance, Record, Running
from infra.local.servers import SERVERS, Servers, supervised
from infra.local.supervisor import Supervisor, say

LASTING = ("up", "servers")  # what keeps its servers until it is told to stop, so that others may join
# django-tenants looks at the database's extensions while the apps are loaded, and Django warns of it every time.
EXPECTED_WARNING = "ignore:Accessing the database during app initialization:RuntimeWarning"


@dataclass(frozen=True)
class Session:
    """Servers that run, and a way to run commands beside them."""

    supervisor: Supervisor
    environment: dict[str, str]

    def python(self, *arguments: str) -> int:
        """Run this Python with these arguments at the terminal; return its exit code."""
        return self.supervisor.call([sys.executable, *arguments], environment=self.environment)

    def manage(self, *arguments: str) -> int:
        """Run one of Django's management commands, which says for itself how far it is: the log stays quiet."""
        command = [sys.executable, "manage.py", *arguments]
        quiet = {"HUTONG_LOG_LEVEL": "WARNING"} | self.environment
        return self.supervisor.call(command, environment=quiet)


@contextmanager
def session(verb: str, servers: Servers) -> Iterator[Session]:
    """
    Run a block with the data servers of `servers.state`.

    :raises Running: another short verb is using them, and will stop them when it ends
    """
    instance = Instance(servers.state)
    record = instance.running()
    if record is not None and record.verb in LASTING and record.variables:
        with Supervisor(servers.state) as supervisor:
            yield Session(supervisor, environment(_joined(servers, record)))
        return
    take(instance, verb)
    try:
        with supervised(servers) as supervisor:
            instance.publish(variables=servers.variables())
            yield Session(supervisor, environment(servers.variables()))
    finally:
        instance.release()


def environment(variables: dict[str, str]) -> dict[str, str]:
    """Return the environment of a child: ours, and on top what leads it to the servers."""
    quiet = ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), EXPECTED_WARNING]))
    return {**os.environ, **variables, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": quiet}


def take(instance: Instance, verb: str) -> None:
    """Take the lock, waiting a little for a short verb that holds it."""
    try:
        instance.take(verb)
    except Running as error:
        say(f"Waiting: {error}")
        instance.take(verb, wait_seconds=60)


def _joined(servers: Servers, record: Record) -> dict[str, str]:
    """Return our variables, with the running instance's servers where none is named outside."""
    theirs = {name: record.variables[name] for name in SERVERS if name in record.variables}
    named_outside = {name: value for name in SERVERS if (value := servers.environ.get(name))}
    return servers.variables() | theirs | named_outside
