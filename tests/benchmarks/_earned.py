"""
Malls that have earned, made in bulk: connected accounts and payments at the sandbox, and the charges, earnings and journals of ours that
these payments and their redemptions leave. What follows, from the release on, is the product's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

NET, GROSS, LINES_OF_A_CHARGE = 2200, 2400, 10
SESSION = {
    "mode": "payment",
    "line_items[0][quantity]": LINES_OF_A_CHARGE,
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": GROSS,
    "line_items[0][price_data][product_data][name]": "Noodle lunch for two",
    "success_url": "http://localhost/back",
    "cancel_url": "http://localhost/cart",
}


def paid(storage: Path, count: int) -> list[str]:
    """Let so many payments of ten lunches be made by the sandbox's own code on its file, while nobody serves it; return the intents."""
    from billing.sandbox.app import create_app
    from billing.sandbox.store import Store

    store = Store(storage)
    client = create_app(store, public_url="http://localhost").test_client()
    intents = []
    for _number in range(count):
        session = client.post("/v1/checkout/sessions", data=SESSION, headers={"Authorization": "Bearer sk_test_bench"})
        assert session.status_code == 200, session.text
        done = client.post(f"/control/sessions/{session.get_json()['id']}/pay", json={}).get_json()
        assert done["payment_status"] == "paid", done
        intents.append(done["payment_intent"])
    store.close()
    return intents


@contextmanager
def served(storage: Path) -> Iterator[Any]:
    """Serve the sandbox's file in a process of its own, telling its events to nobody; our gateway speaks to it."""
    from django.conf import settings

    from billing.gateway import client
    from tests.stripe_sandbox import StripeSandbox

    stripe = StripeSandbox(storage).start()
    try:
        for endpoint in stripe.client.v1.webhook_endpoints.list().data:
            stripe.client.v1.webhook_endpoints.delete(endpoint.id)
        settings.STRIPE_API_BASE = stripe.url
        client._client.cache_clear()
        yield stripe
    finally:
        stripe.stop()


def connected(schemas: list[str], stripe: Any, now: datetime) -> None:
    """Open an account for each mall, ready to be sent to."""
    from billing.gateway import accounts
    from billing.gateway.accounts import AccountRequest

    for schema in schemas:
        made = accounts.open_account(AccountRequest(schema, schema, "a@example.com", "US", "usd"), now=now)
        stripe.control(f"accounts/{made.account_id}/onboard", outcome="complete")
        accounts.read_account(tenant_schema=schema, now=now)


def earned(schemas: list[str], intents: list[str], lines: int, now: datetime) -> None:
    """Give each mall so many earnings whose hold has just ended: a journal for each payment and for each redemption."""
    from billing.ledger.operations import post_many
    from billing.settlements.models import Charge, Earning
    from saas.kernel.ids import public_id

    left, earlier = iter(intents), now - timedelta(days=8)
    for schema in schemas:
        charges = Charge.objects.bulk_create(
            Charge(
                reference=public_id(),
                tenant_schema=schema,
                order_public_id=public_id(),
                payment_intent_id=intent,
                amount_minor=GROSS * LINES_OF_A_CHARGE,
                currency="usd",
                paid_at=earlier,
            )
            for intent in islice(left, -(-lines // LINES_OF_A_CHARGE))
        )
        earnings = Earning.objects.bulk_create(
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
                releases_at=now - timedelta(days=1),
            )
            for number in range(lines)
        )
        post_many([*map(_paid, charges), *map(_redeemed, earnings)], now=now)


def _paid(charge: Any) -> Any:
    from billing.ledger.operations import Leg

    leg = Leg("order_paid", "stripe_cash", "shopper_prepaid", charge.amount_minor)
    return _posting(f"paid:{charge.reference}", charge, [leg], charge.paid_at)


def _redeemed(earning: Any) -> Any:
    from billing.ledger.operations import Leg

    legs = [
        Leg("voucher_redeemed", "shopper_prepaid", "merchant_pending", NET),
        Leg("commission", "shopper_prepaid", "commission", GROSS - NET),
    ]
    return _posting(f"redeemed:{earning.redemption}", earning, legs, earning.earned_at)


def _posting(key: str, row: Any, legs: list[Any], at: datetime) -> Any:
    from billing.ledger.operations import Entry, Posting
    from saas.kernel.ids import public_id

    voucher = getattr(row, "voucher_public_id", "")
    order = row.order_public_id
    return Posting(
        Entry(key, row.tenant_schema, row.currency, legs, "bench", at, order=order, voucher=voucher), public_id()
    )
