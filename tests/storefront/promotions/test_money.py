"""Who bears a discount, in the books: the merchant earns as if the platform's part had been paid (M1, M6, M10)."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing.gateway.models import ConnectedAccount
from billing.gateway.operations import RefundState
from billing.ledger import books
from billing.ledger.models import Account
from billing.payouts import operations as payouts
from billing.reconciliation import compare, gathering
from billing.settlements import earnings
from billing.settlements import operations as settlements
from billing.settlements.models import Charge, Part
from saas.kernel.actors import SYSTEM
from storefront.checkout import settling
from storefront.orders.models import Order
from storefront.refunds import following, refusals
from storefront.refunds import operations as refunds
from storefront.refunds.models import Refund
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.entrance import inside, on_platform
from tenants.relay import operations as relay
from tests.factories import shop
from tests.factories.money import BO, FINANCE
from tests.factories.promotions import a_promotion

Kind = Account.Kind


class Shop:
    """Riverside with a promotion: sells, redeems and tells the books. A unit costs 24.00, the commission is 3 %."""

    def __init__(self, tenant: Any, staff: Any, now: datetime) -> None:
        self.tenant, self.staff, self.now = tenant, staff, now
        self.before = self._balances()

    def sell(self, units: int = 1, **fields: Any) -> list[Voucher]:
        """Sell units with a promotion made of `fields`."""
        with inside(self.tenant):
            promotion = a_promotion(now=self.now, **fields)
            order = shop.an_order(shop.a_deal(now=self.now), now=self.now, units=units, promotion_code=promotion.code)
            if order.total_minor:
                payment = shop.a_payment(order, now=self.now)
                settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=self.now)
            else:
                settling.settle_free(order_public_id=order.public_id, now=self.now)
            found = list(Voucher.objects.filter(line__order=order).order_by("position"))
        self.tell()
        return found

    def redeem(self, voucher: Voucher, key: str = "") -> Redemption:
        """Use a voucher."""
        with inside(self.tenant):
            made = vouchers.redeem(
                voucher_public_id=voucher.public_id,
                store_id=voucher.deal.stores.get().pk,
                request_key=key or f"k-{voucher.public_id}",
                by=BO,
                staff=self.staff,
                now=self.now,
            )
        self.tell()
        return made

    def tell(self) -> None:
        """Carry what the mall told to the books."""
        relay.relay(schema=self.tenant.schema_name, now=self.now)

    def _balances(self) -> Counter[str]:
        with on_platform():
            return Counter({row.kind: row.balance_minor for row in books.trial_balance() if row.currency == "usd"})

    def moved(self) -> dict[str, int]:
        """Return how the books' balances changed since the start."""
        now = self._balances()
        return {str(kind): now[kind] - self.before[kind] for kind in now if now[kind] != self.before[kind]}

    def breaks(self) -> list[Any]:
        """Compare the mall's facts with the journals, as the daily check does."""
        since, schema = self.now - timedelta(days=1), self.tenant.schema_name
        with on_platform():
            side = gathering.mall_side(schema, since=since)
            booked = gathering.booked_facts(schema, {fact.key for fact in side.told.facts}, since=since)
        assert side.waiting == 0
        assert side.told.facts or not self.moved()
        found = compare.facts(schema=schema, told=side.told.facts, booked=booked, before=self.now + timedelta(days=1))
        prepaid = self._balances()[Kind.SHOPPER_PREPAID] - self.before[Kind.SHOPPER_PREPAID]
        assert side.told.open_minor == prepaid
        return found


@pytest.fixture
def sells(riverside: Any, bo: Any, now: datetime) -> Shop:
    """Return the shop."""
    with inside(riverside):
        shop.a_term(now=now - timedelta(hours=1), rate_bp=300)
    return Shop(riverside, bo, now)


def test_what_the_merchant_bears_lowers_the_earning_and_the_commission(sells: Shop) -> None:
    (voucher,) = sells.sell()
    sells.redeem(voucher)
    assert sells.moved() == {"stripe_cash": 1_920, "commission": 58, "merchant_pending": 1_862}
    assert sells.breaks() == []


def test_what_the_platform_bears_the_merchant_earns_all_the_same_m10(sells: Shop) -> None:
    (voucher,) = sells.sell(platform_share_bp=10_000)
    assert sells.moved() == {"stripe_cash": 1_920, "shopper_prepaid": 1_920}
    sells.redeem(voucher)
    assert sells.moved() == {
        "stripe_cash": 1_920,
        "promotions": 480,
        "commission": 72,  # 3 % of 24.00, as without a discount
        "merchant_pending": 2_328,
    }
    assert sells.breaks() == []


def test_what_is_shared_is_borne_by_both(sells: Shop) -> None:
    for voucher in sells.sell(units=3, platform_share_bp=2_500):
        sells.redeem(voucher)
    moved = sells.moved()
    assert moved["promotions"] == 360  # a quarter of 14.40
    assert moved["commission"] == 184  # 3 % of 57.60 + 3.60, rounded
    assert moved["merchant_pending"] == 6_120 - 184
    assert sells.breaks() == []


