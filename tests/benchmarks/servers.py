"""
`./hutong bench servers`: the same pages by gunicorn's threads, gunicorn's plain workers and, where it is installed, granian: one
process each, pages made anew (by four at once) and from the page cache, whether requests that were under way at a SIGTERM were
answered whole, and how long the stop took.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks._load import Client, Found, Target, load
from tests.benchmarks._stack import ROOT, await_answer, gunicorn, stack
from tests.benchmarks.page import facts
from tests.billing.sandbox.process import free_port

WSGI = "saas.project.wsgi:application"
UNDER_WAY = 4


def _gthread(port: int) -> list[str]:
    return [*gunicorn(WSGI, port), "--threads", "24", "--graceful-timeout", "10"]


def _sync(port: int) -> list[str]:
    return [*gunicorn(WSGI, port), "--worker-class", "sync", "--threads", "1", "--graceful-timeout", "10"]


def _granian(port: int) -> list[str]:
    command = [sys.executable, "-m", "granian", WSGI, "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    return [
        *command,
        "--workers",
        "1",
        "--blocking-threads",
        "24",
        "--workers-kill-timeout",
        "10",
        "--no-ws",
        "--log-level",
        "error",
    ]


SERVERS: dict[str, Callable[[int], list[str]]] = {"gthread": _gthread, "sync": _sync, "granian": _granian}


def measured(port: int, target: Target, *, requests: int, clients: int) -> Found:
    """Warm up and measure; stop where an answer is wrong."""
    load(port, [target], requests=40, clients=clients)
    found = load(port, [target], requests=requests, clients=clients)
    assert not found.wrong, f"wrong answers by status: {found.wrong}"
    return found


def stopped(process: "subprocess.Popen[bytes]", port: int, target: Target) -> tuple[int, float]:
    """Stop a server while it answers; return how many of the requests under way were answered whole, and the seconds it took."""
    whole: list[int] = []
    ready = threading.Barrier(UNDER_WAY + 1)

    def ask() -> None:
        client = Client(port)
        client.ask(target)
        ready.wait()
        try:
            status, body = client.ask(target, again=False)
        except (OSError, SystemExit, ValueError, IndexError):
            return
        if status == 200 and target.expected in body:
            whole.append(status)

    threads = [threading.Thread(target=ask) for _number in range(UNDER_WAY)]
    for thread in threads:
        thread.start()
    ready.wait()
    time.sleep(0.005)
    begun = time.perf_counter()
    process.terminate()
    process.wait(60)
    took = time.perf_counter() - begun
    for thread in threads:
        thread.join()
    return len(whole), took


def tried(
    command: Callable[[int], list[str]], environment: dict[str, str], target: Target, *, requests: int
) -> dict[str, Any]:
    """Measure one server."""
    clients = 1 if command is _sync else 4  # a plain worker serves one connection at a time
    figures: dict[str, Any] = {}
    for name, cache, count in (("anew", "0", requests), ("cached", "1", requests * 10)):
        port = free_port()
        process = subprocess.Popen(
            command(port), cwd=ROOT, env={**environment, "HUTONG_PORT": str(port), "HUTONG_PAGE_CACHE": cache}
        )
        try:
            await_answer(port, target.host, target.path)
            found = measured(port, target, requests=count, clients=clients)
            figures[f"{name}_per_s"], figures[f"{name}_p95_ms"] = round(found.rate, 1), round(found.p95_ms, 2)
            if name == "anew":
                figures["whole_at_stop"], took = stopped(process, port, target)
                figures["stop_s"] = round(took, 2)
        finally:
            process.kill()
            process.wait(30)
    return figures


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400)
    requests = parser.parse_args().requests
    figures: dict[str, Any] = {"bench": "servers", "requests": requests, "under_way_at_stop": UNDER_WAY}
    with stack(demo=True) as running:
        told = facts(running, more_malls=0)
        target = Target("riverside.localhost", told["path"], told["title"].encode())
        for name, command in SERVERS.items():
            if name == "granian" and importlib.util.find_spec("granian") is None:
                print("granian is not installed and was left out (pip install granian).")
                continue
            figures[name] = tried(command, running.environment, target, requests=requests)
            print(name, figures[name])
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
