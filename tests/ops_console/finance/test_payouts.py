"""Payouts in the console: all malls, a bank return, stopping and the hold."""

from datetime import datetime
from typing import Any

import pytest

from billing.payouts import operations
from billing.payouts.models import PayoutTerms
from billing.payouts.operations import ReasonMissing
from saas.audit.models import AuditEntry
from tenants.isolation.entrance import on_platform
from tests.factories.money import FINANCE, World


@pytest.fixture
def returned(world: World, riverside: Any) -> str:
    """Return a payout of Riverside that the bank sent back."""
    for act, choice in (("settle", 2), ("pay_out", 0)):
        world.step(act, choice)
    return str(riverside.schema_name)


def payout_of(schema: str) -> str:
    from billing.payouts.models import Payout

    return Payout.objects.get(tenant_schema=schema).payout_id


def test_a_bank_return_says_what_to_do_m15(client_for: Any, tomas: Any, returned: str) -> None:
    client, payout = client_for(None, tomas), payout_of(returned)
    listed = client.get("/ops/finance/payouts/?state=returned&q=riverside").content.decode()
    assert f"/ops/finance/payouts/{payout}/" in listed
    assert "No payout is like that" in client.get("/ops/finance/payouts/?state=paid").content.decode()
    page = client.get(f"/ops/finance/payouts/{payout}/").content.decode()
    assert "The bank sent it back" in page
    assert "account closed" in page
    assert "takes back" in page
    assert "sent back by the bank" in client.get("/ops/finance/").content.decode()


def test_payouts_are_stopped_with_a_reason_and_go_on(client_for: Any, tomas: Any, riverside: Any) -> None:
    client, address = client_for(None, tomas), f"/ops/finance/payouts/malls/{riverside.public_id}/"
    assert client.post(f"{address}stop/", {"reason": ""}).status_code == 422
    assert PayoutTerms.objects.filter(stopped_at__isnull=False).count() == 0
    assert client.post(f"{address}stop/", {"reason": "Chargebacks above five percent"}).status_code == 302
    assert "Chargebacks above five percent" in client.get(address).content.decode()
    assert "Stopped by us" in client.get("/ops/finance/payouts/malls/?state=stopped").content.decode()
    client.post(f"{address}go-on/")
    assert PayoutTerms.objects.get(tenant_schema=riverside.schema_name).stopped_at is None
    trail = AuditEntry.objects.filter(
        subject_kind="mall", subject_id=riverside.public_id, action__startswith="payouts."
    )
    assert [(entry.action, entry.actor_name) for entry in trail.order_by("pk")] == [
        ("payouts.stopped", "Tomas"),
        ("payouts.went_on", "Tomas"),
    ]


def test_the_hold_is_within_bounds_and_has_a_reason_m2(client_for: Any, tomas: Any, riverside: Any) -> None:
    client, address = client_for(None, tomas), f"/ops/finance/payouts/malls/{riverside.public_id}/hold/"
    assert client.post(address, {"days": 91, "reason": "A new mall, be careful"}).status_code == 422
    assert client.post(address, {"days": 14, "reason": ""}).status_code == 422
    assert PayoutTerms.objects.count() == 0
    assert client.post(address, {"days": 14, "reason": "A new mall, be careful"}).status_code == 302
    assert PayoutTerms.objects.get(tenant_schema=riverside.schema_name).hold_days == 14
    assert "be careful" in AuditEntry.objects.get(action="payouts.hold_set").summary


def test_account_managers_do_not_stop_payouts(client_for: Any, mei: Any, riverside: Any) -> None:
    client, address = client_for(None, mei), f"/ops/finance/payouts/malls/{riverside.public_id}/"
    for verb in ("stop", "go-on", "hold"):
        assert client.post(f"{address}{verb}/", {"reason": "Because I say so", "days": 3}).status_code == 403
    assert PayoutTerms.objects.count() == 0


def test_the_books_refuse_a_stop_without_a_reason(riverside: Any, now: datetime) -> None:
    with on_platform(), pytest.raises(ReasonMissing):
        operations.stop(schema=riverside.schema_name, reason=" ", by=FINANCE, now=now)


def test_malls_are_filtered_by_how_they_are_paid(client_for: Any, tomas: Any, world: World) -> None:
    client = client_for(None, tomas)
    for state, is_there in (("trouble", True), ("ready", False), ("stopped", False)):
        page = client.get(f"/ops/finance/payouts/malls/?state={state}").content.decode()
        assert ("Riverside Noodles" in page) is is_there, state
    assert "Hillside Salon" in client.get("/ops/finance/payouts/malls/?state=none").content.decode()


def test_the_overview_sums_the_accounts_and_draws_the_weeks(client_for: Any, tomas: Any, returned: str) -> None:
    page = client_for(None, tomas).get("/ops/finance/").content.decode()
    assert "The books balance" in page
    assert "Paid out to banks" in page
    assert 'class="line third"' in page
