"""A shopper takes their data along and ends their account (A8, I12)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import RequestFactory

from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from saas.kernel.outbox.models import OutboxEvent
from storefront.checkout.mails import tell_paid
from storefront.checkout.refusals import PersonalLimit
from storefront.checkout.settling import settle
from storefront.home import leaving
from storefront.mailings import operations as mailings
from storefront.mailings.models import Consent
from storefront.orders import access, spent
from storefront.orders.models import Order, SpentLimit
from storefront.payments.models import Payment
from storefront.promotions.refusals import OnlyFirstOrder, UsedByYou
from storefront.vouchers.models import Voucher
from tenants.erasure import people
from tenants.erasure.models import EndedPerson
from tenants.isolation.entrance import inside, on_platform
from tenants.relay.events import Event
from tests.factories import shop
from tests.factories.promotions import a_promotion

MEI = "mei@example.com"


@pytest.fixture
def mei(mall: Any) -> User:
    """Mei, with a proved address and a wish for news."""
    user = User.objects.create_user(MEI, name="Mei Lin", phone="+12025550117")
    EmailAddress.objects.create(user=user, email=MEI, verified=True, primary=True)
    mailings.give_consent(member=user, by=SYSTEM, now=clock.now())
    return user


@pytest.fixture
def hers(mall: Any, mei: User) -> Order:
    """Two vouchers that Mei bought signed in."""
    order = paid(units=2)
    Order.objects.filter(pk=order.pk).update(shopper=mei)
    order.refresh_from_db()
    return order


def paid(**fields: Any) -> Order:
    now = clock.now()
    payment = shop.a_payment(shop.an_order(shop.a_deal(now=now), now=now, **fields), now=now)
    return settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)


def came_in(client: Any, user: User) -> Any:
    """Let the session look as after a code just now."""
    request = RequestFactory().get("/")
    request.session = session = client.session
    record_authentication(request, user, method="code", email=MEI)
    session.save()
    return client


def test_a_shopper_takes_along_what_the_mall_holds_and_nobody_elses(
    mall: Any, mei: User, hers: Order, client_for: Any
) -> None:
    paid(email="bo@other.example", name="Bo Other")
    guest = paid()
    answer = client_for(mall, mei).get("/account/data/")
    assert answer["Content-Disposition"] == 'attachment; filename="my-data.json"'
    found = json.loads(answer.content)
    assert found["account"]["emails"] == [{"email": MEI, "is_proved": True, "is_primary": True}]
    assert found["news_by_mail"]["is_wanted"]
    assert sorted(one["number"] for one in found["orders"]) == sorted([hers.number, guest.number])
    own = next(one for one in found["orders"] if one["number"] == hers.number)
    assert [one["state"] for one in own["lines"][0]["vouchers"]] == ["issued", "issued"]
    assert "Other" not in answer.content.decode()
    link = own["link"].partition("localhost")[2].lstrip(":0123456789")
    assert client_for(mall).get(link).status_code == 302


def test_an_ended_account_says_nothing_of_its_person_and_the_vouchers_stay(
    mall: Any, mei: User, hers: Order, client_for: Any
) -> None:
    other, client = client_for(mall, mei), came_in(client_for(mall, mei), mei)
    page = client.get("/account/end/").content.decode()
    assert "2 unused vouchers" in page
    assert hers.number in page
    assert client.post("/account/end/").status_code == 422
    assert client.post("/account/end/", {"sure": "1"}).headers["Location"] == "/"
    for one in (client, other):
        assert one.get("/account/").status_code == 302, "signed out everywhere"
    mei.refresh_from_db()
    hers.refresh_from_db()
    assert (mei.email, mei.phone, mei.name, mei.is_active) == (None, None, "", False)
    assert (hers.email, str(hers.phone or ""), hers.name, hers.state) == ("", "", "", Order.State.PAID)
    assert not EmailAddress.objects.filter(user=mei).exists()
    assert not Consent.objects.filter(member=mei).exists()
    assert Voucher.objects.filter(line__order=hers, state=Voucher.State.ISSUED).count() == 2
    tell_paid(hers)
    assert mail.outbox == [], "there is nobody to write to"
    assert AuditEntry.objects.get(action="person.ended").actor_name == mei.public_id
    guest = client_for(mall)
    assert guest.get(access.link_path(hers)).status_code == 302
    assert "Mei" not in guest.get(f"/orders/{hers.public_id}/").content.decode()


def test_limits_for_each_person_outlive_the_account_without_saying_whose(mall: Any, mei: User) -> None:
    """As guest, or in a new account by another address that is proved; a stranger is not held to them."""
    now = clock.now()
    for code, fields in (("ONCE", {"uses_per_shopper": 1}), ("FIRST", {"is_first_order_only": True})):
        a_promotion(now=now, code=code, **fields)
    deal, other = shop.a_deal(now=now, units_per_person=2), shop.a_deal(now=now)
    order = shop.an_order(deal, now=now, units=2, promotion_code="ONCE", email="typed@example.com", shopper_id=mei.pk)
    payment = shop.a_payment(order, now=now)
    settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    leaving.end(user=mei, now=now)
    assert not {MEI, "typed@example.com", order.public_id} & {
        str(one) for row in SpentLimit.objects.values() for one in row.values()
    }
    again = User.objects.create_user(MEI, name="Mei")
    EmailAddress.objects.create(user=again, email=MEI, verified=True, primary=True)
    for same in ({}, {"email": "typed@example.com"}, {"email": "new@example.com", "shopper_id": again.pk}):
        for bought, code, refusal in (
            (deal, "", PersonalLimit),
            (other, "ONCE", UsedByYou),
            (other, "FIRST", OnlyFirstOrder),
        ):
            with pytest.raises(refusal):
                shop.an_order(bought, now=now, promotion_code=code, **same)
    assert shop.an_order(deal, now=now, units=2, promotion_code="FIRST", email="stranger@example.com")
    assert Order.objects.count() == 2, "nothing else was placed"
    assert spent.forget(now=now + spent.MOST - timedelta(seconds=1)) == 0
    assert spent.forget(now=now + spent.MOST) > 0
    assert not SpentLimit.objects.exists()


def test_while_money_is_under_way_and_for_staff_nothing_ends(
    mall: Any, mei: User, alma: User, client_for: Any, now: datetime
) -> None:
    order = shop.an_order(shop.a_deal(now=clock.now()), now=clock.now())
    client = came_in(client_for(mall, mei), mei)
    assert order.number in client.get("/account/end/").content.decode()
    assert client.post("/account/end/", {"sure": "1"}).status_code == 422
    payment = shop.a_payment(order, now=clock.now())
    Order.objects.update(state=Order.State.EXPIRED)
    for state in ("pending", "returning", "quarantined"):  # late money, which bought nothing
        Payment.objects.filter(pk=payment.pk).update(state=state)
        with pytest.raises(leaving.MustWait):
            leaving.end(user=mei, now=now)
    with pytest.raises(leaving.WorksHere):
        leaving.end(user=alma, now=now)
    mei.refresh_from_db()
    alma.refresh_from_db()
    assert (mei.is_active, mei.email) == (True, MEI)
    assert alma.is_active
    assert not OutboxEvent.objects.filter(kind="person.ended").exists()


def test_whose_session_was_left_open_signs_in_again_before_the_end(mall: Any, mei: User, client_for: Any) -> None:
    answer = client_for(mall, mei).post("/account/end/", {"sure": "1"})
    assert answer.headers["Location"].startswith("/account/login/?next=%2Faccount%2Fend%2F")
    mei.refresh_from_db()
    assert mei.is_active


def test_an_archive_from_before_brings_nobody_back(riverside: Any, mei: User, hers: Order, now: datetime) -> None:
    """I12: the register on the platform ends the account again; whose id is not in it stays."""
    stays = User.objects.create_user("ola@example.com")
    with on_platform():
        for schema in ("a_copy", riverside.schema_name):  # in a copy first, whose people have the same ids
            assert people.ended_in(riverside, schemas=[riverside.schema_name]) == ()
            told = Event("e" * 26, schema, "person.ended", "", {"person": mei.public_id}, now)
            for _time in range(2):
                people.person_ended(told)
        assert set(EndedPerson.objects.values_list("ended_at", flat=True)) == {now}
        ended = people.ended_in(riverside, schemas=[riverside.schema_name])
    assert ended == (mei.public_id,)
    with inside(riverside):
        leaving.settle_restored(ended=ended, is_copy=False, now=now + timedelta(days=1))
        mei.refresh_from_db()
        hers.refresh_from_db()
        stays.refresh_from_db()
    assert (mei.email, mei.is_active, hers.email, stays.is_active) == (None, False, "", True)
