"""What goes wrong around a payment, with the Stripe sandbox at the edge, and what the shopper is told."""

import re
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import zxingcpp
from django.core import mail
from PIL import Image

from billing.gateway import client as gateway_client
from billing.gateway import operations as gateway
from saas.kernel import clock
from saas.kernel.ids import public_id
from saas.kernel.tasks import enqueue
from storefront.checkout import paying, tasks, telling
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments import queries as payments
from storefront.payments.models import Payment
from storefront.vouchers.codes import bare_code_for, code_for
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import on_platform
from tests.factories import shop
from tests.factories.buying import buy, form_of, paid_order
from tests.stripe_sandbox import StripeSandbox


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    """Return a deal on sale."""
    return shop.a_deal(now=now)


def test_when_stripe_does_not_answer_nothing_is_charged_and_the_order_is_kept_w6(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, settings: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway_client._client.cache_clear()
    answer = client.get(f"/orders/{order.public_id}/pay/")
    assert answer.status_code == 503
    assert "Nothing was charged" in answer.content.decode()
    assert client.get(f"/orders/{order.public_id}/return/").status_code == 200
    settings.STRIPE_API_BASE = stripe.url
    gateway_client._client.cache_clear()
    assert client.get(f"/orders/{order.public_id}/pay/").status_code == 303
    assert Payment.objects.count() == 1


def test_the_browser_closed_the_webhook_settles_and_the_mail_opens_the_order(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    """W2: the browser never returns."""
    order = buy(client_for(riverside), deal, request_key=public_id())
    buyer = client_for(riverside)
    paying.open_page(order_public_id=order.public_id, now=clock.now())
    stripe.pay(Payment.objects.get(order_public_id=order.public_id).session_id)
    event = stripe.events("checkout.session.completed")[-1]
    with on_platform():
        for _twice in range(2):
            with run_tasks():
                stripe.deliver(client_for(None), event)
    order.refresh_from_db()
    assert (order.state, Voucher.objects.filter(line__order=order).count()) == ("paid", 2)
    assert [one.to for one in mailoutbox] == [["mei@example.com"]]
    link = re.search(r"http://riverside\.localhost\S*?(/orders/\S+)", mailoutbox[0].body)
    assert link is not None
    assert buyer.get(f"/orders/{order.public_id}/").status_code == 404
    assert buyer.get(link[1])["location"] == f"/orders/{order.public_id}/"
    assert "Your vouchers" in buyer.get(f"/orders/{order.public_id}/").content.decode()


def test_the_mail_says_what_was_bought_and_carries_each_code_with_its_picture(  # noqa: PLR0917  fixtures
    deal: Deal,
    stripe: StripeSandbox,
    client_for: Any,
    riverside: Any,
    run_tasks: Any,
    mailoutbox: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A2, ADR 0007: the buyer's mail carries the codes, no log does; a picture stands in the mail itself."""
    order = paid_order(client_for(riverside), deal, stripe, run_tasks)
    sent = mailoutbox[0]
    assert sent.subject == f"Your vouchers from Riverside Noodles ({order.number})"
    assert sent.from_email.startswith("Riverside Noodles <")
    assert "2 × Noodles for two" in sent.body
    assert "$48.00" in sent.body
    html = sent.alternatives[0].content
    parts = {str(part["Content-ID"]).strip("<>"): part for part in sent.message().walk() if part["Content-ID"]}
    vouchers = Voucher.objects.filter(line__order=order)
    assert len({code_for(voucher) for voucher in vouchers}) == len(parts) == 2
    for voucher in vouchers:
        assert code_for(voucher) in sent.body
        assert code_for(voucher) in html
        content_id = f"{voucher.public_id}@riverside.localhost"
        assert f'src="cid:{content_id}"' in html
        picture = Image.open(BytesIO(parts[content_id].get_payload(decode=True)))
        assert zxingcpp.read_barcodes(picture)[0].text.endswith(f"/counter/#{bare_code_for(voucher)}")
        assert bare_code_for(voucher) not in caplog.text
        assert code_for(voucher) not in caplog.text


@pytest.fixture
def texts(settings: Any, tmp_path: Path) -> Path:
    """Return the folder that text messages are written to."""
    settings.MAIL_DIRECTORY = tmp_path
    return tmp_path


def test_who_gave_only_a_phone_number_gets_a_text_message(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, texts: Path
) -> None:
    paid_order(client_for(riverside), deal, stripe, run_tasks, email="", phone="+14155550132")
    (message,) = [path.read_text("utf-8") for path in texts.rglob("*") if path.is_file()]
    assert "+14155550132" in message
    assert "/orders/" in message
    assert mail.outbox == []


def test_the_mail_speaks_the_language_of_the_order(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    client = client_for(riverside)
    client.cookies["django_language"] = "zh-hans"
    order = paid_order(client, deal, stripe, run_tasks)
    assert order.language == "zh-hans"
    assert '<html lang="zh-hans">' in mailoutbox[0].alternatives[0].content


def test_paid_twice_the_second_payment_is_refunded_and_the_shopper_told(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    first = Payment.objects.get(order_public_id=order.public_id)
    Payment.objects.filter(pk=first.pk).update(state="failed")
    client.get(f"/orders/{order.public_id}/pay/")
    second = Payment.objects.exclude(pk=first.pk).get(order_public_id=order.public_id)
    for payment in (second, first):
        stripe.pay(payment.session_id)
        with run_tasks():
            paying.look_at(payment_reference=payment.reference, now=clock.now())
    first.refresh_from_db()
    assert (first.state, Voucher.objects.filter(line__order=order).count()) == ("returned", 2)
    refunds = stripe.events("refund.created")
    assert [one["data"]["object"]["amount"] for one in refunds] == [4800]
    assert mailoutbox[-1].subject == "Your money goes back: $48.00 from Riverside Noodles"
    shown = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "$48.00 went back to you" in shown
    assert "The order was paid twice." in shown


def test_the_sweep_ends_holds_and_closes_their_pages(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    Order.objects.filter(pk=order.pk).update(held_until_at=clock.now())
    with run_tasks():
        enqueue("storefront.checkout.release_expired_holds")
    order.refresh_from_db()
    deal.refresh_from_db()
    assert (order.state, deal.units_held) == ("expired", 0)
    session_id = Payment.objects.get(order_public_id=order.public_id).session_id
    assert gateway.read_checkout(session_id=session_id).status == "expired"


def test_the_sweep_ends_a_hold_also_while_stripe_is_away(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, settings: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    Order.objects.filter(pk=order.pk).update(held_until_at=clock.now())
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    gateway_client._client.cache_clear()
    with run_tasks():
        enqueue("storefront.checkout.release_expired_holds")
    order.refresh_from_db()
    assert order.state == "expired"


def test_the_sweep_settles_what_was_paid_just_before_the_hold_ended(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    stripe.pay(Payment.objects.get(order_public_id=order.public_id).session_id)
    Order.objects.filter(pk=order.pk).update(held_until_at=clock.now())
    with run_tasks():
        enqueue("storefront.checkout.release_expired_holds")
    order.refresh_from_db()
    assert order.state == "paid"


def test_a_page_whose_opening_was_cut_off_is_found_again_by_its_reference_w6(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    order = buy(client_for(riverside), deal)
    paying.open_page(order_public_id=order.public_id, now=clock.now())
    payment = Payment.objects.get(order_public_id=order.public_id)
    session_id = payment.session_id
    Payment.objects.filter(pk=payment.pk).update(state="opening", session_id="", session_url="")
    stripe.pay(session_id)
    with run_tasks():
        paying.look_at(payment_reference=payment.reference, now=clock.now())
    order.refresh_from_db()
    assert order.state == "paid"


def pay_by_alipay(stripe: StripeSandbox, session_id: str) -> str:
    """Pay as a shopper does who chooses Alipay; the bank has not decided yet. Return the payment intent's id."""
    answer = requests.post(
        f"{stripe.url}/c/pay/{session_id}", data={"method": "alipay", "email": "mei@example.com"}, timeout=15
    )
    intent = answer.url.rsplit("/", 1)[-1]
    requests.post(f"{stripe.url}/c/alipay/{intent}", data={"outcome": "pay"}, timeout=15, allow_redirects=False)
    return intent


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_bank_that_decides_later_is_waited_for(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, outcome: str
) -> None:
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    payment = Payment.objects.get(order_public_id=order.public_id)
    intent = pay_by_alipay(stripe, payment.session_id)
    assert client.get(f"/orders/{order.public_id}/return/")["location"] == f"/orders/{order.public_id}/"
    assert "Waiting for the bank" in client.get(f"/orders/{order.public_id}/").content.decode()
    stripe.control(f"payments/{intent}/settle", outcome=outcome)
    with run_tasks():
        paying.look_at(payment_reference=payment.reference, now=clock.now())
    order.refresh_from_db()
    payment.refresh_from_db()
    shown = client.get(f"/orders/{order.public_id}/").content.decode()
    if outcome == "succeeded":
        assert (order.state, payment.state) == ("paid", "paid")
        assert "Your vouchers" in shown
    else:
        assert (order.state, payment.state) == ("pending", "failed")
        assert "Pay $48.00" in shown


def test_a4_a_client_that_tries_too_often_is_asked_to_wait_and_nothing_is_held(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, settings: Any
) -> None:
    settings.CHECKOUTS_PER_HOUR = 2
    first, second = client_for(riverside), client_for(riverside)
    # Networks of this run alone: counts outlive a test.
    mine, theirs = (f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}" for _network in range(2))
    one, other, near = ({"REMOTE_ADDR": address} for address in (f"{mine}::5", f"{theirs}::5", f"{mine}::6"))
    address = f"/deals/{deal.slug}/buy/"
    assert first.post(address, form_of(deal), **one).status_code == 303
    order = Order.objects.get()
    assert first.get(f"/orders/{order.public_id}/pay/", **near).status_code == 303
    refused = second.post(address, form_of(deal, email="other@example.com"), **near)

    assert refused.status_code == 429
    assert "too many tries to pay" in refused.content.decode()
    assert Order.objects.count() == 1
    assert first.get(f"/orders/{order.public_id}/pay/", **one).status_code == 429
    assert second.post(address, form_of(deal, email="other@example.com"), **other).status_code == 303


def test_i11_a_message_that_was_lost_with_its_worker_is_sent_later_once(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    order = buy(client_for(riverside), deal)
    paying.open_page(order_public_id=order.public_id, now=clock.now())
    stripe.pay(Payment.objects.get().session_id)
    paying.look(order_public_id=order.public_id, now=clock.now())  # paid; what it started is killed
    assert telling.claim(order_public_id=order.public_id, now=clock.now())  # begun, and killed before it was sent
    with run_tasks():
        tasks.release_expired_holds.run()
    assert mail.outbox == []

    Order.objects.update(tell_at=clock.now() - timedelta(minutes=3))
    for _sweep in range(2):
        with run_tasks():
            tasks.release_expired_holds.run()
    assert [one.to for one in mail.outbox] == [["mei@example.com"]]
    with run_tasks():
        enqueue("storefront.checkout.tell_paid", order_public_id=order.public_id)
    assert len(mail.outbox) == 1


def test_i11_a_paid_order_whose_message_died_with_its_worker_waits_for_minutes_only(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    order = buy(client_for(riverside), deal)
    paying.open_page(order_public_id=order.public_id, now=clock.now())
    payment = Payment.objects.get()
    stripe.pay(payment.session_id)  # the shopper closed the browser; the worker that took Stripe's message was killed
    with run_tasks():
        tasks.release_expired_holds.run()
    order.refresh_from_db()
    assert order.state == "pending"  # young: the message may still be on its way, and the page need not be paid yet

    Payment.objects.update(created_at=clock.now() - timedelta(minutes=3))
    with run_tasks():
        tasks.release_expired_holds.run()
    order.refresh_from_db()
    assert (order.state, len(mail.outbox)) == ("paid", 1)


def test_an_open_page_that_nobody_pays_is_asked_about_every_three_minutes_only(
    deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any
) -> None:
    order = buy(client_for(riverside), deal)
    paying.open_page(order_public_id=order.public_id, now=clock.now())
    reference = Payment.objects.get().reference
    now = clock.now()
    due = [payments.unsettled(at=now + timedelta(minutes=minutes)) for minutes in (1, 4)]
    assert due == [[], [reference]]
    with run_tasks():
        Payment.objects.update(created_at=now - timedelta(minutes=4))
        tasks.release_expired_holds.run()
    assert payments.unsettled(at=clock.now() + timedelta(minutes=2)) == []
    assert payments.unsettled(at=clock.now() + timedelta(minutes=3)) == [reference]
    order.refresh_from_db()
    assert order.state == "pending"
