"""
`./hutong bench rollout [--malls N] [--kills K]`: a release with a new table, a column, indexes, constraints and rows by Python rolls over
malls while the release before sells in two of them. Beside it django-tenants' standard executor takes sample schemas through the
same migrations. With kills the roll-out's process is killed at random points, and started again, K times.

Checked: every request was answered 200, every mall is at the last step and like the template, and no lock was waited for over 2 s.
"""

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import psycopg

from tests.benchmarks._stack import ROOT, Stack, database_url, stack

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


def kill_and_go_on(running: Stack, kills: int, seed: int) -> tuple[int, int]:
    """Kill the roll-out at random points until it was killed so often or was quicker; return the kills, and those among malls."""
    chance, killed, among_malls = random.Random(seed), 0, 0
    while killed < kills:
        process = migrate(running, f"{SQL},{PYTHON}")
        assert process.stdout
        # Not while Python starts, which is most of the time and changes nothing. Every other time among the malls.
        told = process.stdout.readline()
        while killed % 2 and "bring forward" not in told and (line := process.stdout.readline()):
            told += line
        try:
            process.wait(chance.uniform(0, 0.4 if killed % 2 else 1.5))
            break
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
            among_malls += "bring forward" in told + process.stdout.read()
            process.wait()
    return killed, among_malls


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


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--malls", type=int, default=200)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    traffic = Traffic()
    with stack(demo=True) as running:
        making = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._malls", str(given.malls - 2), *SAMPLES]
        subprocess.run(making, check=True, cwd=ROOT, env=running.environment)
        base = baseline(running)
        threads = [threading.Thread(target=traffic.visit, args=(running.port, turn)) for turn in range(2)]
        threads.append(threading.Thread(target=traffic.watch))
        for thread in threads:
            thread.start()
        try:
            killed, among_malls = kill_and_go_on(running, given.kills, given.seed)
            each = rolled(running, f"{SQL},{PYTHON}" if given.kills else SQL)
        finally:
            traffic.over.set()
            for thread in threads:
                thread.join()
        malls = verified(running)
    assert malls == given.malls, f"{malls} of {given.malls} malls are at the last step"
    assert not traffic.failures, f"{len(traffic.failures)} of {traffic.answers} requests failed: {traffic.failures[:3]}"
    assert traffic.longest_wait_s <= 2, f"a statement waited {traffic.longest_wait_s:.1f} s for a lock"
    print(
        f"{malls} malls at the last step and like the template; {killed} kills, {among_malls} of them among malls; "
        f"{traffic.answers} pages of the release before, "
        f"all answered 200, the slowest in {traffic.slowest_s * 1000:.0f} ms; "
        f"the longest wait for a lock {traffic.longest_wait_s * 1000:.0f} ms."
    )
    figures = {
        "bench": "rollout",
        "malls": malls,
        "ms_per_mall": round(each, 2),
        "baseline_ms_per_mall": round(base, 1),
    }
    figures |= {"ratio": round(base / each, 1) if each else None}
    if given.kills:
        figures = {
            "bench": "rollout",
            "malls": malls,
            "kills": killed,
            "kills_among_malls": among_malls,
            "requests": traffic.answers,
            "failed": 0,
        }
        figures |= {"longest_lock_wait_ms": round(traffic.longest_wait_s * 1000), "versions": 1}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
