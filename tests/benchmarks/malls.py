"""
`./hutong bench malls [--count N]`: what N malls in one database cost.

N malls are made, each with all rows of a demo mall. A web process with one thread for Django then shows the deal page of each mall
in turn, made anew, twice; after each mall its backend's private memory is read. That is done with the product's recycling of
connections and, as the baseline and once each, without. One mall is backed up by the product's archives and, as the baseline, by
pg_dump. Tables, files and bytes are those of an empty mall: of schemas that were made from the template besides, counted in the
server's own data folder.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg

from tests.benchmarks._copies import made, targets_of
from tests.benchmarks._load import Client, Target
from tests.benchmarks._memory import private_mb
from tests.benchmarks._stack import DEMO_MALLS, ROOT, Stack, await_answer, database_url, gunicorn, stack
from tests.benchmarks.page import facts
from tests.billing.sandbox.process import free_port

NAME = "bench-malls"
EMPTY = [f"m_00000000empty{number:03}" for number in range(4)]
UNLIMITED = "1000000"


@dataclass
class Visited:
    """What a round over all malls found: seconds of each mall's first and second page, megabytes after each mall, backends used."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    backends: set[int] = field(default_factory=set)


def files_and_bytes(connection: "psycopg.Connection[Any]") -> tuple[int, int]:
    """Return the files in the database's folder and their bytes, as the server finds them on its disk."""
    connection.execute("CHECKPOINT")  # files of tables that were dropped go then
    row = connection.execute(
        "SELECT count(*), sum((pg_stat_file(folder || '/' || name, true)).size) FROM (SELECT 'base/' || oid AS folder "
        "FROM pg_database WHERE datname = current_database()) AS d, LATERAL pg_ls_dir(folder) AS name"
    ).fetchone()
    assert row
    return int(row[0]), int(row[1])


def emptied(running: Stack) -> dict[str, int]:
    """Make empty malls and return what one takes: tables, files and bytes."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        before = files_and_bytes(connection)
        command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._malls", "0", *EMPTY]
        subprocess.run(command, cwd=ROOT, env=running.environment, check=True)
        after = files_and_bytes(connection)
        row = connection.execute(
            "SELECT count(*) / count(DISTINCT schemaname) FROM pg_tables WHERE schemaname = ANY(%s)", [EMPTY]
        ).fetchone()
    files, size = ((late - early) // len(EMPTY) for early, late in zip(before, after, strict=True))
    return {"tables_per_mall": int(row[0]) if row else 0, "files_per_mall": files, "bytes_per_mall": size}


@contextmanager
def web(running: Stack, first: Target, *, malls_of_a_backend: str) -> Iterator[int]:
    """Run a web process with one thread for Django, whose connections the server can tell from others; yield its port."""
    port = free_port()
    environment = {
        **running.environment,
        "PGAPPNAME": NAME,
        "HUTONG_PAGE_CACHE": "0",
        "HUTONG_TURNS": "1",
    }
    if malls_of_a_backend:
        environment["HUTONG_DATABASE_BACKEND_MALLS"] = malls_of_a_backend
    process = subprocess.Popen(gunicorn("saas.project.wsgi:application", port), cwd=ROOT, env=environment)
    try:
        await_answer(port, first.host, first.path)
        yield port
    finally:
        process.kill()
        process.wait(30)


def visited(running: Stack, targets: list[Target], *, malls_of_a_backend: str = "", times: int = 2) -> Visited:
    """Ask for each mall's page, twice where nothing else is said, and read the memory of the backend that answered."""
    found, begun_at = Visited(), time.monotonic()
    with (
        web(running, targets[0], malls_of_a_backend=malls_of_a_backend) as port,
        psycopg.connect(database_url(), autocommit=True) as watch,
    ):
        client = Client(port)
        for target in targets:
            for seconds in (found.first, found.again)[:times]:
                begun = time.perf_counter()
                status, body = client.ask(target)
                seconds.append(time.perf_counter() - begun)
                assert status == 200, f"{target} was answered {status}"
                assert target.expected in body, f"{target} lacks its own words"
            pids = watch.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [NAME]).fetchall()
            found.backends |= {int(pid) for (pid,) in pids}
            found.megabytes += [max((_megabytes(pid) for (pid,) in pids), default=0.0)]
            if len(found.first) % 250 == 0:
                print(
                    f"{len(found.first)} of {len(targets)} malls seen in {time.monotonic() - begun_at:.0f} s, ", end=""
                )
                print(f"{found.megabytes[-1]:.1f} MB, at most {max(found.megabytes):.1f}", flush=True)
    return found


def _megabytes(pid: int) -> float:
    try:
        return private_mb(pid)
    except OSError:  # it ended since it was listed
        return 0.0


def alongside(running: Stack, schema: str, malls: int) -> dict[str, Any]:
    """Return what `_backup` prints."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._backup", schema, str(malls)]
    done = subprocess.run(command, cwd=ROOT, env=running.environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--connections", type=int, default=2)
    parser.add_argument(
        "--visit", type=int, default=0, help="show the pages of so many of the malls; all where nothing is said"
    )
    given = parser.parse_args()
    with stack(demo=True) as running:
        told = facts(running, more_malls=0)
        empty = emptied(running)
        took = made(running, given.count - DEMO_MALLS, told["schema"], connections=given.connections)
        targets = targets_of(facts(running, more_malls=0))
        assert len(targets) == given.count - DEMO_MALLS, f"{len(targets)} malls were made"
        targets = targets[: given.visit or None]
        with psycopg.connect(database_url(), autocommit=True) as connection:
            files, size = files_and_bytes(connection)
        beside = alongside(running, told["schema"], min(given.count, 100))
        print(f"{given.count} malls made in {took:.0f} s. {beside}", flush=True)
        ours = visited(running, targets)
        endless = visited(running, targets, malls_of_a_backend=UNLIMITED, times=1)
        # Before the database is dropped, which takes a while.
        print(
            f"{given.count} malls, made in {took:.0f} s; {2 * len(targets)} deal pages with recycling and {len(targets)} without, each "
            f"with its own mall's words; {len(ours.backends)} and {len(endless.backends)} backends; a backup of {beside['backup_rows']} "
            f"rows, read again."
        )
        first, again = median(ours.first) * 1000, median(ours.again) * 1000
        figures = {
            "bench": "malls",
            "malls": given.count,
            "visited": len(targets),
            **empty,
            "files": files,
            "database_bytes": size,
            "backend_private_mb": round(max(ours.megabytes), 1),
            "baseline_private_mb": round(max(endless.megabytes), 1),
            "all_tables_private_mb": round(beside["everything_mb"], 1),
            "first_touch_ms": round(first - again, 1),
            "first_page_ms": round(first, 1),
            "next_page_ms": round(again, 1),
            "backup_s": round(beside["backup_s"], 2),
            "baseline_pg_dump_s": round(beside["pg_dump_s"], 2),
        }
        print(json.dumps(figures))


if __name__ == "__main__":
    os.nice(5)
    main()
