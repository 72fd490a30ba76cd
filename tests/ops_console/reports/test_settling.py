"""A credit that no invoice takes is settled by two persons, and given once; against the Stripe sandbox."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from billing.ledger.models import Account
from billing.ledger.operations import Entry, Leg, post
from billing.packages.models import Invoice, Subscription
from ops_console.mandates import roles
from ops_console.reports import becoming, crediting, settling
from ops_console.reports.models import CreditLine
from ops_console.reports.settling import SettlingRefused
from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import Actor
from tests.factories.visiting import staff
from tests.ops_console.reports.test_credits import (
    CREDIT,
    FEE,
    balance,
    hosted,
    miss,
    ten_tasks,
    told,
)
from tests.stripe_sandbox import StripeSandbox

MEI = Actor(kind="agency", name="Mei")
State = CreditLine.State


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


def settled_by_a_second_person(first: Any, second: Any, line: CreditLine, run_tasks: Any) -> None:
    """Who said it cannot agree to it, nor to other words than were read; a no gives it back. With the yes the merchant is told."""
    place = f"/ops/credits/{line.public_id}/settle/"
    agreed = {"answer": "yes", "seen": "Paid by transfer on Monday"}
    for client, data, refusal in (
        (first, agreed, "It takes a second person"),
        (second, agreed | {"seen": "Paid in cash"}, "another thing by now"),
    ):
        assert refusal in client.post(place, data, follow=True).content.decode()
    assert second.post(place, {"why": "I say so myself"}).status_code == 422, "a manager answers only"
    assert second.post(place, agreed | {"answer": "no"}).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.settled_why, line.is_proposed) == (State.HELD, "", False)
    first.post(place, {"why": "Paid by transfer on Monday"})
    assert "Paid by transfer on Monday" in second.get(place).content.decode()
    assert "cannot stand" not in becoming.words(line)
    mail.outbox.clear()
    with run_tasks():
        for _click in range(2):
            assert second.post(place, agreed).status_code == 302
    line.refresh_from_db()
    assert (line.state, line.proposed_by, line.settled_by) == (State.SETTLED, "Tom", "G")
    (letter,) = mail.outbox
    assert (letter.to, "Paid by transfer on Monday" in letter.body) == ([line.tenant.owner_email], True)


def test_a_credit_that_was_taken_off_at_stripe_and_cannot_be_given_back_is_held_until_it_can_or_a_person_settles_it(
    riverside: Any, stripe: StripeSandbox, now: datetime, client_for: Callable[..., Any], run_tasks: Any
) -> None:
    """One is given as soon as enough was paid, the other settled by two persons with words, once; nothing is lost in silence."""
    tomas, grace = (
        staff("tom.test@hutong.example", "Tom", roles.FINANCE),
        staff("g.test@hutong.example", "G", roles.MANAGER),
    )
    found = hosted(riverside, now=now)
    told(stripe, now=now)
    miss(ten_tasks(riverside, credit_minor=CREDIT, now=now)[:2], now=now)
    assert crediting.bill_due(now=now) == 2
    Invoice.objects.update(state=Invoice.State.UNCOLLECTIBLE)
    Subscription.objects.filter(pk=found.pk).update(state=Subscription.State.ENDED, ends_at=now)
    for _twice in range(2):
        crediting.bill_due(now=now)
    assert stripe.client.v1.invoice_items.list({"pending": True, "limit": 9}).data == []
    first, second = CreditLine.objects.order_by("pk")
    assert [first.state, second.state] == [State.HELD] * 2
    assert AuditEntry.objects.filter(action="credit.held").count() == 2
    client = client_for(None, tomas)
    page, settle = client.get("/ops/credits/?state=held").content.decode(), f"/ops/credits/{second.public_id}/settle/"
    assert "Less was paid than what is to be paid back." in page
    assert settle in page
    assert client.post(settle, {"why": "  "}).status_code == 422
    for _click in range(2):
        assert client.post(settle, {"why": "Paid by transfer on Monday"}).status_code == 302
    legs = [Leg("package_paid", Account.Kind.STRIPE_CASH, Account.Kind.PACKAGE_FEES, FEE)]
    post(Entry("package_paid:late", riverside.schema_name, "usd", legs, "test", now), journal_id="j" * 26, now=now)
    crediting.bill_due(now=now)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.is_proposed) == (State.PAID, State.HELD, True), "it would be given twice"
    settled_by_a_second_person(client, client_for(None, grace), second, run_tasks)
    assert "Paid by transfer on Monday" in client.get("/ops/credits/?state=settled").content.decode()
    late = client.post(settle, {"why": "Agreed on a free month"})
    assert (late.status_code, "Somebody has settled it already" in late.content.decode()) == (422, True)
    assert AuditEntry.objects.filter(action="credit.settled").count() == 1
    assert (balance(riverside), crediting.bill_due(now=now)) == (CREDIT, 0)
    with pytest.raises(SettlingRefused):
        settling.propose(credit=first.public_id, why="Too late", by=MEI, now=now)


def test_what_somebody_says_was_settled_comes_off_no_invoice_before_a_second_person_has_said_no(
    riverside: Any, stripe: StripeSandbox, now: datetime, client_for: Callable[..., Any]
) -> None:
    """It was paid by hand, and then a package began: the merchant had it twice."""
    finn, grace = (replace(MEI, name=name, public_id=name[0] * 26) for name in ("Finn", "Grace"))
    miss(ten_tasks(riverside, credit_minor=CREDIT, now=now)[:1], now=now)
    crediting.bill_due(now=now)
    line, said = CreditLine.objects.get(), "Paid by transfer on Monday"
    settling.propose(credit=line.public_id, why=said, by=finn, now=now)
    for role, is_told in ((roles.MANAGER, True), (roles.OPERATOR, False)):
        page = client_for(None, staff(f"{role}.test@hutong.example", role, role)).get("/ops/").content.decode()
        assert ("1 credit settled by hand waits for a second person" in page) == is_told, "whose roles open the list"
    hosted(riverside, now=now)
    assert crediting.bill_due(now=now) == 0
    settling.answer(credit=line.public_id, accept=False, seen=said, by=grace, now=now)
    assert crediting.bill_due(now=now) == 1
