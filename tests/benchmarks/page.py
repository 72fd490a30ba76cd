"""
`./hutong bench page`: how many deal pages a second one web process serves over loopback, beside a bare Django view in the same
process model. Every answer is checked to be the whole page. Ratios are sound; absolute figures depend on the machine.
"""

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from tests.benchmarks._stack import ROOT, Stack, await_answer, environment_for, gunicorn, percentile, stack
from tests.billing.sandbox.process import free_port

CLIENTS = 4


@dataclass
class Load:
    """What a load found: seconds for each answer, and how many answers were wrong."""

    seconds: list[float] = field(default_factory=list)
    wrong: int = 0


def load(port: int, host: str, path: str, *, expected: bytes, requests: int) -> tuple[float, Load]:
    """Ask for a page from some keep-alive connections at once; return answers a second and what was found."""
    found, lock, left = Load(), threading.Lock(), iter(range(requests))

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while True:
            with lock:
                if next(left, None) is None:
                    return
            begun = time.perf_counter()
            connection.request("GET", path, headers={"Host": f"{host}:{port}"})
            answer = connection.getresponse()
            body = answer.read()
            with lock:
                found.seconds.append(time.perf_counter() - begun)
                found.wrong += answer.status != 200 or expected not in body

    threads = [threading.Thread(target=client) for _number in range(CLIENTS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return requests / (time.perf_counter() - begun), found


def baseline(*, requests: int) -> float:
    """Return the answers a second of the bare view."""
    port = free_port()
    process = subprocess.Popen(gunicorn("tests.benchmarks.bare:application", port), cwd=ROOT, env=environment_for(port))
    try:
        await_answer(port, "localhost", "/healthz")
        load(port, "localhost", "/", expected=b"bare", requests=200)
        rate, found = load(port, "localhost", "/", expected=b"a bare view", requests=requests)
        assert not found.wrong
        return rate
    finally:
        process.terminate()
        process.wait(30)


def deal_and_queries(running: Stack) -> tuple[str, str, int]:
    """Return a published deal's path and title, and how many statements its page needs when warm (SET search_path not counted)."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._deal_page"],
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return told["path"], told["title"], told["queries"]


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1500)
    wanted = parser.parse_args().requests
    with stack(demo=True) as running:
        path, title, queries = deal_and_queries(running)
        host = "riverside.localhost"
        await_answer(running.port, host, path)
        load(running.port, host, path, expected=title.encode(), requests=100)
        rate, found = load(running.port, host, path, expected=title.encode(), requests=wanted)
    assert not found.wrong, f"{found.wrong} of {wanted} answers were not the deal's page"
    bare = baseline(requests=wanted * 2)
    print(
        f"{wanted} pages of {path} at {host}, {CLIENTS} connections, one gthread process with 4 threads; all answers checked."
    )
    print(
        json.dumps(
            {
                "bench": "page",
                "requests_per_s": round(rate, 1),
                "p95_ms": round(percentile(found.seconds, 0.95) * 1000, 1),
                "baseline_requests_per_s": round(bare, 1),
                "ratio": round(rate / bare, 4),
                "queries": queries,
            }
        )
    )


if __name__ == "__main__":
    main()
