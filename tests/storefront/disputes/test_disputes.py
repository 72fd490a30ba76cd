"""A buyer's bank takes a payment back: what is frozen, what the books hear, what a win and a loss do, and the evidence."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.gateway.models import StripeEvent
from billing.gateway.operations import PaymentRefused
from billing.ledger.models import Account
from billing.settlements.models import Charge, Earning
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import GUEST, Actor
from storefront.deals.models import Deal
from storefront.disputes import documents, evidence, looking, operations, tasks
from storefront.disputes.models import Dispute
from storefront.disputes.refusals import (
    DisputeDecided,
    EvidenceChanged,
    EvidenceMissing,
    EvidenceSent,
    EvidenceTooLate,
    EvidenceTooLong,
)
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import operations as refunds
from storefront.refunds import paying
from storefront.refunds.models import Refund
from storefront.vouchers import codes
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Redemption, Voucher
from storefront.vouchers.refusals import ChargedBack, Disputed
from tenants.isolation.entrance import on_platform
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.stripe_sandbox import StripeSandbox

FAY = Actor(kind="agency", name="Fay", public_id="f" * 26)
ALMA = Actor(kind="merchant", name="Alma")
Kind = Account.Kind


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    return shop.a_deal(now=now - timedelta(minutes=5), units_total=10)


@pytest.fixture
def sold(deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: Any) -> Order:
    """Two vouchers, paid at the sandbox; the platform has heard of it."""
    return paid_order(client_for(riverside), deal, stripe, run_tasks)


@pytest.fixture
def counter(client_for: Any, riverside: Any, bo: Any) -> Any:
    """Return Bo's browser."""
    return client_for(riverside, bo)


@pytest.fixture
def bank(sold: Order, stripe: StripeSandbox, client_for: Any, run_tasks: Any) -> Any:
    """The bank: opens and closes the dispute at the sandbox, whose events are delivered to us."""
    return Bank(sold, stripe, client_for(None), run_tasks)


class Bank:
    """Speaks to the sandbox's control and delivers what that tells."""

    def __init__(self, order: Order, stripe: StripeSandbox, platform: Any, run_tasks: Any) -> None:
        self.order, self.stripe, self.platform, self.run_tasks = order, stripe, platform, run_tasks
        intent = Payment.objects.get(order_public_id=order.public_id).payment_intent_id
        self.charge = stripe.client.v1.payment_intents.retrieve(intent).latest_charge
        self.told = 0

    def opens(self, **how: Any) -> Dispute:
        opened = self.stripe.control(f"charges/{self.charge}/dispute", **how)
        self.deliver()
        return Dispute.objects.get(stripe_dispute=opened["id"])

    def closes(self, dispute: Dispute, outcome: str) -> Dispute:
        self.stripe.control(f"disputes/{dispute.stripe_dispute}/close", outcome=outcome)
        self.deliver()
        return Dispute.objects.get(pk=dispute.pk)

    def deliver(self, *, backwards: bool = False) -> None:
        events = [one for one in self.stripe.events() if one["type"].startswith("charge.dispute.")]
        for event in reversed(events) if backwards else events:
            with self.run_tasks():
                assert self.stripe.deliver(self.platform, event) == 200


def use(voucher: Voucher, bo: Any, run_tasks: Any) -> Redemption:
    with run_tasks():
        return vouchers.redeem(
            voucher_public_id=voucher.public_id,
            store_id=voucher.deal.stores.get().pk,
            by=Actor(kind="merchant", name="Bo"),
            staff=bo,
            request_key=voucher.public_id,
            now=clock.now(),
        )


def balances() -> dict[str, int]:
    with on_platform():
        return {row.kind: row.balance_minor for row in Account.objects.exclude(balance_minor=0)}


def vouchers_of(order: Order) -> list[Voucher]:
    return list(Voucher.objects.filter(line__order=order).select_related("line", "deal").order_by("position"))


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
    assert operations.merchant_minor(dispute) == used.price_minor - used.commission_minor - used.agency_minor
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


def test_the_evidence_is_the_redemption_log_and_never_a_code(
    bank: Bank, sold: Order, bo: Any, now: datetime, run_tasks: Any
) -> None:
    first, second = vouchers_of(sold)
    use(first, bo, run_tasks)
    dispute = bank.opens()
    operations.add_note(dispute_public_id=dispute.public_id, note="She came with two friends.", by=ALMA, now=now)
    pack = evidence.made(Dispute.objects.get(pk=dispute.pk))

    assert "Mei Lin" in pack["customer_name"]
    assert f"Order {sold.number} placed" in pack["access_activity_log"]
    assert "code shown and confirmed by Bo" in pack["access_activity_log"]
    assert "Message with the vouchers sent to" in pack["access_activity_log"]
    assert "refunded in full" in pack["refund_policy_disclosure"]
    assert pack["customer_purchase_ip"] == "127.0.0.1"
    assert pack["uncategorized_text"] == "She came with two friends."
    said = "\n".join(pack.values()).replace("-", "")
    assert not any(codes.code_for(one).replace("-", "") in said for one in (first, second))
    assert set(pack) <= set(evidence.FIELDS)


def test_the_evidence_comes_as_a_pdf_whatever_its_texts_say(bank: Bank, sold: Order) -> None:
    dispute = bank.opens()
    said = '她带了两个朋友。 #import "x" is no command.\n' * 40
    for more in ({}, {"uncategorized_text": said}):
        pack = documents.Pack(dispute, "Riverside Noodles", {**evidence.made(dispute), **more})
        assert documents.as_pdf(pack).startswith(b"%PDF-")
        assert sold.number in documents.as_text(pack).decode()
        assert json.loads(documents.as_json(pack)) == pack.texts


