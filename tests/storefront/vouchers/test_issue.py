"""Issuing: one voucher for each unit, its validity in the mall's time, its exact part of the commission."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from saas.audit.queries import of_subject
from storefront.stores.models import Store
from storefront.vouchers import operations
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import ValidityPassed
from tests.storefront.vouchers.making import issue, make_deal, make_order, make_store

pytestmark = pytest.mark.usefixtures("mall")


@pytest.fixture
def store(mall: Any) -> Store:
    return make_store()


def test_v10_an_order_of_three_gets_three_vouchers(store: Store, now: datetime) -> None:
    order = make_order(make_deal(store, now=now), now=now, units=3)

    vouchers = issue(order, now=now)

    assert [voucher.position for voucher in vouchers] == [1, 2, 3]
    assert {voucher.state for voucher in vouchers} == {Voucher.State.ISSUED}
    assert {voucher.price_minor for voucher in vouchers} == {2400}
    assert [entry.action for entry in of_subject("order", order.public_id)] == ["voucher.issued"]


def test_issuing_again_returns_the_same_vouchers(store: Store, now: datetime) -> None:
    order = make_order(make_deal(store, now=now), now=now)

    first = issue(order, now=now)
    assert issue(order, now=now + timedelta(hours=1)) == first
    assert Voucher.objects.filter(line__order=order).count() == 2


@pytest.mark.parametrize(
    ("price_minor", "units", "terms", "shares"),
    [
        (2400, 2, {"commission_rate_bp": 800}, [192, 192]),
        (3333, 3, {"commission_rate_bp": 333}, [111, 111, 111]),
        (1001, 3, {"commission_rate_bp": 1000}, [100, 100, 100]),
        (1005, 3, {"commission_rate_bp": 1000}, [101, 101, 100]),
        (100, 4, {"commission_rate_bp": 100, "commission_minimum_minor": 30}, [8, 8, 7, 7]),
        (10_000, 2, {"commission_rate_bp": 5000, "commission_maximum_minor": 1501}, [751, 750]),
        (10, 2, {"commission_rate_bp": 0, "commission_minimum_minor": 50}, [10, 10]),
        (500, 1, {"commission_rate_bp": 0}, [0]),
    ],
)
def test_m8_the_units_shares_add_up_to_the_lines_commission(
    store: Store, now: datetime, price_minor: int, units: int, terms: dict[str, int], shares: list[int]
) -> None:
    order = make_order(make_deal(store, now=now, price_minor=price_minor), now=now, units=units, **terms)

    assert [voucher.commission_minor for voucher in issue(order, now=now)] == shares


def test_x10_days_are_whole_days_of_the_malls_calendar(mall: Any, store: Store) -> None:
    bought_at = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)  # 22:30 on the 20th in Los Angeles
    order = make_order(make_deal(store, now=bought_at, valid_days=30), now=bought_at, units=1)

    (voucher,) = issue(order, now=bought_at)

    assert voucher.valid_from_at == bought_at
    assert voucher.valid_until_at == datetime(2026, 12, 21, 0, 0, tzinfo=ZoneInfo(mall.time_zone))


def test_x10_a_day_keeps_its_length_over_the_change_of_the_clock(store: Store) -> None:
    bought_at = datetime(2026, 10, 31, 19, 0, tzinfo=UTC)
    order = make_order(make_deal(store, now=bought_at, valid_days=1), now=bought_at, units=1)

    (voucher,) = issue(order, now=bought_at)

    assert voucher.valid_until_at == datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # midnight, after the clocks went back


def test_x10_fixed_dates_are_taken_as_they_are(store: Store, now: datetime) -> None:
    starts_at, ends_at = now + timedelta(days=3), now + timedelta(days=9)
    deal = make_deal(store, now=now, valid_days=None, valid_from_at=starts_at, valid_until_at=ends_at)

    (voucher,) = issue(make_order(deal, now=now, units=1), now=now)

    assert (voucher.valid_from_at, voucher.valid_until_at) == (starts_at, ends_at)


def test_a_voucher_that_would_be_over_is_not_issued(store: Store, now: datetime) -> None:
    order = make_order(make_deal(store, now=now, valid_days=None, valid_until_at=now + timedelta(days=1)), now=now)

    with pytest.raises(ValidityPassed):
        issue(order, now=now + timedelta(days=1))
    assert not Voucher.objects.filter(line__order=order).exists()


def test_the_database_refuses_a_commission_above_the_price(store: Store, now: datetime) -> None:
    (voucher,) = issue(make_order(make_deal(store, now=now), now=now, units=1), now=now)

    with pytest.raises(IntegrityError, match="voucher_parts_within_worth"), transaction.atomic():
        Voucher.objects.filter(pk=voucher.pk).update(commission_minor=voucher.price_minor + 1)


def test_what_is_changed_in_the_deal_later_does_not_touch_sold_vouchers(store: Store, now: datetime) -> None:
    deal = make_deal(store, now=now)
    order = make_order(deal, now=now, units=1)
    deal.valid_days, deal.price_minor = 1, 9900
    deal.save()

    (voucher,) = operations.issue(order=order, now=now)

    assert voucher.price_minor == 2400
    assert voucher.valid_until_at > now + timedelta(days=29)
