"""
The whole money core beside a simple model of it: real orders, vouchers, relay, books and settlements of one mall, driven step by step.

The model keeps one word for each voucher and a few sums, and works out from them what every account must hold. After each step
`differences` compares: books with model, books with themselves, the mall's facts with the journals.
"""

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from billing.gateway.models import ConnectedAccount
from billing.gateway.operations import RefundState
from billing.ledger.models import Account
from billing.payouts import operations as payouts
from billing.settlements import recovering
from billing.settlements.models import Recovery
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.outbox import operations as outbox
from storefront.checkout import settling
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import elsewhere, following
from storefront.refunds import operations as refunds
from storefront.refunds.models import Refund
from storefront.terms import operations as terms
from storefront.terms.operations import TermDraft
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant
from tenants.relay import operations as relay
from tests.factories import shop
from tests.factories.money_comparing import Comparing
from tests.factories.money_model import Model, Unit
from tests.factories.money_settling import FINANCE, SECOND, Settling
from tests.factories.promotions import a_promotion

__all__ = ["BO", "FINANCE", "SECOND", "Kind", "World", "play"]
Kind = Account.Kind
BO = Actor(kind="merchant", name="Bo")
# Acts of the platform alone: no mall tells anything after them.
SILENT = {"wait", "change_terms", "release", "settle", "resume", "pay_out"}


