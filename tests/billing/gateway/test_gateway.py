"""The gateway against the sandbox, over HTTP: pages to pay at, webhooks forged, doubled, shuffled, lost."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from billing.gateway import inbox, invoices, moving, operations, packages
from billing.gateway.models import Outgoing, PaymentReference, StripeEvent
from billing.gateway.operations import CheckoutLine, CheckoutRequest, RefundRequest
from tests.stripe_sandbox import DECLINED, StripeSandbox

pytestmark = pytest.mark.django_db


SCHEMA = "m_0000000000000abc"


def request_for(
    reference: str = "r" * 26, *, unit_price_minor: int = 1500, schema: str = "m_0000000000000abc"
) -> CheckoutRequest:
    return CheckoutRequest(
        reference=reference,
        tenant_schema=schema,
        order_public_id="o" * 26,
        currency="usd",
        lines=[CheckoutLine("Noodle lunch for two", 2, unit_price_minor)],
        email="cleo@example.com",
        success_url="http://riverside.localhost:8000/orders/o/return/",
        cancel_url="http://riverside.localhost:8000/orders/o/",
        expires_at=datetime.now(UTC) + timedelta(minutes=35),
    )


def opened(stripe: StripeSandbox, **changes: Any) -> operations.CheckoutPage:
    return operations.open_checkout(request_for(**changes), now=datetime.now(UTC))


def test_a_page_opens_and_its_reference_names_the_mall(stripe: StripeSandbox) -> None:
    page = opened(stripe)

    assert page.url.startswith(stripe.url)
    row = PaymentReference.objects.get()
    assert (row.reference, row.session_id, row.tenant_schema, row.amount_minor) == (
        "r" * 26,
        page.session_id,
        "m_0000000000000abc",
        3000,
    )
    state = operations.read_checkout(session_id=page.session_id)
    assert (state.status, state.payment, state.amount_minor, state.reference) == ("open", "unpaid", 3000, "r" * 26)


def test_opening_twice_with_one_reference_opens_one_page(stripe: StripeSandbox) -> None:
    request = request_for()
    pages = {operations.open_checkout(request, now=datetime.now(UTC)).session_id for _time in range(2)}

    assert len(pages) == 1
    assert PaymentReference.objects.count() == 1


def test_a_reference_that_comes_again_with_another_amount_is_refused(stripe: StripeSandbox) -> None:
    opened(stripe)

    with pytest.raises(operations.ReferenceReused):
        opened(stripe, unit_price_minor=1)
    assert PaymentReference.objects.get().amount_minor == 3000


def test_an_amount_under_the_minimum_is_refused_in_words(stripe: StripeSandbox) -> None:
    with pytest.raises(operations.AmountTooSmall):
        opened(stripe, unit_price_minor=5)


def test_when_stripe_acts_and_answers_500_the_same_reference_finds_the_page_w6(stripe: StripeSandbox) -> None:
    request = request_for()
    stripe.fault("server_error", times=10)
    with pytest.raises(operations.GatewayUnavailable):
        operations.open_checkout(request, now=datetime.now(UTC))
    stripe.control("faults/clear")
    stripe.fault("commit_then_500", times=1)

    page = operations.open_checkout(request, now=datetime.now(UTC))
    assert [session.id for session in stripe.client.v1.checkout.sessions.list().data] == [page.session_id]


def test_a_declined_card_leaves_the_page_open_and_a_paid_one_is_complete(stripe: StripeSandbox) -> None:
    page = opened(stripe)
    stripe.press(
        f"{stripe.url}/c/pay/{page.session_id}",
        method="card",
        card_number=DECLINED,
        card_expiry="12 / 40",
        card_cvc="123",
        email="c@example.com",
        action="pay",
    )
    assert operations.read_checkout(session_id=page.session_id).payment == "unpaid"

    stripe.pay(page.session_id)
    state = operations.read_checkout(session_id=page.session_id)
    assert (state.status, state.payment) == ("complete", "paid")
    assert state.payment_intent_id.startswith("pi_")


def test_closing_a_checkout_that_was_paid_meanwhile_says_paid(stripe: StripeSandbox) -> None:
    page = opened(stripe)
    stripe.pay(page.session_id)

    assert operations.expire_checkout(session_id=page.session_id).payment == "paid"


def test_a_refund_with_one_key_is_made_once(stripe: StripeSandbox) -> None:
    page = opened(stripe)
    stripe.pay(page.session_id)
    intent = operations.read_checkout(session_id=page.session_id).payment_intent_id

    refunds = {
        operations.refund(RefundRequest("v1", SCHEMA, intent, 1500, "late"), now=datetime.now(UTC)).refund_id
        for _time in range(2)
    }
    assert len(refunds) == 1
    with pytest.raises(operations.PaymentRefused):
        operations.refund(RefundRequest("v2", SCHEMA, intent, 9999, "too much"), now=datetime.now(UTC))


def test_a_refund_whose_answer_was_lost_before_a_move_is_not_asked_for_twice_m18(stripe: StripeSandbox) -> None:
    """Within the installation, then on another one without our rows, then sent again under the key of another try."""
    page = opened(stripe)
    stripe.pay(page.session_id)
    intent, now = operations.read_checkout(session_id=page.session_id).payment_intent_id, datetime.now(UTC)
    request = RefundRequest("voucher:v9", SCHEMA, intent, 1000, "unused voucher", family="voucher:v9")
    stripe.fault("commit_then_500", times=1, method="POST", path="/v1/refunds")
    stripe.fault("unavailable", times=2, method="POST", path="/v1/refunds")
    with pytest.raises(operations.GatewayUnavailable):
        operations.refund(request, now=now)
    stripe.control("faults/clear")
    moved = replace(request, tenant_schema="m_new")
    for _time in range(2):
        moving.follow(from_schemas=[SCHEMA], to_schema="m_new")
    known = {operations.refund(moved, now=now).refund_id for _time in range(2)}
    Outgoing.objects.filter(kind="refund").delete()
    PaymentReference.objects.all().delete()
    known |= {operations.refund(replace(request, tenant_schema="m_elsewhere"), now=now).refund_id}
    known |= {operations.refund(replace(moved, key="voucher:v9:1"), now=now).refund_id}
    assert [one.id for one in stripe.client.v1.refunds.list().data] == list(known)
    # What Stripe never made is asked for from where the mall is now, in other words than before.
    lost = replace(request, key="voucher:v8", family="voucher:v8")
    stripe.fault("unavailable", times=3, method="POST", path="/v1/refunds")
    with pytest.raises(operations.GatewayUnavailable):
        operations.refund(lost, now=now)
    stripe.control("faults/clear")
    moving.follow(from_schemas=[SCHEMA], to_schema="m_new")
    assert operations.refund(replace(lost, tenant_schema="m_new"), now=now).refund_id not in known
    assert len(stripe.client.v1.refunds.list().data) == 2


def test_an_invoice_is_read_with_all_its_lines_though_it_comes_with_ten(stripe: StripeSandbox) -> None:
    now = datetime.now(UTC)
    customer = packages.customer(tenant_schema=SCHEMA, name="Riverside", email="alma@riverside.example", now=now)
    for number in range(12):
        invoices.add_item(invoices.ItemRequest(f"i{number}", SCHEMA, customer, 100, "usd", f"Poster {number}"), now=now)
    made = invoices.invoice_items(
        key="all", tenant_schema=SCHEMA, customer_id=customer, currency="usd", days_until_due=14, now=now
    )
    shown = stripe.client.v1.invoices.retrieve(made.invoice_id).lines
    assert (len(shown.data), shown.has_more) == (10, True)
    read = invoices.read_invoice(made.invoice_id).lines
    assert sorted(one.description for one in read) == sorted(f"Poster {number}" for number in range(12))


@pytest.fixture
def platform_client(client_for: Callable[..., Client]) -> Client:
    return client_for(None)


def paid_event(stripe: StripeSandbox, schema: str = "m_0000000000000abc") -> dict[str, Any]:
    stripe.pay(opened(stripe, schema=schema).session_id)
    return stripe.events("checkout.session.completed")[-1]


def test_a_webhook_is_stored_once_however_often_it_comes_w1(stripe: StripeSandbox, platform_client: Client) -> None:
    event = paid_event(stripe)

    assert [stripe.deliver(platform_client, event) for _time in range(3)] == [200, 200, 200]
    assert StripeEvent.objects.filter(event_id=event["id"]).count() == 1


@pytest.mark.parametrize("how", ["wrong secret", "old", "changed body", "no header", "truncated", "not utf-8"])
def test_a_webhook_that_stripe_did_not_sign_is_refused_and_not_stored_w3(
    how: str, stripe: StripeSandbox, platform_client: Client
) -> None:
    body = json.dumps(paid_event(stripe))
    header = {
        "wrong secret": stripe.signed(body, secret="whsec_other"),
        "old": stripe.signed(body, age_s=400),
        "no header": "",
    }
    sent = {
        "changed body": body.replace("paid", "PAID"),
        "truncated": body[:-5],
        "not utf-8": b"\xff" + body.encode(),
    }.get(how, body)
    answer = platform_client.post(
        "/stripe/events/",
        data=sent,
        content_type="application/json",
        headers={"stripe-signature": header.get(how, stripe.signed(body))},
    )

    assert answer.status_code == 400
    assert StripeEvent.objects.count() == 0


def test_an_event_for_an_unknown_payment_is_quarantined(
    stripe: StripeSandbox, platform_client: Client, run_tasks: Any
) -> None:
    event = paid_event(stripe)
    event["data"]["object"]["client_reference_id"] = "somebody-elses"
    event["data"]["object"]["metadata"] = {}
    with run_tasks():
        assert stripe.deliver(platform_client, event) == 200

    row = StripeEvent.objects.get()
    assert row.state == StripeEvent.State.QUARANTINED
    assert "somebody-elses" in row.detail


def test_an_event_that_names_another_mall_than_our_record_is_quarantined_w5(
    stripe: StripeSandbox, platform_client: Client, run_tasks: Any
) -> None:
    event = paid_event(stripe)
    event["data"]["object"]["metadata"]["tenant"] = "m_00000000000other"
    with run_tasks():
        stripe.deliver(platform_client, event)

    assert StripeEvent.objects.get().state == StripeEvent.State.QUARANTINED


def test_a_live_event_in_test_mode_is_quarantined_w3(
    stripe: StripeSandbox, platform_client: Client, run_tasks: Any
) -> None:
    event = {**paid_event(stripe), "livemode": True}
    with run_tasks():
        stripe.deliver(platform_client, event)

    assert StripeEvent.objects.get().state == StripeEvent.State.QUARANTINED


def test_an_event_of_a_kind_that_starts_nothing_is_ignored(
    stripe: StripeSandbox, platform_client: Client, run_tasks: Any
) -> None:
    paid_event(stripe)
    with run_tasks():
        stripe.deliver(platform_client, stripe.events("charge.succeeded")[-1])

    assert StripeEvent.objects.get().state == StripeEvent.State.IGNORED


def test_the_catch_up_finds_what_never_arrived_and_stores_it_once_w1(stripe: StripeSandbox) -> None:
    event = paid_event(stripe)

    assert inbox.catch_up(now=datetime.now(UTC)) == 1
    assert inbox.catch_up(now=datetime.now(UTC)) == 0
    assert StripeEvent.objects.get().event_id == event["id"]
