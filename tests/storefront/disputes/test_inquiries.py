"""The bank only asks at first: nothing is frozen, nothing moves, unless it takes the money after all."""

from datetime import datetime
from typing import Any

from billing.settlements.models import Charge
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import GUEST
from storefront.disputes import looking, operations
from storefront.orders.models import Order
from storefront.refunds import operations as refunds
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import on_platform
from tests.storefront.disputes.bank import FAY, Bank, Kind, balances, use, vouchers_of
from tests.stripe_sandbox import StripeSandbox


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
