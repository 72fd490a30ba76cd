"""The hosted payment page: every way that a payment ends."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.billing import stripe_document
from tests.billing.sandbox.process import Sandbox, eventually, order, typed


def intent_of(sandbox: Sandbox, session_id: str) -> object:
    session = sandbox.client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent"]})
    return session.payment_intent


def doubts(thing: Any) -> list[str]:
    """Return what of a thing of the sandbox is not as Stripe's document says."""
    body = thing.to_dict()
    return stripe_document.check_object(body["object"], body)


def test_the_page_shows_the_items_the_total_and_that_no_money_moves(sandbox: Sandbox) -> None:
    session = sandbox.new_session(branding_settings={"display_name": "Riverside Noodles"})
    page = requests.get(session.url, timeout=15)
    assert page.status_code == 200
    for text in ("SANDBOX: no money moves", "Riverside Noodles", "Noodle lunch for two", "$50.00", "2 × $25.00"):
        assert text in page.text
    assert 'href="http://localhost:8000/cart"' in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "sentence"),
    [
        ("4000000000000002", "card_declined", "generic_decline", "Your card was declined."),
        ("4000000000009995", "card_declined", "insufficient_funds", "Your card has insufficient funds."),
        ("4000000000000069", "expired_card", "expired_card", "Your card has expired."),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc", "Your card&#39;s security code is incorrect."),
        ("4111111111111111", "card_declined", "test_mode_live_card", "not one of its test cards"),
    ],
)
def test_a_declined_card_leaves_the_session_open_and_says_why(
    sandbox: Sandbox, card: str, code: str, decline_code: str, sentence: str
) -> None:
    session = sandbox.new_session()
    page = sandbox.press(session.url, **typed(card))
    assert page.status_code == 422
    assert sentence in page.text
    assert card not in page.text.replace('value="' + card, "")
    intent = intent_of(sandbox, session.id)
    assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)
    error = intent.last_payment_error
    assert (error.code, error.decline_code) == (code, decline_code)
    assert sandbox.client.v1.charges.retrieve(intent.latest_charge).status == "failed"
    assert sandbox.client.v1.balance.retrieve().pending[0].amount == 0


def test_after_a_decline_another_card_pays_with_the_same_intent(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    sandbox.press(session.url, **typed("4000000000000002"))
    first = intent_of(sandbox, session.id)
    assert sandbox.press(session.url, **typed("4242424242424242")).status_code == 303
    second = intent_of(sandbox, session.id)
    assert (second.id, second.status, second.last_payment_error) == (first.id, "succeeded", None)
    charges = sandbox.client.v1.charges.list({"payment_intent": second.id})
    assert [charge.status for charge in charges.data] == ["succeeded", "failed"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"card_number": "4242424242424241"}, "Your card number is invalid."),
        ({"card_number": ""}, "Your card number is invalid."),
        ({"card_expiry": "12 / 20"}, "Your card&#39;s expiry date is in the past."),
        ({"card_expiry": "13/40"}, "Write the expiry date as month and year"),
        ({"card_cvc": "1"}, "Your card&#39;s security code is incomplete."),
        ({"email": "cleo"}, "Write your e-mail address"),
    ],
)
def test_a_field_that_is_wrong_is_marked_and_nothing_is_tried(
    sandbox: Sandbox, fields: dict[str, str], sentence: str
) -> None:
    session = sandbox.new_session()
    page = sandbox.press(session.url, **typed("4242424242424242", **fields))
    assert page.status_code == 422
    assert sentence in page.text
    assert 'aria-invalid="true"' in page.text
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).payment_intent is None


