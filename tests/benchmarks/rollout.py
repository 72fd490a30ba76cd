"""
`./hutong bench rollout [--malls N] [--kills K]`: a release with a new table, a column, indexes, constraints and rows by Python rolls over
malls while the release before sells in two of them. Beside it django-tenants' standard executor takes sample schemas through the
same migrations. With kills the roll-out's process is killed at random points, most of them while malls are being changed, and started
again, K times. Shoppers buy meanwhile, one order after the other.

Checked: no request failed, every order that was confirmed is there, every mall is at the last step and like the template, and no lock
was waited for over 2 s. At the end it is asked how long a roll-out takes to find that there is nothing to do.
"""

import argparse
import http.client
import json
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.benchmarks._kills import Kills, kill_and_go_on
from tests.benchmarks._sale import Sale
from tests.benchmarks._stack import DEMO_MALLS, ROOT, Stack, database_url, stack
from tests.benchmarks.page import facts

SAMPLES = ["m_0000000baseline0", "m_0000000baseline1"]
SQL, PYTHON = "tests.trial.season", "tests.trial.yearround"
PAGES = [("riverside.localhost", "/deals/"), ("hillside.localhost", "/deals/"), ("riverside.localhost", "/")]


@dataclass
class Traffic:
    """What visitors of the malls saw, and how long statements waited for locks."""

    answers: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0
    longest_wait_s: float = 0
    over: threading.Event = field(default_factory=threading.Event)
    sale: Sale | None = None

    def buy(self) -> None:
        """Buy the deal until it is over, each time as somebody else."""
        assert self.sale
        self.sale.over = self.over
        self.sale.buyer(1)

    def visit(self, port: int, turn: int) -> None:
        """Ask for pages until it is over. Each is asked for with another question, so that no cache answers."""
        while not self.over.is_set():
            host, path = PAGES[turn % len(PAGES)]
            turn += 1
            begun = time.perf_counter()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request(
                    "GET", f"{path}?turn={turn}.{threading.get_ident()}", headers={"Host": f"{host}:{port}"}
                )
                status = connection.getresponse().status
                if status != 200:
                    self.failures.append(f"{host}{path}: {status}")
            except OSError as error:
                self.failures.append(f"{host}{path}: {error}")
            self.answers += 1
            self.slowest_s = max(self.slowest_s, time.perf_counter() - begun)

    def watch(self) -> None:
        """Look at waiting statements, thirty times a second."""
        with psycopg.connect(database_url(), autocommit=True) as connection:
            while not self.over.wait(0.03):
                row = connection.execute(
                    "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - waitstart)), 0) FROM pg_locks "
                    "WHERE NOT granted AND locktype <> 'advisory'"
                ).fetchone()
                self.longest_wait_s = max(self.longest_wait_s, float(row[0]) if row else 0)


def migrate(running: Stack, apps: str) -> subprocess.Popen[str]:
    """Start the roll-out of a release that has these apps besides."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "migrate_all"],
        cwd=ROOT,
        env={**running.environment, "HUTONG_TRIAL_APPS": apps},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def baseline(running: Stack) -> float:
    """Return the milliseconds a schema that the standard executor takes for the same migrations, process start not counted."""
    code = (
        "import sys, time, django; django.setup()\n"
        "from django.core.management import call_command; from tenants.isolation.entrance import building\n"
        "begun = time.perf_counter()\n"
        "for schema in sys.argv[1:]:\n"
        "    with building(schema):\n"
        "        call_command('migrate_schemas', tenant=True, schema_name=schema, interactive=False, verbosity=0, executor='standard')\n"
        "print((time.perf_counter() - begun) * 1000 / len(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *SAMPLES],
        cwd=ROOT,
        env={**running.environment, "HUTONG_TRIAL_APPS": SQL},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1])


def rolled(running: Stack, apps: str) -> float:
    """Roll out to the end and return the milliseconds a mall; refuse anything but a complete roll-out."""
    process = migrate(running, apps)
    told, _nothing = process.communicate(timeout=3600)
    assert process.returncode == 0, told[-2000:]
    through = re.findall(r"^  ([\d,]+) of [\d,]+ malls in ([\d.]+) s", told, re.MULTILINE)
    return (
        sum(float(seconds) for _malls, seconds in through)
        * 1000
        / max(1, sum(int(n.replace(",", "")) for n, _s in through))
    )


def verified(running: Stack) -> int:
    """Compare every mall with the template; return how many there are."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "migrate_all", "--verify"],
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"([\d,]+) malls compared with the template, 0 differ", told)
    assert found, told
    return int(found[1].replace(",", ""))


