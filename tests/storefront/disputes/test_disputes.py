"""A buyer's bank takes a payment back: what is frozen, what the books hear, what a win and a loss do."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.gateway import inbox
from billing.gateway.models import StripeEvent
from billing.gateway.operations import PaymentRefused, RefundState
from billing.ledger import timeline
from billing.settlements.models import Charge, Earning
from saas.kernel import clock
from saas.kernel.actors import GUEST
from storefront.checkout import settling
from storefront.checkout import tasks as checkout
from storefront.deals.models import Deal
from storefront.disputes import looking, queries, tasks
from storefront.disputes.models import Dispute
from storefront.disputes.refusals import (
    DisputeDecided,
)
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import following, paying
from storefront.refunds import operations as refunds
from storefront.refunds.models import Refund
from storefront.vouchers import codes
from storefront.vouchers.models import Redemption, Voucher
from storefront.vouchers.refusals import ChargedBack, Disputed
from tenants.isolation.entrance import on_platform
from tests.factories.buying import buy
from tests.storefront.disputes.bank import FAY, Bank, Kind, balances, use, vouchers_of
from tests.stripe_sandbox import StripeSandbox


def test_m6_an_opened_dispute_freezes_the_order_and_the_counter_says_why(
    bank: Bank, sold: Order, bo: Any, now: datetime, counter: Any, mailoutbox: Any
) -> None:
    mailoutbox.clear()
    dispute = bank.opens(reason="fraudulent")
    first, second = vouchers_of(sold)

    assert (dispute.state, dispute.amount_minor, dispute.taken_minor) == ("open", sold.total_minor, sold.total_minor)
    with pytest.raises(Disputed):
        use(first, bo, bank.run_tasks)
    with pytest.raises(Disputed):
        refunds.request(voucher_public_id=second.public_id, reason="Please", by=GUEST, now=now)
    assert not Redemption.objects.exists()
    assert not Refund.objects.exists()
    page = counter.post("/counter/look-up/", {"code": codes.code_for(first)}, follow=True).content.decode()
    assert "The buyer&#x27;s bank has taken the payment back" in page
    (mail,) = [one for one in mailoutbox if "disputes order" in one.subject]
    assert mail.to == ["alma@riverside.example"]
    assert sold.number in mail.body


def test_m9_opened_and_won_the_books_are_as_before_and_the_vouchers_live(
    bank: Bank, sold: Order, bo: Any, now: datetime, run_tasks: Any
) -> None:
    before = balances()
    dispute = bank.opens()
    assert balances()[Kind.DISPUTES] == sold.total_minor
    dispute = bank.closes(dispute, "won")

    assert (dispute.state, dispute.given_back_minor) == ("won", sold.total_minor)
    assert balances() == before
    assert use(vouchers_of(sold)[0], bo, run_tasks).public_id


def test_m9_lost_takes_the_unused_from_prepaid_and_the_used_from_the_merchant_once(
    bank: Bank, sold: Order, bo: Any, now: datetime, run_tasks: Any, mailoutbox: Any
) -> None:
    first, _second = vouchers_of(sold)
    use(first, bo, run_tasks)
    dispute = bank.opens()
    bank.deliver(backwards=True)
    dispute = bank.closes(dispute, "lost")
    bank.deliver(backwards=True)

    assert balances() == {}
    used, unused = vouchers_of(sold)
    assert (used.state, unused.state) == ("redeemed", "void")
    assert used.charged_back_at is not None
    assert unused.charged_back_at is not None
    assert Deal.objects.get(pk=used.deal_id).units_sold == 1
    assert queries.merchant_minor(dispute) == used.price_minor - used.commission_minor - used.agency_minor
    with pytest.raises(ChargedBack):
        refunds.ask(voucher_public_id=used.public_id, reason="It was bad enough", by=GUEST, now=now)
    with pytest.raises(ChargedBack):
        use(unused, bo, run_tasks)
    assert [one.subject for one in mailoutbox if "is over" in one.subject] == [
        f"The dispute about order {sold.number} is over"
    ]


def test_m9_a_partly_disputed_payment_takes_whole_unused_vouchers_and_the_rest_is_the_platforms(
    bank: Bank, sold: Order, bo: Any, now: datetime, run_tasks: Any
) -> None:
    price_minor = vouchers_of(sold)[0].price_minor
    dispute = bank.closes(bank.opens(amount=price_minor + 100), "lost")

    first, second = vouchers_of(sold)
    assert [one["voucher"] for one in dispute.lost_vouchers] == [first.public_id]
    assert (first.state, second.state, second.disputed_at) == ("void", "issued", None)
    held = balances()
    assert (held[Kind.SHOPPER_PREPAID], held[Kind.GOODWILL], held.get(Kind.DISPUTES)) == (price_minor, 100, None)
    with on_platform():
        which = {"schema": Charge.objects.get().tenant_schema, "order": sold.public_id}
        told = [[step.title for step in timeline.of_voucher(voucher=one.public_id, **which)] for one in (first, second)]
    assert ["Dispute lost: the payment is gone" in titles for titles in told] == [True, False]
    assert use(second, bo, run_tasks).public_id


def test_what_was_earned_waits_while_it_is_disputed_and_is_released_when_it_is_won(
    bank: Bank, sold: Order, bo: Any, now: datetime, run_tasks: Any
) -> None:
    from billing.settlements import earnings

    use(vouchers_of(sold)[0], bo, run_tasks)
    dispute = bank.opens()
    later = now + timedelta(days=60)
    with on_platform():
        assert Charge.objects.get().disputed_at is not None
        assert earnings.release(schema=Earning.objects.get().tenant_schema, now=later) == 0
    bank.closes(dispute, "won")
    with on_platform():
        assert earnings.release(schema=Earning.objects.get().tenant_schema, now=later) == 1


def test_a_refund_that_was_decided_before_the_dispute_waits_and_goes_on_after_a_win(
    bank: Bank, sold: Order, now: datetime, run_tasks: Any
) -> None:
    first, _second = vouchers_of(sold)
    refunds.request(voucher_public_id=first.public_id, reason="Cannot come", by=GUEST, now=now)
    dispute = bank.opens()
    assert paying.pay_back(voucher_public_id=first.public_id, now=now) is False
    assert Refund.objects.get().state == "sending"
    bank.closes(dispute, "won")

    assert Refund.objects.get().state == "back"
    assert Voucher.objects.get(pk=first.pk).state == "refunded"


def test_a_lost_dispute_ends_the_refund_that_waited_and_nothing_is_paid_twice_m6(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime
) -> None:
    first, _second = vouchers_of(sold)
    refunds.request(voucher_public_id=first.public_id, reason="Cannot come", by=GUEST, now=now)
    bank.closes(bank.opens(), "lost")

    assert (Refund.objects.get().state, Voucher.objects.get(pk=first.pk).state) == ("declined", "void")
    assert paying.pay_back(voucher_public_id=first.public_id, now=now) is False
    assert stripe.client.v1.refunds.list().data == []
    assert balances() == {}


def test_x7_a_lost_dispute_returns_no_unit_that_a_failed_refund_has_returned(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime
) -> None:
    first, second = vouchers_of(sold)
    with bank.run_tasks():
        refunds.request(voucher_public_id=first.public_id, reason="Cannot come", by=GUEST, now=now)
    row = Refund.objects.get()
    following.follow(
        refund_public_id=row.public_id, told=RefundState(row.stripe_refund, "failed", failure="expired card"), now=now
    )
    assert (Refund.objects.get().state, Deal.objects.get(pk=first.deal_id).units_sold) == ("failed", 1)
    dispute = bank.closes(bank.opens(), "lost")

    assert len(dispute.lost_vouchers) == 2
    assert Deal.objects.get(pk=second.deal_id).units_sold == 0


def test_w4_a_dispute_of_an_unknown_charge_is_quarantined_and_makes_no_row(
    mall: Any, stripe: StripeSandbox, client_for: Any, run_tasks: Any
) -> None:
    event = {
        "id": "evt_unknown",
        "object": "event",
        "type": "charge.dispute.created",
        "livemode": False,
        "data": {"object": {"id": "du_unknown", "object": "dispute", "payment_intent": "pi_unknown"}},
    }
    with run_tasks():
        assert stripe.deliver(client_for(None), event) == 200
    with on_platform():
        assert StripeEvent.objects.get().state == "quarantined"
    assert not Dispute.objects.exists()


def test_accepting_the_loss_closes_it_and_asking_again_is_refused(bank: Bank, sold: Order, now: datetime) -> None:
    dispute = bank.opens()
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    assert looking.accept(**which, reason="The buyer is right").state == "lost"
    assert {one.state for one in vouchers_of(sold)} == {"void"}
    with pytest.raises((DisputeDecided, PaymentRefused)):
        looking.accept(**which, reason="Again")


def test_x12_a_dispute_of_which_every_event_was_lost_is_found_by_the_sweep(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime, run_tasks: Any
) -> None:
    dispute = bank.opens()
    stripe.control(f"disputes/{dispute.stripe_dispute}/close", outcome="lost")
    Dispute.objects.update(checked_at=now - timedelta(hours=7))
    with run_tasks():
        tasks.sweep.run()
    assert Dispute.objects.get(pk=dispute.pk).state == "lost"


def test_w7_a_dispute_of_which_no_news_ever_came_is_found_and_freezes_the_order(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime, run_tasks: Any
) -> None:
    stripe.control(f"charges/{bank.charge}/dispute")
    with run_tasks(), on_platform():
        assert inbox.find_disputes(now=now) == 1
    assert Dispute.objects.get().state == "open"
    assert all(one.disputed_at for one in vouchers_of(sold))


@pytest.fixture
def late(deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any) -> Any:
    """A payment for an order that was cancelled meanwhile: its charge, and what lets us hear of it."""
    client = client_for(riverside)
    order = buy(client, deal)
    client.get(f"/orders/{order.public_id}/pay/")
    payment = Payment.objects.get()
    stripe.pay(payment.session_id)
    Order.objects.update(state=Order.State.CANCELLED)
    intent = str(stripe.client.v1.checkout.sessions.retrieve(payment.session_id).payment_intent)

    def heard() -> Payment:
        with run_tasks():
            client.get(f"/orders/{order.public_id}/return/")
        return Payment.objects.get()

    return stripe.client.v1.payment_intents.retrieve(intent), heard


def test_m18_what_bought_nothing_and_was_taken_by_the_bank_is_owed_no_longer(
    late: Any, stripe: StripeSandbox, now: datetime, run_tasks: Any
) -> None:
    intent, heard = late
    opened = stripe.control(f"charges/{intent.latest_charge}/dispute")
    assert heard().state == "returning"  # our refund waits for the bank
    stripe.control(f"disputes/{opened['id']}/close", outcome="lost")
    for _time in range(2):
        with run_tasks(), on_platform():
            inbox.find_disputes(now=now)
    assert Payment.objects.get().state == "returned"
    assert {Kind.GOING_BACK, Kind.GOODWILL, Kind.DISPUTES} & set(balances()) == set()


def test_m18_what_stripe_will_not_send_back_is_put_aside_and_booked_when_a_person_has_refunded_it(
    late: Any, stripe: StripeSandbox, run_tasks: Any
) -> None:
    intent, heard = late
    by_hand = stripe.client.v1.refunds.create({"payment_intent": intent.id})
    assert heard().state == "quarantined"  # nothing is left to refund
    assert Kind.GOING_BACK in balances()
    for _time in range(2):
        with run_tasks():
            checkout.return_changed.run(payment_reference=Payment.objects.get().reference, stripe_refund=by_hand.id)
    assert Payment.objects.get().state == "returned"
    assert set(balances()) <= {Kind.STRIPE_FEES, Kind.STRIPE_CASH}
    failed = {"payment_reference": Payment.objects.get().reference, "detail": "account closed", "now": clock.now()}
    with run_tasks():
        assert not settling.return_failed(refund="re_before", **failed)  # late news of another refund
        assert settling.return_failed(refund=by_hand.id, **failed)
    assert (Payment.objects.get().state, Kind.GOING_BACK in balances()) == ("quarantined", True)
