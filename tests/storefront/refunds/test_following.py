"""The truth about money on its way back: with a bank, back, failed after that, decided by the shop or in its place."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel import clock
from saas.kernel.actors import GUEST, SYSTEM, Actor
from saas.kernel.outbox.models import OutboxEvent
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.refunds import operations, paying, queries, tasks
from storefront.refunds.models import Refund
from storefront.refunds.refusals import AskedTooLate, NotDecidable, NotUsed, ReasonMissing
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import AlreadyUsed, RefundUnderWay
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.stripe_sandbox import StripeSandbox

ALMA = Actor(kind="merchant", name="Alma")
PENDING_FIRST, FAILS_LATER = "4000000000007726", "4000000000005126"


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    return shop.a_deal(now=now, units_total=10)


@pytest.fixture
def buy(deal: Deal, stripe: StripeSandbox, client_for: Any, riverside: Any, run_tasks: Any, mailoutbox: Any) -> Any:
    """Buy two units, paid with a test card; the shopper's browser goes along."""

    def paid(card: str) -> tuple[Any, Order, list[Voucher]]:
        browser = client_for(riverside)
        pay = stripe.pay
        stripe.pay = lambda session_id: pay(session_id, card)  # type: ignore[method-assign,misc]
        try:
            order = paid_order(browser, deal, stripe, run_tasks)
        finally:
            stripe.pay = pay  # type: ignore[method-assign]
        return browser, order, list(Voucher.objects.filter(line__order=order).order_by("position"))

    return paid


@pytest.fixture
def back_office(client_for: Any, riverside: Any, alma: Any) -> Any:
    """Return Alma's browser."""
    return client_for(riverside, alma)


@pytest.fixture
def clerk(client_for: Any, riverside: Any, bo: Any) -> Any:
    """Return Bo's browser."""
    return client_for(riverside, bo)


def sent_back(voucher: Voucher, now: datetime) -> Refund:
    operations.request(voucher_public_id=voucher.public_id, reason="Cannot come", by=GUEST, now=now)
    paying.pay_back(voucher_public_id=voucher.public_id, now=now)
    return Refund.objects.get(voucher=voucher)


def kinds(order: Order) -> list[str]:
    """Return what the platform was told of the order's money going back, in order."""
    rows = OutboxEvent.objects.filter(subject=order.public_id, kind__regex="refund").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def used(voucher: Voucher, bo: Any, now: datetime) -> Any:
    store = voucher.deal.stores.get()
    who = {"store_id": store.pk, "by": ALMA, "staff": bo, "request_key": voucher.public_id}
    return vouchers.redeem(voucher_public_id=voucher.public_id, now=now + timedelta(minutes=1), **who)


def test_a_refund_that_is_with_the_bank_is_not_called_paid_back_until_it_is_x4(
    buy: Any, deal: Deal, stripe: StripeSandbox, now: datetime
) -> None:
    browser, order, (first, _second) = buy(PENDING_FIRST)
    refund = sent_back(first, now)
    page = f"/orders/{order.public_id}/vouchers/{first.public_id}/refund/"

    assert refund.state == "pending"
    assert Voucher.objects.get(pk=first.pk).state == "refund_pending"
    assert kinds(order) == []
    assert "With your bank or wallet" in browser.get(page).content.decode()
    assert queries.to_pay_back() == []

    stripe.control(f"refunds/{refund.stripe_refund}/settle", outcome="succeeded")
    tasks.refund_changed.run(object_id=refund.stripe_refund)
    tasks.refund_changed.run(object_id=refund.stripe_refund)
    assert Refund.objects.get().state == "back"
    assert Voucher.objects.get(pk=first.pk).state == "refunded"
    assert kinds(order) == ["voucher.refunded"]
    assert Deal.objects.get(pk=deal.pk).units_sold == 1
    assert "Sent to your bank or wallet" in browser.get(page).content.decode()


