"""
`./hutong bench neighbour [--buyers N]`: what a flash sale in one mall does to another. Buyers open the deal's page and its form and
buy, as fast as they can, until it is sold out and on; meanwhile a visitor of the other mall opens pages, cached and not. The
visitor's p95 beside the sale is compared with the same alone, with turns (tenants.frontcache.turns) and, as the baseline, without.
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
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import psycopg

from tests.benchmarks._load import Found, Target, load
from tests.benchmarks._stack import ROOT, Stack, await_answer, database_url, stack
from tests.benchmarks.page import facts
from tests.billing.sandbox.process import free_port

UNITS = 100
VISITS = ["/", "/search/?q=cut", "/stores/", "/search/?q=wash", "/account/login/code/"]


@dataclass
class Sale:
    """What the buyers met: answers by status, and how many got their units."""

    port: int
    path: str
    statuses: dict[int, int] = field(default_factory=dict)
    bought: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def buyer(self, number: int) -> None:
        """Buy again and again, each time as somebody else."""
        turn = 0
        while not self.over.is_set():
            turn += 1
            try:
                self._buy(f"buyer{number}x{turn}@example.com")
            except OSError:
                self._note(0)

    def _buy(self, email: str) -> None:
        self._ask("GET", self.path)
        status, headers, page = self._ask("GET", f"{self.path}buy/")
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
        if status != 200 or "request_key" not in hidden:
            return
        jar = SimpleCookie("; ".join(headers.get_all("Set-Cookie") or []))
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items() if name == "csrftoken")
        fields = {**hidden, "email": email, "name": "A buyer", "phone": "", "units": "1"}
        status, _headers, _page = self._ask("POST", f"{self.path}buy/", body=urlencode(fields), cookies=cookies)
        with self.lock:
            self.bought += status == 303

    def _ask(
        self, method: str, path: str, *, body: str = "", cookies: str = ""
    ) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        host = f"riverside.localhost:{self.port}"
        headers = {"Host": host, "Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, body=body or None, headers={**headers, "Referer": f"http://{host}{path}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self._note(answer.status)
        return answer.status, answer.headers, text

    def _note(self, status: int) -> None:
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1


def web(port: int) -> list[str]:
    """Return gunicorn as `./hutong up` runs it, logs aside."""
    command = [sys.executable, "-m", "gunicorn", "saas.project.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    return [*command, "--worker-class", "gthread", "--workers", "2", "--threads", "24", "--log-level", "error"]


def visits(port: int, *, requests: int) -> Found:
    """Be the visitor of the other mall: one person, one page after the other."""
    return load(port, [Target("hillside.localhost", path, b"</html>") for path in VISITS], requests=requests, clients=1)


def stock(running: Stack, path: str, schema: str) -> int:
    """Set the deal's stock back to `UNITS` with nothing held, and return how many were held until now."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        slug = path.strip("/").rpartition("/")[2]
        named = psycopg.sql.Identifier(schema, "deals_deal")
        select = psycopg.sql.SQL("SELECT units_held + units_sold FROM {} WHERE slug = {}").format(named, slug)
        row = connection.execute(select).fetchone()
        change = psycopg.sql.SQL(
            "UPDATE {} SET units_held = 0, units_sold = 0, units_total = {}, units_per_person = NULL WHERE slug = {}"
        )
        connection.execute(change.format(named, UNITS, slug))
    assert row
    return int(row[0])


def tried(running: Stack, told: dict[str, str], *, buyers: int, requests: int, turns: bool) -> dict[str, float]:
    """Measure the visitor alone and beside the sale, on two processes of their own."""
    port = free_port()
    environment = {**running.environment, **({} if turns else {"HUTONG_TURNS": "0"})}
    process = subprocess.Popen(web(port), cwd=ROOT, env=environment)
    try:
        await_answer(port, "riverside.localhost", told["path"])
        visits(port, requests=60)
        alone = visits(port, requests=requests)
        stock(running, told["path"], told["schema"])
        sale = Sale(port, told["path"])
        threads = [threading.Thread(target=sale.buyer, args=(number,)) for number in range(buyers)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        beside = visits(port, requests=requests)
        sale.over.set()
        for thread in threads:
            thread.join()
    finally:
        process.kill()
        process.wait(30)
    sold = stock(running, told["path"], told["schema"])
    assert sold == min(sale.bought, UNITS), f"{sale.bought} buyers were told that they have it, {sold} units are held"
    assert sum(sale.statuses.values()) > requests, "the sale was no crowd"
    print(f"turns {'on' if turns else 'off'}: buyers' answers by status {sale.statuses}, {sold} of {UNITS} units held")
    return {
        "alone": alone.p95_ms,
        "beside": beside.p95_ms,
        "errors": float(sum(alone.wrong.values()) + sum(beside.wrong.values())),
        "sold": float(sold),
        "crowd": float(sum(sale.statuses.values())),
    }


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--buyers", type=int, default=24)
    given = parser.parse_args()
    with stack(demo=True) as running:
        told = facts(running, more_malls=0)
        without = tried(running, told, buyers=given.buyers, requests=given.requests, turns=False)
        fair = tried(running, told, buyers=given.buyers, requests=given.requests, turns=True)
    figures = {
        "bench": "neighbour",
        "requests": given.requests,
        "p95_ms_alone": round(fair["alone"], 1),
        "p95_ms_beside": round(fair["beside"], 1),
        "ratio": round(fair["beside"] / fair["alone"], 2),
        "errors": int(fair["errors"]),
        "sold": int(fair["sold"]),
        "requests_of_the_sale": int(fair["crowd"]),
        "buyers": given.buyers,
        "baseline_p95_ms_beside": round(without["beside"], 1),
        "baseline_ratio": round(without["beside"] / without["alone"], 2),
        "baseline_errors": int(without["errors"]),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
