"""The manager's page: load against capacity, lateness, margin to the cent, accounts at risk with their reasons."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.packages.models import Subscription
from ops_console.contracts.models import Contract, ContractVersion
from ops_console.reports import making, team
from ops_console.reports.models import CreditLine, Report
from ops_console.work import planning
from ops_console.work.models import Absence, Task
from saas.accounts.models import User
from tenants.registry.models import Tenant
from tests.factories import work

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
START = date(2026, 10, 5)


@pytest.fixture
def contract(riverside: Tenant, mei: User, settings: Any) -> Contract:
    """Return an active contract at 600.00 a month, 300.00 in the first three; a post of 45 minutes each day, Mei's."""
    settings.AGENCY_HOUR_COST, settings.AGENCY_WEEK_HOURS = {"usd": 3_500}, 35
    begun = datetime(2026, 10, 1, 9, tzinfo=UTC)
    found = Contract.objects.create(
        public_id=work.CONTRACT, tenant=riverside, state=Contract.State.ACTIVE, account_manager=mei, title="Care",
        language="en", currency="usd", pays_by="invoice", starts_on=START, minimum_months=3, notice_days=30,
        created_by="Mei", created_at=begun,
    )  # fmt: skip
    price = {"price": "p", "module": "Care", "kind": "monthly", "amount_minor": 60_000, "unit_name": ""}
    ContractVersion.objects.create(
        contract=found, number=1, state="signed", effective_on=START, prices=[price | {"intro_amount_minor": 30_000, "intro_months": 3}],
        text="x", text_hash="x", created_by="Mei", created_at=begun,
    )  # fmt: skip
    work.begin(riverside, replace(work.POSTS, rrule="FREQ=DAILY"), starts_on=START, assignee=mei, now=begun)
    planning.generate(now=NOW)
    return found


def past() -> list[Task]:
    """Let the days behind be done, 50 minutes each; return their tasks."""
    tasks = list(Task.objects.filter(occurs_on__lt=NOW.date()).order_by("occurs_on"))
    for task in tasks:
        task.state, task.done_at, task.closed_at, task.minutes_spent = Task.State.DONE, task.opens_at, task.opens_at, 50
        task.save()
    return tasks


def test_load_is_what_is_planned_for_a_week_against_what_a_person_can_do_less_absence(
    contract: Contract, mei: User, tomas: User
) -> None:
    tasks = past()
    work_ahead = Task.objects.filter(state__in=Task.STANDING, opens_at__lt=NOW + timedelta(days=7)).count()
    found = {one.name: one for one in team.load(now=NOW)}
    person = found[mei.get_full_name()]
    assert (person.planned, person.capacity) == (45 * work_ahead, 35 * 60)
    assert work_ahead > 0
    assert person.done == sum(task.occurs_on > (NOW - timedelta(days=28)).date() for task in tasks)
    Absence.objects.create(
        person=mei,
        cover=tomas,
        starts_on=NOW.date(),
        ends_on=NOW.date() + timedelta(days=5),
        noted_by="Ada",
        noted_at=NOW,
    )
    away = {one.name: one for one in team.load(now=NOW)}[mei.get_full_name()]
    assert away.capacity == 600
    assert "away until 2026-11-25" in away.away