def orders(schema: str) -> int:
    """Return how many orders the mall has."""
    with psycopg.connect(database_url()) as connection:
        query = psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(schema, "orders_order"))
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def put_on_sale(schema: str, path: str) -> None:
    """Give the deal more units than anybody buys."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        query = psycopg.sql.SQL("UPDATE {} SET units_total = 1000000, units_per_person = NULL WHERE slug = {}")
        named = psycopg.sql.Identifier(schema, "deals_deal")
        connection.execute(query.format(named, path.strip("/").rpartition("/")[2]))


def nothing_to_do(running: Stack, apps: str) -> dict[str, float]:
    """Return what `_nothing` prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._nothing"],
        cwd=ROOT,
        env={**running.environment, "HUTONG_TRIAL_APPS": apps},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def under_traffic(running: Stack, traffic: Traffic, *, kills: int, seed: int) -> tuple[Kills, float]:
    """Roll out while visitors read and a shopper buys; return the kills and the milliseconds a mall of the last roll-out."""
    threads = [threading.Thread(target=traffic.visit, args=(running.port, turn)) for turn in range(2)]
    threads += [threading.Thread(target=traffic.watch), threading.Thread(target=traffic.buy)]
    for thread in threads:
        thread.start()
    try:
        killed = kill_and_go_on(running, f"{SQL},{PYTHON}", kills=kills, seed=seed) if kills else Kills()
        return killed, rolled(running, f"{SQL},{PYTHON}" if kills else SQL)
    finally:
        traffic.over.set()
        for thread in threads:
            thread.join()


def check(traffic: Traffic, *, ordered: int, malls: int, wanted: int) -> None:
    """Refuse anything but a roll-out that nobody noticed."""
    sale = traffic.sale
    assert sale
    assert malls == wanted, f"{malls} of {wanted} malls are at the last step"
    assert not traffic.failures, f"{len(traffic.failures)} of {traffic.answers} requests failed: {traffic.failures[:3]}"
    assert set(sale.statuses) <= {200, 303}, f"a shopper's requests were answered {sale.statuses}"
    assert 0 < sale.bought == ordered, f"{sale.bought} orders were confirmed and {ordered} are there"
    assert traffic.longest_wait_s <= 2, f"a statement waited {traffic.longest_wait_s:.1f} s for a lock"


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--malls", type=int, default=200)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with stack(demo=True) as running:
        making = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "tests.benchmarks._malls",
            str(given.malls - DEMO_MALLS),
            *SAMPLES,
        ]
        subprocess.run(making, check=True, cwd=ROOT, env=running.environment)
        told = facts(running, more_malls=0)
        traffic, before = Traffic(sale=Sale(running.port, told["path"])), orders(told["schema"])
        put_on_sale(told["schema"], told["path"])
        base = baseline(running)
        kills, each = under_traffic(running, traffic, kills=given.kills, seed=given.seed)
        nothing = nothing_to_do(running, f"{SQL},{PYTHON}" if given.kills else SQL)
        malls, ordered = verified(running), orders(told["schema"]) - before
    check(traffic, ordered=ordered, malls=malls, wanted=given.malls)
    assert traffic.sale
    print(
        f"{malls} malls at the last step and like the template; {kills.all} kills, {kills.while_moving} of them while malls were being "
        f"changed ({kills.malls_held} malls held); {traffic.answers} pages of the release before, all answered 200, the slowest in "
        f"{traffic.slowest_s * 1000:.0f} ms; {traffic.sale.bought} orders of a shopper, all there, by {traffic.sale.statuses}; "
        f"the longest wait for a lock {traffic.longest_wait_s * 1000:.0f} ms."
    )
    figures: dict[str, Any] = {"bench": "rollout", "malls": malls}
    if given.kills:
        figures |= {"kills": kills.all, "kills_while_moving": kills.while_moving}
    else:
        figures |= {"ms_per_mall": round(each, 2), "baseline_ms_per_mall": round(base, 1)}
        figures |= {"ratio": round(base / each, 1) if each else None}
    figures |= {"requests": traffic.answers + sum(traffic.sale.statuses.values()), "orders": ordered, "failed": 0}
    figures |= {"longest_lock_wait_ms": round(traffic.longest_wait_s * 1000), "versions": 1}
    figures |= {
        "nothing_to_do_ms": round(nothing["again_ms"], 2),
        "nothing_to_do_first_ms": round(nothing["first_ms"], 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
