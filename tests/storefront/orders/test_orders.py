"""Who may see an order, claiming guests' orders, and what an order's page says."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import GUEST, Actor
from storefront.checkout import operations as checkout
from storefront.checkout.settling import settle
from storefront.orders import access, operations, queries
from storefront.orders.models import Order
from storefront.shoppers import queries as shoppers
from tenants.isolation.entrance import inside
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")


def a_paid_order(now: datetime, **fields: Any) -> Order:
    """Return a paid order of Mei's."""
    order = shop.an_order(shop.a_deal(now=now), now=now, **fields)
    payment = shop.a_payment(order, now=now)
    return settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)


@pytest.fixture
def mei(mall: Any, now: datetime) -> User:
    """Mei, who has an account and proved her address."""
    user = User.objects.create_user("mei@example.com", name="Mei Lin", joined_at=now)
    EmailAddress.objects.create(user=user, email="mei@example.com", verified=True, primary=True)
    return user


def test_the_mails_link_opens_the_order_in_any_browser_and_leads_to_a_clean_address(
    now: datetime, client_for: Any, riverside: Any
) -> None:
    order = a_paid_order(now)
    client = client_for(riverside)
    answer = client.get(access.link_path(order))
    assert answer["location"] == f"/orders/{order.public_id}/"
    shown = client.get(answer["location"])
    assert shown.status_code == 200
    assert shown["Referrer-Policy"] == "same-origin"
    assert "no-store" in shown["Cache-Control"]


def test_a_wrong_key_opens_nothing(now: datetime, client_for: Any, riverside: Any, hillside: Any) -> None:
    """T2: a key of another order, another mall or another purpose is no key."""
    order, other = a_paid_order(now), a_paid_order(now, email="cleo@example.com")
    with inside(hillside):
        foreign = access.link_path(order)
    keys = [
        access.link_path(other).split("/")[4],
        foreign.split("/")[4],
        "x",
        "é",
        access.link_path(order).split("/")[4][:-1],
    ]
    client = client_for(riverside)
    for key in keys:
        assert client.get(f"/orders/{order.public_id}/open/{key}/").status_code == 404
    assert client.get(f"/orders/{order.public_id}/").status_code == 404
    assert client_for(hillside).get(access.link_path(order)).status_code == 404


def test_the_owner_sees_the_order_when_signed_in(
    now: datetime, client_for: Any, riverside: Any, mei: User, bo: Any
) -> None:
    order = a_paid_order(now, shopper_id=mei.pk)
    assert client_for(riverside, user=mei).get(f"/orders/{order.public_id}/").status_code == 200
    assert client_for(riverside, user=bo).get(f"/orders/{order.public_id}/").status_code == 404


def test_a_browser_remembers_its_latest_orders(now: datetime) -> None:
    session: Any = {}
    order = shop.an_order(shop.a_deal(now=now), now=now)
    for number in range(70):
        order.public_id = f"{number:026}"
        access.remember(session, order)
    assert len(access.remembered(session)) == 60
    assert access.remembered(session)[-1] == f"{69:026}"


def test_the_receipt_shows_what_was_paid(now: datetime, client_for: Any, riverside: Any) -> None:
    order = a_paid_order(now, units=2)
    client = client_for(riverside)
    client.get(access.link_path(order))
    page = client.get(f"/orders/{order.public_id}/receipt/").content.decode()
    assert order.number in page
    assert "$48.00" in page
    assert "Fri, Nov 20, 2026, 12:00" in page


def test_what_was_bought_as_a_guest_is_claimed_by_a_proved_address(now: datetime, mei: User) -> None:
    order = a_paid_order(now)
    by = Actor(kind="shopper", name="Mei Lin", public_id=mei.public_id)
    claim = {"shopper": mei, "emails": ["MEI@example.com"], "phones": [], "by": by, "now": now}
    assert [one.pk for one in operations.claim(**claim)] == [order.pk]
    assert operations.claim(**claim) == []
    order.refresh_from_db()
    assert order.shopper_id == mei.pk
    assert AuditEntry.objects.filter(action="order.claimed", subject_id=order.public_id).count() == 1


def test_nothing_else_is_claimed(now: datetime, mei: User, bo: Any) -> None:
    others = a_paid_order(now, email="cleo@example.com")
    bos = a_paid_order(now, shopper_id=bo.pk)
    unpaid = shop.an_order(shop.a_deal(now=now), now=now)
    assert operations.claim(shopper=mei, emails=["mei@example.com", ""], phones=[""], by=GUEST, now=now) == []
    assert list(Order.objects.filter(pk__in=[others.pk, bos.pk, unpaid.pk], shopper=mei)) == []


def test_only_what_was_proved_counts_as_a_contact(mei: User) -> None:
    EmailAddress.objects.create(user=mei, email="other@example.com", verified=False)
    mei.phone = "+14155550132"
    mei.save()
    assert shoppers.contacts(mei) == shoppers.Contacts(("mei@example.com",), ())
    mei.phone_verified = True
    assert shoppers.contacts(mei).phones == ("+14155550132",)


def test_an_order_says_where_it_stands(now: datetime) -> None:
    order = shop.an_order(shop.a_deal(now=now), now=now)
    assert queries.order_view(order, at=now).status.word == "Waiting for payment"
    assert queries.order_view(order, at=now).held_until == "12:35\xa0PM"
    late = queries.order_view(order, at=order.held_until_at)
    assert (late.status.word, late.can_pay) == ("Not paid in time", False)
    cancelled = checkout.cancel(order_public_id=order.public_id, by=GUEST, now=now)
    assert queries.order_view(cancelled, at=now).status.word == "Cancelled"


def test_a_paid_order_says_how_much_of_it_is_left(now: datetime) -> None:
    order = a_paid_order(now, units=2)
    view = queries.order_view(order, at=now)
    assert (view.status.word, view.is_settled, view.can_pay) == ("Paid", True, False)
    assert [row.words for row in view.lines[0].vouchers] == ["Valid until Sun, Dec 20, 2026"] * 2
    order.lines.get().vouchers.filter(position=1).update(state="redeemed")
    assert queries.order_view(order, at=now).status.text == "1 of 2 vouchers are left."
    expired = queries.order_view(order, at=now + timedelta(days=60))
    assert expired.status.word == "Used"
    assert [event.title for event in view.timeline] == ["Order placed", "Paid", "Vouchers issued"]
