"""C2: PgBouncer between the product and PostgreSQL. Session mode serves malls; what mixes them is refused before the first statement."""

import configparser
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from celery import signals
from django.db import DatabaseError, OperationalError, connection, connections
from pytest_django import DjangoDbBlocker

from infra.local import ports, processes, roles
from infra.local.account import server_account
from infra.local.state import PROJECT
from ops_console.health.findings import Ground, State
from ops_console.health.guards.database import search_path
from saas.kernel import clock
from saas.project.cli.pooler import find
from tenants.isolation import probes
from tenants.isolation.entrance import inside
from tenants.isolation.probes import PoolerUnsafe
from tenants.registry.models import Tenant
from tests.conftest import HostClient

PGBOUNCER = find()
pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="no pgbouncer is installed (apt install pgbouncer)")
THREADS, READS = 4, 250
TRACKED = {"pool_mode": "transaction", "track_extra_parameters": "search_path"}
UNSAFE = {
    "transaction": {"pool_mode": "transaction"},
    "transaction, one session": {"pool_mode": "transaction", "default_pool_size": "1"},
    "statement": {"pool_mode": "statement"},
    "session, not cleaned": {"server_reset_query": ""},
}


@dataclass(frozen=True)
class Running:
    """A PgBouncer that this test started, or one that refused its configuration (`port` is 0)."""

    port: int
    log: Path

    @property
    def parameters(self) -> dict[str, Any]:
        return {**connection.get_connection_params(), "host": "127.0.0.1", "port": self.port}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def malls(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Tenant, Tenant]]:
    """The two malls, without a test's transaction. These tests only read."""
    with django_db_blocker.unblock():
        yield Tenant.objects.get(slug="riverside"), Tenant.objects.get(slug="hillside")
        connection.set_schema_to_public()
        connection.close()


@pytest.fixture
def pooler(malls: tuple[Tenant, Tenant]) -> Iterator[Callable[..., Running]]:
    """Return what starts PgBouncer with the committed configuration and some changes; it runs until the test ends."""
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    account = server_account()
    started: list[subprocess.Popen[bytes]] = []

    def start(**changes: str) -> Running:
        port = free_port()
        _write(folder, port, changes)
        for path in (folder, *folder.iterdir()):
            if account is not None:
                account.give(path)
        with (folder / "log").open("wb") as log:
            started.append(
                processes.start(
                    [str(PGBOUNCER), str(folder / "pgbouncer.ini")],
                    environment={"PATH": os.defpath},
                    log=log,
                    account=account,
                    cwd=Path("/"),
                    end_with_parent=signal.SIGKILL,
                )
            )
        settled = processes.wait_until(lambda: ports.answers(port) or started[-1].poll() is not None, seconds=20)
        assert settled, (folder / "log").read_text()
        return Running(port if started[-1].poll() is None else 0, folder / "log")

    yield start
    connection.close()
    for process in started:
        process.terminate()
        process.wait(timeout=10)
    shutil.rmtree(folder)


def _write(folder: Path, port: int, changes: dict[str, str]) -> None:
    """Write the committed configuration for the test's servers, and the file with the application's password."""
    database = connection.settings_dict
    written = configparser.ConfigParser(comment_prefixes=(";",), interpolation=None)
    written.read(PROJECT / "infra" / "pgbouncer" / "pgbouncer.ini")
    assert written["pgbouncer"]["pool_mode"] == "session"
    written["databases"] = {"*": f"host={database['HOST']} port={database['PORT']}"}
    own = {"listen_addr": "127.0.0.1", "listen_port": str(port), "auth_file": str(folder / "userlist.txt")}
    written["pgbouncer"].update(own | changes)
    with (folder / "pgbouncer.ini").open("w") as file:
        written.write(file)
    (folder / "userlist.txt").write_text(f'"{database["USER"]}" "{database["PASSWORD"]}"\n')
    (folder / "userlist.txt").chmod(0o600)


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Callable[[Running], None]:
    """Return what leads this process's connections through a pooler, like a process that has not connected before."""

    def lead(running: Running) -> None:
        connection.close()
        for name, value in (("HOST", "127.0.0.1"), ("PORT", running.port), ("CONN_MAX_AGE", 60)):
            monkeypatch.setitem(connections.settings["default"], name, value)
            monkeypatch.setitem(connection.settings_dict, name, value)
        monkeypatch.setattr(probes, "_proven", set())

    return lead


def storm(malls: tuple[Tenant, Tenant]) -> Counter[str]:
    """Read in both malls at once, each thread in its own, and count what each read saw."""
    seen: Counter[str] = Counter()
    lock = threading.Lock()
    # Statement by statement in turn, so that a session that is lent out is somebody else's before the next statement.
    together = threading.Barrier(THREADS, timeout=30)

    def reads(mall: Tenant) -> None:
        home = (mall.schema_name, f"r_{mall.schema_name}", mall.name)
        try:
            for _read in range(READS):
                together.wait()
                try:
                    with inside(mall), connection.cursor() as cursor:
                        cursor.execute("SELECT current_schema(), current_user")
                        outcome = "right" if cursor.fetchone() == home[:2] else "wrong"
                except DatabaseError:
                    outcome = "error"
                with lock:
                    seen[outcome] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=reads, args=(malls[number % 2],)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def test_session_mode_is_safe_and_serves_two_malls_at_once(
    pooler: Callable[..., Running], through: Callable[[Running], None], malls: tuple[Tenant, Tenant]
) -> None:
    """The probe passes, pages are whole, the time limits hold, and 1,000 reads by four threads are each mall's own."""
    running = pooler()
    assert [one.is_ok for one in probes.ask(running.parameters)] == [True, True]
    through(running)
    for mall in malls:
        answer = HostClient(f"{mall.slug}.localhost").get("/")
        assert (answer.status_code, mall.name in answer.content.decode()) == (200, True)
    assert storm(malls) == {"right": THREADS * READS}
    assert search_path(Ground(now=clock.now())).state == State.OK
    with connection.cursor() as cursor:
        for name, value in roles.LIMITS.items():
            cursor.execute("SELECT current_setting(%s)", [name])
            assert cursor.fetchone()[0].replace("1min", "60s") == value, (
                "PgBouncer drops what a session asks for; the role has it"
            )


