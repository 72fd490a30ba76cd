"""Many malls, empty or each with all rows of a demo mall: making them, and what their pages must say."""

import subprocess
import sys
import time
from typing import Any

from tests.benchmarks._load import Target
from tests.benchmarks._stack import ROOT, Stack


def made(running: Stack, count: int, schema: str = "", *, connections: int = 2) -> float:
    """Make so many malls more, copies of one with its rows or, without `schema`, empty ones; return the seconds it took."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._malls", str(count), "--copy-of", schema]
    begun = time.monotonic()
    subprocess.run([*command, "--connections", str(connections)], cwd=ROOT, env=running.environment, check=True)
    return time.monotonic() - begun


def targets_of(told: dict[str, Any]) -> list[Target]:
    """Return each copy's deal page, with the words that only its own mall has."""
    numbers = [host.removeprefix("stall-").removesuffix(".localhost") for host, _name in told["malls"]]
    return [
        Target(f"stall-{number}.localhost", told["path"], f"at stall {number}.".encode())
        for number in numbers
        if number.isdigit()
    ]
