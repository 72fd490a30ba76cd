"""Settlement runs in the console: what is proposed and what is left out, one or two approvals, refusals, what Stripe said."""

from datetime import timedelta
from smtplib import SMTPException
from typing import Any, ClassVar

import pytest
from celery.exceptions import Retry
from django.core import mail
from django.core.mail.backends import locmem

from billing.gateway.models import ConnectedAccount
from billing.payouts import operations as payouts
from billing.settlements import operations, preview
from billing.settlements.models import Earning, Part, Settlement, SettlementRun
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.isolation.entrance import on_platform
from tests.factories.money import FINANCE, World

State = SettlementRun.State
PAGES = ["finance/", "finance/runs/", "finance/payouts/", "finance/payouts/malls/"]


@pytest.mark.parametrize("page", PAGES)
def test_only_finance_and_admins_see_money_a3(
    client_for: Any, mei: Any, nobody: Any, tomas: Any, ada: Any, page: str
) -> None:
    assert client_for(None).get(f"/ops/{page}").status_code == 302
    for person, status in ((mei, 403), (nobody, 403), (tomas, 200), (ada, 200)):
        assert client_for(None, person).get(f"/ops/{page}").status_code == status


@pytest.mark.parametrize("page", PAGES)
def test_nothing_yet_says_what_will_stand_here(client_for: Any, tomas: Any, page: str) -> None:
    answer = client_for(None, tomas).get(f"/ops/{page}").content.decode()
    assert ('class="empty"' in answer) or "Riverside" in answer


def test_a_run_shows_what_it_sends_and_what_it_holds_back_with_the_reason(
    client_for: Any, tomas: Any, world: World, run: SettlementRun
) -> None:
    client = client_for(None, tomas)
    listed = client.get("/ops/finance/runs/?state=proposed").content.decode()
    assert f"/ops/finance/runs/{run.public_id}/" in listed
    assert "No run is like that" in client.get("/ops/finance/runs/?state=done").content.decode()
    page = client.get(f"/ops/finance/runs/{run.public_id}/").content.decode()
    settlement = run.settlements.get()
    assert f"/ops/finance/settlements/{settlement.public_id}/" in page
    assert f'name="seen_minor" value="{settlement.total_minor}"' in page
    assert "Waits for the end of the hold" in page


def hold(world: World, run: SettlementRun | None) -> dict[str, str]:
    with on_platform():
        return {one.why: one.detail for one in preview.held_back(run=run, day=world.now.date())}


def test_each_reason_for_holding_back_is_told_apart(world: World, riverside: Any) -> None:
    schema, account = riverside.schema_name, ConnectedAccount.objects.filter(tenant_schema=riverside.schema_name)
    assert set(hold(world, None)) == {"hold", "later"}
    account.update(can_receive=False, currently_due=["external_account"])
    assert hold(world, None)["account_wants"] == "external_account"
    account.update(disconnected_at=world.now)
    assert "disconnected" in hold(world, None)
    account.delete()
    assert "no_account" in hold(world, None)
    with on_platform():
        payouts.stop(schema=schema, reason="Forged invoices?", by=FINANCE, now=world.now)
    assert "Forged invoices?" in hold(world, None)["stopped"]


def test_what_is_not_due_says_when_it_will_be(world: World, run: SettlementRun, riverside: Any) -> None:
    with on_platform():
        operations.claim(settlement_id=run.settlements.get().pk, now=world.now)
        payouts.choose_schedule(schema=riverside.schema_name, schedule="monthly", by=SYSTEM, now=world.now)
        world.step("wait", 2)
        world.step("release", 0)
        (found,) = [one for one in preview.held_back(run=None, day=world.now.date()) if one.why == "not_due"]
    assert (found.until, found.detail) == (world.now.date().replace(month=12, day=1), "On the first of each month")


