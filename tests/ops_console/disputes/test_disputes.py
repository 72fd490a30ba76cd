"""The console's disputes: by deadline, for Finance only; evidence made on a person's word, saved, read, sent once; giving up."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from ops_console.disputes.models import Case
from saas.audit.models import AuditEntry
from saas.kernel import clock
from storefront.disputes import looking
from storefront.disputes.models import Dispute
from storefront.payments.models import Payment
from tenants.isolation.entrance import inside
from tests.factories import shop
from tests.factories.buying import paid_order
from tests.stripe_sandbox import StripeSandbox


@pytest.fixture
def now() -> datetime:
    """Return the present instant: the sandbox lives in it."""
    return clock.now()


@pytest.fixture
def case(
    riverside: Any, stripe: StripeSandbox, client_for: Any, run_tasks: Any, mailoutbox: Any, now: datetime
) -> Case:
    """A dispute of an order of Riverside, of which the console has heard."""
    with inside(riverside):
        deal = shop.a_deal(now=now - timedelta(minutes=5))
        order = paid_order(client_for(riverside), deal, stripe, run_tasks)
        payment = Payment.objects.get(order_public_id=order.public_id)
        charge = stripe.client.v1.payment_intents.retrieve(payment.payment_intent_id).latest_charge
        opened = stripe.control(f"charges/{charge}/dispute", reason="product_not_received")["id"]
        with run_tasks():
            looking.look_at(payment_reference=payment.reference, dispute_id=opened, now=now)
    return Case.objects.get()


@pytest.fixture
def finance(client_for: Callable[..., Any], tomas: Any) -> Any:
    """Return the browser of Tomas, of Finance."""
    return client_for(None, tomas)


def at(case: Case, page: str = "") -> str:
    return f"/ops/disputes/{case.public_id}/{page}"


def test_the_list_shows_deadline_mall_and_reason_and_filters(case: Case, finance: Any) -> None:
    page = finance.get("/ops/disputes/?state=open").content.decode()
    assert "Riverside Noodles" in page
    assert case.order_number in page
    assert "nothing was received" in page
    assert "Mei" not in page
    assert case.order_number not in finance.get("/ops/disputes/?state=over").content.decode()
    assert case.order_number in finance.get(f"/ops/disputes/?q={case.stripe_dispute}").content.decode()
    assert "No dispute is like that" in finance.get("/ops/disputes/?q=nowhere").content.decode()


def test_finances_first_page_counts_what_waits_and_what_is_near(case: Case, finance: Any, now: datetime) -> None:
    def said() -> str:
        return " ".join(finance.get("/ops/finance/").content.decode().split())

    Case.objects.update(answer_until_at=now + timedelta(days=30))
    assert "1 dispute waits for an answer to the bank" in said()
    assert "with a deadline near" not in said()
    Case.objects.update(answer_until_at=now + timedelta(hours=5))
    assert "1 with a deadline near" in said()
    Case.objects.update(state="lost")
    assert "an answer to the bank" not in said()


def test_an_empty_list_says_what_will_stand_there(finance: Any) -> None:
    assert "No dispute is here" in finance.get("/ops/disputes/").content.decode()


def test_a3_only_finance_and_admins_see_disputes(
    case: Case, client_for: Callable[..., Any], mei: Any, nobody: Any
) -> None:
    for person in (mei, nobody):
        browser = client_for(None, person)
        assert {browser.get(path).status_code for path in ("/ops/disputes/", at(case), at(case, "review/"))} == {403}
        assert browser.post(at(case, "make/")).status_code == 403
    with inside(case.tenant_schema):
        assert not AuditEntry.objects.filter(subject_kind="dispute").exists()


def test_evidence_is_made_saved_read_and_sent_once_and_the_malls_trail_says_by_whom(
    case: Case, finance: Any, stripe: StripeSandbox
) -> None:
    assert "Mei Lin" not in finance.get(at(case)).content.decode()
    assert finance.post(at(case, "make/"), follow=True).redirect_chain[-1][0] == at(case, "evidence/")
    page = finance.get(at(case, "evidence/")).content.decode()
    assert "Mei Lin" in page
    saved = finance.post(at(case, "evidence/"), {"customer_name": "Mei Lin", "uncategorized_text": "She came."})
    assert saved["location"] == at(case, "review/")
    assert finance.post(at(case, "review/"), {"version": 2}).status_code == 422  # no second thought
    assert "She came." in finance.get(at(case, "evidence.txt")).content.decode()
    assert finance.get(at(case, "evidence.json")).json()["customer_name"] == "Mei Lin"
    stale = finance.post(at(case, "review/"), {"version": 1, "is_sure": "on"}, follow=True).content.decode()
    assert "Somebody saved another version" in stale

    sent = finance.post(at(case, "review/"), {"version": 2, "is_sure": "on"}, follow=True).content.decode()
    assert "The evidence is with the bank" in sent
    again = finance.post(at(case, "review/"), {"version": 2, "is_sure": "on"}, follow=True).content.decode()
    assert "only once" in again
    there = stripe.client.v1.disputes.retrieve(case.stripe_dispute)
    assert (there.evidence_details.submission_count, there.evidence.uncategorized_text) == (1, "She came.")
    with inside(case.tenant_schema):
        trail = AuditEntry.objects.filter(subject_kind="dispute").values_list("action", "actor_name")
        assert list(trail) == [
            ("dispute.evidence_saved", "Tomas"),
            ("dispute.evidence_saved", "Tomas"),
            ("dispute.evidence_sent", "Tomas"),
        ]


def test_giving_up_wants_a_reason_and_a_second_thought_and_then_it_is_lost(
    case: Case, finance: Any, carry: Callable[[datetime], int], now: datetime
) -> None:
    assert finance.post(at(case, "give-up/"), {"reason": "The buyer is right"}).status_code == 422
    page = finance.post(at(case, "give-up/"), {"reason": "The buyer is right", "is_sure": "on"}, follow=True)
    assert "Given up" in page.content.decode()
    carry(now)
    assert Case.objects.get().state == Dispute.State.LOST
    assert "Unused vouchers are void" in finance.get(at(case)).content.decode()


def test_w6_when_stripe_does_not_answer_nobody_is_told_that_it_was_sent(
    case: Case, finance: Any, stripe: StripeSandbox
) -> None:
    finance.post(at(case, "make/"))
    stripe.control("faults", kind="unavailable", times=4, method="POST", path="/v1/disputes")
    page = finance.post(at(case, "review/"), {"version": 1, "is_sure": "on"}, follow=True).content.decode()
    assert "Stripe did not answer" in page
    assert "Nobody knows whether the evidence arrived" in page
    stripe.control("faults/clear")
    finance.post(at(case, "review/"), {"version": 1, "is_sure": "on"})
    assert stripe.client.v1.disputes.retrieve(case.stripe_dispute).evidence_details.submission_count == 1


def test_the_merchant_reads_what_it_means_and_writes_what_the_bank_should_know(
    case: Case, client_for: Callable[..., Any], riverside: Any, alma: Any, bo: Any
) -> None:
    browser, page = client_for(riverside, alma), f"/manage/disputes/{case.public_id}/"
    assert case.order_number in browser.get("/manage/disputes/").content.decode()
    shown = browser.get(page).content.decode()
    assert "cannot be used or refunded" in shown
    assert "Order " + case.order_number in shown
    assert browser.post(page, {"note": ""}).status_code == 422
    assert browser.post(page, {"note": "She came with two friends."})["location"] == page
    with inside(riverside):
        assert Dispute.objects.get().note == "She came with two friends."
    assert client_for(riverside, bo).get(page).status_code in (302, 403)
    assert browser.get("/manage/disputes/nothing/").status_code == 404


def test_news_that_are_older_change_nothing(case: Case) -> None:
    from ops_console.disputes import subscribers
    from tenants.relay.events import Event

    told = {"dispute": case.stripe_dispute, "state": "lost"}
    subscribers.dispute_changed(
        Event("e", case.tenant_schema, "dispute.changed", "o", told, case.told_at - timedelta(seconds=1))
    )
    assert Case.objects.get().state == "open"
