"""Refunds: whole, in parts, too much, later, and failing."""

import pytest
import stripe

from tests.billing.sandbox.process import Sandbox, eventually

LATER, FAILS = "4000000000007726", "4000000000005126"


def test_a_refund_in_parts_never_exceeds_the_charge(sandbox: Sandbox) -> None:
    session = sandbox.paid_session()
    refunds = sandbox.client.v1.refunds
    first = refunds.create(
        {"payment_intent": session.payment_intent, "amount": 2000, "metadata": {"voucher": "1"}},
        {"idempotency_key": "refund:1"},
    )
    assert (first.status, first.amount, first.metadata["voucher"]) == ("succeeded", 2000, "1")
    charge = sandbox.charge_of(session)
    assert (charge.amount_refunded, charge.refunded) == (2000, False)
    with pytest.raises(
        stripe.InvalidRequestError, match=r"\(3001\) is greater than unrefunded amount on charge \(3000\)"
    ):
        refunds.create({"payment_intent": session.payment_intent, "amount": 3001})
    rest = refunds.create({"charge": charge.id})
    assert rest.amount == 3000
    assert sandbox.charge_of(session).refunded
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_already_refunded"
    assert [found.id for found in refunds.list({"charge": charge.id}).data] == [rest.id, first.id]
    assert sandbox.client.v1.balance.retrieve().pending[0].amount == -175


def test_a_refund_says_what_happened(sandbox: Sandbox) -> None:
    session = sandbox.paid_session()
    refund = sandbox.client.v1.refunds.create(
        {"payment_intent": session.payment_intent, "expand": ["charge", "balance_transaction"]}
    )
    assert refund.charge.refunded
    assert (refund.balance_transaction.amount, refund.balance_transaction.type) == (-5000, "refund")
    eventually(lambda: "charge.refunded" in sandbox.receiver.types())
    assert "refund.created" in sandbox.receiver.types()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "parameter_missing"),
        ({"charge": "ch_none"}, "resource_missing"),
        ({"payment_intent": "pi_none"}, "resource_missing"),
    ],
)
def test_a_refund_of_nothing_is_refused(sandbox: Sandbox, fields: dict[str, str], code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.client.v1.refunds.create(fields)
    assert (caught.value.http_status, caught.value.code) == (400, code)


def test_a_declined_payment_cannot_be_refunded(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    sandbox.press(session.url, test_card="4000000000000002")
    intent = sandbox.client.v1.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.refunds.create({"payment_intent": intent})


def test_a_later_refund_is_pending_and_then_succeeds(sandbox: Sandbox) -> None:
    session = sandbox.paid_session(LATER)
    refund = sandbox.client.v1.refunds.create({"payment_intent": session.payment_intent})
    assert refund.status == "pending"
    sandbox.advance(15)
    assert sandbox.client.v1.refunds.retrieve(refund.id).status == "succeeded"
    eventually(lambda: "refund.updated" in sandbox.receiver.types())


def test_a_refund_that_fails_gives_the_money_back_to_the_balance(sandbox: Sandbox) -> None:
    session = sandbox.paid_session(FAILS)
    refund = sandbox.client.v1.refunds.create({"payment_intent": session.payment_intent, "amount": 1000})
    assert refund.status == "succeeded"
    sandbox.advance(15)
    failed = sandbox.client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert failed.status == "failed"
    assert (failed.failure_balance_transaction.amount, failed.failure_balance_transaction.type) == (
        1000,
        "refund_failure",
    )
    assert sandbox.charge_of(session).amount_refunded == 0
    assert sandbox.client.v1.balance.retrieve().pending[0].amount == 5000 - 175
    eventually(lambda: "refund.failed" in sandbox.receiver.types())


def test_any_refund_can_be_made_to_fail_by_hand_once(sandbox: Sandbox) -> None:
    session = sandbox.paid_session()
    refund = sandbox.client.v1.refunds.create({"payment_intent": session.payment_intent})
    for _ in range(2):
        assert sandbox.control(f"refunds/{refund.id}/settle", outcome="failed")["status"] == "failed"
    assert sandbox.charge_of(session).amount_refunded == 0


@pytest.mark.parametrize(("method", "days"), [("alipay", 90), ("wechat_pay", 180)])
def test_a_wallets_refunds_are_asynchronous_and_end_after_its_days(sandbox: Sandbox, method: str, days: int) -> None:
    session = sandbox.new_session(currency="cny", unit_amount=8800)
    step = sandbox.press(session.url, email="cleo@example.com", method=method).headers["Location"]
    sandbox.press(step, outcome="pay")
    sandbox.advance(20)
    intent = sandbox.client.v1.checkout.sessions.retrieve(session.id).payment_intent
    refund = sandbox.client.v1.refunds.create({"payment_intent": intent, "amount": 100})
    assert (refund.status, refund.currency) == ("pending", "cny")
    sandbox.advance((days + 1) * 24 * 3600)
    assert sandbox.client.v1.refunds.retrieve(refund.id).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match=f"{days} days"):
        sandbox.client.v1.refunds.create({"payment_intent": intent, "amount": 100})
