"""Unused vouchers go back in full, once, and by themselves when they end. The Stripe sandbox is at the edge."""

import html
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import GUEST, Actor
from saas.kernel.outbox.models import OutboxEvent
from saas.kernel.tasks import enqueue
from storefront.deals.models import Deal
from storefront.deals.policy import withdrawal_ends_at
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import operations, owing, paying, queries, tasks, withdrawing
from storefront.refunds.models import Refund
from storefront.refunds.refusals import NotRefundable, ReasonMissing
from storefront.stores import moments
from storefront.stores.models import Store
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import AlreadyUsed, RefundUnderWay
from tenants.erasure import operations as erasure
from tenants.erasure import owed
from tenants.erasure.owed import Owed, StillOwes
from tenants.isolation.entrance import on_platform
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.factories.sessions import confirm
from tests.stripe_sandbox import StripeSandbox

ALMA = Actor(kind="merchant", name="Alma")
ADA = Actor(kind="agency", name="Ada", public_id="a" * 26)


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def deal(mall: Any, now: datetime) -> Deal:
    """Return a deal of ten units at 24.00, refundable any time."""
    return shop.a_deal(now=now, units_total=10)


@pytest.fixture
def shopper(client_for: Any, riverside: Any) -> Any:
    """Return a browser in the mall."""
    return client_for(riverside)


@pytest.fixture
def order(deal: Deal, stripe: StripeSandbox, shopper: Any, run_tasks: Any, mailoutbox: list[Any]) -> Order:
    """Return Mei's paid order of two units."""
    return paid_order(shopper, deal, stripe, run_tasks)


@pytest.fixture
def voucher(order: Order) -> Voucher:
    """Return the first voucher of the order."""
    return Voucher.objects.get(line__order=order, position=1)


def state(voucher: Voucher) -> str:
    """Return the voucher's state as it is now."""
    return Voucher.objects.get(pk=voucher.pk).state


def refunds(stripe: StripeSandbox) -> list[int]:
    """Return what Stripe has paid back."""
    return [one.amount for one in stripe.client.v1.refunds.list().data]


def frozen(voucher: Voucher, policy: str) -> None:
    """Let the voucher have been sold under another policy."""
    voucher.line.offer["refund_policy"] = policy
    voucher.line.save(update_fields=["offer"])


def ask(voucher: Voucher, *, by: Actor = GUEST, now: datetime) -> Voucher:
    """Ask for the voucher's money."""
    return operations.request(voucher_public_id=voucher.public_id, reason="Cannot come", by=by, now=now)


def test_a_shopper_gets_the_money_of_an_unused_voucher_back_on_the_order_page_x2_x4_x7(
    shopper: Any, order: Order, voucher: Voucher, deal: Deal, stripe: StripeSandbox, run_tasks: Any
) -> None:
    page = f"/orders/{order.public_id}/vouchers/{voucher.public_id}/refund/"
    assert page in shopper.get(f"/orders/{order.public_id}/").content.decode()
    assert "Refund $24.00" in shopper.get(page).content.decode()
    with run_tasks():
        assert shopper.post(page)["location"] == page
    assert (state(voucher), refunds(stripe)) == ("refunded", [2400])
    assert Deal.objects.get(pk=deal.pk).units_sold == 1
    assert OutboxEvent.objects.get(kind="voucher.refunded").payload["amount_minor"] == 2400
    assert Order.objects.get(pk=order.pk).state == "paid"
    assert "Where is my money?" in shopper.get(f"/orders/{order.public_id}/").content.decode()
    assert "Sent to your bank or wallet" in shopper.get(page).content.decode()
    assert shopper.post(page).status_code == 422


def test_several_refunds_add_up_to_what_was_paid_and_never_more_x4(
    order: Order, stripe: StripeSandbox, run_tasks: Any, now: datetime
) -> None:
    for one in Voucher.objects.filter(line__order=order):
        for _twice in range(2):
            with run_tasks():
                if state(one) != "refunded":
                    ask(one, now=now)
                    ask(one, now=now)
    assert refunds(stripe) == [2400, 2400]
    assert Order.objects.get(pk=order.pk).state == "refunded"


