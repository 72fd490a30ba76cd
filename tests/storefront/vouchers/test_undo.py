"""Undo and refund: within the window, with a reason, never by deleting (V2, V3, V4, V14, X2, X4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.accounts.models import User
from saas.audit.queries import of_subject
from saas.kernel.outbox.models import OutboxEvent
from storefront.stores.models import Store
from storefront.vouchers import operations, queries, refusals, rules
from storefront.vouchers.models import Redemption, Voucher
from tests.storefront.vouchers.making import BO, make_store, make_voucher, redeem

pytestmark = pytest.mark.usefixtures("mall")


@pytest.fixture
def store(mall: Any) -> Store:
    return make_store()


@pytest.fixture
def voucher(store: Store, now: datetime) -> Voucher:
    return make_voucher(store, now=now)


def undo(redemption: Redemption, *, now: datetime, reason: str = "Redeemed by mistake") -> Redemption:
    return operations.undo(redemption_public_id=redemption.public_id, reason=reason, by=BO, now=now)


def test_v14_an_undo_adds_to_the_story_and_the_voucher_is_as_before(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    redemption = redeem(voucher, store, bo, now=now)
    later = now + timedelta(minutes=59, seconds=59)

    undone = undo(redemption, now=later)

    voucher.refresh_from_db()
    assert voucher.state == Voucher.State.ISSUED
    assert (undone.undone_at, undone.undone_by, undone.undo_reason) == (later, "Bo", "Redeemed by mistake")
    event = OutboxEvent.objects.get(kind="voucher.redemption_undone")
    assert event.payload == {
        "redemption": redemption.public_id,
        "voucher": voucher.public_id,
        "order": voucher.line.order.public_id,
        "order_number": voucher.line.order.number,
        "title": "Two bowls of noodles",
        "price_minor": 2400,
        "commission_minor": 192,
        "agency_minor": 0,
        "currency": "usd",
        "reason": "Redeemed by mistake",
    }
    assert [entry.action for entry in of_subject("voucher", voucher.public_id)] == [
        "voucher.redeemed",
        "voucher.redemption_undone",
    ]
    assert redeem(voucher, store, bo, now=later)


def test_v3_the_window_is_an_hour_and_its_end_is_exclusive(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    redemption = redeem(voucher, store, bo, now=now)

    with pytest.raises(refusals.UndoTooLate) as refused:
        undo(redemption, now=now + timedelta(minutes=60))
    assert refused.value.data == {"undo_until_at": now + timedelta(minutes=60)}
    voucher.refresh_from_db()
    assert voucher.state == Voucher.State.REDEEMED
    assert not OutboxEvent.objects.filter(kind="voucher.redemption_undone").exists()


def test_v3_the_window_is_a_setting(voucher: Voucher, store: Store, bo: User, now: datetime, settings: Any) -> None:
    settings.VOUCHER_UNDO_MINUTES = 5
    redemption = redeem(voucher, store, bo, now=now)

    assert rules.undo_until(redemption) == now + timedelta(minutes=5)
    with pytest.raises(refusals.UndoTooLate):
        undo(redemption, now=now + timedelta(minutes=5))


def test_v4_the_eleventh_redemption_stands(voucher: Voucher, store: Store, bo: User, now: datetime) -> None:
    for _cycle in range(10):
        undo(redeem(voucher, store, bo, now=now), now=now)
    last = redeem(voucher, store, bo, now=now)

    with pytest.raises(refusals.UndoLimitReached):
        undo(last, now=now)
    assert voucher.redemptions.count() == 11
    assert voucher.redemptions.filter(undone_at__isnull=True).count() == 1


def test_an_undo_sent_twice_is_one(voucher: Voucher, store: Store, bo: User, now: datetime) -> None:
    redemption = redeem(voucher, store, bo, now=now)
    undo(redemption, now=now)

    again = undo(redemption, now=now + timedelta(minutes=3), reason="Another reason")

    assert (again.undone_at, again.undo_reason) == (now, "Redeemed by mistake")
    assert OutboxEvent.objects.filter(kind="voucher.redemption_undone").count() == 1


def test_a_late_second_undo_does_not_touch_the_next_redemption(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    first = redeem(voucher, store, bo, now=now)
    undo(first, now=now)
    redeem(voucher, store, bo, now=now)

    undo(first, now=now)

    voucher.refresh_from_db()
    assert voucher.state == Voucher.State.REDEEMED


def test_v5_the_key_of_an_undone_redemption_still_gets_its_redemption(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    first = redeem(voucher, store, bo, now=now, key="k" * 20)
    undo(first, now=now)

    assert redeem(voucher, store, bo, now=now, key="k" * 20) == first
    voucher.refresh_from_db()
    assert voucher.state == Voucher.State.ISSUED


@pytest.mark.parametrize("reason", ["", "   "])
def test_an_undo_needs_a_reason(voucher: Voucher, store: Store, bo: User, now: datetime, reason: str) -> None:
    redemption = redeem(voucher, store, bo, now=now)

    with pytest.raises(refusals.UndoReasonMissing):
        undo(redemption, now=now, reason=reason)
    assert Redemption.objects.get().undone_at is None


def test_v2_undone_after_its_window_the_voucher_is_expired(store: Store, bo: User, now: datetime) -> None:
    voucher = make_voucher(store, now=now, valid_days=None, valid_until_at=now + timedelta(minutes=10))
    redemption = redeem(voucher, store, bo, now=now + timedelta(minutes=9))
    later = now + timedelta(minutes=20)

    undo(redemption, now=later)

    assert queries.ticket(voucher.public_id, now=later).face == "expired"
    with pytest.raises(refusals.Expired):
        redeem(voucher, store, bo, now=later)


def test_an_unknown_redemption_cannot_be_undone(now: datetime) -> None:
    with pytest.raises(refusals.UnknownCode):
        operations.undo(redemption_public_id="0" * 26, reason="Why not", by=BO, now=now)


def test_a_refund_is_told_once_and_blocks_the_voucher(voucher: Voucher, store: Store, bo: User, now: datetime) -> None:
    for _time in range(2):
        refunded = operations.mark_refunded(voucher=voucher.public_id, refund="refund-1", by=BO, now=now)

    assert (refunded.state, refunded.refunded_at) == (Voucher.State.REFUNDED, now)
    event = OutboxEvent.objects.get(kind="voucher.refunded")
    assert {key: event.payload[key] for key in ("voucher", "amount_minor", "currency", "refund")} == {
        "voucher": voucher.public_id,
        "amount_minor": 2400,
        "currency": "usd",
        "refund": "refund-1",
    }
    with pytest.raises(refusals.Refunded):
        operations.mark_refunded(voucher=voucher.public_id, refund="refund-2", by=BO, now=now)
    with pytest.raises(refusals.Refunded):
        redeem(voucher, store, bo, now=now)


def test_x2_an_expired_voucher_can_be_refunded_and_a_used_one_cannot(
    voucher: Voucher, store: Store, bo: User, now: datetime
) -> None:
    expired = make_voucher(store, now=now)
    redeem(voucher, store, bo, now=now)

    assert (
        operations.mark_refunded(voucher=expired.public_id, refund="r", by=BO, now=expired.valid_until_at).state
        == "refunded"
    )
    with pytest.raises(refusals.AlreadyUsed):
        operations.mark_refunded(voucher=voucher.public_id, refund="r", by=BO, now=now)
    voucher.refresh_from_db()
    assert voucher.state == Voucher.State.REDEEMED
