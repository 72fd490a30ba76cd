"""Missed work is credited on the next invoice by itself, to the cent, once, and the ledger agrees; against the Stripe sandbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from billing.gateway.operations import GatewayUnavailable
from billing.ledger import queries as books
from billing.ledger.models import Account, Transfer
from billing.ledger.operations import Entry, Leg, post
from billing.packages import beginning, catalogue, closing, invoicing, returning, selling
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.packages.models import Invoice, Subscription
from billing.settlements.models import Earning
from ops_console.reports import crediting, settling
from ops_console.reports.models import CreditLine
from ops_console.reports.settling import SettlingRefused
from ops_console.work.models import Task
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import Actor
from tenants.registry.models import Tenant
from tests.factories import work
from tests.stripe_sandbox import StripeSandbox

MEI = Actor(kind="agency", name="Mei")
ALMA = Actor(kind="merchant", name="Alma")
DAY = 24 * 3600
FEE, CREDIT = 90_000, 1_337
State = CreditLine.State


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


def hosted(tenant: Tenant, *, now: datetime) -> Subscription:
    """Let the mall have a package of 900.00 a month, paid out of its balance."""
    module = catalogue.add_module(name="Care", summary="", by=MEI, now=now).public_id
    price = catalogue.add_price(module=module, draft=PriceDraft("monthly", "usd", FEE), by=MEI, now=now).public_id
    draft = PackageDraft("Hosted", "For one shop", "usd", 3, 30, [price])
    package = catalogue.add_package(draft=draft, by=MEI, now=now)
    offered = selling.offer(tenant=tenant, package=package.public_id, pays_by="balance", by=MEI, now=now)
    selling.accept(subscription=offered.public_id, schema=tenant.schema_name, by=ALMA, now=now)
    beginning.begin(subscription=offered.public_id, tenant=tenant, urls=("", ""), now=now)
    offered.refresh_from_db()
    return offered


def ten_tasks(tenant: Tenant, *, credit_minor: int, now: datetime) -> list[Task]:
    """Compile ten daily tasks that promise a credit for each one that is missed."""
    clause = replace(work.POSTS, rrule="FREQ=DAILY", credit_minor=credit_minor)
    first = now.date() + timedelta(days=1)
    work.begin(tenant, clause, starts_on=first, ends_on=first + timedelta(days=10), now=now)
    return list(Task.objects.order_by("occurs_on"))


def miss(tasks: list[Task], *, now: datetime) -> None:
    Task.objects.filter(pk__in=[one.pk for one in tasks]).update(state=Task.State.MISSED, closed_at=now)


def told(stripe: StripeSandbox, *, now: datetime) -> None:
    """Bring our rows to what Stripe has, as its events do."""
    for event in stripe.events():
        if event["type"].startswith("invoice."):
            invoicing.refresh(stripe_invoice=event["data"]["object"]["id"], now=now)


def revenue(tenant: Tenant) -> int:
    rows = Account.objects.filter(kind="package_fees", tenant_schema=tenant.schema_name)
    return sum(rows.values_list("balance_minor", flat=True))


def test_two_of_ten_skipped_are_credited_on_the_next_invoice_to_the_cent_and_the_ledger_agrees(
    riverside: Any, stripe: StripeSandbox, run_tasks: Callable[[], Any], now: datetime
) -> None:
    """The proof of story 10: 900.00 less twice 13.37 is 873.26, on the invoice, and netted in the books."""
    from saas.kernel.tasks import enqueue

    found = hosted(riverside, now=now)
    earn(riverside, 500_000, now=now)
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    assert len(tasks) == 10
    miss(tasks[3:5], now=now)
    for _twice in range(2):
        with run_tasks():
            for task in tasks:
                enqueue("ops_console.reports.task_missed", task=task.public_id)
        crediting.bill_due(now=now)
    lines = list(CreditLine.objects.order_by("occurs_on"))
    assert [(line.amount_minor, line.state) for line in lines] == [(CREDIT, State.BILLED)] * 2
    assert len(stripe.client.v1.invoice_items.list({"limit": 100}).data) == 2
    stripe.control("clock", advance=32 * DAY)
    later = now + timedelta(days=32)
    told(stripe, now=later)
    crediting.bill_due(now=later)
    invoice = Invoice.objects.filter(subscription=found).order_by("issued_at").last()
    assert invoice is not None
    assert invoice.total_minor == FEE - 2 * CREDIT == 87_326
    named = {line["description"]: line["amount_minor"] for line in invoice.lines}
    assert [named[line.words] for line in lines] == [-CREDIT, -CREDIT]
    shown = CreditLine.objects.filter(state=State.INVOICED, invoice=invoice.public_id, invoice_number=invoice.number)
    assert shown.count() == 2
    booked = Transfer.objects.filter(kind="package_netted", tenant_schema=riverside.schema_name).order_by("pk")
    assert [one.amount_minor for one in booked] == [FEE, FEE - 2 * CREDIT]
    assert revenue(riverside) == 2 * FEE - 2 * CREDIT


def earn(tenant: Tenant, amount_minor: int, *, now: datetime) -> None:
    """Make something available to the mall, out of which its package is paid."""
    legs = [Leg("settled", Account.Kind.STRIPE_CASH, Account.Kind.MERCHANT_AVAILABLE, amount_minor)]
    post(Entry("earned:credit", tenant.schema_name, "usd", legs, "test", now), journal_id="e" * 26, now=now)


def test_credits_together_never_make_an_invoice_less_than_nothing(
    riverside: Any, stripe: StripeSandbox, now: datetime
) -> None:
    """Stripe would keep the rest for later invoices of the customer, and lose it to the merchant where none comes."""
    found = hosted(riverside, now=now)
    found.items[0] |= {"intro_amount_minor": 10_000, "intro_months": 1}  # it is over when the next invoice comes
    found.save()
    tasks = ten_tasks(riverside, credit_minor=50_000, now=now)
    miss(tasks[:2], now=now)
    crediting.bill_due(now=now)
    states = CreditLine.objects.order_by("occurs_on").values_list("state", flat=True)
    assert list(states.all()) == [State.BILLED, State.DUE]
    waits = CreditLine.objects.get(state=State.DUE)
    assert waits.problem == crediting.NO_ROOM
    with pytest.raises(SettlingRefused):  # nobody takes from the merchant what comes by itself
        settling.propose(credit=waits.public_id, why="Agreed otherwise", by=MEI, now=now)
    stripe.control("clock", advance=32 * DAY)
    told(stripe, now=now + timedelta(days=32))
    crediting.bill_due(now=now + timedelta(days=32))
    assert list(states.all()) == [State.INVOICED, State.BILLED]
    totals = Invoice.objects.filter(subscription=found).order_by("issued_at").values_list("total_minor", flat=True)
    assert list(totals) == [FEE, FEE - 50_000]


def test_nothing_is_credited_that_was_done_or_excused_or_for_which_nothing_was_promised(
    riverside: Any, now: datetime
) -> None:
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    Task.objects.filter(pk=tasks[0].pk).update(state=Task.State.EXCUSED, closed_at=now)
    Task.objects.filter(pk=tasks[1].pk).update(state=Task.State.DONE, done_at=now, closed_at=now)
    assert [crediting.give(task=one.public_id, now=now) for one in tasks[:3]] == [None, None, None]
    for plan in {task.plan for task in tasks}:
        assert plan is not None
        plan.clause["credit_minor"] = 0
        plan.save()
    miss(tasks[2:3], now=now)
    assert crediting.give(task=tasks[2].public_id, now=now) is None
    assert crediting.bill_due(now=now) == 0
    assert CreditLine.objects.count() == 0


def test_without_a_package_a_credit_waits_and_says_why_and_goes_out_when_one_runs(
    riverside: Any, stripe: StripeSandbox, now: datetime
) -> None:
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    miss(tasks[:1], now=now)
    assert crediting.bill_due(now=now) == 0
    line = CreditLine.objects.get()
    assert (line.state, line.problem) == (State.DUE, "No package runs on whose invoice it could stand.")
    hosted(riverside, now=now)
    assert crediting.bill_due(now=now) == 1
    line.refresh_from_db()
    assert (line.state, line.problem) == (State.BILLED, "")


def test_while_stripe_is_away_a_credit_waits_and_is_put_once_afterwards(
    riverside: Any, stripe: StripeSandbox, now: datetime, mei: User
) -> None:
    hosted(riverside, now=now)
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    miss(tasks[:1], now=now)
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/invoiceitems")
    assert crediting.bill_due(now=now) == 0
    assert CreditLine.objects.get().state == State.DUE
    stripe.control("faults/clear")
    stripe.control("faults", kind="commit_then_reset", times=1, method="POST", path="/v1/invoiceitems")
    assert crediting.bill_due(now=now + timedelta(minutes=15)) == 1
    assert CreditLine.objects.get().state == State.BILLED
    assert len(stripe.client.v1.invoice_items.list({"limit": 100}).data) == 1


def test_the_list_of_credits_says_what_holds_one_up_and_is_for_who_sees_money(
    riverside: Any, now: datetime, client_for: Callable[..., Any], tomas: User, nobody: User
) -> None:
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    miss(tasks[:1], now=now)
    crediting.bill_due(now=now)
    client = client_for(None, tomas)
    page = client.get("/ops/credits/?state=held").content.decode()
    assert "Riverside Noodles" in page
    assert "No package runs" in page
    chinese = client.get("/ops/credits/?state=held", headers={"accept-language": "zh-hans"}).content.decode()
    assert "目前没有可列入其账单的服务套餐" in chinese
    assert "$13.37" in page
    assert "No credit is like that" in client.get("/ops/credits/?q=nowhere").content.decode()
    assert client_for(None, nobody).get("/ops/credits/").status_code == 403


@pytest.mark.parametrize("settles_first", [False, True])
def test_after_the_end_credits_are_given_back_once_and_only_out_of_what_was_paid(
    riverside: Any, stripe: StripeSandbox, now: datetime, settles_first: bool
) -> None:
    """One waits at Stripe for an invoice that will not come, one is found missed later; a third when the fee was paid meanwhile."""
    found = hosted(riverside, now=now)
    earn(riverside, 500_000, now=now)
    told(stripe, now=now)
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    miss(tasks[:1], now=now)
    assert crediting.bill_due(now=now) == 1
    by_hand = {
        "subscription": found.public_id,
        "amount_minor": -500,
        "what": "Sorry",
        "key": "sorry",
        "by": MEI,
        "now": now,
    }
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/invoiceitems")
    with pytest.raises(GatewayUnavailable):  # the first press is cut off; the trail comes with the one that is done
        invoicing.bill_by_hand(**by_hand)
    stripe.control("faults/clear")
    for _time in range(2):
        invoicing.bill_by_hand(**by_hand)
    assert AuditEntry.objects.filter(action="package.billed", actor_name=MEI.name).count() == 1
    Subscription.objects.update(ends_at=now)
    assert closing.end_due(now=now) == 1
    miss(tasks[1:2], now=now)
    before = revenue(riverside), balance(riverside)
    later = now + timedelta(days=2)
    if settles_first:  # cut off before a credit is taken off at Stripe, and another package is to begin then
        stripe.control("faults", kind="unavailable", times=9, method="DELETE", path="/v1/invoiceitems")
        assert returning.settle_ended(now=later) == 0
        stripe.control("faults/clear")
        another = Subscription.objects.create(
            tenant_schema=riverside.schema_name, contract="c" * 26, name="Next", currency="usd", items=[], minimum_months=1,
            notice_days=0, state="beginning", offered_at=now, answered_at=later,
        )  # fmt: skip
        assert returning.settle_ended(now=later) == 0
        assert len(stripe.client.v1.invoice_items.list({"pending": True, "limit": 9}).data) == 1, "the one not begun"
        another.delete()
    steps = [crediting.bill_due, returning.settle_ended]
    for step in 2 * (steps[::-1] if settles_first else steps):
        step(now=later)
    assert [line.state for line in CreditLine.objects.all()] == [State.PAID] * 2
    assert stripe.client.v1.invoice_items.list({"pending": True, "limit": 9}).data == []
    given = 2 * CREDIT + 500
    sent_next = Earning.objects.filter(state=Earning.State.RELEASED, borne_minor=F("net_minor"))
    assert sum(sent_next.values_list("net_minor", flat=True)) == given, "the next settlement sends it"
    assert (revenue(riverside), balance(riverside)) == (before[0] - given, before[1] + given)
    owing = Invoice.objects.get()
    Invoice.objects.filter(pk=owing.pk).update(state=Invoice.State.OPEN, remaining_minor=CREDIT - 1)
    miss(tasks[2:3], now=now)
    crediting.bill_due(now=later)
    line = CreditLine.objects.get(task=tasks[2].public_id)
    assert (line.state, line.invoice, Invoice.objects.get().state) == (State.PAID, "", Invoice.State.PAID)
    assert balance(riverside) == before[1] + given + CREDIT
    # Cut off just before it is noted, and a package runs when it is asked again: it is not put on that one's invoice too.
    CreditLine.objects.filter(pk=line.pk).update(state=State.DUE)
    Subscription.objects.update(state=Subscription.State.ACTIVE)
    crediting.bill_due(now=later)
    line.refresh_from_db()
    assert (line.state, balance(riverside)) == (State.PAID, before[1] + given + CREDIT)


def test_what_was_never_paid_is_not_given_back_and_holds_up_nobody_elses_credit(
    riverside: Any, stripe: StripeSandbox, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = hosted(riverside, now=now)
    told(stripe, now=now)
    Invoice.objects.update(state=Invoice.State.UNCOLLECTIBLE)
    Subscription.objects.filter(pk=found.pk).update(state=Subscription.State.ENDED, ends_at=now)
    miss(ten_tasks(riverside, credit_minor=CREDIT, now=now)[:1], now=now)
    assert crediting.bill_due(now=now) == 0
    assert CreditLine.objects.get().problem == "Less was paid than what is to be paid back."
    assert not Earning.objects.exists()
    tried = crediting.returning.give_back

    def given_meanwhile(*args: Any, **named: Any) -> Any:
        """What another process does between our asking and our being refused."""
        CreditLine.objects.update(state=State.PAID, problem="")
        return tried(*args, **named)

    monkeypatch.setattr(crediting.returning, "give_back", given_meanwhile)
    assert crediting.bill_due(now=now) == 0
    assert CreditLine.objects.get().problem == "", "what was given back is held up by nothing"


def test_a_credit_that_was_put_at_stripe_unnoticed_is_given_once_after_the_end(
    riverside: Any, stripe: StripeSandbox, now: datetime
) -> None:
    """Killed between Stripe's answer and our note; then the package ended."""
    hosted(riverside, now=now)
    earn(riverside, 500_000, now=now)
    told(stripe, now=now)
    miss(ten_tasks(riverside, credit_minor=CREDIT, now=now)[:1], now=now)
    assert crediting.bill_due(now=now) == 1
    CreditLine.objects.update(state=State.DUE, stripe_item="", subscription="", billed_at=None)
    Subscription.objects.update(ends_at=now)
    assert closing.end_due(now=now) == 1
    before = balance(riverside)
    later = now + timedelta(days=2)
    for _twice in range(2):
        crediting.bill_due(now=later)
        returning.settle_ended(now=later)
    assert CreditLine.objects.get().state == State.PAID
    assert balance(riverside) == before + CREDIT