def test_finance_approves_and_the_run_is_sent(client_for: Any, tomas: Any, run: SettlementRun) -> None:
    client, seen_minor = client_for(None, tomas), run.settlements.get().total_minor
    answer = client.post(f"/ops/finance/runs/{run.public_id}/approve/", {"seen_minor": seen_minor})
    run.refresh_from_db()
    assert (answer.status_code, run.state, run.approved_by) == (302, State.APPROVED, "Tomas")
    assert "1 mall is not finished" in client.get(f"/ops/finance/runs/{run.public_id}/progress/").content.decode()
    again = client.post(f"/ops/finance/runs/{run.public_id}/approve/", {"seen_minor": seen_minor}, follow=True)
    assert "has been decided already" in again.content.decode()


def test_a_run_that_changed_since_it_was_seen_is_not_approved(client_for: Any, tomas: Any, run: SettlementRun) -> None:
    answer = client_for(None, tomas).post(f"/ops/finance/runs/{run.public_id}/approve/", {"seen_minor": 1}, follow=True)
    run.refresh_from_db()
    assert "has changed since you opened it" in answer.content.decode()
    assert (run.state, run.approved_by) == (State.PROPOSED, "")


class Stumbling(locmem.EmailBackend):
    """A mail server that refuses the first letter to one address."""

    stumbles_at: ClassVar[list[str]] = []

    def send_messages(self, messages: Any) -> int:
        """Send, or refuse."""
        for one in messages:
            if one.to[0] in self.stumbles_at:
                self.stumbles_at.remove(one.to[0])
                raise SMTPException(one.to[0])
        return int(super().send_messages(messages))


@pytest.mark.usefixtures("ada")
def test_a_letter_that_fails_is_sent_again_alone(
    client_for: Any, tomas: Any, fay: Any, run: SettlementRun, settings: Any, run_tasks: Any
) -> None:
    ada = User.objects.get(email="ada.test@hutong.example")
    settings.SETTLEMENT_SECOND_PERSON_MINOR = 1
    settings.EMAIL_BACKEND = f"{__name__}.Stumbling"
    last = max(fay, ada, key=lambda one: one.pk)
    Stumbling.stumbles_at.append(last.email)
    seen = {"seen_minor": run.settlements.get().total_minor}
    with pytest.raises(Retry) as again, run_tasks():
        client_for(None, tomas).post(f"/ops/finance/runs/{run.public_id}/approve/", seen)
    again.value.sig.apply()
    asked = [one.to[0] for one in mail.outbox if "waits for you" in one.subject]
    assert sorted(asked) == sorted([fay.email, ada.email])


def test_above_the_limit_the_second_person_is_not_the_first_a4(
    client_for: Any, tomas: Any, fay: Any, run: SettlementRun, settings: Any, run_tasks: Any
) -> None:
    settings.SETTLEMENT_SECOND_PERSON_MINOR = 1
    address, seen = f"/ops/finance/runs/{run.public_id}/", {"seen_minor": run.settlements.get().total_minor}
    first, second = client_for(None, tomas), client_for(None, fay)
    page = first.get(address).content.decode()
    assert "a second person must approve" in page
    assert f"{run.settlements.get().lines_count} line" in page  # a credit is a line too, and no redemption
    with run_tasks():
        first.post(f"{address}approve/", seen)
    run.refresh_from_db()
    assert run.state == State.SECOND
    assert [one.to for one in mail.outbox if "waits for you" in one.subject] == [[fay.email]]
    assert "You have approved it already" in first.get(address).content.decode()
    assert "a second person must approve it too" in first.post(f"{address}approve/", seen, follow=True).content.decode()
    run.refresh_from_db()
    assert (run.state, run.seconded_by) == (State.SECOND, "")
    for page in ("/ops/", "/ops/second-yes/"):
        assert "settlement run waits for a second person" in second.get(page).content.decode()
        assert "settlement run waits for a second person" not in first.get(page).content.decode()
    assert "Approve as second person" in second.get(address).content.decode()
    second.post(f"{address}approve/", seen)
    run.refresh_from_db()
    assert (run.state, run.approved_by, run.seconded_by) == (State.APPROVED, "Tomas", "Fay")
    assert [entry.actor_name for entry in AuditEntry.objects.filter(action="settlement.approved").order_by("pk")] == [
        "Tomas",
        "Fay",
    ]


