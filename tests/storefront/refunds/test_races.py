"""Refund against use, refund against refund, dispute against both: over real connections, Stripe is the sandbox; each with its control."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.accounts.models import User
from saas.kernel import clock
from saas.kernel.actors import GUEST
from saas.kernel.ids import public_id
from saas.kernel.outbox.models import OutboxEvent
from storefront.checkout import paying as checkout
from storefront.deals.models import Deal
from storefront.disputes import looking
from storefront.disputes import operations as disputes
from storefront.disputes.models import Dispute
from storefront.payments.models import Payment
from storefront.refunds import operations, paying
from storefront.refunds.models import Refund
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Redemption, Voucher
from storefront.vouchers.refusals import Refusal
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import shop
from tests.factories.races import Pause, together
from tests.storefront.vouchers.making import BO
from tests.stripe_sandbox import StripeSandbox

PEOPLE = 4


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def schema(committed: None, stripe: StripeSandbox, settings: Any) -> Iterator[str]:
    """Enter Riverside Noodles where commits are real; what the platform would do is not looked at here."""
    settings.OUTBOX_SUBSCRIBERS = {}
    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        yield tenant.schema_name


@pytest.fixture
def voucher(schema: str, stripe: StripeSandbox, now: datetime) -> Voucher:
    """Return one of four vouchers that were paid at the sandbox."""
    order = shop.an_order(shop.a_deal(now=now - timedelta(minutes=1)), now=now, units=4)
    checkout.open_page(order_public_id=order.public_id, now=now)
    stripe.pay(Payment.objects.get().session_id)
    checkout.look(order_public_id=order.public_id, now=now)
    return Voucher.objects.filter(line__order=order).select_related("deal").earliest("pk")


def using(voucher: Voucher) -> Callable[[], Redemption]:
    clerk, store = User.objects.get(email="bo@riverside.example"), voucher.deal.stores.get()
    who = {"by": BO, "staff": clerk, "store_id": store.pk}
    return lambda: vouchers.redeem(voucher_public_id=voucher.public_id, request_key=public_id(), now=clock.now(), **who)


def asking(voucher: Voucher, now: datetime) -> Callable[[], Voucher]:
    which = {"voucher_public_id": voucher.public_id, "reason": "Cannot come"}
    return lambda: operations.request(**which, by=GUEST, now=now)


def told(kind: str) -> int:
    return OutboxEvent.objects.filter(kind=kind).count()


def won(results: list[Any], kind: type) -> int:
    return sum(isinstance(one, kind) for one in results)


def test_m7_using_and_refunding_at_once_one_of_them_wins(
    voucher: Voucher, schema: str, stripe: StripeSandbox, now: datetime
) -> None:
    use, ask = using(voucher), asking(voucher, now)
    results = together([use, ask, use, ask], schema=schema)

    used, refunded = Redemption.objects.count(), len(stripe.client.v1.refunds.list().data)
    assert used + refunded == 1, results
    assert (told("voucher.redeemed"), told("voucher.refunded")) == (used, refunded)
    assert all(isinstance(one, (Redemption, Voucher, Refusal)) for one in results), results


def test_m7_negative_control_without_the_lock_the_voucher_is_used_and_refunded(
    voucher: Voucher, schema: str, stripe: StripeSandbox, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = Pause(2, once=True)
    monkeypatch.setattr(vouchers, "locked_one", pause.locked_one)
    monkeypatch.setattr(operations, "locked_one", pause.locked_one)
    results = together([using(voucher), asking(voucher, now)], schema=schema)

    assert won(results, Redemption) == 1, results
    assert Refund.objects.count() == 1, results


def test_four_wishes_at_once_are_one_refund_m18(
    voucher: Voucher, schema: str, stripe: StripeSandbox, now: datetime
) -> None:
    results = together([asking(voucher, now)] * PEOPLE, schema=schema)

    assert won(results, Voucher) >= 1, results
    assert Refund.objects.count() == 1
    assert [one.amount for one in stripe.client.v1.refunds.list().data] == [voucher.price_minor]
    assert told("voucher.refunded") == 1
    assert Deal.objects.get(pk=voucher.deal_id).units_sold == 3


def test_four_workers_at_one_refund_send_it_once_m18(
    voucher: Voucher, schema: str, stripe: StripeSandbox, now: datetime
) -> None:
    refund_under_way(voucher, now)
    results = together([lambda: paying.pay_back(voucher_public_id=voucher.public_id, now=now)] * PEOPLE, schema=schema)

    assert True in results, results
    assert len(stripe.client.v1.refunds.list().data) == 1
    assert (told("voucher.refunded"), Refund.objects.get().state) == (1, "back")
    assert Deal.objects.get(pk=voucher.deal_id).units_sold == 3


def test_negative_control_with_a_key_of_its_own_each_worker_sends_the_money_again(
    voucher: Voucher, schema: str, stripe: StripeSandbox, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund_under_way(voucher, now)
    pause = Pause(PEOPLE, once=True)
    monkeypatch.setattr(Refund, "key", property(lambda _row: public_id()))
    monkeypatch.setattr(operations, "locked_one", pause.locked_one)
    together([lambda: paying.pay_back(voucher_public_id=voucher.public_id, now=now)] * PEOPLE, schema=schema)

    assert len(stripe.client.v1.refunds.list().data) == PEOPLE


def refund_under_way(voucher: Voucher, now: datetime) -> None:
    """Decide on a refund that no worker has begun to send."""
    Voucher.objects.filter(pk=voucher.pk).update(state=Voucher.State.REFUND_PENDING)
    fields = {"amount_minor": voucher.price_minor, "currency": voucher.currency, "reason": "x", "asked_by": "Mei"}
    Refund.objects.create(voucher=voucher, state=Refund.State.SENDING, asked_at=now, **fields)


@pytest.fixture
def dispute(voucher: Voucher, stripe: StripeSandbox) -> Callable[[], Dispute]:
    """Open a dispute at the sandbox; return the act of hearing of it."""
    payment = Payment.objects.get()
    charge = stripe.client.v1.payment_intents.retrieve(payment.payment_intent_id).latest_charge
    opened = stripe.control(f"charges/{charge}/dispute")["id"]
    return lambda: looking.look_at(payment_reference=payment.reference, dispute_id=opened, now=clock.now())


def test_m6_a_dispute_told_four_times_at_once_beside_a_use_is_one_story(
    voucher: Voucher, dispute: Callable[[], Dispute], schema: str
) -> None:
    results = together([dispute, dispute, using(voucher), dispute], schema=schema)

    assert won(results, Dispute) == 3, results
    assert (Dispute.objects.count(), told("dispute.opened")) == (1, 1)
    frozen = Voucher.objects.filter(disputed_at__isnull=False).count()
    assert frozen == 4
    assert won(results, Redemption) + won(results, Refusal) == 1, results


def test_m6_negative_control_without_the_locks_they_run_into_each_other(
    voucher: Voucher, dispute: Callable[[], Dispute], schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storefront.checkout import operations as orders

    monkeypatch.setattr(orders, "locked", lambda rows: list(rows.order_by("pk")))
    monkeypatch.setattr(orders, "locked_one", lambda rows: rows.get())
    monkeypatch.setattr(disputes, "locked", Pause(3).locked)
    results = together([dispute] * 3, schema=schema)
    assert won(results, Dispute) == 1, results  # the others meet the index that lets a dispute be noted once
