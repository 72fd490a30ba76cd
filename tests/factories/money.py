"""
The whole money core beside a simple model of it: real orders, vouchers, relay, books and settlements of one mall, driven step by step.

The model keeps one word for each voucher and a few sums, and works out from them what every account must hold. After each step
`differences` compares: books with model, books with themselves, the mall's facts with the journals.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from billing.gateway.models import ConnectedAccount
from billing.gateway.operations import RefundState
from billing.ledger import books
from billing.ledger.models import Account
from billing.payouts import operations as payouts
from billing.payouts.operations import PayoutFacts
from billing.reconciliation import operations as reconciliation
from billing.settlements import earnings
from billing.settlements import operations as settlements
from billing.settlements.models import Part, Settlement
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.errors import DomainError
from saas.kernel.outbox import operations as outbox
from storefront.checkout import settling
from storefront.deals.models import Deal
from storefront.refunds import following
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

Kind = Account.Kind
BO = Actor(kind="merchant", name="Bo")
FINANCE = Actor(kind="agency", name="Fay", public_id="f" * 26)
SECOND = Actor(kind="agency", name="Sam", public_id="s" * 26)
PRICES = (1, 99, 1000, 2401)


@dataclass
class Unit:
    """A voucher in the model: where its money is, in one word."""

    public_id: str
    order: str
    price_minor: int
    commission_minor: int
    agency_minor: int = 0
    place: str = "open"
    """open, pending, released, claimed, refunded, taken_back, lapsed, lost"""
    redemption: str = ""
    redeemed_at: datetime | None = None
    settlement: int = 0

    @property
    def net_minor(self) -> int:
        """The merchant's part."""
        return self.price_minor - self.commission_minor - self.agency_minor


@dataclass
class Model:
    """What must be true, worked out anew from the units each time."""

    units: dict[str, Unit] = field(default_factory=dict)
    owed_minor: int = 0
    netted_minor: int = 0
    sent_minor: int = 0
    unknown_minor: int = 0
    """Part of what is sent of which nobody knows yet whether Stripe made the transfer."""
    paid_minor: int = 0
    unassigned_minor: int = 0
    disputed: dict[str, int] = field(default_factory=dict)
    goodwill_minor: int = 0

    def balances(self) -> dict[str, int]:
        """Return what each account must hold; zeros are left out."""
        at = Counter[str]()
        for unit in self.units.values():
            if unit.place == "open":
                at[Kind.SHOPPER_PREPAID] += unit.price_minor
            elif unit.place == "lapsed":
                at[Kind.BREAKAGE] += unit.price_minor
            elif unit.place in ("pending", "released", "claimed"):
                at[Kind.COMMISSION] += unit.commission_minor
                at[Kind.AGENCY_SHARE] += unit.agency_minor
                at[{"pending": Kind.MERCHANT_PENDING, "released": Kind.MERCHANT_AVAILABLE}.get(unit.place, "")] += (
                    unit.net_minor
                )
        del at[""]
        at[Kind.MERCHANT_RECEIVABLE] = self.owed_minor
        at[Kind.PAYOUTS_IN_TRANSIT] = self.sent_minor - self.paid_minor
        at[Kind.MERCHANT_STRIPE] = self.sent_minor - self.paid_minor - self.unknown_minor
        at[Kind.GOING_BACK] = self.unassigned_minor
        at[Kind.DISPUTES] = sum(self.disputed.values())
        at[Kind.GOODWILL] = self.goodwill_minor
        sides = Counter[str]()
        for kind, minor in at.items():
            sides["debit" if kind in Account.DEBIT_NORMAL else "credit"] += minor
        at[Kind.STRIPE_CASH] = sides["credit"] - sides["debit"]
        return {kind: minor for kind, minor in at.items() if minor}


