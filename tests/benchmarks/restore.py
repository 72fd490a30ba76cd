"""
`./hutong bench restore`: the runbook "Restore" done for real, on a server of its own.

A server archives its WAL with infra/backup/archive-wal. Malls are opened, a base backup is taken while a writer commits, and then, at a
known instant, one mall is dropped by mistake. The server is killed and its disk thrown away. From backup and archive a second server is
brought to that instant: every schema must be equal, row for row, to what it was then, with every acknowledged write and no later one.
A third is brought to the end of the archive: how many acknowledged writes of the last seconds a lost disk costs is told.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from infra.local import ports, processes, roles
from infra.local.postgres import Postgres
from infra.local.state import PROJECT, open_state

DATABASE = "hutong"
BACKUP = PROJECT / "infra" / "backup"


@dataclass
class Writer:
    """Commits numbers into one table, and keeps those that the server acknowledged."""

    url: str
    acknowledged: list[int] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write until told to stop, or until the server is gone."""
        try:
            with psycopg.connect(self.url, autocommit=True) as connection:
                while not self.stopped.is_set():
                    number = len(self.acknowledged)
                    connection.execute("INSERT INTO public.drill VALUES (%s)", [number])
                    self.acknowledged.append(number)
        except psycopg.OperationalError:
            return


class Drill:
    """One server's programs and folders, all of the same account."""

    def __init__(self) -> None:
        self.server = Postgres(open_state().nested("restore"))
        self.home = self.server.home
        for name in ("archive", "backup", "restored", "scripts"):
            shutil.rmtree(self.home.folder / name, ignore_errors=True)
        shutil.rmtree(self.server.data, ignore_errors=True)
        self.archive, self.backup = self.home.make("archive"), self.home.make("backup")
        self.scripts = self.home.make("scripts", mode=0o755)
        for path in (BACKUP / "archive-wal", BACKUP / "fetch-wal"):
            shutil.copy(path, self.scripts)
            self.home.own(self.scripts / path.name, mode=0o755)
        self.variables = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", "WAL_ARCHIVE": str(self.archive)}
        self.command = [*self.server.service().command]

    @contextmanager
    def running(self, data: Path, *settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a server on a data folder, as the account that owns it, until the block ends."""
        port = str(self.server.port)
        command = [*self.command[:2], str(data), *self.command[3:]]
        command += [part for setting in (*settings, f"port={port}") for part in ("-c", setting)]
        with (self.server.state.logs / "drill.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=self.variables,
                cwd=self.home.folder,
                stdout=log,
                stderr=log,
                **processes.as_account(self.home.account),
            )
        try:
            if not processes.wait_until(self.server.is_ready, seconds=120):
                raise SystemExit(f"the server did not start; see {self.server.state.logs / 'drill.log'}")
            yield process
        finally:
            process.kill()
            process.wait(30)
            (data / "postmaster.pid").unlink(missing_ok=True)

    def take_base_backup(self) -> None:
        """Run pg_basebackup and pg_verifybackup as infra/backup/base-backup does."""
        programs = Path(self.command[0]).parent
        common = {"env": self.variables | {"PGPASSWORD": self.server.password("postgres")}, "cwd": self.home.folder}
        target = str(self.backup / "base")
        for command in (
            ["pg_basebackup", "--pgdata", target, "--wal-method", "stream", "--checkpoint", "fast", "--host", "127.0.0.1",
             "--port", str(self.server.port), "--username", "postgres", "--no-password", "--manifest-checksums", "SHA256"],
            ["pg_verifybackup", "--quiet", target],
        ):  # fmt: skip
            account = processes.as_account(self.home.account)
            subprocess.run([str(programs / command[0]), *command[1:]], check=True, **common, **account)

    def restored(self, *settings: str) -> tuple[Path, list[str]]:
        """Lay out the backup in a new folder with a recovery signal; return it and the settings to start it with."""
        data = self.home.folder / "restored"
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(self.backup / "base", data)
        for path in (data, *data.rglob("*")):
            self.home.own(path, mode=0o700 if path.is_dir() else 0o600)
        self.home.write(data / "recovery.signal", "")
        fetch = f'restore_command={self.scripts / "fetch-wal"} %f "%p"'
        return data, [fetch, "archive_mode=off", "recovery_target_action=promote", *settings]


def checksums(url: str) -> dict[str, str]:
    """Return a hash over every row of every table, for each schema; the writer's table is told apart."""
    found: dict[str, hashlib._Hash] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE (schemaname ~ '^m_' OR schemaname = 'public') "
            "AND tablename <> 'drill' ORDER BY 1, 2"
        ).fetchall()
        for schema, table in tables:
            row = connection.execute(
                f"SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM \"{schema}\".\"{table}\" t"  # noqa: S608
            ).fetchone()
            found.setdefault(schema, hashlib.sha256()).update(f"{table}:{row[0] if row else ''}".encode())
    return {schema: digest.hexdigest() for schema, digest in found.items()}


