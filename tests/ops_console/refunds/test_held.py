"""A refund that Stripe takes back no more reaches its shopper another way; what does not arrive is owed again (X2, M18)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from billing.ledger.models import Account
from ops_console.refunds.models import HeldRefund
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import GUEST, Actor
from storefront.disputes import closing, evidence
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import elsewhere, operations, owing, paying, wording
from storefront.refunds.models import Refund
from storefront.refunds.refusals import NotDecidable, WayMissing
from storefront.stores import moments
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.stripe_sandbox import StripeSandbox

TOMAS = Actor(kind="agency", name="Tomas", public_id="t" * 26)


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def held(
    riverside: Any, stripe: StripeSandbox, client_for: Any, run_tasks: Any, mailoutbox: Any, now: datetime
) -> HeldRefund:
    """A refund of Riverside that Stripe has refused for good, of which the console has heard."""
    with inside(riverside):
        order = paid_order(client_for(riverside), shop.a_deal(now=now - timedelta(minutes=5)), stripe, run_tasks)
        Payment.objects.filter(order_public_id=order.public_id).update(payment_intent_id="pi_too_old")
        voucher = Voucher.objects.get(line__order=order, position=1)
        with run_tasks():
            operations.request(voucher_public_id=voucher.public_id, reason="Cannot come", by=GUEST, now=now)
            paying.pay_back(voucher_public_id=voucher.public_id, now=now)
    return HeldRefund.objects.get()


def balances(schema: str) -> dict[str, int]:
    with on_platform():
        rows = Account.objects.filter(tenant_schema__in=["", schema]).exclude(balance_minor=0)
        return dict(rows.values_list("kind", "balance_minor"))


def test_what_stripe_does_not_send_back_is_paid_another_way_and_comes_back(
    held: HeldRefund, riverside: Any, client_for: Callable[..., Any], tomas: Any, mailoutbox: Any, run_tasks: Any
) -> None:
    finance, at = client_for(None, tomas), f"/ops/refunds/{held.public_id}/"
    assert "1 refund does not get through" in " ".join(finance.get("/ops/finance/").content.decode().split())
    assert held.order_number in finance.get("/ops/refunds/").content.decode()
    page = finance.get(at).content.decode()
    assert "Paid another way" in page
    assert "mei@example" not in page
    assert "mei@example" in finance.post(f"{at}buyer/").content.decode()
    assert finance.post(f"{at}pay/", {"way": "x", "is_sure": ""}).status_code == 422
    before = balances(riverside.schema_name)
    with run_tasks():
        finance.post(f"{at}pay/", {"way": "Bank transfer 77 of today", "is_sure": "on"})
    with inside(riverside):
        refund, order = Refund.objects.select_related("voucher").get(), Order.objects.get()
        assert (refund.state, refund.voucher.state, refund.is_elsewhere) == ("back", "refunded", True)
        assert [(one.vouchers_minor, one.refunds) for one in owing.owed()] == [(2400, 0)]
        trail = AuditEntry.objects.filter(subject_id=order.public_id)
        assert set(trail.values_list("action", flat=True)) >= {"voucher.buyer_shown", "voucher.refund_paid_elsewhere"}
        refund.sent_at = refund.asked_at - timedelta(days=40)  # as of one that the bank did not take weeks ago
        (*_before, paid) = wording.steps(refund)
        assert refund.back_at is not None
        assert (paid.at, paid.text) == (moments.when(refund.back_at), "Bank transfer 77 of today")
    assert "mei@example" not in finance.post(f"{at}buyer/", follow=True).content.decode(), (
        "nobody has to be reached now"
    )
    after = balances(riverside.schema_name)
    assert (after["shopper_prepaid"], after["stripe_cash"]) == (before["shopper_prepaid"] - 2400, before["stripe_cash"])
    assert after["bank"] == -2400
    assert "Bank transfer 77" in mailoutbox[-1].body
    assert "No refund is here" in finance.get("/ops/refunds/").content.decode()
    with run_tasks():
        finance.post(f"{at}came-back/", {"reason": "The account is closed"})
    assert balances(riverside.schema_name) == before
    with inside(riverside):
        assert Refund.objects.get().state == "failed"
    assert "The account is closed" in finance.get("/ops/refunds/").content.decode()


def test_only_what_is_held_up_is_paid_another_way_and_only_once(
    held: HeldRefund, riverside: Any, now: datetime
) -> None:
    """Negative: without words, twice, or after it was sent again, nothing changes."""
    with inside(riverside):
        with pytest.raises(WayMissing):
            elsewhere.pay(refund_public_id=held.public_id, way=" ", by=TOMAS, now=now)
        with pytest.raises(NotDecidable):
            elsewhere.came_back(refund_public_id=held.public_id, reason="It never went", by=TOMAS, now=now)
        operations.send_again(refund_public_id=held.public_id, by=TOMAS, now=now)
        with pytest.raises(NotDecidable):
            elsewhere.pay(refund_public_id=held.public_id, way="Bank transfer", by=TOMAS, now=now)
        paying.pay_back(voucher_public_id=Refund.objects.get().voucher.public_id, now=now)
        elsewhere.pay(refund_public_id=held.public_id, way="Bank transfer", by=TOMAS, now=now)
        with pytest.raises(NotDecidable):
            elsewhere.pay(refund_public_id=held.public_id, way="Bank transfer", by=TOMAS, now=now)


def test_a_held_refund_waits_no_more_when_the_buyers_bank_took_the_money(
    held: HeldRefund, riverside: Any, now: datetime, run_tasks: Any
) -> None:
    """M9: and of one that was paid another way the bank is told how, because the charge says nothing of it."""
    with inside(riverside), run_tasks(), transaction.atomic():
        voucher = Refund.objects.get().voucher
        voucher.disputed_at = now
        assert len(closing.take([voucher], amount_minor=voucher.price_minor, now=now)) == 1
    held.refresh_from_db()
    assert (held.state, held.solved_at is not None) == ("declined", True)
    paid = Refund(voucher=voucher, amount_minor=2400, currency="usd", asked_at=now, back_at=now)
    paid.stripe_refund, paid.detail = "elsewhere-1", "Bank transfer 77"
    with inside(riverside):
        assert "paid back another way: Bank transfer 77" in evidence._of_refund(paid)[-1].text
