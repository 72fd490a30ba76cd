"""Webhooks: signatures, retries, and what goes wrong on demand."""

from collections import Counter

import pytest
import stripe

from tests.billing.sandbox.process import Receiver, Sandbox, eventually


def deliveries(sandbox: Sandbox) -> Counter[str]:
    return Counter(row["state"] for row in sandbox.state()["deliveries"])


def test_a_refused_delivery_comes_again_until_it_is_taken(sandbox: Sandbox) -> None:
    sandbox.receiver.answer = 500
    customer = sandbox.client.v1.customers.create({"name": "Cleo"})
    eventually(lambda: sandbox.state()["deliveries"][0]["attempts"] >= 1)
    event = sandbox.client.v1.events.list().data[0]
    assert event.pending_webhooks == 1
    assert [found.id for found in sandbox.client.v1.events.list({"delivery_success": False}).data] == [event.id]
    sandbox.receiver.answer = 200
    sandbox.advance(3600)
    eventually(lambda: sandbox.receiver.types() == ["customer.created"])
    assert sandbox.receiver.events[0].data.object.id == customer.id
    eventually(lambda: deliveries(sandbox) == {"delivered": 1})
    assert sandbox.client.v1.events.retrieve(event.id).pending_webhooks == 0
    assert sandbox.client.v1.events.list({"delivery_success": False}).data == []


def test_a_delivery_is_given_up_after_three_days(sandbox: Sandbox) -> None:
    sandbox.receiver.answer = 503
    sandbox.client.v1.customers.create({"name": "Cleo"})
    eventually(lambda: sandbox.state()["deliveries"][0]["attempts"] >= 1)
    sandbox.advance(4 * 24 * 3600)
    eventually(lambda: deliveries(sandbox) == {"failed": 1})
    sandbox.receiver.answer = 200
    sandbox.control("deliveries/retry")
    eventually(lambda: sandbox.receiver.types() == ["customer.created"])


def test_held_deliveries_go_out_when_let_go(sandbox: Sandbox) -> None:
    sandbox.fault("hold_deliveries")
    sandbox.paid_session()
    assert deliveries(sandbox) == {"pending": 5}
    assert sandbox.receiver.events == []
    sandbox.control("faults/clear", kind="hold_deliveries")
    eventually(lambda: len(sandbox.receiver.events) == 5)


def test_duplicate_deliveries_bring_each_event_three_times(sandbox: Sandbox) -> None:
    sandbox.fault("duplicate_deliveries")
    sandbox.paid_session()
    eventually(lambda: len(sandbox.receiver.events) == 15)
    assert set(Counter(event.id for event in sandbox.receiver.events).values()) == {3}


def test_reordered_deliveries_bring_the_newest_first(sandbox: Sandbox) -> None:
    sandbox.fault("hold_deliveries")
    sandbox.fault("reorder_deliveries")
    sandbox.paid_session()
    sandbox.control("faults/clear", kind="hold_deliveries")
    eventually(lambda: len(sandbox.receiver.events) == 5)
    assert sandbox.receiver.types()[0] == "charge.updated"
    assert sandbox.receiver.types()[-1] == "payment_intent.created"


def test_dropped_events_are_only_in_the_list(sandbox: Sandbox) -> None:
    sandbox.fault("drop_deliveries", times=1)
    sandbox.client.v1.customers.create({"name": "Cleo"})
    sandbox.client.v1.customers.create({"name": "Bo"})
    eventually(lambda: len(sandbox.receiver.events) == 1)
    missed = sandbox.client.v1.events.list({"delivery_success": False}).data
    assert [event.data.object.name for event in missed] == ["Cleo"]


@pytest.mark.parametrize("kind", ["bad_signature", "old_signature"])
def test_a_wrong_signature_is_refused_by_the_real_verifier(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(kind, times=1)
    sandbox.client.v1.customers.create({"name": "Cleo"})
    eventually(lambda: sandbox.receiver.refused)
    sandbox.control("deliveries/retry")
    eventually(lambda: sandbox.receiver.types() == ["customer.created"])


def test_an_event_can_be_sent_again(sandbox: Sandbox) -> None:
    sandbox.client.v1.customers.create({"name": "Cleo"})
    event = eventually(lambda: sandbox.receiver.events)[0]
    assert sandbox.control(f"events/{event.id}/resend") == {"queued": 1}
    eventually(lambda: len(sandbox.receiver.events) == 2)
    assert {found.id for found in sandbox.receiver.events} == {event.id}


def test_an_endpoint_gets_only_what_it_wants_signed_with_its_own_secret(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoints = sandbox.client.v1.webhook_endpoints
    made = endpoints.create({"url": receiver.url + "?own", "enabled_events": ["customer.deleted"]})
    assert made.secret.startswith("whsec_")
    assert "secret" not in endpoints.retrieve(made.id)
    customer = sandbox.client.v1.customers.create({"name": "Cleo"})
    sandbox.client.v1.customers.delete(customer.id)
    eventually(lambda: sandbox.receiver.refused, "a delivery with the endpoint's own secret")
    assert sandbox.receiver.types() == ["customer.created", "customer.deleted"]
    endpoints.update(made.id, {"disabled": True})
    assert endpoints.retrieve(made.id).status == "disabled"
    assert endpoints.delete(made.id).deleted


def test_events_are_never_sent_to_another_machine(sandbox: Sandbox) -> None:
    for url in ("http://example.com/hook", "https://localhost/hook", "http://169.254.169.254/"):
        with pytest.raises(stripe.InvalidRequestError):
            sandbox.client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})


def test_an_event_names_the_request_that_caused_it(sandbox: Sandbox) -> None:
    customer = sandbox.client.v1.customers.create({"name": "Cleo"}, {"idempotency_key": "customer:cleo"})
    event = sandbox.client.v1.events.list().data[0]
    assert event.request.id == customer.last_response.request_id
    assert event.request.idempotency_key == "customer:cleo"