def test_c2_in_transaction_mode_malls_are_mixed_when_nobody_refuses_it(
    pooler: Callable[..., Running],
    through: Callable[[Running], None],
    malls: tuple[Tenant, Tenant],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: the same reads, without the probe."""
    through(pooler(pool_mode="transaction", default_pool_size="2"))
    monkeypatch.setattr(probes, "demand", lambda _parameters: None)
    seen = storm(malls)
    assert seen.total() == THREADS * READS
    assert seen["wrong"] > 0, seen


@pytest.mark.parametrize("kind", UNSAFE)
def test_c2_what_mixes_malls_is_refused_before_the_first_statement(
    kind: str, pooler: Callable[..., Running], through: Callable[[Running], None], malls: tuple[Tenant, Tenant]
) -> None:
    through(pooler(**UNSAFE[kind]))
    for _again in range(2):
        with pytest.raises(PoolerUnsafe, match=r"session mode|DISCARD ALL"), inside(malls[0]), connection.cursor():
            pytest.fail("a cursor was given")
    with pytest.raises(PoolerUnsafe):
        probes.before_start()
    for start in (signals.worker_init, signals.beat_init):
        with pytest.raises(SystemExit, match="not safe for malls"):
            start.send(sender=None)
    reading = search_path(Ground(now=clock.now()))
    assert reading.state == State.FAILED


def test_a_pooler_that_tracks_the_search_path_still_mixes_roles(pooler: Callable[..., Running]) -> None:
    """Debian 12's 1.18 does not know the setting and refuses to start with it; from 1.20 the probe sees the roles mixed."""
    running = pooler(**TRACKED)
    version = subprocess.run([str(PGBOUNCER), "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"PgBouncer (\d+)\.(\d+)", version)
    assert number
    if (int(number[1]), int(number[2])) < (1, 20):
        assert "track_extra_parameters" in running.log.read_text()
        assert running.port == 0
    else:
        assert probes.ask(running.parameters)[0].is_ok is False


def test_postgresql_tells_a_pooler_of_the_path_and_not_of_the_role(malls: tuple[Tenant, Tenant]) -> None:
    """Why tracking cannot save transaction mode: a pooler learns only what the server reports."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        session.execute(f"SET search_path = {malls[0].schema_name}")
        session.execute(f"SET ROLE r_{malls[0].schema_name}")
        if session.info.server_version >= 180000:
            assert session.pgconn.parameter_status(b"search_path") == malls[0].schema_name.encode()
        assert session.pgconn.parameter_status(b"role") is None
        assert session.pgconn.parameter_status(b"session_authorization") == b"hutong_app"


def test_what_cannot_be_told_is_no_permission(
    pooler: Callable[..., Running],
    through: Callable[[Running], None],
    malls: tuple[Tenant, Tenant],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A pooler with one session to give, and one that is away: a process may start and wait, and no statement runs."""
    monkeypatch.setattr(probes, "PATIENCE_S", 1)
    for running in (pooler(default_pool_size="1"), Running(free_port(), Path())):
        through(running)
        assert [one.is_ok for one in probes.ask(running.parameters)] == [None, None]
        with pytest.raises(OperationalError, match="cannot be told"), connection.cursor():
            pytest.fail("a cursor was given")
        probes.before_start()
        assert "asked again before the first connection" in caplog.text
        caplog.clear()


@pytest.mark.slow
def test_web_worker_and_beat_refuse_to_start_on_transaction_mode(pooler: Callable[..., Running]) -> None:
    """The real processes, by their own commands; each says why."""
    running = pooler(pool_mode="transaction")
    address = urlsplit(os.environ["DATABASE_URL"])
    at = f"{address.netloc.rpartition('@')[0]}@127.0.0.1:{running.port}"
    environment = os.environ | {"DATABASE_URL": address._replace(netloc=at).geturl()}
    celery = ["celery", "-A", "saas.project.celery"]
    commands = (
        ["gunicorn", "saas.project.wsgi:application", "--bind", f"127.0.0.1:{free_port()}", "--no-control-socket"],
        [*celery, "worker", "--pool", "solo"],
        [*celery, "beat", "--schedule", str(running.log.with_name("schedule"))],
    )
    begun = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *command],
            env=environment,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in commands
    ]
    try:
        for process, command in zip(begun, commands, strict=True):
            said, _none = process.communicate(timeout=120)
            assert process.returncode != 0, command
            assert "the way to the database is not safe for malls" in said, (command, said)
            assert "infra/pgbouncer" in said
    finally:
        for process in begun:
            process.kill()


def test_a_process_asks_once(malls: tuple[Tenant, Tenant], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    ask = probes.ask
    monkeypatch.setattr(probes, "_proven", set())

    def counted(parameters: Mapping[str, Any]) -> tuple[probes.Verdict, ...]:
        asked.append(1)
        return ask(parameters)

    monkeypatch.setattr(probes, "ask", counted)
    for _connection in range(3):
        connection.close()
        with inside(malls[0]), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    assert asked == [1]