def written(url: str) -> list[int]:
    """Return the writer's numbers that the server has."""
    with psycopg.connect(url, autocommit=True) as connection:
        return [number for (number,) in connection.execute("SELECT n FROM public.drill ORDER BY n")]


def wait_for_promotion(url: str) -> None:
    """Wait until the server has left recovery."""

    def is_writable() -> bool:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        return row is not None and not row[0]

    if not processes.wait_until(is_writable, seconds=300):
        raise SystemExit("the restored server did not come out of recovery")


def fill(drill: Drill) -> None:
    """Make the product's schemas with two malls on the server."""
    server = drill.server
    server.make_databases()
    environment = {
        **os.environ,
        "DATABASE_URL": server.url(roles.APP, DATABASE),
        "DATABASE_OWNER_URL": server.url(roles.OWNER, DATABASE),
        "DJANGO_SETTINGS_MODULE": "saas.project.settings.development",
        "PYTHONWARNINGS": "ignore",
        "HUTONG_LOG_LEVEL": "WARNING",
    }
    subprocess.run(
        [sys.executable, "manage.py", "prepare"], check=True, cwd=PROJECT, env=environment, stdout=sys.stderr
    )
    with psycopg.connect(server.url(database=DATABASE), autocommit=True) as connection:
        connection.execute("CREATE TABLE public.drill (n bigint PRIMARY KEY)")


def archived_up_to_now(connection: psycopg.Connection) -> None:
    """Wait until what was written so far is in the archive."""
    row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    wanted = row[0] if row else ""

    def is_there() -> bool:
        last = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()
        return bool(last and last[0] and last[0][:24] >= wanted)

    if not processes.wait_until(is_there, seconds=60):
        raise SystemExit(f"{wanted} did not reach the archive")


@dataclass
class Story:
    """What happened on the first server until its disk was lost."""

    instant: str = ""
    at_instant: dict[str, str] = field(default_factory=dict)
    acknowledged_then: int = 0
    acknowledged: int = 0
    dropped: str = ""


def lose(drill: Drill, seconds: float) -> Story:
    """Fill a server, back it up under writes, drop a mall at a known instant, write on, and kill it."""
    story, url = Story(), drill.server.url(database=DATABASE)
    archive = f'archive_command="{drill.scripts / "archive-wal"}" "%p" "%f"'
    drill.server.prepare()
    with drill.running(drill.server.data, "wal_level=replica", "archive_mode=on", archive, "archive_timeout=60s"):
        fill(drill)
        writer = Writer(url)
        thread = threading.Thread(target=writer.run)
        thread.start()
        time.sleep(seconds)
        drill.take_base_backup()
        time.sleep(seconds)
        writer.stopped.set()
        thread.join()
        with psycopg.connect(url, autocommit=True) as connection:
            story.at_instant, story.acknowledged_then = checksums(url), len(writer.acknowledged)
            time.sleep(0.05)
            story.instant = str(connection.execute("SELECT clock_timestamp()").fetchone()[0])  # type: ignore[index]
            time.sleep(0.05)
            story.dropped = next(schema for schema in story.at_instant if schema != "public")
            connection.execute(f'DROP SCHEMA "{story.dropped}" CASCADE')
            archived_up_to_now(connection)
        writer.stopped.clear()
        thread = threading.Thread(target=writer.run)
        thread.start()
        time.sleep(seconds)
    thread.join()  # the server was killed under it
    story.acknowledged = len(writer.acknowledged)
    shutil.rmtree(drill.server.data)
    return story


def main() -> None:
    """Run the drill; the last line is one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long is written between the steps")
    seconds: float = parser.parse_args().seconds
    drill = Drill()
    url = drill.server.url(database=DATABASE)
    story = lose(drill, seconds)
    begin = time.monotonic()
    data, settings = drill.restored(f"recovery_target_time={story.instant}")
    with drill.running(data, *settings):
        wait_for_promotion(url)
        restore_s = time.monotonic() - begin
        equal = checksums(url) == story.at_instant
        numbers = written(url)
    data, settings = drill.restored("recovery_target_timeline=latest")
    with drill.running(data, *settings):
        wait_for_promotion(url)
        to_the_end, left = written(url), checksums(url)
    shutil.rmtree(data)
    failed = not equal or numbers != list(range(story.acknowledged_then)) or story.dropped in left or not numbers
    figures = {
        "bench": "restore",
        "schemas": len(story.at_instant),
        "equal": equal,
        "acknowledged": story.acknowledged_then,
        "lost_before_the_instant": story.acknowledged_then - len(numbers),
        "restore_s": round(restore_s, 1),
        "lost_of_the_last_seconds": story.acknowledged - len(to_the_end),
        "archive_command": "infra/backup/archive-wal",
    }
    print(json.dumps(figures))
    if failed:
        raise SystemExit("the restored server is not what the lost one was at that instant")


if __name__ == "__main__":
    ports.settle(open_state().nested("restore"), "postgres")
    main()
