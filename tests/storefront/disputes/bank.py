"""The buyer's bank as the tests of disputes play it, and what they look at."""

from typing import Any

from billing.ledger.models import Account
from saas.kernel import clock
from saas.kernel.actors import Actor
from storefront.disputes.models import Dispute
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation.entrance import on_platform
from tests.stripe_sandbox import StripeSandbox

FAY = Actor(kind="agency", name="Fay", public_id="f" * 26)
ALMA = Actor(kind="merchant", name="Alma")
Kind = Account.Kind


class Bank:
    """Speaks to the sandbox's control and delivers what that tells."""

    def __init__(self, order: Order, stripe: StripeSandbox, platform: Any, run_tasks: Any) -> None:
        self.order, self.stripe, self.platform, self.run_tasks = order, stripe, platform, run_tasks
        intent = Payment.objects.get(order_public_id=order.public_id).payment_intent_id
        self.charge = stripe.client.v1.payment_intents.retrieve(intent).latest_charge
        self.told = 0

    def opens(self, **how: Any) -> Dispute:
        opened = self.stripe.control(f"charges/{self.charge}/dispute", **how)
        self.deliver()
        return Dispute.objects.get(stripe_dispute=opened["id"])

    def closes(self, dispute: Dispute, outcome: str) -> Dispute:
        self.stripe.control(f"disputes/{dispute.stripe_dispute}/close", outcome=outcome)
        self.deliver()
        return Dispute.objects.get(pk=dispute.pk)

    def deliver(self, *, backwards: bool = False) -> None:
        events = [one for one in self.stripe.events() if one["type"].startswith("charge.dispute.")]
        for event in reversed(events) if backwards else events:
            with self.run_tasks():
                assert self.stripe.deliver(self.platform, event) == 200


def use(voucher: Voucher, bo: Any, run_tasks: Any) -> Redemption:
    with run_tasks():
        return vouchers.redeem(
            voucher_public_id=voucher.public_id,
            store_id=voucher.deal.stores.get().pk,
            by=Actor(kind="merchant", name="Bo"),
            staff=bo,
            request_key=voucher.public_id,
            now=clock.now(),
        )


def balances() -> dict[str, int]:
    with on_platform():
        return {row.kind: row.balance_minor for row in Account.objects.exclude(balance_minor=0)}


def vouchers_of(order: Order) -> list[Voucher]:
    return list(Voucher.objects.filter(line__order=order).select_related("line", "deal").order_by("position"))