def test_3d_secure_pays_when_completed(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    answer = sandbox.press(session.url, **typed("4000000000003220"))
    challenge = sandbox.url + answer.headers["Location"].removeprefix(sandbox.url)
    assert "/c/challenge/pi_" in challenge
    assert intent_of(sandbox, session.id).status == "requires_action"
    assert "3-D Secure" in requests.get(challenge, timeout=15).text
    back = sandbox.press(challenge, outcome="complete")
    assert back.headers["Location"].startswith("http://localhost:8000/back")
    assert intent_of(sandbox, session.id).status == "succeeded"


@pytest.mark.parametrize(
    ("card", "outcome", "code"),
    [
        ("4000000000003220", "fail", "payment_intent_authentication_failure"),
        ("4000008400001629", "complete", "card_declined"),
    ],
)
def test_3d_secure_that_fails_leads_back_to_the_page_which_says_why(
    sandbox: Sandbox, card: str, outcome: str, code: str
) -> None:
    session = sandbox.new_session()
    challenge = sandbox.press(session.url, **typed(card)).headers["Location"]
    back = sandbox.press(challenge, outcome=outcome)
    assert back.headers["Location"] == f"/c/pay/{session.id}"
    intent = intent_of(sandbox, session.id)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", code)
    assert 'role="alert"' in requests.get(session.url, timeout=15).text


def alipay(sandbox: Sandbox, outcome: str) -> tuple[str, requests.Response]:
    session = sandbox.new_session(currency="cny", unit_amount=8800)
    step = sandbox.press(session.url, email="cleo@example.com", method="alipay").headers["Location"]
    assert "/c/alipay/pi_" in step
    return session.id, sandbox.press(step, outcome=outcome)


def test_alipay_is_pending_and_then_paid(sandbox: Sandbox) -> None:
    session_id, back = alipay(sandbox, "pay")
    assert back.headers["Location"].startswith("http://localhost:8000/back")
    session = sandbox.client.v1.checkout.sessions.retrieve(session_id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert intent_of(sandbox, session_id).status == "processing"
    sandbox.advance(15)
    assert sandbox.client.v1.checkout.sessions.retrieve(session_id).payment_status == "paid"
    assert intent_of(sandbox, session_id).status == "succeeded"
    types = sandbox.receiver.types
    eventually(lambda: "checkout.session.async_payment_succeeded" in types())
    assert types().index("checkout.session.completed") < types().index("checkout.session.async_payment_succeeded")


def test_alipay_is_pending_and_then_failed(sandbox: Sandbox) -> None:
    session_id, _ = alipay(sandbox, "pay_then_fail")
    sandbox.advance(15)
    session = sandbox.client.v1.checkout.sessions.retrieve(session_id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert intent_of(sandbox, session_id).status == "requires_payment_method"
    eventually(lambda: "checkout.session.async_payment_failed" in sandbox.receiver.types())


def test_alipay_can_be_settled_by_hand(sandbox: Sandbox) -> None:
    session_id, _ = alipay(sandbox, "pay")
    sandbox.control(f"payments/{intent_of(sandbox, session_id).id}/settle", outcome="failed")
    assert intent_of(sandbox, session_id).status == "requires_payment_method"
    sandbox.advance(60)
    assert intent_of(sandbox, session_id).status == "requires_payment_method"


def test_alipay_refused_leads_back_to_an_open_session(sandbox: Sandbox) -> None:
    session_id, back = alipay(sandbox, "refuse")
    assert back.headers["Location"] == f"/c/pay/{session_id}"
    assert sandbox.client.v1.checkout.sessions.retrieve(session_id).status == "open"


@pytest.mark.parametrize(("outcome", "status"), [("pay", "complete"), ("refuse", "open")])
def test_wechat_shows_a_qr_code_and_is_paid_at_once_or_refused(sandbox: Sandbox, outcome: str, status: str) -> None:
    session = sandbox.new_session(currency="cny", unit_amount=8800)
    step = sandbox.press(session.url, email="cleo@example.com", method="wechat_pay").headers["Location"]
    shown = intent_of(sandbox, session.id).next_action.wechat_pay_display_qr_code
    assert shown.data == step
    assert doubts(intent_of(sandbox, session.id)) == []
    assert f'src="{shown.image_data_url}"' in requests.get(step, timeout=15).text
    sandbox.press(step, outcome=outcome)
    found = sandbox.client.v1.checkout.sessions.retrieve(session.id)
    assert (found.status, found.payment_status) == (status, "paid" if outcome == "pay" else "unpaid")
    if outcome == "pay":
        charge = sandbox.client.v1.charges.retrieve(intent_of(sandbox, session.id).latest_charge)
        refund = sandbox.client.v1.refunds.create({"charge": charge.id, "amount": 100})
        assert charge.payment_method_details.type == "wechat_pay"
        assert [doubts(one) for one in (found, charge, refund)] == [[], [], []]


def test_twenty_clicks_at_once_pay_once_and_all_lead_to_the_shop(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: sandbox.press(session.url, **typed("4242424242424242")), range(20)))
    assert {answer.headers["Location"] for answer in answers} == {f"http://localhost:8000/back?session={session.id}"}
    assert len(sandbox.client.v1.charges.list().data) == 1
    completed = sandbox.client.v1.events.list({"type": "checkout.session.completed"})
    assert len(completed.data) == 1


def test_a_session_expires_by_itself_by_the_clock(sandbox: Sandbox) -> None:
    session = sandbox.new_session(expires_at=int(time.time()) + 31 * 60)
    sandbox.advance(30 * 60)
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    sandbox.advance(2 * 60)
    expired = sandbox.client.v1.checkout.sessions.retrieve(session.id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    eventually(lambda: sandbox.receiver.types() == ["checkout.session.expired"])
    page = sandbox.press(session.url, **typed("4242424242424242"))
    assert page.status_code == 410
    assert "Nothing was charged" in page.text
    assert sandbox.client.v1.charges.list().data == []


def test_expiring_cancels_the_intent_that_a_decline_left(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    sandbox.press(session.url, **typed("4000000000000002"))
    sandbox.client.v1.checkout.sessions.expire(session.id)
    intent = intent_of(sandbox, session.id)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")


def test_a_3d_secure_answer_after_expiry_charges_nothing(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    challenge = sandbox.press(session.url, **typed("4000000000003220")).headers["Location"]
    sandbox.client.v1.checkout.sessions.expire(session.id)
    assert sandbox.press(challenge, outcome="complete").headers["Location"] == f"/c/pay/{session.id}"
    assert sandbox.client.v1.charges.list().data == []


def test_the_page_can_expire_its_session(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    assert sandbox.press(session.url + "/expire").status_code == 303
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    assert requests.get(session.url, timeout=15).status_code == 410


def test_a_paid_page_leads_to_the_shop_again(sandbox: Sandbox) -> None:
    session = sandbox.new_session()
    sandbox.press(session.url, test_card="4242424242424242")
    again = requests.get(session.url, allow_redirects=False, timeout=15)
    assert again.headers["Location"] == f"http://localhost:8000/back?session={session.id}"


def test_a_customer_is_made_when_the_session_asks_for_one(sandbox: Sandbox) -> None:
    session = sandbox.paid_session(customer_creation="always")
    customer = sandbox.client.v1.customers.retrieve(session.customer)
    assert customer.email == "cleo@example.com"
    assert sandbox.charge_of(session).customer is None
    assert intent_of(sandbox, session.id).customer == customer.id


def test_an_address_that_is_fixed_by_the_shop_wins_over_what_is_typed(sandbox: Sandbox) -> None:
    session = sandbox.new_session(customer_email="alma@example.com")
    assert "readonly" in requests.get(session.url, timeout=15).text
    sandbox.press(session.url, **typed("4242424242424242", email="bo@example.com"))
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).customer_details.email == "alma@example.com"


def test_words_of_a_shop_cannot_become_markup(sandbox: Sandbox) -> None:
    item = order()["line_items"][0]
    item["price_data"]["product_data"]["name"] = "<script>alert(1)</script>"
    session = sandbox.new_session(line_items=[item])
    page = requests.get(session.url, timeout=15).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_page_for_a_package_shows_a_metered_price_too(sandbox: Sandbox) -> None:
    v1 = sandbox.client.v1
    meter = v1.billing.meters.create(
        {"event_name": "posts", "display_name": "Posts", "default_aggregation": {"formula": "sum"}}
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter.id}
    product = v1.products.create({"name": "Extra posts"})
    metered = v1.prices.create({"currency": "usd", "unit_amount": 4000, "recurring": recurring, "product": product.id})
    wanted = {"mode": "subscription", "line_items": [{"price": metered.id}], "success_url": "http://localhost/"}
    page = requests.get(v1.checkout.sessions.create(wanted).url, timeout=15)
    assert page.status_code == 200
    assert "$40.00 for each unit, billed as it is used" in page.text
