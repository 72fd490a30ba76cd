"""
`./hutong bench neighbour [--buyers N]`: what a flash sale in one mall does to another. Buyers open the deal's page and its form and
buy, as fast as they can, until it is sold out and on; meanwhile a visitor of the other mall opens pages, cached and not. The
visitor's p95 beside the sale is compared with the same alone, with turns (tenants.frontcache.turns) and, as the baseline, without.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.benchmarks._load import Found, Target, load
from tests.benchmarks._sale import Sale
from tests.benchmarks._stack import ROOT, Stack, await_answer, database_url, stack
from tests.benchmarks.page import facts
from tests.billing.sandbox.process import free_port

UNITS = 100
VISITS = ["/", "/search/?q=cut", "/stores/", "/search/?q=wash", "/account/login/code/"]


@contextmanager
def crowd(port: int, path: str, buyers: int) -> Iterator[Sale]:
    """Let buyers rush at the deal, in a process of their own: what they cost is not the visitor's time. What they met is known after."""
    command = [sys.executable, "-m", "tests.benchmarks._sale", str(port), path, str(buyers)]
    process = subprocess.Popen(
        ["nice", "-n", "5", *command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    sale = Sale(port, path)
    try:
        yield sale
    finally:
        told, _nothing = process.communicate("over\n", timeout=120)
        found = json.loads(told)
        sale.bought, sale.statuses = found["bought"], {int(status): n for status, n in found["statuses"].items()}


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
    # Pages are kept for hosts as browsers write them: with the public port.
    environment = {**running.environment, "HUTONG_PORT": str(port), **({} if turns else {"HUTONG_TURNS": "0"})}
    process = subprocess.Popen(web(port), cwd=ROOT, env=environment)
    try:
        await_answer(port, "riverside.localhost", told["path"])
        visits(port, requests=60)
        alone = visits(port, requests=requests)
        stock(running, told["path"], told["schema"])
        with crowd(port, told["path"], buyers) as sale:
            time.sleep(3)
            beside = visits(port, requests=requests)
    finally:
        process.kill()
        process.wait(30)
    sold = stock(running, told["path"], told["schema"])
    assert 0 < sold == min(sale.bought, UNITS), (
        f"{sale.bought} buyers were told that they have it, {sold} units are held"
    )
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
