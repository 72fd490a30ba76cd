"""
`./hutong bench settle --malls M --lines L`: one settlement run over malls with so many earnings each, as the tasks carry it out: released,
proposed, approved by two persons, then each mall's claimed and its parts sent through the sandbox over HTTP. Before it the rows are made
in bulk, a journal for each payment and redemption, and the payments by the sandbox's own code (`_earned`).

Checked: every mall's settlement is what it earned and sent whole, the books' sums equal the rows, Stripe has each transfer once, to the
mall's account, and what each account got is what the mall earned. `--sent N`: only the first N malls' parts are sent, after all claims.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks import _earned
from tests.benchmarks._earned import LINES_OF_A_CHARGE, NET


class Watch:
    """Says how long each stage took."""

    def __init__(self) -> None:
        self.marks, self._begun = dict[str, float](), time.perf_counter()

    def mark(self, name: str) -> None:
        """Note the stage that has ended, and say it."""
        now = time.perf_counter()
        self.marks[name], self._begun = round(now - self._begun, 1), now
        print(f"{name} {self.marks[name]} s", flush=True)


def settled(schemas: list[str], watch: Watch, now: Any) -> Any:
    """Release, propose and approve; return the run."""
    from billing.settlements import earnings, operations
    from billing.settlements.models import SettlementRun
    from tests.factories.money import FINANCE, SECOND

    for schema in schemas:
        while earnings.release(schema=schema, now=now - timedelta(seconds=1)):
            continue
    watch.mark("release_s")
    run = operations.propose(day=now.date(), now=now)
    assert run is not None
    watch.mark("propose_s")
    total_minor = sum(one.total_minor for one in run.settlements.all())
    for person in (FINANCE, SECOND):
        if run.state != SettlementRun.State.APPROVED:
            run = operations.approve(run_public_id=run.public_id, seen_minor=total_minor, by=person, now=now)
    watch.mark("approve_s")
    return run


def sent(run: Any, malls: int, watch: Watch, now: Any) -> int:
    """Claim every mall's settlement and send the parts of some malls, as `sending.carry_out` does; return how many parts were sent."""
    from billing.settlements import operations, sending
    from billing.settlements.models import Part

    slices, claimed = 0, [operations.claim(settlement_id=one.pk, now=now) for one in run.settlements.order_by("pk")]
    watch.mark("claim_s")
    while malls == len(claimed) and run.state == run.State.APPROVED:  # one task's slice after the other
        run, slices = sending.carry_out(run_public_id=run.public_id, now=now), slices + 1
        print(f"slice {slices}: {Part.objects.filter(state=Part.State.SENT).count()} parts are sent", flush=True)
    for settlement in claimed[:malls]:
        for part in settlement.parts.filter(state=Part.State.PLANNED).order_by("pk"):
            sending.send(part_id=part.pk, now=now)
    watch.mark("send_s")
    assert malls < len(claimed) or run.state == run.State.DONE, run.state
    return Part.objects.filter(state=Part.State.SENT).count()


def check(schemas: list[str], wanted: argparse.Namespace, parts: int, now: Any) -> None:
    """Assert that malls, books and Stripe agree on everything that was earned and sent."""
    from billing.gateway import transfers
    from billing.gateway.models import ConnectedAccount
    from billing.ledger import books
    from billing.settlements.models import Settlement

    settlements = Settlement.objects.values_list("tenant_schema", "lines_count", "earned_minor", "netted_minor")
    assert set(settlements) == {(one, wanted.lines, NET * wanted.lines, 0) for one in schemas}
    assert books.balance_differences() == []
    made = transfers.transfers_since(now - timedelta(days=1))
    assert len({one.transfer_id for one in made}) == len(made) == parts, (len(made), parts)
    got = Counter[str]()
    for one in made:
        got[one.account_id] += one.amount_minor
    accounts = dict(ConnectedAccount.objects.values_list("tenant_schema", "account_id"))
    assert got == {accounts[one]: NET * wanted.lines for one in schemas[: wanted.sent]}
    held = Counter[str]()
    for row in books.trial_balance():
        held[row.kind] += row.balance_minor
    assert held["merchant_stripe"] == sum(got.values()), held
    assert held["payouts_in_transit"] == NET * wanted.lines * wanted.malls, held


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench settle", description=__doc__)
    parser.add_argument("--malls", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--sent", type=int, default=None, help="malls whose parts are sent; all by default")
    wanted = parser.parse_args()
    wanted.sent = wanted.malls if wanted.sent is None else min(wanted.sent, wanted.malls)
    os.environ["HUTONG_TEST_ON_BASE"] = "1"
    from tests.benchmarks._clone import cloned

    with cloned(), tempfile.TemporaryDirectory() as folder:
        from saas.kernel import clock

        now, watch, storage = clock.now(), Watch(), Path(folder) / "sandbox.sqlite3"
        schemas = [f"m_settle{number:08d}" for number in range(wanted.malls)]
        intents = _earned.paid(storage, wanted.malls * -(-wanted.lines // LINES_OF_A_CHARGE))
        watch.mark("payments_s")
        with _earned.served(storage) as stripe:
            _earned.connected(schemas, stripe, now)
            watch.mark("accounts_s")
            _earned.earned(schemas, intents, wanted.lines, now)
            watch.mark("journals_s")
            parts = sent(settled(schemas, watch, now), wanted.sent, watch, now)
            check(schemas, wanted, parts, now)
            watch.mark("check_s")
    figures: dict[str, Any] = {"bench": "settle", "malls": wanted.malls, "lines_per_mall": wanted.lines, **watch.marks}
    figures["claimed_lines_per_s"] = round(wanted.malls * wanted.lines / watch.marks["claim_s"])
    figures |= {"parts_sent": parts, "parts_sent_per_s": round(parts / max(watch.marks["send_s"], 0.1), 1)}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
