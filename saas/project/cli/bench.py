"""`./hutong bench NAME`: one benchmark, on servers that are as durable as in production."""

from __future__ import annotations

import os
import sys

from infra.local.servers import TESTING, Servers
from infra.local.state import PROJECT, open_state
from saas.project.cli.session import session

FOLDER = PROJECT / "tests" / "benchmarks"


def run(arguments: list[str]) -> int:
    """Run the benchmark and return its exit code."""
    names = known()
    if not arguments or arguments[0] not in names:
        listed = ", ".join(names) or "none yet"
        print(f"Usage: ./hutong bench NAME [arguments]\nBenchmarks: {listed}", file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    servers = Servers(open_state().nested("bench"), os.environ, settings=TESTING)
    with session("bench", servers) as running:
        return running.python("-m", f"tests.benchmarks.{arguments[0]}", *arguments[1:])


def known() -> list[str]:
    """Return the names of the benchmarks: the modules of their folder that say how to run them."""
    return sorted(
        path.stem
        for path in FOLDER.glob("*.py")
        if "__main__" in path.read_text(encoding="utf-8") and path.stem[0] != "_"
    )
