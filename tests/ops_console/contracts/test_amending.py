"""Amendments: the future changes, the past stays; what is charged once is charged once."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from billing.packages import agreed, items
from billing.packages.models import Subscription
from ops_console.contracts import compiling, drafting, quoting, signing, text
from ops_console.contracts.console_forms import PricesForm
from ops_console.contracts.drafting import ContractRefused, VersionDraft
from ops_console.contracts.models import Contract, ContractVersion
from ops_console.mandates.models import Mandate
from ops_console.work.clauses import from_json
from ops_console.work.models import Task
from saas.accounts.middleware import actor_for
from saas.kernel import clock
from tests.factories import hosting
from tests.stripe_sandbox import StripeSandbox

TODAY = date(2026, 11, 20)
# A Monday.
START = date(2026, 11, 23)


def test_an_amendment_changes_the_future_only(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    change_day = date(2026, 12, 7)
    with pytest.raises(ContractRefused):
        drafting.amend(contract=contract.public_id, effective_on=TODAY - timedelta(days=1), by=actor_for(mei), now=now)
    row = drafting.amend(contract=contract.public_id, effective_on=change_day, by=actor_for(mei), now=now)
    five = [
        replace(clause, rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR") if clause.rrule else clause
        for clause in map(from_json, row.clauses)
    ]
    drafting.change(
        contract=contract.public_id, version=VersionDraft(five, row.prices, row.limits, change_day, "Five posts"),
        by=actor_for(mei), now=now,
    )  # fmt: skip
    version = signing.send(contract=contract.public_id, by=actor_for(mei), now=now)
    hosting.sign_both(version, riverside, mei, now=now)
    posts = Task.objects.filter(contract=contract.public_id, title="Post").exclude(state="cancelled")
    assert posts.filter(occurs_on__lt=change_day).count() == 6
    assert posts.filter(occurs_on__gte=change_day, occurs_on__lt=change_day + timedelta(days=7)).count() == 5
    # What is done once was done by the first version.
    assert (
        Task.objects.filter(contract=contract.public_id, title="Set up the channels").exclude(state="cancelled").count()
        == 1
    )
    first, second = Mandate.objects.filter(contract=contract.public_id).order_by("version")
    assert first.ends_at == second.starts_at == compiling.midnight(change_day, "America/Los_Angeles")


def amended(
    contract: Contract, tenant: Any, person: Any, *, day: date, now: datetime, **changes: Any
) -> ContractVersion:
    """A signed amendment that holds from a day; `changes` are fields of its `VersionDraft`."""
    row = drafting.amend(contract=contract.public_id, effective_on=day, by=actor_for(person), now=now)
    draft = VersionDraft([from_json(one) for one in row.clauses], row.prices, row.limits, day, "Changed")
    drafting.change(
        contract=contract.public_id, version=replace(draft, **changes), by=actor_for(person), now=now
    )  # fmt: skip
    version = signing.send(contract=contract.public_id, by=actor_for(person), now=now)
    hosting.sign_both(version, tenant, person, now=now)
    return version


@pytest.mark.parametrize("days", [-7, 0])
def test_an_amendment_begins_after_whatever_was_signed_before(
    riverside: Any, mei: Any, now: datetime, days: int
) -> None:
    """Else the earlier one's prices come back on its day, and what it does once is cancelled and never done."""
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    with pytest.raises(ContractRefused):
        drafting.amend(contract=contract.public_id, effective_on=START, by=actor_for(mei), now=now)
    second = date(2026, 12, 7)
    amended(contract, riverside, mei, day=second, now=now)
    with pytest.raises(ContractRefused):
        drafting.amend(
            contract=contract.public_id, effective_on=second + timedelta(days=days), by=actor_for(mei), now=now
        )
    drafting.amend(contract=contract.public_id, effective_on=second + timedelta(days=1), by=actor_for(mei), now=now)


def test_versions_that_come_due_together_hold_in_their_order_though_the_first_is_kept_waiting(
    riverside: Any, mei: Any, now: datetime
) -> None:
    """Somebody holds the earlier one's rows: else its prices come after the later one's, and stay."""
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    prices = contract.versions.get().prices
    days = {2_000: date(2026, 12, 7), 3_000: date(2026, 12, 14)}
    for amount, day in days.items():
        amended(contract, riverside, mei, day=day, now=now, prices=[prices[0] | {"amount_minor": amount}])
    later = compiling.midnight(date(2026, 12, 14), "America/Los_Angeles")
    second, third = contract.versions.filter(number__gt=1).order_by("number")
    for row in (third, second):
        assert compiling._apply(row.pk, now=later) is False, "the one before has not begun"
    assert [compiling.apply_due(now=later) for _time in range(2)] == [3, 0]
    assert Subscription.objects.get(contract=contract.public_id).items[0]["amount_minor"] == 3_000


