"""Keys, fields, refusals and addresses, as the real SDK sees them."""

import time
from typing import Any

import pytest
import requests
import stripe

from tests.billing.sandbox.process import Sandbox, order


def refusal(sandbox: Sandbox, **fields: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sandbox.new_session(**fields)
    assert caught.value.http_status == 400
    assert sandbox.client.v1.checkout.sessions.list().data == []
    return caught.value


@pytest.mark.parametrize("key", ["sk_live_hutong", "rk_live_x", "pk_test_x", "sk_test_", "nonsense"])
def test_only_test_keys_are_let_in(sandbox: Sandbox, key: str) -> None:
    client = stripe.StripeClient(key, base_addresses={"api": sandbox.url})
    with pytest.raises(stripe.AuthenticationError) as caught:
        client.v1.balance.retrieve()
    assert caught.value.http_status == 401
    assert key not in str(caught.value) or len(key) <= 8


def test_a_request_without_a_key_is_refused_and_basic_is_understood(sandbox: Sandbox) -> None:
    assert requests.get(sandbox.url + "/v1/balance", timeout=15).status_code == 401
    assert requests.get(sandbox.url + "/v1/balance", auth=("sk_test_x", ""), timeout=15).status_code == 200


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v1: v1.checkout.sessions.retrieve("cs_test_none"), "No such checkout.session: 'cs_test_none'"),
        (lambda v1: v1.payment_intents.retrieve("pi_none"), "No such payment_intent: 'pi_none'"),
        (lambda v1: v1.charges.retrieve("ch_none"), "No such charge: 'ch_none'"),
        (lambda v1: v1.balance_transactions.retrieve("txn_none"), "No such balance transaction: 'txn_none'"),
        (lambda v1: v1.refunds.retrieve("re_none"), "No such refund: 're_none'"),
        (lambda v1: v1.customers.retrieve("cus_none"), "No such customer: 'cus_none'"),
        (lambda v1: v1.accounts.retrieve("acct_none"), "No such account: 'acct_none'"),
        (lambda v1: v1.events.retrieve("evt_none"), "No such event: 'evt_none'"),
        (lambda v1: v1.webhook_endpoints.retrieve("we_none"), "No such webhook endpoint: 'we_none'"),
    ],
)
def test_what_is_not_there_is_resource_missing(sandbox: Sandbox, call: Any, message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        call(sandbox.client.v1)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.user_message == message


def test_an_address_that_the_sandbox_does_not_speak_says_so(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"Unrecognized request URL \(GET: /v1/payment_links\)"):
        sandbox.client.v1.payment_links.list()


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"success_url": None}, "parameter_missing", "success_url"),
        ({"mode": None}, "parameter_missing", "mode"),
        ({"line_items": None}, "parameter_missing", "line_items"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"payment_intent_data": {"colour": "red"}}, "parameter_unknown", "payment_intent_data[colour]"),
        ({"success_url": "localhost/x"}, "url_invalid", "success_url"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"client_reference_id": "x" * 201}, "parameter_invalid_string_too_long", "client_reference_id"),
        ({"customer": "cus_none"}, "resource_missing", "customer"),
        ({"mode": "donation"}, None, "mode"),
        ({"ui_mode": "embedded_page"}, None, "ui_mode"),
        ({"metadata": {"x" * 41: "y"}}, None, "metadata"),
        ({"metadata": {"order": "y" * 501}}, None, "metadata[order]"),
        ({"metadata": {str(number): "y" for number in range(51)}}, None, "metadata"),
    ],
)
def test_a_session_that_is_asked_for_wrongly_is_refused(
    sandbox: Sandbox, fields: dict[str, Any], code: str | None, param: str
) -> None:
    refused = refusal(sandbox, **fields)
    assert (refused.code, refused.param) == (code, param)


@pytest.mark.parametrize(
    ("price", "code"),
    [
        ({"currency": "usd", "unit_amount": 24}, "amount_too_small"),
        ({"currency": "jpy", "unit_amount": 24}, "amount_too_small"),
        ({"currency": "kwd", "unit_amount": 5_124}, "invalid_charge_amount"),
        ({"currency": "usd", "unit_amount": 99_999_999}, "amount_too_large"),
        ({"currency": "usd", "unit_amount": -1}, "parameter_invalid_integer"),
        ({"currency": "usd", "unit_amount": "12.50"}, "parameter_invalid_integer"),
        ({"currency": "usd", "unit_amount": "٢٥٠٠"}, "parameter_invalid_integer"),
        ({"currency": "usd"}, "parameter_missing"),
        ({"currency": "xyz", "unit_amount": 2500}, None),
    ],
)
def test_an_amount_that_cannot_be_charged_is_refused(sandbox: Sandbox, price: dict[str, Any], code: str | None) -> None:
    item = {"quantity": 2, "price_data": {**price, "product_data": {"name": "Lunch"}}}
    assert refusal(sandbox, line_items=[item]).code == code


def test_two_lunches_at_twenty_five_cents_are_just_enough(sandbox: Sandbox) -> None:
    assert sandbox.new_session(unit_amount=25).amount_total == 50


def test_items_in_two_currencies_are_refused(sandbox: Sandbox) -> None:
    items = order()["line_items"] + order(currency="eur")["line_items"]
    assert refusal(sandbox, line_items=items).param == "line_items"


@pytest.mark.parametrize("ahead", [-60, 0, 29 * 60, 25 * 3600])
def test_a_session_lives_from_thirty_minutes_to_a_day(sandbox: Sandbox, ahead: int) -> None:
    assert refusal(sandbox, expires_at=int(time.time()) + ahead).param == "expires_at"


def test_a_shop_on_real_time_can_sell_while_the_test_clock_is_ahead(sandbox: Sandbox) -> None:
    sandbox.advance(7 * 24 * 3600)
    session = sandbox.new_session(expires_at=int(time.time()) + 31 * 60)
    sandbox.advance(30 * 60)
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert requests.get(session.url, timeout=15).status_code == 200
    sandbox.advance(90)
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).status == "expired"


def test_nested_fields_and_lists_arrive_whole(sandbox: Sandbox) -> None:
    items = order()["line_items"] * 12
    session = sandbox.new_session(line_items=items, metadata={"order": "é 点心 & =?"})
    assert session.metadata["order"] == "é 点心 & =?"
    listed = list(sandbox.client.v1.checkout.sessions.line_items.list(session.id, {"limit": 5}).auto_paging_iter())
    assert len(listed) == len({item.id for item in listed}) == 12


def test_metadata_is_merged_by_an_update_and_an_empty_value_takes_a_name_away(sandbox: Sandbox) -> None:
    session = sandbox.new_session(metadata={"order": "1", "mall": "riverside"})
    changed = sandbox.client.v1.checkout.sessions.update(session.id, {"metadata": {"mall": "", "try": "2"}})
    assert changed.metadata.to_dict() == {"order": "1", "try": "2"}


def test_every_answer_names_its_request(sandbox: Sandbox) -> None:
    session = sandbox.new_session(key="cs:1:1")
    assert session.last_response.request_id.startswith("req_")
    assert session.last_response.headers["Idempotency-Key"] == "cs:1:1"
    assert session.last_response.headers["Stripe-Version"] == "2026-10-28.endive"


def test_other_hosts_and_other_origins_are_refused(sandbox: Sandbox) -> None:
    stranger = requests.get(sandbox.url + "/", headers={"Host": "evil.example"}, timeout=15)
    assert stranger.status_code == 421
    forged = requests.post(sandbox.url + "/control/reset", headers={"Origin": "http://evil.example"}, timeout=15)
    assert forged.status_code == 403
