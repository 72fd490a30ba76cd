"""The shopper's pages: who sees a voucher, what it shows in each state, the calendar's file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.ledger import operations as ledger
from billing.ledger.operations import Entry, Leg
from saas.accounts.models import User
from saas.kernel.ids import public_id
from storefront.orders import access
from storefront.orders.models import Order
from storefront.stores.models import Store
from storefront.vouchers import calendar, codes, operations, queries
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import on_platform
from tests.storefront.vouchers.making import BO, issue, make_deal, make_order, make_store, make_voucher, redeem


@pytest.fixture(autouse=True)
def at_now(now: datetime) -> Iterator[Any]:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def store(mall: Any) -> Store:
    return make_store()


@pytest.fixture
def mei(mall: Any) -> User:
    return User.objects.create_user("mei@example.com", None, name="Mei Lin")


@pytest.fixture
def vouchers(mei: User, store: Store, now: datetime) -> list[Voucher]:
    """Three vouchers of one order of Mei's."""
    order = make_order(make_deal(store, now=now), now=now, units=3)
    Order.objects.filter(pk=order.pk).update(shopper=mei)
    return issue(order, now=now)


@pytest.fixture
def phone(mall: Any, mei: User, client_for: Callable[..., Any]) -> Any:
    """Mei's phone, signed in."""
    return client_for(mall, mei)


def page_of(phone: Any, voucher: Voucher) -> str:
    response = phone.get(f"/vouchers/{voucher.public_id}/")
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_voucher_shows_its_qr_code_window_stores_and_siblings(phone: Any, vouchers: list[Voucher]) -> None:
    page = page_of(phone, vouchers[0])

    assert codes.code_for(vouchers[0]) in page
    assert "<svg" in page.partition('class="qr"')[2][:200]
    assert "Mill Lane" in page
    assert "1 of 3" in page
    assert "until " in page
    assert "Bowl of noodles" in page
    assert all(f"/vouchers/{other.public_id}/" in page for other in vouchers[1:])
    assert codes.code_for(vouchers[1]) not in page


def test_v7_a_used_voucher_shows_when_and_where_and_no_qr_code(
    phone: Any, vouchers: list[Voucher], store: Store, bo: User, now: datetime
) -> None:
    redeem(vouchers[0], store, bo, now=now)

    page = page_of(phone, vouchers[0])

    assert 'class="ticket used"' in page
    assert "Mill Lane" in page
    assert "lucide" in page.partition('class="qr"')[2][:300] or "icon" in page.partition('class="qr"')[2][:300]
    assert "calendar.ics" not in page


def test_each_state_has_its_face(phone: Any, vouchers: list[Voucher], now: datetime, at_now: Any) -> None:
    operations.mark_refunded(voucher=vouchers[1].public_id, refund="r", by=BO, now=now)
    Voucher.objects.filter(pk=vouchers[2].pk).update(state=Voucher.State.REFUND_PENDING)

    assert 'class="ticket refunded"' in page_of(phone, vouchers[1])
    assert 'class="ticket frozen"' in page_of(phone, vouchers[2])
    assert 'class="ticket unused"' in page_of(phone, vouchers[0])
    Voucher.objects.filter(pk=vouchers[0].pk).update(valid_until_at=now + timedelta(days=1))
    at_now.move_to(now + timedelta(days=1))
    assert 'class="ticket expired"' in page_of(phone, vouchers[0])


def test_strangers_staff_and_guests_do_not_see_it(
    mall: Any, vouchers: list[Voucher], bo: User, client_for: Callable[..., Any]
) -> None:
    path = f"/vouchers/{vouchers[0].public_id}/"
    for client in (client_for(mall), client_for(mall, bo)):
        assert client.get(path).status_code == 404
        assert client.get(f"{path}calendar.ics").status_code == 404
    assert client_for(mall).get(f"/vouchers/{public_id()}/").status_code == 404


def test_a_guest_with_the_mails_link_sees_the_orders_vouchers(
    mall: Any, vouchers: list[Voucher], client_for: Callable[..., Any]
) -> None:
    guest = client_for(mall)
    guest.get(access.link_path(vouchers[0].line.order))

    assert codes.code_for(vouchers[0]) in page_of(guest, vouchers[0])
    assert "Two bowls of noodles" in guest.get("/vouchers/").content.decode()


def test_the_list_has_the_usable_ones_first(
    phone: Any, vouchers: list[Voucher], store: Store, bo: User, now: datetime
) -> None:
    redeem(vouchers[0], store, bo, now=now)
    page = phone.get("/vouchers/").content.decode()

    places = [page.index(voucher.public_id) for voucher in vouchers]
    assert places[0] > max(places[1:])
    assert codes.code_for(vouchers[1]) not in page


