"""
`./hutong bench page [--malls N]`: how many deal pages a second one web process serves over loopback, made anew and from the page
cache, beside the same page without tenancy and a bare Django view in the same process model, in the same run; and the same page in N
malls in turn: the first time that the process meets each of them (cold), and the second. Every answer is checked to be the whole page
of its own mall. Ratios are sound; absolute figures depend on the machine.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.benchmarks._copies import made, targets_of
from tests.benchmarks._load import Found, Target, load
from tests.benchmarks._stack import DEMO_MALLS, ROOT, Stack, await_answer, gunicorn, stack
from tests.billing.sandbox.process import free_port


@contextmanager
def web(
    application: str, environment: dict[str, str], host: str = "localhost", path: str = "/healthz"
) -> Iterator[int]:
    """Run one more web process and yield its port."""
    port = free_port()
    process = subprocess.Popen(gunicorn(application, port), cwd=ROOT, env=environment)
    try:
        await_answer(port, host, path)
        yield port
    finally:
        process.kill()
        process.wait(30)


def measured(port: int, targets: list[Target], *, requests: int) -> Found:
    """Warm the pages up and measure them; stop where an answer is wrong."""
    load(port, targets, requests=max(40, len(targets)))
    return right(load(port, targets, requests=requests))


def right(found: Found) -> Found:
    """Return what was found; stop where an answer was wrong."""
    assert not found.wrong, f"wrong answers by status: {found.wrong}"
    return found


def facts(running: Stack, *, more_malls: int) -> dict[str, Any]:
    """Return what `_deal_page` prints."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._deal_page", str(more_malls)]
    done = subprocess.run(command, cwd=ROOT, env=running.environment, capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def bare(running: Stack, *, requests: int) -> Found:
    """Measure the bare view."""
    with web("tests.benchmarks.bare:application", running.environment) as port:
        return measured(port, [Target("localhost", "/", b"a bare view")], requests=requests)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--malls", type=int, default=10)
    given = parser.parse_args()
    wsgi = "saas.project.wsgi:application"
    with stack(demo=True) as running:
        told = facts(running, more_malls=0)
        made(running, given.malls - DEMO_MALLS, told["schema"])
        deal = [Target("riverside.localhost", told["path"], told["title"].encode())]
        each = targets_of(facts(running, more_malls=0))
        fixed = {"DJANGO_SETTINGS_MODULE": "tests.benchmarks.untenanted.settings", "UNTENANTED_SCHEMA": told["schema"]}
        with web(wsgi, {**running.environment, **fixed}, deal[0].host, deal[0].path) as port:
            untenanted = measured(port, deal, requests=given.requests)
            with web(wsgi, {**running.environment, "HUTONG_PAGE_CACHE": "0"}) as ours:
                anew = measured(ours, deal, requests=given.requests)
                cold = right(load(ours, each, requests=len(each)))
                spread = right(load(ours, each, requests=max(given.requests, len(each))))
            beside = measured(port, deal, requests=given.requests)  # again, because the machine has other work
        cached = measured(running.port, deal, requests=given.requests * 10)
        cached_spread = measured(running.port, each, requests=given.requests * 10)
        plain = bare(running, requests=given.requests * 5)
    print(
        f"{given.requests} pages of {told['path']} made anew and {given.requests * 10} from the cache, and the same page of "
        f"{len(each)} malls in turn; 4 connections, one gthread process with 4 threads; all answers checked."
    )
    base = (untenanted.rate + beside.rate) / 2
    figures = {
        "bench": "page",
        "malls": given.malls,
        "requests_per_s": round(anew.rate, 1),
        "p95_ms": round(anew.p95_ms, 1),
        "baseline_requests_per_s": round(base, 1),
        "ratio": round(anew.rate / base, 3),
        "queries": told["queries"],
        "home_queries": told["home_queries"],
        "cold_requests_per_s": round(cold.rate, 1),
        "cold_ratio": round(cold.rate / base, 3),
        "over_malls_requests_per_s": round(spread.rate, 1),
        "over_malls_ratio": round(spread.rate / base, 3),
        "cached_requests_per_s": round(cached.rate, 1),
        "cached_p95_ms": round(cached.p95_ms, 2),
        "cached_over_malls_requests_per_s": round(cached_spread.rate, 1),
        "bare_requests_per_s": round(plain.rate, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
