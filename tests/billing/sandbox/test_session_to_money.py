"""The whole path: a session, its page, signed events, and every object that money leaves behind."""

from tests.billing.sandbox.process import Sandbox, eventually, typed

PAID_BY_CARD = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]


def test_a_session_paid_on_its_page_becomes_an_intent_a_charge_a_movement_and_a_balance(sandbox: Sandbox) -> None:
    session = sandbox.new_session(
        payment_intent_data={"transfer_group": "order-1", "metadata": {"order": "order-1"}}, key="cs:order-1:1"
    )
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (5000, "usd")

    answer = sandbox.press(session.url, **typed("4242 4242 4242 4242"))
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://localhost:8000/back?session={session.id}"
    sandbox.advance(3)

    paid = sandbox.client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction", "line_items"]}
    )
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert paid.customer_details.email == "cleo@example.com"
    assert [(item.description, item.quantity, item.amount_total) for item in paid.line_items.data] == [
        ("Noodle lunch for two", 2, 5000)
    ]
    intent = paid.payment_intent
    assert (intent.status, intent.amount_received, intent.transfer_group) == ("succeeded", 5000, "order-1")
    assert intent.metadata["order"] == "order-1"
    charge = intent.latest_charge
    assert (charge.status, charge.paid, charge.payment_method_details.card.last4) == ("succeeded", True, "4242")
    moved = charge.balance_transaction
    assert (moved.amount, moved.fee, moved.net, moved.type, moved.source) == (5000, 175, 4825, "charge", charge.id)

    balance = sandbox.client.v1.balance.retrieve()
    assert [(part.amount, part.currency) for part in balance.pending] == [(4825, "usd")]
    sandbox.advance(3 * 24 * 3600)
    balance = sandbox.client.v1.balance.retrieve()
    assert (balance.pending[0].amount, balance.available[0].amount) == (0, 4825)


def test_the_events_of_a_payment_arrive_signed_and_in_order(sandbox: Sandbox) -> None:
    session = sandbox.paid_session()
    receiver = sandbox.receiver
    eventually(lambda: "charge.updated" in receiver.types(), "charge.updated")
    assert receiver.types() == [*PAID_BY_CARD, "charge.updated"]
    assert receiver.refused == []
    assert receiver.hosts == {f"localhost:{receiver.port}"}
    completed = receiver.events[3]
    assert completed.data.object.id == session.id
    assert completed.data.object.payment_status == "paid"
    assert completed.api_version == "2026-10-28.endive"


def test_the_fee_is_not_known_at_first_and_follows(sandbox: Sandbox) -> None:
    sandbox.paid_session()
    eventually(lambda: "charge.updated" in sandbox.receiver.types())
    first, last = sandbox.receiver.events[1], sandbox.receiver.events[-1]
    assert first.data.object.balance_transaction is None
    assert last.data.object.balance_transaction.startswith("txn_")
