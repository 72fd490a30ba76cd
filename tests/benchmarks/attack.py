"""
`./hutong bench attack`: Riverside's people attack Hillside over real HTTP. Each request is one of the isolation matrix: a view ×
method, with Hillside's ids, from Riverside's host, Hillside's host or the platform's, with sessions of Riverside and tricks in
headers; every so often a raw request with a host in an unusual spelling. Both malls carry a canary in each text column, file and
cached value. Before the attack two planted views must be found out. A million requests are a long run: `--requests 1000000`; with
`--minutes` it ends in time and tells how many it was. Another `--seed` is another order, with other ids, people and tricks.
"""

import argparse
import http.client
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.benchmarks._stack import ROOT, Stack, await_answer, database_url, gunicorn, stack
from tests.billing.sandbox.process import free_port

if TYPE_CHECKING:
    from tests.isolation.crawler.crawl import Findings, Reply
    from tests.isolation.crawler.plan import Attack, Request

WEB, CLIENTS = 2, 8
LOOK_EACH = 2000


class Wire:
    """Sends requests over keep-alive connections, one for each thread. CSRF tokens are sent as a browser of the attacker has them."""

    def __init__(self, port: int, personas: "dict[str, dict[str, str]]") -> None:
        self._port, self._personas, self._local = port, personas, threading.local()

    def __call__(self, request: "Request") -> "Reply":
        """Send one request and return the answer as text; what breaks the connection is an answer of status 0."""
        from tests.isolation.crawler.crawl import Reply

        csrf = "k" * 32
        cookies = {**self._personas[request.persona], "csrftoken": csrf, "__Host-csrftoken": csrf}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": csrf,
            **request.headers,
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Host": request.host,
        }
        connection = getattr(self._local, "connection", None) or http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=60
        )
        self._local.connection = connection
        try:
            connection.request(request.method, request.path, body=request.body.encode(), headers=headers)
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            return Reply(0, "", "")
        return Reply(answer.status, str(answer.headers), body)


@contextmanager
def _planted_server(running: Stack) -> Iterator[int]:
    """Serve the same database with two views that ignore the mall."""
    port = free_port()
    environment = {
        **running.environment,
        "HUTONG_PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "tests.isolation.crawler.planted_settings",
    }
    process = subprocess.Popen(gunicorn("saas.project.wsgi:application", port), cwd=ROOT, env=environment)
    try:
        await_answer(port, "localhost", "/healthz")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _in_batches(
    plan: "Iterator[Request]", send: Wire, judge: Any, *, requests: int, renew: Any, until: float = float("inf")
) -> "Findings":
    """Send the plan from several clients at once until all or the time is over, and look at the victim between batches."""
    from tests.isolation.crawler.crawl import Findings, look

    findings, before, begun = Findings(), judge.world.state(), time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        while findings.requests < requests and time.monotonic() < until:
            batch = list(islice(plan, min(LOOK_EACH, requests - findings.requests)))
            for request, reply in zip(batch, pool.map(send, batch), strict=True):
                judge.judge(request, reply, findings)
            before = look(judge.world, before, batch, findings)
            renew()
            rate = findings.requests / (time.monotonic() - begun)
            left = min(until - time.monotonic(), (requests - findings.requests) / rate)
            print(
                f"{findings.requests} of {requests}: {len(findings.leaks)} leaks, {len(findings.writes)} writes; "
                f"{rate:.0f} a second, about {max(0, left) / 60:.0f} minutes left",
                flush=True,
            )
    return findings


def _find_planted(running: Stack, attack: "Attack", judge: Any) -> None:
    """Assert that a view that shows, and one that writes, in whichever mall are found: else finding nothing means nothing."""
    from tests.isolation.crawler.addresses import Address
    from tests.isolation.crawler.plan import sample
    from tests.isolation.crawler.rows import Row

    rows = {
        Address("mall", name, path, ("schema",)): Row(name, "anyone", schema="schema")
        for name, path in (
            ("planted_leak", "planted/%(schema)s/order/"),
            ("planted_write", "planted/%(schema)s/rename/"),
        )
    }
    with _planted_server(running) as port:
        plan = sample(attack, rows, seed=5)
        found = _in_batches(iter(plan), Wire(port, attack.personas), judge, requests=len(plan), renew=lambda: None)
    assert found.leaks, "the planted leak was not found"
    assert found.writes, "the planted write was not found"
    print(f"Planted views found: {len(found.leaks)} leaks and {len(found.writes)} write in {found.requests} requests.")


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as media:
        os.environ["HUTONG_MEDIA_ROOT"] = media
        with stack(demo=True, web=WEB) as running:
            os.environ.update(running.environment)
            _attack(running, given, media)


def _attack(running: Stack, given: argparse.Namespace, media: str) -> None:
    import django

    django.setup()
    from tests.isolation.crawler import hosts
    from tests.isolation.crawler.matrix import by_address
    from tests.isolation.crawler.plan import requests
    from tests.isolation.crawler.siege import lay_siege

    attack, judge, renew = lay_siege(
        url=database_url(), media_root=media, hosts="{slug}.localhost:" + str(running.port)
    )
    _find_planted(running, attack, judge)
    plan = requests(attack, by_address(), seed=given.seed)
    until = time.monotonic() + given.minutes * 60 if given.minutes else float("inf")
    wire = Wire(running.port, attack.personas)
    findings = _in_batches(plan, wire, judge, requests=given.requests, renew=renew, until=until)
    spellings = hosts.variants("riverside.localhost", "hillside.localhost", port=running.port)
    wrong = [line for line in spellings if hosts.leads_astray(line, port=running.port, marks=judge)]
    judge.world.close()
    for line in (*findings.leaks, *findings.writes, *findings.open_doors, *map(str, wrong), *findings.crashes[:5]):
        print(line[:2000])
    points = len({point[:3] for point in findings.covered})
    print(
        f"{len(judge.victim.columns)} columns with canaries, {judge.world.tables} tables watched; {points} view × method; own canaries "
        f"seen in {findings.shown} answers; {len(spellings)} raw hosts; answers {dict(findings.statuses.most_common(8))}; "
        f"crashes {len(findings.crashes)}, open doors {len(findings.open_doors)}."
    )
    found = {
        "requests": findings.requests + len(spellings),
        "leaks": len(findings.leaks) + len(wrong),
        "writes": len(findings.writes),
    }
    print(json.dumps({"bench": "attack", **found}))
    if found["leaks"] or found["writes"] or findings.open_doors:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
