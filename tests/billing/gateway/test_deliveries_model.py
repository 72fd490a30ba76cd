"""Whatever way Stripe's events arrive, orders, vouchers and books end as the model says (W1 to W4)."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from billing.gateway import inbox
from billing.gateway.models import StripeEvent
from billing.ledger.models import Transfer
from saas.kernel import clock
from storefront.checkout import paying
from storefront.payments.models import Payment
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tests.factories import shop
from tests.stripe_sandbox import StripeSandbox

ORDERS, PRICE = 24, 2400
CONNECT = "whsec_connect_here"
State = Payment.State


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def platform(client_for: Callable[..., Client], settings: Any) -> Client:
    """Return Stripe's way in: the platform's two endpoints."""
    settings.STRIPE_CONNECT_WEBHOOK_SECRETS = [CONNECT]
    return client_for(None)


@pytest.fixture
def model(riverside: Any, stripe: StripeSandbox, now: datetime) -> dict[str, str]:
    """Open pages for orders: of six four are paid, one expires, one stays open. Nobody comes back. Return what each must be."""
    ends: dict[str, str] = {}
    with inside(riverside):
        deal = shop.a_deal(now=now, price_minor=PRICE)
        for number in range(ORDERS):
            order = shop.an_order(deal, now=now, email=f"mei{number}@example.com", units=1 + number % 2)
            paying.open_page(order_public_id=order.public_id, now=now)
            session_id = Payment.objects.get(order_public_id=order.public_id).session_id
            if number % 6 < 4:
                stripe.pay(session_id)
            elif number % 6 == 4:
                stripe.client.v1.checkout.sessions.expire(session_id)
            ends[order.public_id] = (State.PAID, State.PAID, State.PAID, State.PAID, State.EXPIRED, State.OPEN)[
                number % 6
            ]
    return ends


def forged(event: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Return an event that says more was paid than was."""
    changed = json.loads(json.dumps(event))
    changed["data"]["object"]["amount_total"] = dice.randrange(10**6)
    changed["id"] = f"evt_forged{dice.randrange(10**9)}"
    return changed


def post(platform: Client, event: dict[str, Any], *, to: str = "events", secret: str = "") -> int:
    body = json.dumps(event)
    header = {"stripe-signature": StripeSandbox.signed(body, secret=secret)}
    return platform.post(f"/stripe/{to}/", data=body, content_type="application/json", headers=header).status_code


@pytest.mark.parametrize("seed", [1, 2])
def test_duplicated_shuffled_dropped_forged_and_strange_deliveries_end_as_the_model_says_w1_w3_w4(
    seed: int, riverside: Any, stripe: StripeSandbox, platform: Client, run_tasks: Any, model: dict[str, str]
) -> None:
    dice = random.Random(seed)
    events = stripe.events("checkout.session.completed") + stripe.events("checkout.session.expired")
    assert len(events) == ORDERS * 5 // 6
    kept = [one for one in events if dice.random() > 0.2]
    wave = [("real", one) for one in kept for _time in range(dice.randint(1, 5))]
    wave += [(dice.choice(["forged", "strange"]), forged(one, dice)) for one in events]
    dice.shuffle(wave)
    answers: Counter[tuple[str, int]] = Counter()
    with run_tasks():
        for kind, event in wave:
            if kind == "forged":
                answers[kind, post(platform, event, secret="whsec_of_a_thief")] += 1
            elif kind == "strange":
                strange = {**event, "account": "acct_of_another"}
                answers[kind, post(platform, strange, to="connect-events", secret=CONNECT)] += 1
            else:
                answers[kind, post(platform, event)] += 1
    assert {(kind, status) for kind, status in answers} == {("real", 200), ("forged", 400), ("strange", 200)}

    heard = states(riverside, model)
    assert heard != model, "what was dropped is not known yet"
    with run_tasks(), on_platform():
        inbox.catch_up(now=clock.now() + timedelta(minutes=2))
    assert states(riverside, model) == model

    with inside(riverside):
        sold = sum(1 + number % 2 for number in range(ORDERS) if number % 6 < 4)
        assert Voucher.objects.count() == sold
    with on_platform():
        paid = Transfer.objects.filter(kind="order_paid", tenant_schema=riverside.schema_name)
        assert (paid.count(), sum(row.amount_minor for row in paid)) == (ORDERS * 4 // 6, sold * PRICE)
        stored = Counter(StripeEvent.objects.filter(kind__startswith="checkout.").values_list("state", flat=True))
        assert stored["quarantined"] == answers["strange", 200]
        assert stored["done"] == len(events)
    print(f"{len(wave)} deliveries of {len(events)} events, {len(events) - len(kept)} of them dropped")


def states(riverside: Any, model: dict[str, str]) -> dict[str, str]:
    """Return what each order's payment is."""
    with inside(riverside):
        rows = Payment.objects.filter(order_public_id__in=model)
        return dict(rows.values_list("order_public_id", "state"))
