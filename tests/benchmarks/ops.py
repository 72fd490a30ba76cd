"""
`./hutong bench ops [--malls N] [--tasks N] [--rounds N]`: the console's portfolio and My work with 2,000 malls and 200,000 tasks, beside
the same pages with a hundredth of both in the same run. Each request goes through all middleware and templates of one process, without
the network; the malls have no schemas, because these pages read the platform's rows alone. p95_ms and queries are the worst page's.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

from tests.benchmarks._stack import ROOT, Stack, stack


def measured(running: Stack, *, malls: int, tasks: int, rounds: int) -> dict[str, Any]:
    """Fill the database and return the figures of each page, with a hundredth ("few") and with all."""
    numbers = ["--malls", str(malls), "--tasks", str(tasks), "--rounds", str(rounds)]
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._ops", *numbers]
    done = subprocess.run(command, cwd=ROOT, env=running.environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--malls", type=int, default=2000)
    parser.add_argument("--tasks", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with stack(demo=False) as running:
        found = measured(running, malls=given.malls, tasks=given.tasks, rounds=given.rounds)
    for page, figures in found["all"].items():
        small = found["few"][page]
        print(
            f"{page}: p95 {figures['p95_ms']} ms, {figures['queries']} queries; with a hundredth {small['p95_ms']} ms, {small['queries']}"
        )
        assert figures["queries"] <= small["queries"] + 4, f"{page} asks more often when there is more"
    pages = found["all"]
    result = {
        "bench": "ops",
        "malls": given.malls,
        "tasks": given.tasks,
        "p95_ms": max(one["p95_ms"] for one in pages.values()),
        "queries": max(one["queries"] for one in pages.values()),
        "pages": pages,
        "pages_with_a_hundredth": found["few"],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
