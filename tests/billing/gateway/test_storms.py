"""Stripe away or overloaded, and our database away while Stripe tells something (W7, W8)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from billing.gateway import breaker, client, inbox
from billing.gateway.breaker import Breaker
from billing.gateway.client import GatewayUnavailable
from billing.gateway.models import StripeEvent
from billing.gateway.operations import RefundRequest, refund
from tests.billing.gateway.acts import a_payment
from tests.billing.sandbox.process import free_port
from tests.stripe_sandbox import StripeSandbox

SCHEMA = "m_0000000000000abc"


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def test_after_five_calls_without_an_answer_nothing_is_asked_for_a_pause_then_one_tries_w7() -> None:
    at = [0.0]
    one = Breaker(clock=lambda: at[0])
    for _time in range(breaker.AFTER):
        assert one.admits()
        one.failed()
    assert [one.admits() for _time in range(3)] == [False] * 3
    at[0] += breaker.PAUSE_S
    assert [one.admits(), one.admits()] == [True, False]  # one tries, the others do not wait for it
    one.failed()
    assert not one.admits()
    at[0] += breaker.PAUSE_S
    assert one.admits()
    one.answered()
    assert all(one.admits() for _time in range(20))


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["rate_limit", "unavailable", "server_error"])
def test_a_storm_is_not_waited_for_and_leaves_one_refund_w7(
    stripe: StripeSandbox, now: datetime, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(client, "RETRIES", 0)
    client._client.cache_clear()
    charge = a_payment(stripe, "s" * 26, now)
    request = RefundRequest("voucher:v1:0", SCHEMA, charge.payment_intent_id, 500, "unused voucher")
    stripe.fault(fault, times=1000)
    for _time in range(12):
        with pytest.raises(GatewayUnavailable):
            refund(request, now=now)
    used = 1000 - sum(one["remaining"] for one in stripe.state()["faults"])
    assert used == breaker.AFTER, "what was asked after the breaker opened"
    stripe.control("faults/clear")
    client._breaker.cache_clear()  # the pause is over
    assert refund(request, now=now).is_back
    made = stripe.client.v1.refunds.list({"payment_intent": charge.payment_intent_id}).data
    assert [one.amount for one in made] == [500]


@pytest.mark.django_db
def test_a_storm_delays_events_and_the_catch_up_drains_them_once_w7(
    client_for: Callable[..., Client], stripe: StripeSandbox, now: datetime, settings: Any, monkeypatch: Any
) -> None:
    """Each of eight events delivered three times while Stripe is away: handed on once when it is back."""
    settings.STRIPE_EVENT_TASKS = {}
    settings.STRIPE_PLATFORM_TASKS = {"refund.created": ["billing.gateway.account_changed"]}
    handed: list[str] = []
    platform = client_for(None)
    charge = a_payment(stripe, "t" * 26, now)
    for number in range(8):
        stripe.client.v1.refunds.create({"payment_intent": charge.payment_intent_id, "amount": 100 + number})
    events = stripe.events("refund.created")
    monkeypatch.setattr(inbox, "enqueue", lambda *_names, **_fields: None)
    for event in events * 3:
        assert stripe.deliver(platform, event) == 200  # received, whatever Stripe does
    rows = list(StripeEvent.objects.filter(kind="refund.created").values_list("pk", flat=True))
    monkeypatch.setattr(inbox, "address_of", _away)
    assert {inbox.handle(event_pk=pk, now=now) for pk in rows} == {"failed"}
    monkeypatch.undo()
    monkeypatch.setattr(inbox, "enqueue", lambda _name, **fields: handed.append(str(fields.get("object_id", ""))))
    assert sorted(inbox._waiting(now=now + timedelta(minutes=1))) == sorted(rows)
    assert {inbox.handle(event_pk=pk, now=now) for pk in rows * 2} == {"done"}
    assert sorted(handed) == sorted(one["data"]["object"]["id"] for one in events)


def _away(_event: StripeEvent) -> Any:
    raise GatewayUnavailable


def test_what_arrives_while_the_database_is_down_is_not_taken_and_comes_again_w8(
    committed: None, settings: Any
) -> None:
    platform = Client(SERVER_NAME="localhost", raise_request_exception=False)
    event = {"id": "evt_down", "type": "refund.created", "data": {"object": {"id": "re_1"}}}
    connection.close()
    port = connection.settings_dict["PORT"]
    connection.settings_dict["PORT"] = free_port()
    try:
        refused = [StripeSandbox.deliver(StripeSandbox, platform, event) for _time in range(3)]  # type: ignore[arg-type]
    finally:
        connection.close()
        connection.settings_dict["PORT"] = port
    assert all(status >= 500 for status in refused), refused
    assert StripeSandbox.deliver(StripeSandbox, platform, event) == 200  # type: ignore[arg-type]
    assert StripeEvent.objects.filter(event_id="evt_down").count() == 1
    assert json.loads(json.dumps(StripeEvent.objects.get(event_id="evt_down").payload)) == event
