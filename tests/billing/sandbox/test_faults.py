"""Faults on demand: what the caller sees, and what was really done."""

import pytest
import requests
import stripe

from tests.billing.sandbox.process import Sandbox, order


def count(sandbox: Sandbox) -> int:
    return len(sandbox.client.v1.checkout.sessions.list({"limit": 100}).data)


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("rate_limit", stripe.RateLimitError, 429),
        ("server_error", stripe.APIError, 500),
        ("unavailable", stripe.APIError, 503),
    ],
)
def test_a_refusal_does_nothing_and_the_same_key_works_again(
    sandbox: Sandbox, kind: str, error: type[stripe.StripeError], status: int
) -> None:
    sandbox.fault(kind)
    with pytest.raises(error) as caught:
        sandbox.new_session(key="cs:1:1")
    assert caught.value.http_status == status
    assert count(sandbox) == 0
    assert sandbox.new_session(key="cs:1:1").status == "open"
    assert count(sandbox) == 1


def test_a_remembered_500_is_repeated_for_its_key_and_a_new_key_works(sandbox: Sandbox) -> None:
    sandbox.fault("server_error_kept")
    for _ in range(3):
        with pytest.raises(stripe.APIError) as caught:
            sandbox.new_session(key="cs:1:1")
        assert caught.value.http_status == 500
    assert count(sandbox) == 0
    assert sandbox.new_session(key="cs:1:2").status == "open"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("commit_then_hang", stripe.APIConnectionError),
        ("commit_then_reset", stripe.APIConnectionError),
        ("commit_then_500", stripe.APIError),
    ],
)
def test_what_was_committed_stays_and_the_same_key_brings_it_back(
    sandbox: Sandbox, kind: str, error: type[stripe.StripeError]
) -> None:
    sandbox.fault(kind, seconds=0.3)
    with pytest.raises(error):
        sandbox.new_session(key="cs:1:1")
    assert count(sandbox) == 1
    found = sandbox.new_session(key="cs:1:1")
    assert found.last_response.headers["Idempotent-Replayed"] == "true"
    assert count(sandbox) == 1


def test_a_hanging_answer_runs_into_the_callers_patience(sandbox: Sandbox) -> None:
    sandbox.fault("commit_then_hang")
    impatient = stripe.StripeClient(
        "sk_test_x",
        base_addresses={"api": sandbox.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=0.5),
    )
    with pytest.raises(stripe.APIConnectionError):
        impatient.v1.checkout.sessions.create(order(), {"idempotency_key": "cs:1:1"})
    assert count(sandbox) == 1
    sandbox.control("faults/clear")


def test_the_sdk_heals_a_500_by_itself_with_the_same_key(sandbox: Sandbox) -> None:
    sandbox.fault("commit_then_500", times=2)
    patient = stripe.StripeClient("sk_test_x", base_addresses={"api": sandbox.url}, max_network_retries=3)
    assert patient.v1.checkout.sessions.create(order()).status == "open"
    assert count(sandbox) == 1


def test_a_fault_can_be_aimed_and_stay_on(sandbox: Sandbox) -> None:
    sandbox.fault("rate_limit", times=0, path="/v1/refunds", method="POST")
    assert sandbox.new_session().status == "open"
    for _ in range(3):
        with pytest.raises(stripe.RateLimitError):
            sandbox.client.v1.refunds.create({"charge": "ch_x"})
    assert sandbox.control("faults/clear")["removed"] == 1
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.refunds.create({"charge": "ch_x"})


def test_an_unknown_fault_is_refused_with_the_list_of_kinds(sandbox: Sandbox) -> None:
    answer = requests.post(sandbox.url + "/control/faults", json={"kind": "flood"}, timeout=15)
    assert answer.status_code == 400
    assert "commit_then_hang" in answer.json()["error"]


def test_the_control_page_shows_everything_and_its_buttons_lead_back(sandbox: Sandbox) -> None:
    sandbox.paid_session()
    pressed = requests.post(
        sandbox.url + "/control/faults",
        data={"kind": "rate_limit", "back": "faults"},
        headers={"Accept": "text/html,*/*;q=0.8"},
        allow_redirects=False,
        timeout=15,
    )
    assert (pressed.status_code, pressed.headers["Location"]) == (303, "/#faults")
    page = requests.get(sandbox.url + "/", timeout=15).text
    for text in (
        "SANDBOX: no money moves",
        "rate limit",
        "$50.00",
        "checkout.session.completed",
        "/v1/checkout/sessions",
    ):
        assert text in page
    assert "<script" not in page