def test_an_undone_use_gives_the_platforms_part_back_and_can_be_used_again(sells: Shop) -> None:
    (voucher,) = sells.sell(platform_share_bp=5_000)
    made = sells.redeem(voucher)
    with inside(sells.tenant):
        vouchers.undo(redemption_public_id=made.public_id, reason="wrong guest", by=BO, now=sells.now)
    sells.tell()
    assert sells.moved() == {"stripe_cash": 1_920, "shopper_prepaid": 1_920}
    sells.redeem(voucher, key="again")
    assert sells.moved()["promotions"] == 240
    assert sells.breaks() == []


def refunded(sells: Shop, voucher: Voucher, *, used: bool) -> None:
    """Give a voucher's money back, and let Stripe say that it arrived."""
    with inside(sells.tenant):
        if used:
            made = refunds.ask(voucher_public_id=voucher.public_id, reason="cold", by=BO, now=sells.now)
            refunds.decide(refund_public_id=made.public_id, accept=True, answer="", by=BO, now=sells.now)
        else:
            refunds.request(voucher_public_id=voucher.public_id, reason="plans", by=BO, now=sells.now)
        row = Refund.objects.get(voucher=voucher)
        told = RefundState(refund_id=f"re_{voucher.public_id}", status="succeeded")
        following.follow(refund_public_id=row.public_id, told=told, now=sells.now)
    sells.tell()


def test_a_refund_gives_back_what_was_paid_and_the_code(sells: Shop) -> None:
    first, second = sells.sell(units=2, platform_share_bp=10_000)
    refunded(sells, first, used=False)
    assert sells.moved() == {"stripe_cash": 1_920, "shopper_prepaid": 1_920}
    refunded(sells, second, used=False)
    assert sells.moved() == {}
    with inside(sells.tenant):
        order = Order.objects.get(lines__vouchers=first)
        assert (order.state, order.promotion_use.state) == ("refunded", "released")
    assert sells.breaks() == []


def test_a_refund_of_a_used_one_takes_every_part_back_from_who_got_it(sells: Shop) -> None:
    (voucher,) = sells.sell(platform_share_bp=10_000)
    sells.redeem(voucher)
    refunded(sells, voucher, used=True)
    assert sells.moved() == {}
    with inside(sells.tenant):
        assert Order.objects.get(lines__vouchers=voucher).promotion_use.state == "used"


def test_a_commission_larger_than_what_was_paid_comes_out_of_the_platforms_part(sells: Shop) -> None:
    (voucher,) = sells.sell(kind="amount", amount_minor=2_350, platform_share_bp=10_000)
    sells.redeem(voucher)
    assert sells.moved() == {"stripe_cash": 50, "promotions": 2_350, "commission": 72, "merchant_pending": 2_328}
    assert sells.breaks() == []


@pytest.mark.parametrize(("share_bp", "earned"), [(0, 0), (10_000, 2_328)])
def test_a_free_voucher_is_used_undone_and_never_refunded(sells: Shop, share_bp: int, earned: int) -> None:
    (voucher,) = sells.sell(rate_bp=10_000, platform_share_bp=share_bp)
    made = sells.redeem(voucher)
    assert sells.moved().get("merchant_pending", 0) == earned
    assert sells.breaks() == []
    with inside(sells.tenant):
        vouchers.undo(redemption_public_id=made.public_id, reason="wrong guest", by=BO, now=sells.now)
        with pytest.raises(refusals.NothingPaid):
            refunds.request(voucher_public_id=voucher.public_id, reason="plans", by=BO, now=sells.now)
    sells.tell()
    assert sells.moved() == {}
    assert sells.breaks() == []


def test_what_the_platform_adds_is_sent_out_of_its_own_balance_and_never_out_of_the_charge(
    sells: Shop, now: datetime
) -> None:
    with on_platform():
        ConnectedAccount.objects.create(
            tenant_schema=sells.tenant.schema_name,
            account_id="acct_promo",
            can_receive=True,
            opened_at=now,
            read_at=now,
        )
        payouts.choose_schedule(schema=sells.tenant.schema_name, schedule="daily", by=SYSTEM, now=now)
    (voucher,) = sells.sell(platform_share_bp=10_000)
    sells.redeem(voucher)
    later = now + timedelta(days=8)
    with on_platform():
        assert earnings.release(schema=sells.tenant.schema_name, now=later) == 1
        run = settlements.propose(day=later.date(), now=later + timedelta(seconds=1))
        assert run is not None
        settlements.approve(run_public_id=run.public_id, seen_minor=2_328, by=FINANCE, now=later)
        settlement = settlements.claim(settlement_id=run.settlements.get().pk, now=later)
        parts = Part.objects.filter(settlement=settlement).order_by("is_borne")
        assert [(one.is_borne, one.amount_minor) for one in parts] == [(False, 1_848), (True, 480)]
        assert Charge.objects.get(pk=parts[0].charge_id).sent_minor == 1_848
    assert sells.moved()["payouts_in_transit"] == 2_328