def test_a_refund_that_fails_after_it_was_paid_back_is_owed_again_and_sent_anew_once(
    buy: Any, deal: Deal, stripe: StripeSandbox, now: datetime, run_tasks: Any, mailoutbox: Any
) -> None:
    browser, order, (first, _second) = buy(FAILS_LATER)
    refund = sent_back(first, now)
    assert refund.state == "back"
    stripe.control(f"refunds/{refund.stripe_refund}/settle", outcome="failed")
    with run_tasks():
        tasks.refund_changed.run(object_id=refund.stripe_refund)
        tasks.refund_changed.run(object_id=refund.stripe_refund)

    failed = Refund.objects.get()
    assert (failed.state, failed.back_at) == ("failed", None)
    voucher = Voucher.objects.get(pk=first.pk)
    assert (voucher.state, voucher.refunded_at) == ("refund_pending", None)
    assert kinds(order) == ["voucher.refunded", "voucher.refund_failed", "refund.trouble"]
    assert "did not arrive" in mailoutbox[-1].subject
    page = f"/orders/{order.public_id}/vouchers/{first.public_id}/refund/"
    assert "Held up" in browser.get(page).content.decode()
    assert queries.to_pay_back() == []

    operations.send_again(refund_public_id=failed.public_id, by=ALMA, now=now)
    with pytest.raises(NotDecidable):
        operations.send_again(refund_public_id=failed.public_id, by=ALMA, now=now)
    assert paying.pay_back(voucher_public_id=first.public_id, now=now)
    assert [one.status for one in stripe.client.v1.refunds.list().data] == ["succeeded", "failed"]
    assert Deal.objects.get(pk=deal.pk).units_sold == 1
    # News of the first try, come late, changes nothing any more.
    tasks.refund_changed.run(object_id=refund.stripe_refund)
    assert Refund.objects.get().state == "back"


def test_a_refund_whose_answer_was_lost_for_days_is_found_and_not_made_twice_w6(
    buy: Any, stripe: StripeSandbox, now: datetime
) -> None:
    from billing.gateway.operations import GatewayUnavailable

    _browser, _order, (first, _second) = buy("4242424242424242")
    operations.request(voucher_public_id=first.public_id, reason="Cannot come", by=GUEST, now=now)
    stripe.fault("commit_then_500", times=1, method="POST")
    stripe.fault("unavailable", times=2, method="POST")
    with pytest.raises(GatewayUnavailable):
        paying.pay_back(voucher_public_id=first.public_id, now=now)
    stripe.control("faults/clear")
    stripe.control("clock", advance=26 * 3600)

    assert paying.pay_back(voucher_public_id=first.public_id, now=now + timedelta(hours=26))
    assert len(stripe.client.v1.refunds.list().data) == 1


def test_after_its_use_the_shop_decides_and_a_declined_wish_says_why_x5(
    buy: Any, bo: Any, deal: Deal, now: datetime, back_office: Any, clerk: Any
) -> None:
    browser, order, (first, second) = buy("4242424242424242")
    with pytest.raises(NotUsed):
        operations.ask(voucher_public_id=first.public_id, reason="Cold soup", by=GUEST, now=now)
    for one in (first, second):
        used(one, bo, now)
    page = f"/orders/{order.public_id}/vouchers/{first.public_id}/refund/"
    assert browser.post(page, {"reason": "cold"}).status_code == 422
    assert browser.post(page, {"reason": "The soup was cold and late"}).status_code == 302
    assert "The shop decides" in browser.get(page).content.decode()
    asked = Refund.objects.get()
    again = operations.ask(voucher_public_id=second.public_id, reason="So was mine", by=GUEST, now=now)

    listed = back_office.get("/manage/refunds/?state=open").content.decode()
    assert "The soup was cold and late" in listed
    decide = f"/manage/refunds/{asked.public_id}/decide/"
    assert clerk.post(decide, {"decision": "accept"}).status_code != 200
    assert Refund.objects.get(pk=asked.pk).state == "asked"
    assert back_office.post(decide, {"decision": "accept"}).status_code == 302
    with pytest.raises(ReasonMissing):
        operations.decide(refund_public_id=again.public_id, accept=False, answer=" ", by=ALMA, now=now)
    operations.decide(refund_public_id=again.public_id, accept=False, answer="It was hot", by=ALMA, now=now)
    with pytest.raises(NotDecidable):
        operations.decide(refund_public_id=again.public_id, accept=True, answer="", by=ALMA, now=now)
    with pytest.raises(AskedTooLate):
        operations.ask(voucher_public_id=second.public_id, reason="Once more", by=GUEST, now=now)
    with pytest.raises(RefundUnderWay):
        vouchers.undo(redemption_public_id=asked.redemption, reason="Mistake", by=ALMA, now=now)

    assert paying.pay_back(voucher_public_id=first.public_id, now=now)
    assert kinds(order) == ["redemption.refunded"]
    assert Deal.objects.get(pk=deal.pk).units_sold == 2
    told = OutboxEvent.objects.get(kind="redemption.refunded").payload
    assert (told["redemption"], told["borne_by"]) == (asked.redemption, "merchant")
    assert "It was hot" in browser.get(page.replace(first.public_id, second.public_id)).content.decode()