def test_a_mall_that_ends_gives_back_what_it_owes_and_is_not_erased_before_x2_m20(
    order: Order, riverside: Any, alma: Any, client_for: Any, run_tasks: Any, now: datetime
) -> None:
    """The owner reads what is owed before she asks, and while it waits; one button gives all of it back, and only of a mall that ends."""
    owner = client_for(riverside, alma)
    confirm(owner, alma)
    assert owing.owed() == [Owed("usd", 2, 4800, 0, 0)]
    assert "2 paid vouchers are unused: $48.00." in owner.get("/manage/leave/end/").content.decode()
    with run_tasks():
        owner.post("/manage/leave/refund/")
    assert owing.give_some_back(by=ALMA, after=0, now=now) == 0
    assert owing.owed() == [Owed("usd", 2, 4800, 0, 0)]  # she has not asked for the end

    asked = erasure.ask(tenant=riverside, typed="riverside", reason="Moving away", by=ALMA, now=now, at_once=True)
    with on_platform(), pytest.raises(StillOwes, match=r"unused: 2; refunds not back: 0; together \$48.00"):
        owed.refuse(riverside)
    page = owner.get("/manage/leave/").content.decode()
    assert "2 paid vouchers are unused: $48.00." in page
    assert "/manage/leave/refund/" in page
    for who, refusal in ((ALMA, erasure.SecondYesMissing), (ADA, erasure.NoArchive)):
        with pytest.raises(refusal):
            erasure.say_it_moves(tenant=riverside, by=who, now=now)
    with on_platform():
        asked.refresh_from_db()
    assert asked.moves_at is None

    owing.give_some_back(by=ALMA, after=0, now=now)
    assert owing.owed() == [Owed("usd", 0, 0, 2, 4800)]
    assert "2 refunds are not back yet: $48.00." in owner.get("/manage/leave/").content.decode()
    with run_tasks():
        assert owner.post("/manage/leave/refund/").status_code == 302
        for one in queries.to_pay_back():
            enqueue("storefront.refunds.pay_back", voucher_public_id=one)
    assert owing.owed() == []
    owed.refuse(riverside)
    Payment.objects.update(state=Payment.State.QUARANTINED)  # as one that bought nothing, and is looked at
    assert owing.owed() == [Owed("usd", 0, 0, 1, 4800)]


def test_a_stranger_finds_no_refund_page(client_for: Any, riverside: Any, order: Order, voucher: Voucher) -> None:
    page = f"/orders/{order.public_id}/vouchers/{voucher.public_id}/refund/"
    stranger = client_for(riverside)
    assert (stranger.get(page).status_code, stranger.post(page).status_code) == (404, 404)
    assert state(voucher) == "issued"


@pytest.mark.parametrize(("policy", "early", "late"), [("any_time", 1, 1), ("until_expiry", 1, 0), ("final", 0, 0)])
def test_the_policy_that_was_frozen_decides_x1(voucher: Voucher, policy: str, early: int, late: int) -> None:
    frozen(voucher, policy)
    for at, allowed in ((voucher.issued_at, early), (voucher.valid_until_at, late)):
        if allowed:
            assert ask(voucher, now=at).state == "refund_pending"
            Refund.objects.all().delete()
            Voucher.objects.filter(pk=voucher.pk).update(state="issued")
        else:
            with pytest.raises(NotRefundable):
                ask(voucher, now=at)
            assert state(voucher) == "issued"


@pytest.fixture
def european(settings: Any) -> None:
    """Let the mall be in the European Union: fourteen days of withdrawal."""
    settings.JURISDICTION = "eu"


@pytest.mark.usefixtures("european")
def test_within_fourteen_days_a_buyer_withdraws_whatever_the_policy_says_and_the_words_are_kept_x14(
    deal: Deal, shopper: Any, stripe: StripeSandbox, run_tasks: Any, mailoutbox: list[Any], now: datetime
) -> None:
    Deal.objects.filter(pk=deal.pk).update(refund_policy="final")
    rules = shopper.get(f"/deals/{deal.slug}/buy/").content.decode()
    assert "within 14 days of the purchase, and not after that" in rules
    order = paid_order(shopper, deal, stripe, run_tasks)
    first, second = Voucher.objects.filter(line__order=order)
    over = withdrawal_ends_at(first.line.offer, bought_at=first.issued_at)
    assert over == datetime.combine(moments.local(now).date() + timedelta(days=15), time.min, moments.zone())
    with pytest.raises(NotRefundable):
        ask(first, now=over)

    page, count = f"/orders/{order.public_id}/vouchers/{first.public_id}/refund/", len(mailoutbox)
    seen = shopper.get(f"/orders/{order.public_id}/").content.decode()
    assert f"Until {moments.end(over)} you can withdraw" in seen
    declared = withdrawing.statement(first)
    assert declared in html.unescape(shopper.get(page).content.decode())
    with run_tasks():
        shopper.post(page)
    assert (state(first), state(second)) == ("refunded", "issued")
    kept = AuditEntry.objects.get(action="voucher.withdrawn")
    assert (kept.actor_kind, kept.data["statement"], kept.data["voucher"]) == ("guest", declared, first.public_id)
    assert declared in mailoutbox[count].body
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.filter(pk=kept.pk).update(actor_name="Somebody else")