def test_account_managers_neither_approve_nor_drop(client_for: Any, mei: Any, run: SettlementRun) -> None:
    client = client_for(None, mei)
    for verb in ("approve", "drop"):
        assert (
            client.post(
                f"/ops/finance/runs/{run.public_id}/{verb}/", {"seen_minor": 1, "reason": "because of it"}
            ).status_code
            == 403
        )
    run.refresh_from_db()
    assert run.state == State.PROPOSED


def test_a_run_is_dropped_with_a_reason_and_its_money_stays(
    client_for: Any, tomas: Any, world: World, run: SettlementRun
) -> None:
    client, address = client_for(None, tomas), f"/ops/finance/runs/{run.public_id}/drop/"
    short = client.post(address, {"reason": "no"})
    assert (short.status_code, "Say it in a sentence." in short.content.decode()) == (422, True)
    assert client.post(address, {"reason": "The bank is closed until Monday"}).status_code == 302
    run.refresh_from_db()
    assert (run.state, run.settlements.count()) == (State.DROPPED, 0)
    assert Earning.objects.filter(state=Earning.State.RELEASED).count() == 2
    assert "was not carried out" in client.get(f"/ops/finance/runs/{run.public_id}/").content.decode()


def test_what_stripe_refused_stands_with_its_reason_and_is_tried_again_under_a_new_key(
    client_for: Any, tomas: Any, world: World, run: SettlementRun
) -> None:
    with on_platform():
        settlement = operations.claim(settlement_id=run.settlements.get().pk, now=world.now)
        SettlementRun.objects.update(state=State.APPROVED)
        for part in settlement.parts.all():
            operations.note_refused(part_id=part.pk, detail="Your destination account is restricted.", now=world.now)
        operations.close(settlement_id=settlement.pk, now=world.now)
    client, address = client_for(None, tomas), f"/ops/finance/settlements/{settlement.public_id}/"
    assert "Your destination account is restricted." in client.get(address).content.decode()
    assert "refused by Stripe in part" in client.get("/ops/finance/").content.decode()
    assert client.post(f"{address}again/").status_code == 302
    settlement.refresh_from_db()
    assert settlement.state == Settlement.State.SENDING
    assert set(settlement.parts.values_list("state", "attempt")) == {(Part.State.PLANNED, 1)}


def test_a_transfer_without_an_answer_is_called_unknown(
    client_for: Any, tomas: Any, world: World, run: SettlementRun
) -> None:
    with on_platform():
        settlement = operations.claim(settlement_id=run.settlements.get().pk, now=world.now)
        SettlementRun.objects.update(state=State.APPROVED)
        part = settlement.parts.get()
        operations.begin_try(part_id=part.pk, now=world.now)
    client = client_for(None, tomas)
    assert "Not known yet" in client.get(f"/ops/finance/settlements/{settlement.public_id}/").content.decode()
    assert "has not said clearly" in client.get(f"/ops/finance/runs/{run.public_id}/").content.decode()


def test_todays_proposal_is_made_on_demand_and_says_when_nothing_is_due(
    client_for: Any, tomas: Any, riverside: Any
) -> None:
    answer = client_for(None, tomas).post("/ops/finance/runs/propose/", follow=True)
    assert "Nothing is due today" in answer.content.decode()
    assert SettlementRun.objects.count() == 0


def test_a_mall_that_is_stopped_is_in_no_run_and_nothing_of_it_is_claimed(
    world: World, run: SettlementRun, riverside: Any
) -> None:
    with on_platform():
        payouts.stop(schema=riverside.schema_name, reason="Under investigation", by=FINANCE, now=world.now)
        claimed = operations.claim(settlement_id=run.settlements.get().pk, now=world.now)
        assert (claimed.state, claimed.earned_minor) == (Settlement.State.EMPTY, 0)
        later = world.now + timedelta(days=1)
        assert operations.propose(day=later.date(), now=later) is None
        payouts.go_on(schema=riverside.schema_name, by=FINANCE, now=later)
        assert operations.propose(day=later.date(), now=later) is not None
    assert Earning.objects.filter(state=Earning.State.CLAIMED).count() == 0
