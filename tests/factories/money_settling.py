"""What the platform alone does with the money of `money.World`: release, settle, send, pay out; each beside the model."""

from datetime import datetime, timedelta

from billing.payouts import operations as payouts
from billing.payouts.operations import PayoutFacts
from billing.settlements import earnings
from billing.settlements import operations as settlements
from billing.settlements.models import Part, Settlement
from saas.kernel.actors import Actor
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.money_model import Model

FINANCE = Actor(kind="agency", name="Fay", public_id="f" * 26)
SECOND = Actor(kind="agency", name="Sam", public_id="s" * 26)


class Settling:
    """The platform's acts. Each takes a number that chooses among what is possible."""

    tenant: Tenant
    now: datetime
    model: Model
    serial: int
    unknown: int
    resolved: int

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
                    self._send(part)
                self.resolved += 1
            settlements.close(settlement_id=settlement.pk, now=self.now)
        self.model.unknown_minor = 0

    def _send(self, part: Part) -> None:
        settlements.note_sent(part_id=part.pk, transfer_id=f"tr_{part.public_id}", now=self.now)

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
