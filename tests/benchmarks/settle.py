"""
`./hutong bench settle --malls M --lines L`: one settlement run over malls with so many earnings each: proposed, approved and every mall's
claimed; then the parts of some malls are sent through the sandbox. The rows are made in bulk by the ledger's own operations. Checked:
every mall's settlement is what it earned, and the books' sums equal the rows.
"""

import argparse
import json
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

NET, GROSS, LINES_OF_A_CHARGE = 2200, 2400, 10


def fill(malls: int, lines: int, now: Any) -> list[str]:
    """Make accounts, charges and released earnings of malls, with their journals; return the malls' schemas."""
    from billing.gateway.models import ConnectedAccount
    from billing.ledger.operations import Entry, Leg, Posting, post_many
    from billing.settlements.models import Charge, Earning
    from saas.kernel.ids import public_id

    schemas = [f"m_settle{number:08d}" for number in range(malls)]
    ConnectedAccount.objects.bulk_create(
        ConnectedAccount(tenant_schema=one, account_id=f"acct_{one}", can_receive=True, opened_at=now, read_at=now)
        for one in schemas
    )
    earlier = now - timedelta(days=9)
    for schema in schemas:
        charges = Charge.objects.bulk_create(
            Charge(
                reference=public_id(),
                tenant_schema=schema,
                order_public_id=public_id(),
                payment_intent_id="",
                amount_minor=GROSS * LINES_OF_A_CHARGE,
                currency="usd",
                paid_at=earlier,
            )
            for _number in range(-(-lines // LINES_OF_A_CHARGE))
        )
        Earning.objects.bulk_create(
            Earning(
                redemption=public_id(),
                tenant_schema=schema,
                charge=charges[number // LINES_OF_A_CHARGE],
                order_public_id=charges[number // LINES_OF_A_CHARGE].order_public_id,
                voucher_public_id=public_id(),
                gross_minor=GROSS,
                net_minor=NET,
                currency="usd",
                earned_at=earlier,
                releases_at=earlier + timedelta(days=7),
                released_at=now - timedelta(hours=1),
                state=Earning.State.RELEASED,
            )
            for number in range(lines)
        )
        legs = [
            Leg("order_paid", "stripe_cash", "shopper_prepaid", GROSS * lines),
            Leg("voucher_redeemed", "shopper_prepaid", "merchant_pending", NET * lines),
            Leg("commission", "shopper_prepaid", "commission", (GROSS - NET) * lines),
            Leg("earning_released", "merchant_pending", "merchant_available", NET * lines),
        ]
        post_many([Posting(Entry(f"paid:{schema}", schema, "usd", legs, "bench", earlier), public_id())], now=now)
    return schemas


def sent(settlements: list[Any], now: Any) -> tuple[int, float]:
    """Send these settlements' parts to accounts and from charges that are made at the sandbox; return how many and the seconds it took."""
    from billing.gateway import accounts
    from billing.gateway.accounts import AccountRequest
    from billing.gateway.balance import charge_of_payment
    from billing.gateway.models import ConnectedAccount
    from billing.settlements import sending
    from billing.settlements.models import Part
    from tests.stripe_sandbox import StripeSandbox

    with tempfile.TemporaryDirectory() as folder:
        stripe = StripeSandbox(Path(folder) / "sandbox.sqlite3")
        stripe.start()
        _point_at(stripe.url)
        try:
            for settlement in settlements:
                schema = settlement.tenant_schema
                ConnectedAccount.objects.filter(tenant_schema=schema).delete()
                made = accounts.open_account(AccountRequest(schema, schema, "a@example.com", "US", "usd"), now=now)
                stripe.control(f"accounts/{made.account_id}/onboard", outcome="complete")
                accounts.read_account(tenant_schema=schema, now=now)
                for part in settlement.parts.select_related("charge"):
                    session = stripe.paid_session(unit_amount=GROSS * LINES_OF_A_CHARGE // 2)
                    intent = stripe.client.v1.checkout.sessions.retrieve(session.id).payment_intent
                    part.charge.charge_id = charge_of_payment(str(intent)).charge_id
                    part.charge.save()
            parts = [part.pk for settlement in settlements for part in settlement.parts.all()]
            begun = time.perf_counter()
            for pk in parts:
                sending.send(part_id=pk, now=now)
            took = time.perf_counter() - begun
        finally:
            stripe.stop()
    assert set(Part.objects.filter(pk__in=parts).values_list("state", flat=True)) <= {Part.State.SENT}
    return len(parts), took


def _point_at(url: str) -> None:
    from django.conf import settings

    from billing.gateway import client

    settings.STRIPE_API_BASE = url
    client._client.cache_clear()


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench settle", description=__doc__)
    parser.add_argument("--malls", type=int, default=1000)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--sent", type=int, default=5, help="malls whose parts are sent through the sandbox")
    wanted = parser.parse_args()
    os.environ["HUTONG_TEST_ON_BASE"] = "1"
    from tests.benchmarks._clone import cloned

    with cloned():
        from billing.ledger import books
        from billing.settlements import operations
        from billing.settlements.models import SettlementRun
        from saas.kernel import clock
        from tests.factories.money import FINANCE, SECOND

        now, begun = clock.now(), time.perf_counter()
        fill(wanted.malls, wanted.lines, now)
        marks = {"fill_s": time.perf_counter() - begun}
        begun = time.perf_counter()
        run = operations.propose(day=now.date(), now=now)
        assert run is not None
        marks["propose_s"], begun = time.perf_counter() - begun, time.perf_counter()
        total_minor = sum(one.total_minor for one in run.settlements.all())
        for person in (FINANCE, SECOND):
            if run.state != SettlementRun.State.APPROVED:
                run = operations.approve(run_public_id=run.public_id, seen_minor=total_minor, by=person, now=now)
        marks["approve_s"], begun = time.perf_counter() - begun, time.perf_counter()
        claimed = [operations.claim(settlement_id=one.pk, now=now) for one in run.settlements.order_by("pk")]
        marks["claim_s"] = time.perf_counter() - begun
        parts, took = sent(claimed[: wanted.sent], now)
        assert [one.total_minor for one in claimed] == [NET * wanted.lines] * wanted.malls
        assert books.balance_differences() == []
    figures: dict[str, Any] = {"bench": "settle", "malls": wanted.malls, "lines_per_mall": wanted.lines}
    figures |= {name: round(seconds, 1) for name, seconds in marks.items()}
    figures["claimed_lines_per_s"] = round(wanted.malls * wanted.lines / marks["claim_s"])
    figures |= {"parts_sent": parts, "parts_sent_per_s": round(parts / took, 1) if took else None}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
