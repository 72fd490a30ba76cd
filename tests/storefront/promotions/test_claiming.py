"""A code at checkout: who may use it, what it takes off, and that its use is counted once (C4, C5, C7, C8, X8)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.kernel.actors import GUEST
from storefront.catalog.models import Category
from storefront.checkout import operations as checkout
from storefront.checkout import settling
from storefront.checkout.refusals import OrderNotPayable, PriceChanged, RequestChanged
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.promotions import refusals
from storefront.promotions.models import Promotion, PromotionUse
from storefront.vouchers.models import Voucher
from tests.factories import shop
from tests.factories.promotions import a_promotion

pytestmark = pytest.mark.usefixtures("mall")
State = PromotionUse.State


def paid(order: Order, now: datetime) -> Order:
    """Pay an order."""
    payment = shop.a_payment(order, now=now)
    return settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)


def test_a_code_takes_its_share_off_and_is_frozen_on_the_line_m10(now: datetime) -> None:
    promotion = a_promotion(now=now, platform_share_bp=2_500)
    order = shop.an_order(shop.a_deal(now=now), now=now, units=2, promotion_code=" spring20 ")
    line = order.lines.get()
    assert order.total_minor == 3_840
    assert (line.total_minor, line.discount_minor, line.platform_discount_minor) == (4_800, 960, 240)
    assert (line.platform_share_bp, line.promotion_code, line.promotion_id) == (2_500, "SPRING20", promotion.public_id)
    promotion.rate_bp = 100
    promotion.save()
    line.refresh_from_db()
    assert line.discount_minor == 960


def test_vouchers_cost_what_was_paid_and_the_commission_is_of_what_the_platform_adds_too(now: datetime) -> None:
    a_promotion(now=now, platform_share_bp=5_000)
    order = paid(shop.an_order(shop.a_deal(now=now), now=now, units=3, promotion_code="SPRING20"), now)
    rows = list(Voucher.objects.filter(line__order=order).order_by("position"))
    assert [one.price_minor for one in rows] == [1_920, 1_920, 1_920]
    assert [one.platform_discount_minor for one in rows] == [240, 240, 240]
    assert sum(one.commission_minor for one in rows) == 194  # 3 % of 64.80
    assert order.promotion_use.state == State.USED


def test_only_once_in_all_and_the_next_is_told_why_c4(now: datetime) -> None:
    a_promotion(now=now, uses_total=1)
    deal = shop.a_deal(now=now)
    shop.an_order(deal, now=now, promotion_code="SPRING20")
    with pytest.raises(refusals.UsedUp):
        shop.an_order(deal, now=now, promotion_code="SPRING20", email="li@example.com")
    assert Order.objects.count() == 1
    deal.refresh_from_db()
    assert deal.units_held == 1


def test_one_person_is_one_by_email_phone_and_account(now: datetime) -> None:
    a_promotion(now=now, uses_per_shopper=1)
    deal = shop.a_deal(now=now)
    shop.an_order(deal, now=now, promotion_code="SPRING20", phone="+14155550132")
    for same in ({"email": "mei@example.com"}, {"email": "other@example.com", "phone": "+14155550132"}):
        with pytest.raises(refusals.UsedByYou, match="once"):
            shop.an_order(deal, now=now, promotion_code="SPRING20", **same)
    shop.an_order(deal, now=now, promotion_code="SPRING20", email="other@example.com")


def test_the_budget_holds_what_it_says(now: datetime) -> None:
    a_promotion(now=now, budget_minor=900)
    deal = shop.a_deal(now=now)
    shop.an_order(deal, now=now, promotion_code="SPRING20")
    with pytest.raises(refusals.UsedUp):
        shop.an_order(deal, now=now, promotion_code="SPRING20", email="li@example.com")
    assert PromotionUse.objects.get().discount_minor == 480


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"state": Promotion.State.STOPPED}, refusals.CodeUnknown),
        ({"state": Promotion.State.PROPOSED}, refusals.CodeUnknown),
        ({"code": "OTHER"}, refusals.CodeUnknown),
        ({"starts_at": timedelta(hours=1)}, refusals.CodeNotYet),
        ({"ends_at": timedelta(0)}, refusals.CodeOver),
        ({"minimum_minor": 2_401}, refusals.BelowMinimum),
        ({"scope": "deals", "targets": ["another"]}, refusals.NotForThis),
        ({"scope": "categories", "targets": ["noodles"]}, refusals.NotForThis),
        ({"kind": "amount", "amount_minor": 2_360}, refusals.TooLittleLeft),
    ],
)
def test_each_refusal_has_its_sentence_and_holds_nothing(now: datetime, fields: dict[str, Any], refusal: Any) -> None:
    fields = {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    a_promotion(now=now, **fields)
    deal = shop.a_deal(now=now)
    with pytest.raises(refusal) as told:
        shop.an_order(deal, now=now, promotion_code="SPRING20")
    assert len(str(told.value)) > 15
    assert not Order.objects.exists()
    assert not PromotionUse.objects.exists()


def test_a_code_for_a_category_or_a_kind_or_a_deal_covers_it(now: datetime) -> None:
    category = Category.objects.create(name="Noodles", slug="noodles")
    deal = shop.a_deal(now=now, category=category)
    wanted = {"categories": "noodles", "deal_kinds": deal.kind, "deals": deal.public_id}
    for scope, target in wanted.items():
        a_promotion(now=now, code=f"FOR-{scope.upper()}", scope=scope, targets=[target])
        order = shop.an_order(deal, now=now, promotion_code=f"FOR-{scope.upper()}", email=f"{scope}@example.com")
        assert order.total_minor == 1_920


def test_a_first_order_only_is_not_a_second_one(now: datetime) -> None:
    a_promotion(now=now, is_first_order_only=True)
    deal = shop.a_deal(now=now)
    paid(shop.an_order(deal, now=now), now)
    with pytest.raises(refusals.OnlyFirstOrder):
        shop.an_order(deal, now=now, promotion_code="SPRING20")
    shop.an_order(deal, now=now, promotion_code="SPRING20", email="li@example.com")


def test_the_use_comes_back_when_the_order_is_cancelled_or_not_paid_in_time_x8(now: datetime) -> None:
    a_promotion(now=now, uses_total=1)
    deal = shop.a_deal(now=now)
    first = shop.an_order(deal, now=now, promotion_code="SPRING20")
    checkout.cancel(order_public_id=first.public_id, by=GUEST, now=now)
    second = shop.an_order(deal, now=now, promotion_code="SPRING20")
    checkout.release(order_public_id=second.public_id, now=second.held_until_at)
    assert [one.state for one in PromotionUse.objects.all()] == [State.RELEASED, State.RELEASED]
    shop.an_order(deal, now=second.held_until_at, promotion_code="SPRING20")


def test_a_claim_whose_time_is_up_is_given_to_the_next_and_a_late_payment_goes_back_c8(now: datetime) -> None:
    a_promotion(now=now, uses_total=1)
    deal = shop.a_deal(now=now)
    first = shop.an_order(deal, now=now, promotion_code="SPRING20")
    payment = shop.a_payment(first, now=now)
    first.refresh_from_db()
    late = first.held_until_at
    second = shop.an_order(deal, now=late, promotion_code="SPRING20", email="li@example.com")
    settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=late)
    payment.refresh_from_db()
    first.refresh_from_db()
    assert (payment.state, first.state) == (Payment.State.RETURNING, Order.State.EXPIRED)
    assert paid(second, late).state == Order.State.PAID
    deal.refresh_from_db()
    assert (deal.units_held, deal.units_sold) == (0, 1)


def test_a_late_payment_claims_its_use_anew_while_it_is_free_x8(now: datetime) -> None:
    a_promotion(now=now, uses_total=1)
    order = shop.an_order(shop.a_deal(now=now), now=now, promotion_code="SPRING20")
    payment = shop.a_payment(order, now=now)
    order.refresh_from_db()
    checkout.release(order_public_id=order.public_id, now=order.held_until_at)
    late = order.held_until_at + timedelta(minutes=1)
    settled = settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=late)
    assert (settled.state, PromotionUse.objects.get().state) == (Order.State.PAID, State.USED)


def test_a_late_payment_after_the_promotion_is_over_goes_back_x8(now: datetime) -> None:
    promotion = a_promotion(now=now)
    order = shop.an_order(shop.a_deal(now=now), now=now, promotion_code="SPRING20")
    payment = shop.a_payment(order, now=now)
    order.refresh_from_db()
    checkout.release(order_public_id=order.public_id, now=order.held_until_at)
    Promotion.objects.filter(pk=promotion.pk).update(ends_at=order.held_until_at)
    late = order.held_until_at + timedelta(minutes=1)
    settled = settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=late)
    payment.refresh_from_db()
    assert (settled.state, payment.state) == (Order.State.EXPIRED, Payment.State.RETURNING)
    assert PromotionUse.objects.get().state == State.RELEASED


def test_settling_twice_counts_a_use_once_c7(now: datetime) -> None:
    a_promotion(now=now, uses_total=2)
    order = shop.an_order(shop.a_deal(now=now), now=now, promotion_code="SPRING20")
    payment = shop.a_payment(order, now=now)
    for _time in range(3):
        settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=now)
    assert PromotionUse.objects.count() == 1
    shop.an_order(order.lines.get().deal, now=now, promotion_code="SPRING20", email="li@example.com")


def test_stopping_a_promotion_leaves_orders_that_are_being_paid_as_they_are(now: datetime) -> None:
    promotion = a_promotion(now=now)
    order = shop.an_order(shop.a_deal(now=now), now=now, promotion_code="SPRING20")
    Promotion.objects.filter(pk=promotion.pk).update(state=Promotion.State.STOPPED)
    assert paid(order, now).total_minor == 1_920


def test_more_to_pay_than_the_page_showed_is_refused(now: datetime) -> None:
    a_promotion(now=now)
    with pytest.raises(PriceChanged):
        shop.an_order(shop.a_deal(now=now), now=now, promotion_code="SPRING20", total_minor=1_919)
    assert not PromotionUse.objects.exists()


def test_the_same_form_with_another_code_is_another_wish(now: datetime) -> None:
    a_promotion(now=now)
    deal = shop.a_deal(now=now)
    wish = shop.a_purchase(deal, promotion_code="SPRING20")
    first = checkout.reserve(purchase=wish, by=GUEST, now=now)
    assert checkout.reserve(purchase=wish, by=GUEST, now=now).pk == first.pk
    with pytest.raises(RequestChanged):
        checkout.reserve(purchase=shop.a_purchase(deal, request_key=wish.request_key), by=GUEST, now=now)
    assert PromotionUse.objects.count() == 1


def test_what_costs_nothing_is_fulfilled_without_a_payment_once(now: datetime) -> None:
    a_promotion(now=now, rate_bp=10_000)
    order = shop.an_order(shop.a_deal(now=now), now=now, units=2, promotion_code="SPRING20")
    assert order.total_minor == 0
    for _time in range(2):
        settling.settle_free(order_public_id=order.public_id, now=now)
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert [one.price_minor for one in Voucher.objects.filter(line__order=order)] == [0, 0]
    assert not Payment.objects.exists()


def test_what_costs_something_is_never_free(now: datetime) -> None:
    order = shop.an_order(shop.a_deal(now=now), now=now)
    with pytest.raises(OrderNotPayable):
        settling.settle_free(order_public_id=order.public_id, now=now)
    assert not Voucher.objects.exists()
