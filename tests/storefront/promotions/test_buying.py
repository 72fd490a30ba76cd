"""A code on the buy page, the hosted page, the order's page and the receipt; without JavaScript."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.ids import random_id
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.promotions.models import Promotion, PromotionUse
from storefront.refunds import operations as refunds
from storefront.refunds import together
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside
from tests.factories import shop
from tests.factories.buying import buy, form_of, paid_order
from tests.factories.promotions import a_promotion

ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture
def deal(riverside: Any, now: datetime) -> Any:
    """Return a deal at 24.00 on sale now."""
    with inside(riverside):
        return shop.a_deal(now=now)


@pytest.fixture
def client(riverside: Any, client_for: Any) -> Any:
    """Return a guest's browser."""
    return client_for(riverside)


def promoted(riverside: Any, **fields: Any) -> None:
    """Make a promotion that runs now."""
    with inside(riverside):
        a_promotion(now=clock.now(), **fields)


def test_applying_a_code_shows_what_it_takes_off_and_keeps_what_was_typed(
    riverside: Any, client: Any, deal: Any
) -> None:
    promoted(riverside)
    page = client.post(f"/deals/{deal.slug}/buy/", form_of(deal, promotion_code="spring20", apply="1"))
    text = page.content.decode()
    assert page.status_code == 200
    assert "SPRING20 is applied" in text
    assert "$9.60" in text
    assert "Pay $38.40" in text
    assert "Mei Lin" in text
    with inside(riverside):
        assert not Order.objects.exists()


def test_a_code_that_is_refused_is_told_beside_its_field_and_holds_nothing(
    riverside: Any, client: Any, deal: Any
) -> None:
    for send in ({"apply": "1"}, {}):
        page = client.post(f"/deals/{deal.slug}/buy/", form_of(deal, promotion_code="NOSUCH", **send))
        assert page.status_code == 422
        assert "We do not know this code" in page.content.decode()
    with inside(riverside):
        assert not Order.objects.exists()


def test_a_link_with_a_code_opens_the_page_with_it(riverside: Any, client: Any, deal: Any) -> None:
    promoted(riverside)
    page = client.get(f"/deals/{deal.slug}/buy/?units=2&code=SPRING20")
    assert "Pay $38.40" in page.content.decode()


def test_codes_cannot_be_guessed_for_long_v13(riverside: Any, client: Any, deal: Any, settings: Any) -> None:
    settings.PROMOTION_CODE_RATE = "2 per 10 minutes"
    promoted(riverside)
    address = f"2001:db8::{random_id(4)}"  # one that no earlier run has counted
    answers = [
        client.post(
            f"/deals/{deal.slug}/buy/", form_of(deal, promotion_code=code, apply="1"), REMOTE_ADDR=address
        ).content.decode()
        for code in ("A1", "B2", "SPRING20")
    ]
    assert ["do not know" in one for one in answers] == [True, True, False]
    assert "Too many codes were tried" in answers[2]


def test_it_is_paid_with_the_discount_and_stands_on_order_and_receipt(
    riverside: Any, client: Any, deal: Any, stripe: Any, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    promoted(riverside)
    with inside(riverside):
        order = paid_order(client, deal, stripe, run_tasks, promotion_code="SPRING20", total_minor=3840)
        payment = Payment.objects.get(order_public_id=order.public_id)
        assert (order.state, payment.amount_minor) == (Order.State.PAID, 3_840)
        assert [one.price_minor for one in Voucher.objects.filter(line__order=order)] == [1_920, 1_920]
    for path in (f"/orders/{order.public_id}/", f"/orders/{order.public_id}/receipt/"):
        text = client.get(path).content.decode()
        assert "with the code SPRING20" in text
        assert "$9.60" in text


def test_x9_a_part_goes_back_on_the_buyers_word_only_while_the_codes_minimum_stays(
    riverside: Any, client: Any, deal: Any, stripe: Any, run_tasks: Any
) -> None:
    """Three of 24.00 with a code for orders from 40.00: one goes back alone, the others together or as the shop decides."""
    promoted(riverside, minimum_minor=4_000)
    form = form_of(deal, units=3, promotion_code="SPRING20", apply="1")
    with override_settings(JURISDICTION="cn"):  # the law has all unused refunded there
        assert "for orders from $40.00" not in client.post(f"/deals/{deal.slug}/buy/", form).content.decode()
    assert "for orders from $40.00" in client.post(f"/deals/{deal.slug}/buy/", form).content.decode()
    with inside(riverside):
        order = paid_order(client, deal, stripe, run_tasks, units=3, promotion_code="SPRING20", total_minor=5_760)
        Promotion.objects.update(minimum_minor=0)  # what was bought keeps the minimum that it was bought with
        first, second, third = Voucher.objects.filter(line__order=order).order_by("pk")
    pages = [f"/orders/{order.public_id}/vouchers/{one.public_id}/refund/" for one in (first, second, third)]
    assert "for orders from $40.00" in client.get(f"/orders/{order.public_id}/").content.decode()
    assert client.post(pages[0]).status_code == 302
    for answer in (
        client.get(pages[1]),
        client.post(pages[1]),
        client.post(f"/orders/{order.public_id}/refund/", {"voucher": [second.public_id]}),
    ):
        assert "only $24.00 of it would stay" in answer.content.decode()
    with inside(riverside):
        assert [one.state for one in Voucher.objects.order_by("pk")] == ["refund_pending", "issued", "issued"]
        now = clock.now()
        assert together.problem(order.pk, [second.public_id, third.public_id], at=now) is None
        refunds.request(voucher_public_id=second.public_id, reason="Closed", by=ALMA, now=now, beyond_policy=True)
    assert client.post(pages[2]).status_code == 302  # nothing stays
    with inside(riverside):  # the right to withdraw stands above a code's condition
        Voucher.objects.filter(pk__in=[first.pk, second.pk]).update(state="issued")
        line = first.line
        line.offer["withdrawal_days"] = 14
        line.save()
        assert together.problem(order.pk, [first.public_id], at=now) is None
        assert together.problem(order.pk, [first.public_id], at=now + timedelta(days=20)) is not None
    for path in ("", "refund/"):
        assert "for orders from $40.00" not in client.get(f"/orders/{order.public_id}/{path}").content.decode()


def test_a_free_order_goes_straight_to_its_vouchers(
    riverside: Any, client: Any, deal: Any, run_tasks: Any, mailoutbox: list[Any]
) -> None:
    promoted(riverside, rate_bp=10_000)
    page = client.post(f"/deals/{deal.slug}/buy/", form_of(deal, promotion_code="SPRING20", apply="1"))
    assert "Get it for nothing" in page.content.decode()
    with inside(riverside):
        order = buy(client, deal, promotion_code="SPRING20", total_minor=0)
        with run_tasks():
            answer = client.get(f"/orders/{order.public_id}/pay/")
        assert f"/orders/{order.public_id}/" in answer["location"]
        order.refresh_from_db()
        assert (order.state, Payment.objects.count()) == (Order.State.PAID, 0)
        assert PromotionUse.objects.get().state == PromotionUse.State.USED
    assert len(mailoutbox) == 1
    page = client.get(f"/orders/{order.public_id}/").content.decode()
    assert "Your vouchers are ready" in page
