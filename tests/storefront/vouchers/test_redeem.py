"""Redeeming: once, in the right store, in time, by who may; repeated safely (V1, V5, V6, V8, V9, V12, V14, X11, M3, M4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from saas.accounts.models import User
from saas.audit.queries import of_subject
from saas.kernel.outbox.models import OutboxEvent
from storefront.orders.models import Order
from storefront.stores.models import Store
from storefront.vouchers import operations, queries, refusals, rules
from storefront.vouchers.models import Redemption, Voucher
from tests.storefront.vouchers.making import BO, make_order, make_store, make_voucher, redeem

pytestmark = pytest.mark.usefixtures("mall")
State = Voucher.State


@pytest.fixture
def store(mall: Any) -> Store:
    return make_store()


@pytest.fixture
def voucher(store: Store, now: datetime) -> Voucher:
    return make_voucher(store, now=now)


def untouched(voucher: Voucher, state: str = State.ISSUED) -> bool:
    """Tell whether a refusal left everything as it was."""
    voucher.refresh_from_db()
    is_told = OutboxEvent.objects.filter(kind="voucher.redeemed", payload__voucher=voucher.public_id).exists()
    return voucher.state == state and not Redemption.objects.filter(voucher=voucher).exists() and not is_told


def test_m1_a_redemption_uses_the_voucher_and_tells_everything_that_money_needs(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    redemption = redeem(voucher, store, bo, now=now)

    voucher.refresh_from_db()
    assert voucher.state == State.REDEEMED
    assert (redemption.store, redemption.staff, redemption.staff_name, redemption.redeemed_at) == (store, bo, "Bo", now)
    event = OutboxEvent.objects.get(kind="voucher.redeemed")
    order = voucher.line.order
    assert event.subject == order.public_id
    assert event.payload == {
        "redemption": redemption.public_id,
        "voucher": voucher.public_id,
        "order": order.public_id,
        "order_number": order.number,
        "title": "Two bowls of noodles",
        "price_minor": 2400,
        "commission_minor": 192,
        "agency_minor": 0,
        "rule": "Standard: 8 % of the whole mall",
        "rate_bp": 800,
        "currency": "usd",
        "store": "Mill Lane",
        "staff": "Bo",
    }
    (entry,) = of_subject("voucher", voucher.public_id)
    assert (entry.action, entry.actor_name, entry.at) == ("voucher.redeemed", "Bo", now)


def test_v5_the_same_key_gets_the_same_answer_and_has_one_effect(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    first = redeem(voucher, store, bo, now=now, key="k" * 20)
    again = redeem(voucher, store, bo, now=now + timedelta(minutes=5), key="k" * 20)

    assert again == first
    assert again.redeemed_at == now
    assert Redemption.objects.count() == 1
    assert OutboxEvent.objects.filter(kind="voucher.redeemed").count() == 1


def test_m4_a_used_key_with_another_voucher_or_store_is_refused(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    redeem(voucher, store, bo, now=now, key="k" * 20)
    other = make_voucher(store, now=now)

    with pytest.raises(refusals.RequestKeyReused):
        redeem(other, store, bo, now=now, key="k" * 20)
    with pytest.raises(refusals.RequestKeyReused):
        redeem(voucher, make_store("Station Road"), bo, now=now, key="k" * 20)
    assert untouched(other)


def test_v6_another_request_is_refused_with_when_where_and_by_whom(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    first = redeem(voucher, store, bo, now=now)

    with pytest.raises(refusals.AlreadyUsed) as refused:
        redeem(voucher, store, bo, now=now + timedelta(hours=3))
    assert refused.value.data == {
        "redemption": first.public_id,
        "redeemed_at": now,
        "store": "Mill Lane",
        "staff": "Bo",
    }
    assert Redemption.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(State.REFUND_PENDING, refusals.RefundUnderWay), (State.VOID, refusals.Void), (State.REFUNDED, refusals.Refunded)],
)
def test_v8_a_voucher_in_another_state_is_refused_in_its_own_words(
    voucher: Voucher, store: Store, bo: User, now: datetime, state: str, refusal: type[Exception]
) -> None:
    Voucher.objects.filter(pk=voucher.pk).update(state=state, refunded_at=now, refund_reference="r1")

    with pytest.raises(refusal):
        redeem(voucher, store, bo, now=now)
    assert untouched(voucher, state)


@pytest.mark.parametrize("state", [Order.State.PENDING, Order.State.EXPIRED, Order.State.CANCELLED])
def test_v1_a_voucher_of_an_unpaid_order_is_refused(
    voucher: Voucher, store: Store, bo: User, now: datetime, state: str
) -> None:
    Order.objects.update(state=state)

    with pytest.raises(refusals.NotPaid):
        redeem(voucher, store, bo, now=now)
    assert untouched(voucher)


def test_x11_the_window_is_checked_at_use_its_start_inclusive_and_its_end_exclusive(
    store: Store, bo: User, now: datetime
) -> None:
    starts_at, ends_at = now + timedelta(days=2), now + timedelta(days=5)
    instant = timedelta(microseconds=1)
    early, first, last, late = (
        make_voucher(store, now=now, valid_days=None, valid_from_at=starts_at, valid_until_at=ends_at)
        for _voucher in range(4)
    )

    with pytest.raises(refusals.NotYetValid) as not_yet:
        redeem(early, store, bo, now=starts_at - instant)
    assert not_yet.value.data == {"valid_from_at": starts_at}
    assert redeem(first, store, bo, now=starts_at)
    assert redeem(last, store, bo, now=ends_at - instant)
    with pytest.raises(refusals.Expired) as expired:
        redeem(late, store, bo, now=ends_at)
    assert expired.value.data == {"valid_until_at": ends_at}
    assert untouched(early)
    assert untouched(late)


def test_v8_a_store_that_the_deal_does_not_name_is_refused_with_those_that_it_does(
    voucher: Voucher, bo: User, now: datetime
) -> None:
    with pytest.raises(refusals.WrongStore) as refused:
        redeem(voucher, make_store("Station Road"), bo, now=now)
    assert refused.value.data == {"stores": ["Mill Lane"]}
    assert untouched(voucher)


def test_v8_a_deal_without_stores_is_redeemed_in_every_serving_store(store: Store, bo: User, now: datetime) -> None:
    voucher = make_voucher(store, now=now)
    voucher.deal.stores.clear()

    with pytest.raises(refusals.WrongStore):
        redeem(voucher, make_store("Closed down", is_serving=False), bo, now=now)
    assert redeem(voucher, make_store("Station Road"), bo, now=now)


@pytest.mark.parametrize("sold_for", ["named", "every store"])
def test_v8_where_it_was_sold_for_it_can_be_used_whatever_the_deal_names_since(
    sold_for: str, voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    line, other = voucher.line, make_store("Station Road")
    line.offer |= {"stores": [store.public_id] if sold_for == "named" else []}
    line.save()
    voucher.deal.stores.set([other])

    assert {one.pk for one in rules.stores_of(voucher)} == {store.pk, other.pk}
    assert redeem(voucher, store, bo, now=now)


def test_v8_a_person_without_the_right_is_refused(voucher: Voucher, store: Store, bo: User, now: datetime) -> None:
    bo.groups.clear()

    with pytest.raises(refusals.StaffMayNotRedeem):
        redeem(voucher, store, User.objects.get(pk=bo.pk), now=now)
    assert untouched(voucher)


def test_a_voucher_that_does_not_exist_is_unknown(store: Store, bo: User, now: datetime) -> None:
    with pytest.raises(refusals.UnknownCode):
        redeem(Voucher(public_id="0" * 26), store, bo, now=now)


def test_v9_the_redeeming_store_stands_beside_the_deals_stores(store: Store, bo: User, now: datetime) -> None:
    other = make_store("Station Road")
    voucher = make_voucher(store, now=now)
    voucher.deal.stores.add(other)

    redeem(voucher, other, bo, now=now)

    assert {one.name for one in voucher.deal.stores.all()} == {"Mill Lane", "Station Road"}
    (row,) = queries.recent(other, now=now)
    assert (row.store, row.first_name, row.price_minor) == ("Station Road", "Mei", 2400)
    assert queries.recent(store, now=now) == []


def test_v12_a_redeemed_voucher_cannot_be_deleted(voucher: Voucher, store: Store, bo: User, now: datetime) -> None:
    redeem(voucher, store, bo, now=now)

    with pytest.raises(ProtectedError):
        voucher.delete()


def test_the_database_refuses_a_second_standing_redemption(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    redeem(voucher, store, bo, now=now)

    with pytest.raises(IntegrityError, match="voucher_redeemed_once"), transaction.atomic():
        Redemption.objects.create(
            voucher=voucher, store=store, request_key="other", staff=bo, staff_name="Bo", redeemed_at=now
        )


def test_m3_what_the_terms_are_now_does_not_change_what_was_agreed(store: Store, bo: User, now: datetime) -> None:
    voucher = make_voucher(store, now=now)
    make_order(voucher.deal, now=now, units=1, commission_rate_bp=300, commission_rule="Later rule")

    redeem(voucher, store, bo, now=now)

    assert OutboxEvent.objects.get(kind="voucher.redeemed").payload["rate_bp"] == 800


def test_a_refused_look_says_the_same_as_a_refused_redemption(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    assert queries.look(voucher.public_id, now=now, store=store).refusal is None
    redeem(voucher, store, bo, now=now)

    look = queries.look(voucher.public_id, now=now, store=store)
    assert isinstance(look.refusal, refusals.AlreadyUsed)
    assert (look.first_name, look.ticket.face, look.ticket.used_store) == ("Mei", "used", "Mill Lane")
    assert queries.look(voucher.public_id, now=now).ticket.is_usable is False


def test_the_back_office_counts_what_stands(store: Store, bo: User, now: datetime) -> None:
    first, second = make_voucher(store, now=now), make_voucher(store, now=now)
    undone = redeem(first, store, bo, now=now)
    redeem(second, store, bo, now=now)
    operations.undo(redemption_public_id=undone.public_id, reason="By mistake", by=BO, now=now + timedelta(minutes=1))

    day = (now - timedelta(hours=1), now + timedelta(hours=1))
    assert queries.counts_between(*day) == queries.Counts(1, 2400, 192)
    assert [row.undone_at is None for row in queries.redemptions_between(*day, now=now)] == [True, False]
    assert queries.counts_between(now + timedelta(seconds=1), day[1]) == queries.Counts(0, 0, 0)
    assert queries.outstanding(now=now) == queries.Counts(1, 2400, 192)