@pytest.mark.usefixtures("european")
def test_a_sale_from_before_keeps_the_rule_that_was_frozen_with_it_x14(voucher: Voucher, now: datetime) -> None:
    frozen(voucher, "final")
    assert voucher.line.offer.pop("withdrawal_days") == 14
    voucher.line.save(update_fields=["offer"])
    with pytest.raises(NotRefundable):
        operations.request(voucher_public_id=voucher.public_id, reason="No", by=GUEST, now=now, by_buyer=True)
    assert (state(voucher), AuditEntry.objects.filter(action="voucher.withdrawn").count()) == ("issued", 0)


def test_the_merchant_may_refund_a_final_sale_with_a_reason(voucher: Voucher, now: datetime) -> None:
    frozen(voucher, "final")
    with pytest.raises(ReasonMissing):
        operations.request(voucher_public_id=voucher.public_id, reason=" ", by=ALMA, now=now)
    with pytest.raises(NotRefundable):
        ask(voucher, by=ALMA, now=now)
    decided = operations.request(
        voucher_public_id=voucher.public_id, reason="We were closed", by=ALMA, now=now, beyond_policy=True
    )
    assert decided.state == "refund_pending"


def test_redeem_or_refund_one_wins_m7(order: Order, deal: Deal, bo: Any, now: datetime) -> None:
    first, second = Voucher.objects.filter(line__order=order)
    store = Store.objects.get(pk=deal.stores.get().pk)
    who = {"store_id": store.pk, "by": ALMA, "staff": bo, "now": now + timedelta(minutes=1)}
    ask(first, now=now)
    with pytest.raises(RefundUnderWay):
        vouchers.redeem(voucher_public_id=first.public_id, request_key="one", **who)
    vouchers.redeem(voucher_public_id=second.public_id, request_key="two", **who)
    with pytest.raises(AlreadyUsed):
        ask(second, by=ALMA, now=now)
    assert (state(first), state(second)) == ("refund_pending", "redeemed")


def test_a_voucher_that_ended_unused_is_refunded_by_itself_x2(
    order: Order, voucher: Voucher, stripe: StripeSandbox, run_tasks: Any, now: datetime
) -> None:
    Voucher.objects.filter(pk=voucher.pk).update(
        valid_from_at=now - timedelta(days=2), valid_until_at=now - timedelta(days=1)
    )
    assert queries.expired(at=now) == [voucher.public_id]
    with run_tasks():
        tasks.refund_one.run(voucher_public_id=voucher.public_id)
    assert (state(voucher), refunds(stripe)) == ("refunded", [2400])
    assert queries.expired(at=now) == []


def test_a_voucher_of_another_policy_is_not_refunded_by_itself_x2(voucher: Voucher) -> None:
    frozen(voucher, "until_expiry")
    assert queries.expired(at=voucher.valid_until_at) == []


def test_a_refund_that_was_cut_off_goes_on_with_the_same_key_m18(
    voucher: Voucher, stripe: StripeSandbox, now: datetime
) -> None:
    ask(voucher, now=now)
    assert queries.to_pay_back() == [voucher.public_id]
    assert paying.pay_back(voucher_public_id=voucher.public_id, now=now)
    # As if the process had died between Stripe's answer and our note of it.
    Voucher.objects.filter(pk=voucher.pk).update(state="refund_pending", refunded_at=None, refund_reference="")
    Refund.objects.update(state="sending", back_at=None, stripe_refund="")
    assert paying.pay_back(voucher_public_id=voucher.public_id, now=now)
    assert refunds(stripe) == [2400]


def test_what_stripe_refuses_is_parked_where_people_see_it_m18(
    voucher: Voucher, order: Order, stripe: StripeSandbox, now: datetime
) -> None:
    ask(voucher, now=now)
    Payment.objects.filter(order_public_id=order.public_id).update(payment_intent_id="pi_unknown")
    assert not paying.pay_back(voucher_public_id=voucher.public_id, now=now)
    assert state(voucher) == "refund_pending"
    assert AuditEntry.objects.filter(action="voucher.refund_refused", subject_id=voucher.public_id).count() == 1
    assert queries.to_pay_back() == []
    assert refunds(stripe) == []


def test_the_merchant_refunds_from_the_order_and_a_clerk_may_not(
    client_for: Any, riverside: Any, alma: Any, bo: Any, order: Order, voucher: Voucher
) -> None:
    page, fields = f"/manage/orders/{order.public_id}/refund/", {"voucher": voucher.public_id, "reason": "Closed today"}
    client_for(riverside, bo).post(page, fields)
    assert state(voucher) == "issued"
    client_for(riverside, alma).post(page, fields)
    assert state(voucher) == "refund_pending"
