"""
`./hutong bench open`: how long a merchant waits from sending the sign-up form to the first page of the new mall, beside a mall
made by django-tenants' own migrate in the same run. Each mall is opened through the platform's form over HTTP, signed in by
its ticket, and its home page is checked to carry its name. The pool of ready schemas is full at the start, as it is half a minute
after a release; `--pause` seconds lie between two merchants, in which the worker fills it again. With `--pause 0` it runs dry. With
`--among N` there are N empty malls already.
"""

import argparse
import http.client
import json
import re
import subprocess
import sys
import time
from http.cookies import SimpleCookie
from statistics import median
from urllib.parse import urlencode

import psycopg

from tests.benchmarks._copies import made
from tests.benchmarks._stack import ROOT, Stack, database_url, percentile, stack

PASSWORD = "nine-copper-kettles"


def asked(
    port: int, host: str, method: str, path: str, *, fields: dict[str, str] | None = None, cookies: str = ""
) -> tuple[int, http.client.HTTPMessage, str]:
    """Send one request and return status, headers and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": f"{host}:{port}", "Cookie": cookies, "Referer": f"http://{host}:{port}{path}"}
    if fields is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body=urlencode(fields) if fields is not None else None, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def open_one(port: int, number: int, trade: str) -> float:
    """Open a mall by the form and return the milliseconds until its home page has answered."""
    _status, headers, page = asked(port, "localhost", "GET", "/signup/")
    jar = SimpleCookie("; ".join(headers.get_all("Set-Cookie") or []))
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items() if name in ("csrftoken", "sessionid"))
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]+)"', page))
    name, slug = f"Lantern House {number}", f"lantern-{number}"
    fields = {
        **{key: hidden[key] for key in ("csrfmiddlewaretoken", "key")},
        "name": name,
        "slug": slug,
        "trade": trade,
        "currency": "usd",
        "email": f"owner@{slug}.example",
        "password": PASSWORD,
    }
    begun = time.perf_counter()
    status, headers, text = asked(port, "localhost", "POST", "/signup/", fields=fields, cookies=cookies)
    assert status in (302, 303), f"the sign-up was answered {status}: {re.sub('<[^>]+>', ' ', text)[:600]}"
    status, _headers, text = asked(port, f"{slug}.localhost", "GET", "/")
    took = (time.perf_counter() - begun) * 1000
    assert status == 200, f"the new mall answered {status}"
    assert name in text, "the new mall's page does not carry its name"
    return took


def baseline(running: Stack) -> float:
    """Return the milliseconds that django-tenants' migrate takes for one schema."""
    code = (
        "import time, django; django.setup()\n"
        "from django.core.management import call_command; from django.db import connection\n"
        "from tenants.isolation.entrance import building\n"
        "connection.cursor().execute('CREATE SCHEMA m_0000000baseline0')\n"
        "begun = time.perf_counter()\n"
        "with building('m_0000000baseline0'):\n"
        "    call_command('migrate_schemas', tenant=True, schema_name='m_0000000baseline0', interactive=False, verbosity=0)\n"
        "print((time.perf_counter() - begun) * 1000)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1])


def measured(schema: str) -> tuple[int, int]:
    """Return a schema's tables and bytes, indexes and toast included."""
    with psycopg.connect(database_url()) as connection:
        row = connection.execute(
            "SELECT count(*), sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE nspname = %s AND relkind = 'r'",
            [schema],
        ).fetchone()
    assert row
    return int(row[0]), int(row[1])


def fill_pool(running: Stack) -> None:
    """Fill the pool as beat does every half minute."""
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings; from saas.kernel import clock; from tenants.provisioning import operations\n"
        "operations.refill_pool(size=settings.MALL_POOL_SIZE, now=clock.now())\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, env=running.environment, check=True)


def ready() -> int:
    """Return how many schemas are ready."""
    with psycopg.connect(database_url()) as connection:
        row = connection.execute("SELECT count(*) FROM provisioning_readyschema").fetchone()
    return int(row[0]) if row else 0


def opened(running: Stack, *, malls: int, trade: str, pause_s: float) -> tuple[list[float], int]:
    """Open malls one after the other; return the milliseconds of each, and how many found a ready schema."""
    took, from_pool = [], 0
    open_one(running.port, 0, trade)  # the web process imports and compiles what it needs
    for number in range(1, malls + 1):
        time.sleep(pause_s)
        from_pool += ready() > 0
        took.append(open_one(running.port, number, trade))
    return took, from_pool


def newest_schema() -> str:
    """Return the schema of the mall that was opened last."""
    with psycopg.connect(database_url()) as connection:
        row = connection.execute(
            "SELECT schema_name FROM registry_tenant WHERE status = 'open' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert row
    return str(row[0])


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--malls", type=int, default=20)
    parser.add_argument("--trade", default="restaurant")
    parser.add_argument("--pause", type=float, default=2.0)
    parser.add_argument("--among", type=int, default=0)
    given = parser.parse_args()
    with stack(demo=False, worker=True) as running:
        if given.among:
            made(running, given.among)
        fill_pool(running)
        took, from_pool = opened(running, malls=given.malls, trade=given.trade, pause_s=given.pause)
        tables, size = measured(newest_schema())
        base = baseline(running)
    middle = median(took)
    print(
        f"{given.malls} malls opened by the form, one after the other, each checked to answer with its name, {from_pool} of them with a "
        f"ready schema; from {min(took):.0f} to {max(took):.0f} ms."
    )
    print(
        json.dumps(
            {
                "bench": "open",
                "malls": given.malls,
                "among": given.among,
                "from_pool": from_pool,
                "median_ms": round(middle, 1),
                "p95_ms": round(percentile(took, 0.95), 1),
                "baseline_ms": round(base, 1),
                "ratio": round(base / middle, 1),
                "tables_per_mall": tables,
                "bytes_per_mall": size,
            }
        )
    )


if __name__ == "__main__":
    main()