class World:
    """One mall, its people, its model and the clock. Every act takes a number that chooses among what is possible; refusals are counted."""

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
                    PRICES,
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
        with on_platform():
            ConnectedAccount.objects.get_or_create(
                tenant_schema=tenant.schema_name,
                defaults={"account_id": "acct_world", "can_receive": True, "opened_at": now, "read_at": now},
            )
            payouts.choose_schedule(schema=tenant.schema_name, schedule="daily", by=SYSTEM, now=now)
            payouts.set_hold(schema=tenant.schema_name, days=1, by=SYSTEM, now=now)

    def step(self, act: str, choice: int) -> None:
        """Do one act, by name; tell the platform; a refusal changes nothing in the model."""
        self.serial += 1
        try:
            with inside(self.tenant):
                getattr(self, act)(choice)
            self.done[act] += 1
        except DomainError as refusal:
            self.refused[f"{act}:{refusal.code}"] += 1
        relay.relay(schema=self.tenant.schema_name, now=self.now)

    def _pick(self, choice: int, *places: str) -> Unit | None:
        found = [
            unit
            for unit in self.model.units.values()
            if unit.place in places and unit.order not in self._disputed_orders and not self.done[unit.public_id]
        ]
        return found[choice % len(found)] if found else None

    @property
    def _disputed_orders(self) -> set[str]:
        return {key.split("/")[1] for key, minor in self.model.disputed.items() if minor}

    def buy(self, choice: int) -> None:
        """Order one to three units and pay."""
        deal, units = self.deals[choice % len(self.deals)], choice % 3 + 1
        order = shop.an_order(deal, now=self.now, units=units)
        payment = shop.a_payment(order, now=self.now)
        for _time in range(1 + choice % 2):  # webhook and return page
            settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=self.now)
        for row in Voucher.objects.filter(line__order=order):
            self.model.units[row.public_id] = Unit(
                row.public_id, order.public_id, row.price_minor, row.commission_minor
            )

    def pay_late(self, choice: int) -> None:
        """Pay a closed order: the money goes back, sometimes."""
        order = shop.an_order(self.deals[choice % len(self.deals)], now=self.now)
        payment = shop.a_payment(order, now=self.now)
        order.state = order.State.CANCELLED
        order.save()
        settling.settle(payment_reference=payment.reference, checkout_state=shop.told(payment), now=self.now)
        self.model.unassigned_minor += payment.amount_minor
        if choice % 3:
            settling.returned(payment_reference=payment.reference, refund=f"re_late_{self.serial}", now=self.now)
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
        refunds.request(
            voucher_public_id=unit.public_id, reason="changed plans", by=BO, now=self.now, beyond_policy=choice % 2 == 0
        )
        for _time in range(2):
            row = Refund.objects.get(voucher__public_id=unit.public_id)
            told = RefundState(refund_id=f"re_{unit.public_id}", status="succeeded")
            following.follow(refund_public_id=row.public_id, told=told, now=self.now)
        unit.place = "refunded"

    def refund_used(self, choice: int) -> None:
        """Give a used voucher's money back; the merchant or the platform bears it."""
        unit = self._pick(choice, "pending", "released", "claimed")
        if unit is None:
            return
        borne_by = "platform" if choice % 4 == 0 else "merchant"
        self._tell(
            "redemption.refunded", unit.order, **self._facts(unit), refund=f"re_u_{unit.redemption}", borne_by=borne_by
        )
        if borne_by == "platform":
            self.model.goodwill_minor += unit.price_minor
            self.done[unit.public_id] += 1
        else:
            self._take_back(unit, "taken_back")

    @staticmethod
    def _facts(unit: Unit) -> dict[str, Any]:
        return {
            "voucher": unit.public_id,
            "redemption": unit.redemption,
            "price_minor": unit.price_minor,
            "commission_minor": unit.commission_minor,
            "agency_minor": unit.agency_minor,
        }

    def _tell(self, kind: str, order: str, **payload: Any) -> None:
        from django.db import transaction

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
            key = f"dp_{self.serial}/{unit.order}/{unit.public_id}"
            self._tell("dispute.opened", unit.order, dispute=key, amount_minor=unit.price_minor)
            self.model.disputed[key] = unit.price_minor

    def _decide(self, key: str, *, is_won: bool) -> None:
        unit = self.model.units[key.split("/")[2]]
        amount_minor, self.model.disputed[key] = self.model.disputed[key], 0
        if is_won:
            self._tell("dispute.won", unit.order, dispute=key, amount_minor=amount_minor)
            return
        self._tell("dispute.lost", unit.order, dispute=key, amount_minor=amount_minor, vouchers=[self._facts(unit)])
        self._take_back(unit, "lost")

    def wait(self, choice: int) -> None:
        """Let time pass: minutes, hours or days."""
        self.now += (timedelta(minutes=20), timedelta(hours=5), timedelta(days=1), timedelta(days=9))[choice % 4]

    def lapse(self, choice: int) -> None:
        """Try to end a voucher's value."""
        unit = self._pick(choice, "open")
        if unit is not None and vouchers.lapse(voucher_public_id=unit.public_id, now=self.now):
            unit.place = "lapsed"

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
        )
        terms.add_term(draft=draft, by=SYSTEM, now=self.now)

    def release(self, choice: int) -> None:
        """Release what has waited long enough."""
        with on_platform():
            for _time in range(1 + choice % 2):
                earnings.release(schema=self.tenant.schema_name, now=self.now)
        self._note_releases()

    def _note_releases(self) -> None:
        for unit in self.model.units.values():
            if unit.place == "pending" and unit.redeemed_at and unit.redeemed_at + timedelta(days=1) <= self.now:
                unit.place = "released"

    def settle(self, choice: int) -> None:
        """Propose, approve and carry out the day's run; every second step of it may come twice."""
        with on_platform():
            run = settlements.propose(day=self.now.date(), now=self.now + timedelta(seconds=1))
            if run is None or run.state != run.State.PROPOSED:
                return
            seen_minor = sum(one.total_minor for one in run.settlements.all())
            settlements.approve(run_public_id=run.public_id, seen_minor=seen_minor, by=FINANCE, now=self.now)
            run.refresh_from_db()
            if run.state == run.State.SECOND:
                settlements.approve(run_public_id=run.public_id, seen_minor=seen_minor, by=SECOND, now=self.now)
            for one in run.settlements.all():
                for _time in range(1 + choice % 2):
                    self._claim(one)
                if choice % 3:
                    self._send_all()

    def resume(self, _choice: int) -> None:
        """Take up what was cut off between the claim and Stripe's answer (M16)."""
        with on_platform():
            self._send_all()

    def _send_all(self) -> None:
        for settlement in Settlement.objects.filter(
            state=Settlement.State.SENDING, tenant_schema=self.tenant.schema_name
        ):
            for part in Part.objects.filter(settlement=settlement):
                for _time in range(2):
                    settlements.note_sent(part_id=part.pk, transfer_id=f"tr_{part.public_id}", now=self.now)
                self.resolved += 1
            settlements.close(settlement_id=settlement.pk, now=self.now)
        self.model.unknown_minor = 0

    def _claim(self, settlement: Settlement) -> None:
        was = Settlement.objects.get(pk=settlement.pk).state
        claimed = settlements.claim(settlement_id=settlement.pk, now=self.now)
        settlements.close(settlement_id=settlement.pk, now=self.now)
        if was != Settlement.State.PROPOSED:
            return
        self.unknown += Part.objects.filter(settlement=settlement).count()
        earned_minor = 0
        for unit in self.model.units.values():
            if unit.place == "released":
                unit.place = "claimed"
                earned_minor += unit.net_minor
        netted_minor = min(earned_minor, self.model.owed_minor)
        self.model.owed_minor -= netted_minor
        self.model.sent_minor += earned_minor - netted_minor
        self.model.unknown_minor += earned_minor - netted_minor
        assert claimed.total_minor == earned_minor - netted_minor

    def pay_out(self, choice: int) -> None:
        """Stripe pays some of what is on its way to the bank; the bank may send it back (M15)."""
        left_minor = self.model.sent_minor - self.model.paid_minor - self.model.unknown_minor
        if not left_minor:
            return
        amount_minor = max(left_minor // (choice % 3 + 1), 1)
        facts = PayoutFacts(f"po_{self.serial}", amount_minor, "usd", "paid", "", None, self.now)
        with on_platform():
            for _time in range(2):
                payouts.note_payout(schema=self.tenant.schema_name, facts=facts, now=self.now)
            if choice % 5 == 0:
                failed = PayoutFacts(facts.payout_id, amount_minor, "usd", "failed", "account closed", None, self.now)
                payouts.note_payout(schema=self.tenant.schema_name, facts=failed, now=self.now)
                return
        self.model.paid_minor += amount_minor

    ACTS = (
        "buy",
        "buy",
        "buy",
        "redeem",
        "redeem",
        "redeem",
        "undo",
        "refund",
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

    def _books(self) -> Counter[str]:
        with on_platform():
            return Counter({row.kind: row.balance_minor for row in books.trial_balance()})

    def differences(self, *, is_full: bool = True) -> list[str]:
        """Return everything that is not as it must be; empty is right. Not full, the books are compared with the model only."""
        found = []
        now_held = self._books()
        now_held.subtract(self.books_at_start)
        held = {kind: minor for kind, minor in now_held.items() if minor}
        wanted = self.model.balances()
        if held != wanted:
            found.append(f"books {held} model {wanted}")
        if is_full:
            found += [f"{one.kind} {one.subject} {one.expected_minor} {one.found_minor}" for one in self._breaks()]
        return found

    def _breaks(self) -> list[Any]:
        compared = Counter[str]()
        later = self.now + 2 * reconciliation.GRACE
        with on_platform():
            inner = reconciliation._inner(compared)
            return inner + reconciliation._mall(self.tenant.schema_name, before=later, now=self.now, compared=compared)