def test_the_margin_is_the_fee_less_credits_and_hours_to_the_cent(contract: Contract, riverside: Tenant) -> None:
    """M21: the introductory price holds in its months."""
    tasks = past()
    recent = [one for one in tasks if one.done_at and one.done_at >= NOW - timedelta(days=30)]
    CreditLine.objects.create(
        tenant=riverside, contract=contract.public_id, clause="2.1", task="t" * 26, title="Post", occurs_on=START,
        amount_minor=1_250, currency="usd", made_at=NOW - timedelta(days=2),
    )  # fmt: skip
    (found,) = team.margins(now=NOW)
    minutes = 50 * len(recent)
    assert (found.fee_minor, found.minutes, found.cost_minor) == (30_000, minutes, (minutes * 3_500 + 30) // 60)
    assert found.margin_minor == 30_000 - 1_250 - (minutes * 3_500 + 30) // 60
    (later,) = team.margins(now=datetime(2027, 1, 5, 9, tzinfo=UTC))
    assert later.fee_minor == 60_000
    (earlier,) = team.margins(now=datetime(2026, 9, 30, 9, tzinfo=UTC))
    assert earlier.fee_minor == 30_000, "what it will cost at its start"
    assert (earlier.days, earlier.margin_minor, earlier.percent) == (0, -1_250, None), "it has earned nothing yet"
    (young,) = team.margins(now=datetime(2026, 10, 14, 9, tzinfo=UTC))
    assert (young.days, young.earned_minor, young.percent) == (10, 10_000, None), "ten days' fee beside ten days' hours"
    assert found.days == 30
    assert found.percent is not None


def test_a_contract_that_begins_tomorrow_has_its_plain_price_already(contract: Contract) -> None:
    plain = {"kind": "monthly", "amount_minor": 40_000, "intro_amount_minor": None, "intro_months": 0}
    ContractVersion.objects.update(prices=[plain])
    (found,) = team.margins(now=datetime(2026, 10, 4, 9, tzinfo=UTC))
    assert found.fee_minor == 40_000


def test_each_rule_of_risk_gives_its_reason_and_a_quiet_account_is_not_listed(
    contract: Contract, riverside: Tenant
) -> None:
    tasks = past()
    Task.objects.update(minutes_spent=1)

    def reasons() -> list[str]:
        found = team.at_risk(team.margins(now=NOW), now=NOW)
        return found[0].reasons if found else []

    assert reasons() == []
    Task.objects.filter(pk__in=[one.pk for one in tasks[-2:]]).update(state=Task.State.MISSED, done_at=None)
    assert reasons() == ["2 tasks were missed in four weeks."]
    late = [one.pk for one in tasks[-12:-2]]
    Task.objects.filter(pk__in=late).update(done_at=NOW)
    assert reasons()[1].endswith("tasks were late in four weeks.")
    Task.objects.filter(pk=tasks[0].pk).update(
        state=Task.State.WAITING, done_at=None, closed_at=None, waiting_since_at=NOW - timedelta(days=9)
    )
    Contract.objects.update(state="ending", notice_at=NOW, ends_on=date(2027, 1, 5))
    Subscription.objects.create(
        tenant_schema=riverside.schema_name, name="Care", currency="usd", items=[], minimum_months=3, notice_days=30,
        pays_by="invoice", state="active", standing="past_due", offered_by="Mei", offered_at=NOW,
    )  # fmt: skip
    fell = {
        **making.EMPTY,
        "before": making.EMPTY["before"] | {"orders": 40},
        "totals": making.EMPTY["totals"] | {"orders": 20},
    }
    for weeks in (1, 2):
        first = NOW.date() - timedelta(days=7 * weeks)
        Report.objects.create(
            tenant=riverside, contract=contract.public_id, contract_title="Care", kind="weekly", starts_on=first,
            ends_on=first + timedelta(days=7), time_zone="UTC", language="en", currency="usd", content=fell, issued_at=NOW,
        )  # fmt: skip
    Task.objects.filter(state=Task.State.DONE).update(minutes_spent=600)
    said = " ".join(reasons())
    for words in (
        "An invoice is past due.", "Notice was given; it ends on 2027-01-05.", "The hours cost more than the fee.",
        "The merchant has not answered for 9 days.", "The last 2 weekly reports were not opened.", "Orders fell from 40 to 20 in a week.",
    ):  # fmt: skip
        assert words in said


def test_the_managers_page_shows_it_and_is_for_managers_and_admins(
    contract: Contract, client_for: Callable[..., Any], ada: User, mei: User, tomas: User
) -> None:
    past()
    page = client_for(None, ada).get("/ops/team/").content.decode()
    assert all(words in page for words in ("Riverside Noodles", "Load and lateness", "Margin of each contract"))
    assert "No contract by this name" in client_for(None, ada).get("/ops/team/?q=nowhere").content.decode()
    assert [client_for(None, person).get("/ops/team/").status_code for person in (mei, tomas)] == [403, 403]


def test_risks_of_more_contracts_take_no_more_queries(contract: Contract, riverside: Tenant) -> None:
    """Weekly reports of one contract are not another's, and the number of reads does not grow with contracts."""

    def weekly(public_id: str, orders: int, weeks: int) -> None:
        first = NOW.date() - timedelta(days=7 * weeks)
        totals = making.EMPTY["totals"] | {"orders": orders}
        Report.objects.create(
            tenant=riverside, contract=public_id, contract_title="Care", kind="weekly", starts_on=first, time_zone="UTC",
            ends_on=first + timedelta(days=7), language="en", currency="usd", issued_at=NOW,
            content={**making.EMPTY, "before": making.EMPTY["before"] | {"orders": 40}, "totals": totals},
        )  # fmt: skip

    def counted() -> tuple[int, list[team.Risk]]:
        with CaptureQueriesContext(connection) as reads:
            found = team.at_risk([], now=NOW)
        return len(reads), found

    past()
    weekly(contract.public_id, 40, 1)
    weekly(contract.public_id, 10, 2)  # an older fall is over
    reads, found = counted()
    assert [one.reasons for one in found] == [["The last 2 weekly reports were not opened."]]
    for n in range(3):
        fields = {
            "pk": None,
            "public_id": f"{n}" * 26,
            "title": f"Care {n}",
            "starts_on": date(2020 + n, 1, 1),
            "ends_on": date(2020 + n, 2, 1),
        }
        Contract.objects.create(
            **{one.attname: getattr(contract, one.attname) for one in Contract._meta.concrete_fields} | fields
        )
        weekly(f"{n}" * 26, 10, 1)
    more, found = counted()
    assert more == reads
    assert sorted(len(one.reasons) for one in found) == [1, 1, 1, 1]
    assert sum(one.reasons == ["Orders fell from 40 to 10 in a week."] for one in found) == 3