def test_what_is_done_once_is_done_though_its_number_stood_for_something_else(
    riverside: Any, mei: Any, now: datetime
) -> None:
    """A clause that is taken out leaves its number to the next one."""
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    clauses = [from_json(one) for one in contract.versions.get().clauses]
    assert not clauses[1].rrule
    other = replace(clauses[1], title="Photograph the shop", template="own")
    amended(contract, riverside, mei, day=date(2026, 12, 7), now=now, clauses=[clauses[0], other])
    assert Task.objects.filter(contract=contract.public_id, title="Photograph the shop").count() == 1


def test_what_an_amendment_costs_once_is_billed_once_though_the_package_begins_late(
    riverside: Any, mei: Any, stripe: StripeSandbox
) -> None:
    """The package begins with the amendment's prices, and the amendment's own task comes after it."""
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    contract = hosting.signed(riverside, mei, now=now, starts_on=today)
    prices = contract.versions.get().prices
    once = [*prices, quoting.new_line(quoting.OwnLine("Photographs", "one_off", 30_000))]
    amended(contract, riverside, mei, day=today + timedelta(days=1), now=now, prices=once)
    later = now + timedelta(days=1)
    assert compiling.apply_due(now=later) == 2
    assert agreed.start_due(now=later) == 1
    assert compiling.bill_once(contract=contract.public_id, version=2, now=later) == 1
    customer = Subscription.objects.get(contract=contract.public_id).stripe_customer
    items = stripe.client.v1.invoice_items.list({"customer": customer, "limit": 20}).data
    assert [one.amount for one in items if one.description == "Photographs"] == [30_000]


def test_what_is_charged_once_is_billed_by_the_sweep_when_the_task_is_lost_and_never_changed(
    riverside: Any, mei: Any, stripe: StripeSandbox
) -> None:
    """An amendment's other amount for the same thing would be charged again in full."""
    now = clock.now()
    today = now.astimezone(hosting.zone_of(riverside)).date()
    contract = hosting.signed(riverside, mei, now=now, starts_on=today)
    first = contract.versions.get().prices
    once = [*first, quoting.new_line(quoting.OwnLine("Photographs", "one_off", 30_000))]
    amended(contract, riverside, mei, day=today + timedelta(days=1), now=now, prices=once)
    later = now + timedelta(days=1)
    assert (compiling.apply_due(now=later), compiling.bill_due(now=later)) == (2, 0), "the package has not begun"
    assert agreed.start_due(now=later) == 1
    assert [compiling.bill_due(now=later) for _time in range(2)] == [1, 0]
    row = drafting.amend(
        contract=contract.public_id, effective_on=today + timedelta(days=9), by=actor_for(mei), now=later
    )
    dearer = [*first, quoting.new_line(quoting.OwnLine("Photographs", "one_off", 40_000))]
    draft = VersionDraft([from_json(one) for one in row.clauses], dearer, row.limits, row.effective_on)
    place = {"contract": contract.public_id, "by": actor_for(mei), "now": later}
    with pytest.raises(ContractRefused, match="charged once already"):
        drafting.change(version=draft, **place)
    more = [*once, quoting.new_line(quoting.OwnLine("More photographs", "one_off", 10_000))]
    drafting.change(version=replace(draft, prices=more), **place)
    form = PricesForm({}, lines=once, currency="usd", charged=drafting.charged_once(contract, before=3))
    assert form.fields[f"line_{len(first)}"].disabled
    assert not form.fields["line_0"].disabled


def test_an_added_modules_introduction_counts_from_its_own_day_m21(riverside: Any, mei: Any, now: datetime) -> None:
    contract = hosting.signed(riverside, mei, now=now, starts_on=START)
    plain = contract.versions.get().prices
    early = {
        **quoting.new_line(quoting.OwnLine("Photos", "monthly", 9_000)),
        "intro_amount_minor": 900,
        "intro_months": 2,
    }
    day = START + timedelta(days=120)
    row = drafting.amend(contract=contract.public_id, effective_on=day, by=actor_for(mei), now=now)
    row.prices = [*plain, early]
    assert "Photos: $9.00 each month from March 23, 2027 to May 22, 2027" in text.write(contract, row, answer_until=day)
    begun, added = compiling.midnight(START, "UTC"), compiling.midnight(day, "UTC")
    found = Subscription.objects.get(contract=contract.public_id)
    found.begins_at = begun
    found.save()
    agreed.change(contract=contract.public_id, items=row.prices, since=added, by=hosting.ALMA, now=added)
    found.refresh_from_db()
    months = [items.month_of(found, early["price"], now=added + timedelta(days=gone)) for gone in (0, 40, 61)]
    assert months == [0, 1, 2]
    assert items.month_of(found, plain[0]["price"], now=added) == 4
