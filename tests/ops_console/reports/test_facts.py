"""What came of it: pages looked at by day of the mall's calendar, orders, redemptions, and who came again."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from ops_console.reports import facts, visitors
from ops_console.reports.models import MallDay
from saas.kernel.actors import Actor
from storefront.checkout import settling
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tenants.footfall import taking
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import shop


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Begin and end with nothing counted."""
    taking.forget(taking.take().name)
    yield
    taking.forget(taking.take().name)


def test_views_are_kept_by_day_of_the_malls_calendar_and_unknown_hosts_are_dropped(
    riverside: Any, now: datetime
) -> None:
    Tenant.objects.filter(pk=riverside.pk).update(time_zone="Asia/Shanghai")
    quarter = int(datetime.fromisoformat("2026-11-20T15:45:00+00:00").timestamp()) // 900
    for number, host in ((quarter, "riverside.localhost"), (quarter + 1, "riverside.localhost"), (quarter, "made.up")):
        taking.add({f"{number}|{host}": 10, f"{number}|{host}|visit": 4})
    assert visitors.keep(now=now) == 2
    assert visitors.keep(now=now) == 0
    days = MallDay.objects.order_by("day").values_list("tenant_id", "day", "views", "visits")
    assert list(days) == [(riverside.pk, date(2026, 11, 20), 10, 4), (riverside.pk, date(2026, 11, 21), 10, 4)]
    taking.add({f"{quarter}|riverside.localhost": 5})
    visitors.keep(now=now)
    assert MallDay.objects.get(day=date(2026, 11, 20)).views == 15


def test_a_batch_of_views_is_added_once_although_two_runs_overlap_or_one_was_cut_off(
    riverside: Any, now: datetime
) -> None:
    """The first run is stopped before it forgets; another takes the same batch again."""
    quarter = int(now.timestamp()) // 900
    taking.add({f"{quarter}|riverside.localhost": 10})
    taken = taking.take()
    assert visitors._write(taken.name, *visitors._by_day(taken.looked), now=now)
    taking.add({f"{quarter}|riverside.localhost": 5})
    assert visitors.keep(now=now) == 0, "the batch stands in the days already"
    assert visitors.keep(now=now) == 1
    assert MallDay.objects.get().views == 15


def redeemed(deal: Any, *, email: str, at: datetime, staff: Any) -> None:
    """Sell one voucher and use it, both at an instant."""
    order = shop.an_order(deal, now=at, email=email)
    payment = shop.a_payment(order, now=at)
    settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=at)
    voucher = Voucher.objects.get(line__order=order)
    vouchers.redeem(
        voucher_public_id=voucher.public_id,
        store_id=deal.stores.get().pk,
        request_key=voucher.public_id,
        by=Actor(kind="merchant", name="Bo"),
        staff=staff,
        now=at,
    )


def test_orders_redemptions_and_second_visits_stand_on_their_days(riverside: Any, bo: Any, now: datetime) -> None:
    today = now.date()
    with inside(riverside):
        deal = shop.a_deal(now=now - timedelta(days=30))
        for days, email in ((9, "ann@x.example"), (1, "Ann@x.example"), (1, "bea@x.example"), (0, "bea@x.example")):
            at = now - timedelta(days=days)
            redeemed(deal, email=email, at=at, staff=bo)
    found = facts.of_mall(riverside, first=today - timedelta(days=2), until=today + timedelta(days=1))
    rows = [(day.orders, day.redemptions, day.guests, day.again) for day in found]
    assert rows == [(0, 0, 0, 0), (2, 2, 2, 1), (1, 1, 1, 1)]
    assert found[1].sales_minor == 2 * found[2].sales_minor > 0