def test_a_wish_about_a_use_that_was_undone_is_closed_and_the_next_use_has_its_own_x5(
    buy: Any, bo: Any, now: datetime
) -> None:
    _browser, _order, (first, second) = buy("4242424242424242")
    wishes = {}
    for voucher in (first, second):
        redemption = used(voucher, bo, now)
        wish = operations.ask(voucher_public_id=voucher.public_id, reason="Cold soup", by=GUEST, now=now)
        vouchers.undo(redemption_public_id=redemption.public_id, reason="wrong guest", by=ALMA, now=now)
        wishes[voucher.pk] = wish
    tasks.decide_one.run(refund_public_id=wishes[first.pk].public_id)  # the deadline finds nothing to decide
    wishes[first.pk].refresh_from_db()
    assert (wishes[first.pk].state, queries.overdue(at=now + timedelta(days=60))) == (
        "declined",
        [wishes[second.pk].public_id],
    )
    who = {"store_id": second.deal.stores.get().pk, "by": ALMA, "staff": bo, "request_key": "again"}
    vouchers.redeem(voucher_public_id=second.public_id, now=now + timedelta(minutes=2), **who)
    asked = operations.ask(voucher_public_id=second.public_id, reason="Cold again", by=GUEST, now=now)
    assert (asked.pk != wishes[second.pk].pk, asked.state) == (True, "asked")
    assert operations.ask(voucher_public_id=second.public_id, reason="Twice", by=GUEST, now=now).pk == asked.pk


@pytest.mark.parametrize(("rule", "ends"), [("refund", "sending"), ("decline", "declined")])
def test_without_an_answer_the_platforms_rule_decides_at_the_deadline_x5(
    rule: str, ends: str, buy: Any, bo: Any, now: datetime, settings: Any
) -> None:
    settings.REFUND_UNANSWERED = rule
    _browser, _order, (first, _second) = buy("4242424242424242")
    used(first, bo, now)
    asked = operations.ask(voucher_public_id=first.public_id, reason="The soup was cold", by=GUEST, now=now)
    assert asked.decide_until_at is not None
    assert queries.overdue(at=asked.decide_until_at - timedelta(seconds=1)) == []
    assert queries.overdue(at=asked.decide_until_at) == [asked.public_id]
    tasks.decide_one.run(refund_public_id=asked.public_id)
    decided = Refund.objects.get()
    assert (decided.state, decided.decided_by) == (ends, SYSTEM.name)


def test_part_of_an_order_goes_back_and_all_chosen_or_none_x4(buy: Any, bo: Any, now: datetime) -> None:
    browser, order, (first, second) = buy("4242424242424242")
    page = f"/orders/{order.public_id}/refund/"
    assert browser.get(page).content.decode().count('type="checkbox"') == 2
    assert browser.post(page).status_code == 422
    used(second, bo, now)
    both = [first.public_id, second.public_id]
    with pytest.raises(AlreadyUsed):
        operations.request_several(voucher_public_ids=both, reason="Ill", by=GUEST, now=now)
    assert Refund.objects.count() == 0
    assert browser.post(page, {"voucher": [first.public_id]}).status_code == 302
    assert list(Voucher.objects.order_by("position").values_list("state", flat=True)) == ["refund_pending", "redeemed"]
