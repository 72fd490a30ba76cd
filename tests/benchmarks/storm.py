"""
`./hutong bench storm [--reads N]` (T4): eight connections read one mall after the other through our entrance, while the server cancels
their statements, some thousand times a second, and ends their sessions. As the baseline the same is done on django-tenants' wrapper as
it comes, with a tenth of the reads; it must read wrongly, or the storm is none. The long run is `--reads 1000000`.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

from tests.benchmarks._stack import ROOT, Stack, database_url, stack

LEAST = 4000


def raged(running: Stack, *, reads: int, connections: int, settings: str | None = None) -> dict[str, Any]:
    """Return what `_readers` prints; with settings of the stock wrapper it goes on until it has read wrongly."""
    environment = {**running.environment, **({"DJANGO_SETTINGS_MODULE": settings} if settings else {})}
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._readers", str(reads), str(connections)]
    command += [str(int(settings is not None)), database_url()]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=8)
    given = parser.parse_args()
    with stack(demo=True) as running:
        stock = raged(
            running,
            reads=max(LEAST, given.reads // 10),
            connections=given.connections,
            settings="tests.benchmarks.stock.settings",
        )
        ours = raged(running, reads=given.reads, connections=given.connections)
    print(
        f"{ours['reads']} reads over {given.connections} connections in {ours['seconds']} s; refused otherwise {ours['otherwise']}. "
        f"On the stock wrapper {stock['reads']} reads in {stock['seconds']} s; refused otherwise {stock['otherwise']}."
    )
    figures = {"bench": "storm"}
    figures |= {name: ours[name] for name in ("reads", "wrong", "cancelled", "ended")}
    figures |= {f"baseline_{name}": stock[name] for name in ("reads", "wrong", "cancelled", "ended")}
    print(json.dumps(figures))
    assert ours["cancelled"] > given.reads / 100, "the storm did not strike"
    assert stock["wrong"], "the stock wrapper read nothing wrong: the storm did not strike where it matters"
    assert not ours["wrong"], f"{ours['wrong']} reads came from another mall"


if __name__ == "__main__":
    main()
