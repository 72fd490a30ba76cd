"""One key, one effect."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.billing.sandbox.process import Sandbox, order, typed


def count(sandbox: Sandbox) -> int:
    return len(sandbox.client.v1.checkout.sessions.list({"limit": 100}).data)


def test_the_same_key_and_body_give_the_same_answer_and_one_session(sandbox: Sandbox) -> None:
    first = sandbox.new_session(key="cs:1:1")
    sandbox.press(first.url, **typed("4242424242424242"))
    again = sandbox.new_session(key="cs:1:1")
    assert again.id == first.id
    assert again.status == "open", "the remembered answer is the one of then"
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert count(sandbox) == 1


def test_the_same_key_with_another_body_is_an_error_and_does_nothing(sandbox: Sandbox) -> None:
    sandbox.new_session(key="cs:1:1")
    with pytest.raises(stripe.IdempotencyError) as caught:
        sandbox.new_session(key="cs:1:1", unit_amount=2600)
    assert caught.value.http_status == 400
    assert caught.value.error.type == "idempotency_error"
    assert count(sandbox) == 1


def test_the_same_key_at_another_address_is_an_error(sandbox: Sandbox) -> None:
    session = sandbox.new_session(key="once")
    with pytest.raises(stripe.IdempotencyError):
        sandbox.client.v1.checkout.sessions.expire(session.id, options={"idempotency_key": "once"})
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_a_refused_request_does_not_use_up_its_key(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.new_session(key="cs:1:1", unit_amount=1)
    assert sandbox.new_session(key="cs:1:1").status == "open"


def test_a_key_is_forgotten_after_a_day(sandbox: Sandbox) -> None:
    first = sandbox.new_session(key="cs:1:1")
    sandbox.advance(25 * 3600)
    assert sandbox.new_session(key="cs:1:1").id != first.id


def test_keys_of_connected_accounts_are_their_own(sandbox: Sandbox) -> None:
    account = sandbox.client.v1.accounts.create({"country": "US"})
    first = sandbox.new_session(key="cs:1:1")
    options = {"idempotency_key": "cs:1:1", "stripe_account": account.id}
    second = sandbox.client.v1.checkout.sessions.create(order(), options)
    assert first.id != second.id


def test_thirty_tries_at_once_with_one_key_make_one_session(sandbox: Sandbox) -> None:
    patient = stripe.StripeClient("sk_test_x", base_addresses={"api": sandbox.url}, max_network_retries=8)

    def make(_: int) -> str:
        return patient.v1.checkout.sessions.create(order(), {"idempotency_key": "cs:1:1"}).id

    with ThreadPoolExecutor(30) as pool:
        made = set(pool.map(make, range(30)))
    assert len(made) == 1
    assert count(sandbox) == 1


def test_without_keys_each_try_makes_its_own(sandbox: Sandbox) -> None:
    """The negative control of the test above."""
    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(lambda _: sandbox.new_session().id, range(10)))) == 10