def test_m9_an_inquiry_freezes_nothing_moves_nothing_and_ends_as_it_came(
    bank: Bank, sold: Order, bo: Any, run_tasks: Any, mailoutbox: Any
) -> None:
    before = balances()
    dispute = bank.opens(inquiry=True)
    assert balances() == before
    assert (dispute.state, dispute.is_inquiry, dispute.holds, dispute.taken_minor) == ("open", True, False, 0)
    use(vouchers_of(sold)[0], bo, run_tasks)
    ended = bank.closes(dispute, "won")
    assert (ended.state, ended.taken_minor, ended.lost_vouchers) == ("closed", 0, [])
    assert not Voucher.objects.filter(disputed_at__isnull=False).exists()
    with on_platform():
        assert not Charge.objects.filter(disputed_at__isnull=False).exists()
    assert (balances()[Kind.STRIPE_CASH], Kind.DISPUTES in balances()) == (before[Kind.STRIPE_CASH], False)
    assert [one.subject for one in mailoutbox if "order" in one.subject][-2:] == [
        f"A buyer's bank disputes order {sold.number}",
        f"The dispute about order {sold.number} is over",
    ]


def test_refunding_the_order_ends_the_banks_question(bank: Bank, sold: Order, run_tasks: Any) -> None:
    dispute = bank.opens(inquiry=True)
    for voucher in vouchers_of(sold):
        with run_tasks():
            refunds.request(voucher_public_id=voucher.public_id, reason="Cannot come", by=GUEST, now=clock.now())
    bank.deliver()
    dispute.refresh_from_db()
    assert dispute.state == "closed"
    assert [one.state for one in vouchers_of(sold)] == ["refunded", "refunded"]


def test_a_question_that_becomes_a_dispute_freezes_tells_and_is_answered_anew(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime
) -> None:
    dispute = bank.opens(inquiry=True)
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    operations.save_evidence(**which, evidence={"customer_name": "Mei"})
    assert looking.submit(**which, version=1).state == "sent"
    assert stripe.client.v1.disputes.retrieve(dispute.stripe_dispute).status == "warning_under_review"

    stripe.control(f"disputes/{dispute.stripe_dispute}/escalate")
    for _time in range(2):
        bank.deliver()
    dispute.refresh_from_db()
    assert (dispute.state, dispute.is_inquiry, dispute.taken_minor) == ("open", False, 4800)
    assert all(one.disputed_at for one in vouchers_of(sold))
    opened = AuditEntry.objects.filter(action="dispute.opened").values_list("summary", flat=True)
    assert list(opened) == ["The bank asks about the payment", "The bank took the payment back"]
    assert looking.submit(**which, version=dispute.version).state == "sent"
    there = stripe.client.v1.disputes.retrieve(dispute.stripe_dispute)
    assert (there.status, there.evidence_details.submission_count) == ("under_review", 2)
    assert bank.closes(dispute, "lost").lost_vouchers


def test_evidence_is_saved_then_sent_once_and_what_was_not_read_is_not_sent(
    bank: Bank, sold: Order, stripe: StripeSandbox, now: datetime
) -> None:
    dispute = bank.opens()
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    with pytest.raises(EvidenceMissing):
        looking.submit(**which, version=0)
    operations.save_evidence(**which, evidence={"customer_name": "Mei", "uncategorized_text": " "})
    with pytest.raises(EvidenceChanged):
        looking.submit(**which, version=0)
    assert stripe.client.v1.disputes.retrieve(dispute.stripe_dispute).evidence_details.submission_count == 0
    sent = looking.submit(**which, version=1)

    assert (sent.state, sent.evidence) == ("sent", {"customer_name": "Mei"})
    there = stripe.client.v1.disputes.retrieve(dispute.stripe_dispute)
    assert (there.status, there.evidence.customer_name) == ("under_review", "Mei")
    with pytest.raises(EvidenceSent):
        looking.submit(**which, version=1)
    with pytest.raises(EvidenceSent):
        operations.save_evidence(**which, evidence={"customer_name": "Somebody"})
    actions = AuditEntry.objects.filter(subject_kind="dispute").order_by("pk").values_list("action", "actor_name")
    assert list(actions) == [("dispute.evidence_saved", "Fay"), ("dispute.evidence_sent", "Fay")]


def test_w6_a_submission_whose_answer_was_lost_is_sent_once(bank: Bank, stripe: StripeSandbox, now: datetime) -> None:
    dispute = bank.opens()
    which = {"dispute_public_id": dispute.public_id, "by": FAY, "now": now}
    operations.save_evidence(**which, evidence={"customer_name": "Mei"})
    operations.begin_submission(**which, version=1)  # killed before or after the call: nobody knows
    looking.submit(**which, version=1)
    assert stripe.client.v1.disputes.retrieve(dispute.stripe_dispute).evidence_details.submission_count == 1


def test_evidence_is_refused_after_the_deadline_when_too_long_and_when_decided(bank: Bank, now: datetime) -> None:
    dispute = bank.opens()
    assert dispute.answer_until_at is not None
    which = {"dispute_public_id": dispute.public_id, "by": FAY}
    with pytest.raises(EvidenceTooLong):
        operations.save_evidence(**which, evidence={"customer_name": "x" * 20_001}, now=now)
    with pytest.raises(EvidenceTooLate):
        operations.save_evidence(**which, evidence={"customer_name": "Mei"}, now=dispute.answer_until_at)
    operations.save_evidence(
        **which, evidence={"customer_name": "Mei"}, now=dispute.answer_until_at - timedelta(seconds=1)
    )
    with pytest.raises(EvidenceTooLate):
        looking.submit(**which, version=1, now=dispute.answer_until_at)
    bank.closes(dispute, "lost")
    with pytest.raises(DisputeDecided):
        looking.submit(**which, version=1, now=now)


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
