"""The money core beside its model with the sandbox in Stripe's place: payments, refunds, transfers, payouts and disputes are made there."""

from collections import Counter
from datetime import timedelta
from typing import Any

from billing.gateway import accounts
from billing.gateway import operations as gateway
from billing.gateway import payouts as stripe_payouts
from billing.gateway.accounts import AccountRequest
from billing.gateway.balance import charge_of_payment
from billing.payouts import queries as payout_queries
from billing.payouts import reading as payouts
from billing.reconciliation import operations as reconciliation
from billing.reconciliation import reading
from billing.settlements import sending
from billing.settlements.models import Part
from saas.accounts.models import User
from saas.kernel import clock
from storefront.checkout import paying
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.refunds import paying as refunding
from storefront.refunds.models import Refund
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.money import Kind, World
from tests.factories.money_model import Unit
from tests.stripe_sandbox import StripeSandbox

LONG, SOON = timedelta(days=3650), timedelta(seconds=5)


class StripeWorld(World):
    """One mall at the sandbox. Its clock is the machine's, ahead by what was waited; the sandbox's is the same."""

    PRICES = (60, 99, 1000, 2401)
    # What the platform bears goes out of its own balance at Stripe, which in a world of one mall seldom has it.
    CODES = ("", "", "MINE")

    def __init__(self, tenant: Tenant, staff: User, stripe: StripeSandbox) -> None:
        self.stripe, self.ahead = stripe, timedelta(0)
        self.lost_orders: set[str] = set()
        super().__init__(tenant, staff, clock.now())

    def _open_account(self) -> None:
        schema = self.tenant.schema_name
        request = AccountRequest(schema, self.tenant.name, "alma@riverside.example", "US", "usd")
        self.account_id = accounts.open_account(request, now=self.now).account_id
        self.stripe.control(f"accounts/{self.account_id}/onboard", outcome="complete")
        accounts.read_account(tenant_schema=schema, now=self.now)

    def step(self, act: str, choice: int) -> None:
        """Do one act at the present instant."""
        self.now = clock.now() + self.ahead
        super().step(act, choice)

    def wait(self, choice: int) -> None:
        """Let time pass here and at Stripe: money becomes available there, payouts arrive, banks decide; hear of the payouts."""
        length = (timedelta(minutes=20), timedelta(hours=5), timedelta(days=1), timedelta(days=9))[choice % 4]
        self.ahead += length
        self.now += length
        self.stripe.advance(length.total_seconds())
        self._read_payouts()

    def _read_payouts(self) -> None:
        with on_platform():
            payouts.read_payouts(schema=self.tenant.schema_name, now=self.now)
            account_id = payout_queries.account_ids()[self.tenant.schema_name]
        told = stripe_payouts.payouts_since(account_id=account_id, since=self.now - LONG)
        self.model.paid_minor = sum(one.amount_minor for one in told if one.status == "paid")

    def pay_out(self, choice: int) -> None:
        """The bank sends the latest payout back, or nothing happens (M15)."""
        told = stripe_payouts.payouts_since(account_id=self.account_id, since=self.now - timedelta(days=20))
        if told and choice % 3 == 0:
            self.stripe.control(f"payouts/{told[0].payout_id}/settle", outcome="failed")
        self._read_payouts()

    def _paid(self, order: Order) -> Payment:
        paying.open_page(order_public_id=order.public_id, now=self.now)
        payment = Payment.objects.get(order_public_id=order.public_id)
        self.stripe.pay(payment.session_id)
        return payment

    def _look(self, payment: Payment) -> None:
        paying.look_at(payment_reference=payment.reference, now=self.now)

    def _give_back(self, payment: Payment) -> None:
        for _time in range(2):
            paying.pay_back(payment_reference=payment.reference, now=self.now)

    def _refund(self, unit: Unit) -> bool:
        for _time in range(2):
            refunding.pay_back(voucher_public_id=unit.public_id, now=self.now)
        return self._refund_of(unit).state == Refund.State.BACK

    def _bring_back(self, unit: Unit, choice: int) -> None:
        """Paying back does it by itself."""

    def _fail_at_bank(self, row: Refund) -> None:
        self.stripe.control(f"refunds/{row.stripe_refund}/settle", outcome="failed")
        refunding.look_at(stripe_refund=row.stripe_refund, now=self.now)

    def _payment_of(self, unit: Unit) -> Payment:
        return Payment.objects.get(order_public_id=unit.order, state=Payment.State.PAID)

    def _goodwill(self, unit: Unit) -> str:
        request = gateway.RefundRequest(
            f"goodwill:{unit.redemption}",
            self.tenant.schema_name,
            self._payment_of(unit).payment_intent_id,
            unit.price_minor,
            "goodwill",
        )
        return gateway.refund(request, now=self.now).refund_id

    @property
    def _out_of_bounds(self) -> set[str]:
        # A charge is disputed once, and nothing of it goes back unless that was won.
        return super()._out_of_bounds | self.lost_orders

    def _withdrawn(self, unit: Unit) -> str:
        charge = charge_of_payment(self._payment_of(unit).payment_intent_id)
        made = self.stripe.control(f"charges/{charge.charge_id}/dispute", amount=unit.price_minor)
        self.lost_orders.add(unit.order)
        return str(made["id"])

    def _closed(self, dispute: str, *, is_won: bool) -> bool:
        self.stripe.control(f"disputes/{dispute}/close", outcome="won" if is_won else "lost")
        return bool(self.stripe.client.v1.disputes.retrieve(dispute).status == "won")

    def _send(self, part: Part) -> None:
        sending.send(part_id=part.pk, now=self.now)

    def _books(self) -> Counter[str]:
        # What Stripe keeps for itself is no part of the model; that it is booked, the comparison with Stripe tells.
        found = super()._books()
        found[Kind.STRIPE_CASH] += found.pop(Kind.STRIPE_FEES, 0)
        return found

    def _breaks(self) -> list[Any]:
        compared = Counter[str]()
        self.ahead += SOON  # Stripe books a charge a moment after it was paid
        self.stripe.advance(SOON.total_seconds())
        later = self.now + 2 * reconciliation.GRACE
        with on_platform():
            balance = reading._settled_balance(now=self.now)
            assert balance is not None, "Stripe's balance did not stand still"
            reading._name_late()
            found, _sums = reconciliation._cash(balance, later, compared)
        self.done["movements"] = compared["movements"]
        return super()._breaks() + found