def balance(tenant: Tenant) -> int:
    return books.mall_balances(tenant.schema_name, currency="usd").available_minor


def test_a_credit_whose_invoice_is_taken_back_stands_on_the_next_in_the_contracts_currency(
    riverside: Any, stripe: StripeSandbox, now: datetime
) -> None:
    found = hosted(riverside, now=now)
    tasks = ten_tasks(riverside, credit_minor=CREDIT, now=now)
    miss(tasks[:1], now=now)
    crediting.bill_due(now=now)
    first = invoicing.bill_now(subscription=found.public_id, key="first", now=now)
    crediting.bill_due(now=now)
    assert first is not None
    line = CreditLine.objects.get()
    assert (line.state, line.invoice) == (State.INVOICED, first.public_id)
    Invoice.objects.filter(pk=first.pk).update(state=Invoice.State.VOID)
    crediting.bill_due(now=now)
    line.refresh_from_db()
    assert (line.state, line.attempt, line.invoice) == (State.BILLED, 1, "")
    assert len(stripe.client.v1.invoice_items.list({"pending": True, "limit": 9}).data) == 1
    miss(tasks[1:2], now=now)
    CreditLine.objects.create(
        tenant=riverside, contract="x" * 26, clause="1", task="e" * 26, title="In euro", occurs_on=now.date(),
        amount_minor=100, currency="eur", made_at=now,
    )  # fmt: skip
    assert crediting.bill_due(now=now) == 1, "the one in dollars"
    assert CreditLine.objects.get(currency="eur").problem.startswith("No package runs")