def test_the_list_of_a_stranger_says_how_to_find_ones_vouchers(
    mall: Any, vouchers: list[Voucher], client_for: Callable[..., Any]
) -> None:
    page = client_for(mall).get("/vouchers/").content.decode()

    assert "No vouchers yet" in page
    assert "Bought on another phone?" in page
    assert vouchers[0].public_id not in page


def test_pages_with_a_code_are_kept_out_of_shared_caches_and_search(phone: Any, vouchers: list[Voucher]) -> None:
    response = phone.get(f"/vouchers/{vouchers[0].public_id}/")

    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Robots-Tag"] == "noindex"


def test_the_list_costs_the_same_however_long_it_is(
    mei: User, vouchers: list[Voucher], store: Store, now: datetime
) -> None:
    with CaptureQueriesContext(connection) as few:
        assert len(queries.of_shopper(mei, now=now)) == 3
    for _order in range(3):
        more = make_order(make_deal(store, now=now), now=now, units=3)
        Order.objects.filter(pk=more.pk).update(shopper=mei)
        issue(more, now=now)
    with CaptureQueriesContext(connection) as many:
        assert len(queries.of_shopper(mei, now=now)) == 12

    assert len(many) == len(few)


def test_the_calendars_file_has_the_last_day_in_the_malls_time_and_no_code(
    phone: Any, vouchers: list[Voucher], now: datetime
) -> None:
    voucher = vouchers[0]
    response = phone.get(f"/vouchers/{voucher.public_id}/calendar.ics")
    lines = response.content.decode().replace("\r\n ", "").split("\r\n")

    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "DTSTART;VALUE=DATE:20261220" in lines  # bought on 20 November, valid for 30 days
    assert "DTEND;VALUE=DATE:20261221" in lines
    assert codes.bare_code_for(voucher) not in response.content.decode().replace(" ", "")


@pytest.mark.usefixtures("mall")
def test_the_calendars_file_escapes_and_folds_by_bytes(store: Store, now: datetime) -> None:
    voucher = make_voucher(store, now=now, title="面条，两碗; with tea, and a very long story\n" * 3)

    file = calendar.entry(queries.ticket(voucher.public_id, now=now), address="https://riverside.example/v/", now=now)

    assert all(len(line) <= 75 for line in file.split(b"\r\n"))
    assert rb"\; with tea\, and" in file.replace(b"\r\n ", b"")
    assert "面条，两碗" in file.decode().replace("\r\n ", "")


@pytest.mark.usefixtures("mall")
def test_a_voucher_that_begins_later_is_shown_as_not_valid_yet(store: Store, now: datetime) -> None:
    dates = {"valid_days": None, "valid_from_at": now + timedelta(days=1), "valid_until_at": now + timedelta(days=5)}

    assert queries.ticket(make_voucher(store, now=now, **dates).public_id, now=now).face == "early"


def test_the_shopper_follows_the_money_without_what_others_share(
    mall: Any, phone: Any, client_for: Callable[..., Any], vouchers: list[Voucher], now: datetime
) -> None:
    voucher = vouchers[0]
    at, order = f"/vouchers/{voucher.public_id}/money/", voucher.line.order.public_id
    assert "have not heard of the payment yet" in phone.get(at).content.decode()
    paid = Entry(
        "paid:r", mall.schema_name, "usd", [Leg("order_paid", "stripe_cash", "shopper_prepaid", 7200)], "", now
    )
    shares = [
        Leg("voucher_redeemed", "shopper_prepaid", "merchant_pending", 2328),
        Leg("commission", "shopper_prepaid", "commission", 72),
    ]
    used = Entry("redeemed:r", mall.schema_name, "usd", shares, "Bo", now, order=order, voucher=voucher.public_id)
    released = [Leg("earning_released", "merchant_pending", "merchant_available", 2328)]
    later = Entry("released:r", mall.schema_name, "usd", released, "", now, order=order, voucher=voucher.public_id)
    with on_platform():
        for number, entry in enumerate((replace(paid, order=order), used, later)):
            ledger.post(entry, journal_id=f"j{number}", now=now)
    page = phone.get(at).content.decode()
    assert page.index(">Paid<") < page.index(">Used<")
    assert "$24.00" in page
    for hidden in ("$0.72", "commission", "merchant", "Bo<"):
        assert hidden not in page.partition("<h1>")[2].partition("<footer")[0]
    assert client_for(mall).get(at).status_code == 404