class World(Settling, Comparing):
    """
    One mall, its people, its model and the clock. Every act takes a number that chooses among what is possible; refusals are counted.

    What Stripe answers is made up here; in `money_at_stripe` it is asked.
    """

    PRICES = (1, 99, 1000, 2401)
    # Codes that a purchase may name: none, one that the merchant bears, one of which the platform bears 60 %.
    CODES = ("", "OURS", "", "", "", "MINE", "OURS")

    def __init__(self, tenant: Tenant, staff: User, now: datetime) -> None:
        self.tenant, self.staff, self.now = tenant, staff, now
        self.model = Model()
        self.done, self.refused = Counter[str](), Counter[str]()
        self.serial = self.unknown = self.resolved = 0
        self.books_at_start = self._books()
        with inside(tenant):
            self.deals = [
                shop.a_deal(now=now, price_minor=price, units_total=100_000, refund_policy=policy, valid_days=days)
                for price, policy, days in zip(
                    self.PRICES,
                    (
                        Deal.RefundPolicy.ANY_TIME,
                        Deal.RefundPolicy.FINAL,
                        Deal.RefundPolicy.UNTIL_EXPIRY,
                        Deal.RefundPolicy.ANY_TIME,
                    ),
                    (30, 2, 5, 90),
                    strict=True,
                )
            ]
            a_promotion(now=now, code="MINE", rate_bp=1_500)
            a_promotion(now=now, code="OURS", rate_bp=3_300, platform_share_bp=6_000, budget_minor=10**8)
        self._open_account()
        with on_platform():
            payouts.choose_schedule(schema=tenant.schema_name, schedule="daily", by=SYSTEM, now=now)
            payouts.set_hold(schema=tenant.schema_name, days=1, by=SYSTEM, now=now)

    def _open_account(self) -> None:
        with on_platform():
            ConnectedAccount.objects.get_or_create(
                tenant_schema=self.tenant.schema_name,
                defaults={"account_id": "acct_world", "can_receive": True, "opened_at": self.now, "read_at": self.now},
            )

    def step(self, act: str, choice: int) -> None:
        """Do one act, by name; tell the platform; a refusal changes nothing in the model."""
        self.serial += 1
        try:
            with inside(self.tenant):
                getattr(self, act)(choice)
            self.done[act] += 1
        except DomainError as refusal:
            self.refused[f"{act}:{refusal.code}"] += 1
        if act not in SILENT:
            relay.relay(schema=self.tenant.schema_name, now=self.now)

    def _pick(self, choice: int, *places: str) -> Unit | None:
        found = [
            unit
            for unit in self.model.units.values()
            if unit.place in places and unit.order not in self._out_of_bounds and not unit.is_goodwill
        ]
        return found[choice % len(found)] if found else None

    @property
    def _out_of_bounds(self) -> set[str]:
        return {key.split("/")[1] for key, minor in self.model.disputed.items() if minor}

    def buy(self, choice: int) -> None:
        """Order one to three units, with a promotion's code or without, and pay."""
        deal, units, code = self.deals[choice % len(self.deals)], choice % 3 + 1, self.CODES[choice % len(self.CODES)]
        order = shop.an_order(deal, now=self.now, units=units, promotion_code=code)
        self.done["discounted"] += bool(code)
        payment = self._paid(order)
        for _time in range(1 + choice % 2):  # webhook and return page
            self._look(payment)
        for row in Voucher.objects.filter(line__order=order):
            shares = (row.commission_minor, row.agency_minor, row.platform_discount_minor, row.commission_tax_minor)
            self.model.units[row.public_id] = Unit(row.public_id, order.public_id, row.price_minor, *shares)
            self.done["taxed"] += bool(row.commission_tax_minor)

    def _paid(self, order: Order) -> Payment:
        """Let the shopper pay."""
        return shop.a_payment(order, now=self.now)

    def _look(self, payment: Payment) -> None:
        """Settle by what Stripe says."""
        settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=self.now)

    def _give_back(self, payment: Payment) -> None:
        """Send money back that bought nothing."""
        settling.returned(payment_reference=payment.reference, refund=f"re_late_{self.serial}", now=self.now)

    def pay_late(self, choice: int) -> None:
        """Pay a closed order: the money goes back, sometimes."""
        order = shop.an_order(self.deals[choice % len(self.deals)], now=self.now)
        payment = self._paid(order)
        Order.objects.filter(pk=order.pk).update(state=Order.State.CANCELLED)
        self._look(payment)
        self.model.unassigned_minor += payment.amount_minor
        if choice % 3:
            self._give_back(payment)
            self.model.unassigned_minor -= payment.amount_minor

    def redeem(self, choice: int) -> None:
        """Use a voucher, twice with the same key."""
        unit = self._pick(choice, "open")
        if unit is None:
            return
        store = Voucher.objects.get(public_id=unit.public_id).deal.stores.get()
        for _time in range(2):
            made = vouchers.redeem(
                voucher_public_id=unit.public_id,
                store_id=store.pk,
                request_key=f"k-{self.serial}",
                by=BO,
                staff=self.staff,
                now=self.now,
            )
        unit.place, unit.redemption, unit.redeemed_at = "pending", made.public_id, self.now

    def undo(self, choice: int) -> None:
        """Undo a redemption, in time or too late."""
        unit = self._pick(choice, "pending", "released", "claimed")
        if unit is not None:
            vouchers.undo(redemption_public_id=unit.redemption, reason="wrong guest", by=BO, now=self.now)
            self._take_back(unit, "open")
            unit.redemption = ""

    def _take_back(self, unit: Unit, place: str) -> None:
        if unit.place == "claimed":
            self.model.owed_minor += unit.net_minor
        unit.place = place

    def refund(self, choice: int) -> None:
        """Give an unused voucher's money back: part of an order."""
        unit = self._pick(choice, "open", "lapsed")
        if unit is None:
            return
        is_lapsed = unit.place == "lapsed"
        refunds.request(
            voucher_public_id=unit.public_id, reason="changed plans", by=BO, now=self.now, beyond_policy=choice % 2 == 0
        )
        unit.place, unit.is_lapsed = "stuck", is_lapsed
        if self._refund(unit):
            unit.place = "refunded"

    def _refund(self, unit: Unit) -> bool:
        """Send a refund that was decided, and hear of it twice; tell whether the money went back."""
        row = self._refund_of(unit)
        told = RefundState(refund_id=f"re_{unit.public_id}_{row.tries}", status="succeeded")
        for _time in range(2):
            row = following.follow(refund_public_id=row.public_id, told=told, now=self.now)
        return row.state == Refund.State.BACK

    @staticmethod
    def _refund_of(unit: Unit) -> Refund:
        return Refund.objects.exclude(state=Refund.State.DECLINED).get(voucher__public_id=unit.public_id)

    def fail_refund(self, choice: int) -> None:
        """A refund that went back comes back from the bank; or one that did is sent again, or paid another way."""
        stuck = self._pick(choice, "stuck")
        if stuck is not None and choice % 4 == 1:
            elsewhere.pay(refund_public_id=self._refund_of(stuck).public_id, way="by bank", by=FINANCE, now=self.now)
            self.model.elsewhere[stuck.public_id], stuck.place = stuck.price_minor, "refunded"
            self.done["elsewhere"] += 1
            return
        if stuck is not None and choice % 2:
            refunds.send_again(refund_public_id=self._refund_of(stuck).public_id, by=BO, now=self.now)
            if self._refund(stuck):
                stuck.place = "refunded"
            return
        unit = self._pick(choice, "refunded")
        if unit is not None:
            row = self._refund_of(unit)
            if row.is_elsewhere:
                elsewhere.came_back(refund_public_id=row.public_id, reason="unknown account", by=FINANCE, now=self.now)
                del self.model.elsewhere[unit.public_id]
            else:
                self._fail_at_bank(row)
            unit.place = "stuck"

    def _fail_at_bank(self, row: Refund) -> None:
        told = RefundState(refund_id=row.stripe_refund, status="failed", failure="expired card")
        for _time in range(2):
            following.follow(refund_public_id=row.public_id, told=told, now=self.now)

    def refund_used(self, choice: int) -> None:
        """Give a used voucher's money back: the merchant does, on the shopper's wish, or the platform bears it."""
        unit = self._pick(choice, "pending", "released", "claimed")
        if unit is None:
            return
        if choice % 4 == 0:
            refund = self._goodwill(unit)
            self._tell("redemption.refunded", unit.order, **self._facts(unit), refund=refund, borne_by="platform")
            self.model.goodwill_minor += unit.price_minor
            unit.is_goodwill = True
            return
        wish = refunds.ask(voucher_public_id=unit.public_id, reason="cold", by=BO, now=self.now)
        refunds.decide(refund_public_id=wish.public_id, accept=True, answer="", by=BO, now=self.now)
        self._bring_back(unit, choice)
        if self._refund(unit):
            self._take_back(unit, "taken_back")
            self._note_recovered(unit)

    def _bring_back(self, unit: Unit, choice: int) -> None:
        """Before the shopper's money goes, bring back what was sent of the earning; now and then Stripe will not (M13)."""
        with on_platform():
            for _time in range(2):
                recovery = recovering.begin(redemption=unit.redemption, now=self.now)
                if recovery is None or recovery.state != Recovery.State.PLANNED:
                    continue
                if choice % 5 == 0:
                    recovering.note_refused(recovery_id=recovery.pk, detail="balance_insufficient", now=self.now)
                else:
                    recovering.note_done(recovery_id=recovery.pk, reversal_id=f"trr_{recovery.public_id}", now=self.now)

    def _note_recovered(self, unit: Unit) -> None:
        with on_platform():
            row = Recovery.objects.filter(earning__redemption=unit.redemption, state=Recovery.State.DONE).first()
        if row is not None:
            assert 0 < row.amount_minor <= unit.net_minor
            self.model.owed_minor -= row.amount_minor
            self.model.sent_minor -= row.amount_minor
            self.done["recovered"] += 1

    def _goodwill(self, unit: Unit) -> str:
        """Send the platform's own money for a used voucher, and return the refund."""
        return f"re_u_{unit.redemption}"

    @staticmethod
    def _facts(unit: Unit) -> dict[str, Any]:
        return {
            "voucher": unit.public_id,
            "redemption": unit.redemption,
            "price_minor": unit.price_minor,
            "commission_minor": unit.commission_minor,
            "commission_tax_minor": unit.tax_minor,
            "agency_minor": unit.agency_minor,
            "platform_discount_minor": unit.borne_minor,
        }

    def _tell(self, kind: str, order: str, **payload: Any) -> None:
        with transaction.atomic():
            outbox.tell(kind=kind, subject=order, payload={"order": order, "currency": "usd", **payload}, now=self.now)

    def dispute(self, choice: int) -> None:
        """A bank takes a used voucher's price back, or a dispute ends."""
        standing = [key for key, minor in self.model.disputed.items() if minor]
        if standing and choice % 2:
            self._decide(standing[choice % len(standing)], is_won=choice % 3 == 0)
            return
        unit = self._pick(choice, "pending", "released", "claimed")
        if unit is not None:
            dispute = self._withdrawn(unit)
            self._tell("dispute.opened", unit.order, dispute=dispute, amount_minor=unit.price_minor)
            self.model.disputed[f"{dispute}/{unit.order}/{unit.public_id}"] = unit.price_minor

    def _withdrawn(self, unit: Unit) -> str:
        """Let the bank take a voucher's price, and return the dispute."""
        return f"dp_{self.serial}"

    def _closed(self, dispute: str, *, is_won: bool) -> bool:
        """Let the bank decide, and tell whether it was won: it may have decided before."""
        return is_won

    def _decide(self, key: str, *, is_won: bool) -> None:
        unit, dispute = self.model.units[key.split("/")[2]], key.split("/", maxsplit=1)[0]
        is_won = self._closed(dispute, is_won=is_won)
        amount_minor, self.model.disputed[key] = self.model.disputed[key], 0
        if is_won:
            self._tell("dispute.won", unit.order, dispute=dispute, amount_minor=amount_minor)
            return
        self._tell("dispute.lost", unit.order, dispute=dispute, amount_minor=amount_minor, vouchers=[self._facts(unit)])
        self._take_back(unit, "lost")

    def wait(self, choice: int) -> None:
        """Let time pass: minutes, hours or days, and now and then so long that paid value may end."""
        waits = (timedelta(minutes=20), timedelta(hours=5), timedelta(days=1), timedelta(days=9))
        self.now += timedelta(days=400) if choice % 10 == 9 else waits[choice % 4]

    def lapse(self, choice: int) -> None:
        """Try to end the value of some vouchers, the oldest first."""
        units = [unit for unit in self.model.units.values() if unit.place == "open"]
        for unit in units[: choice % 4 + 1]:
            if vouchers.lapse(voucher_public_id=unit.public_id, now=self.now):
                unit.place = "lapsed"
                self.done["lapsed"] += 1

    def change_terms(self, choice: int) -> None:
        """Agree on another commission, for later orders only (M3)."""
        deal = self.deals[choice % len(self.deals)]
        draft = TermDraft(
            f"rule {self.serial}",
            choice % 40 * 100,
            self.now,
            ends_at=self.now + timedelta(hours=4),
            scope="deal",
            scope_id=deal.public_id,
            minimum_minor=choice % 2,
            maximum_minor=500,
            agency_rate_bp=choice % 3 * 50,
            tax_rate_bp=(0, 600, 1900)[choice % 3],
        )
        terms.add_term(draft=draft, by=SYSTEM, now=self.now)

    ACTS = (
        "buy",
        "buy",
        "buy",
        "redeem",
        "redeem",
        "redeem",
        "undo",
        "refund",
        "fail_refund",
        "refund_used",
        "pay_late",
        "dispute",
        "wait",
        "wait",
        "lapse",
        "change_terms",
        "release",
        "settle",
        "settle",
        "resume",
        "pay_out",
    )


def play(world: World, *, seed: int, steps: int) -> list[str]:
    """Play steps by the chance of `seed` until one differs, every tenth compared whole; return the first differences."""
    chance = random.Random(seed)
    for number in range(1, steps + 1):
        act, choice = chance.choice(world.ACTS), chance.randrange(60)
        world.step(act, choice)
        wrong = world.differences(is_full=number % 10 == 0 or number == steps)
        if wrong:
            return [f"seed {seed}, step {number}, {act} {choice}: {one}" for one in wrong]
    return []
