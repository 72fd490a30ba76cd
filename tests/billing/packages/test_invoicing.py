"""Service packages against the Stripe sandbox: billed, netted, past due, credited (M13, M19)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from django.core import mail
from django.db import transaction

from billing.gateway import invoices as stripe_invoices
from billing.gateway.invoices import CardPayment, CreditRequest
from billing.gateway.operations import GatewayUnavailable, KeyReused
from billing.ledger import queries as books
from billing.ledger.models import Account, Transfer
from billing.packages import (
    closing,
    crediting,
    files,
    following,
    invoicing,
    items,
    marked,
    queries,
    receiving,
    returning,
    standing,
    usage,
    used,
)
from billing.packages.credited import CreditRefused
from billing.packages.crediting import CreditDraft
from billing.packages.models import Credit, Invoice, Package, Subscription, Usage
from billing.packages.usage import UsageRefused, UseDraft
from billing.reconciliation import operations as reconciliation
from billing.reconciliation.models import Break
from billing.settlements.models import Earning
from billing.statements import issuing
from billing.statements.drafting import Place
from billing.statements.paying import payment_of
from ops_console.finance import finding
from ops_console.mandates import roles
from saas.audit.models import AuditEntry
from saas.kernel import clock
from storefront.deals import operations as deals
from storefront.deals.operations import PublishingStopped
from tenants.isolation.entrance import inside, on_platform
from tenants.registry.models import Tenant
from tests.factories import shop
from tests.factories.packages import ALMA, DAY, MEI, earn, revenue, sold, told
from tests.ops_console.conftest import _staff
from tests.stripe_sandbox import StripeSandbox


def test_the_introductory_price_ends_and_units_are_billed_once(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    assert found.state == "active"
    unit = next(item["price"] for item in found.items if item["kind"] == "per_unit")
    soon, schema = clock.now() + timedelta(seconds=2), riverside.schema_name
    for _click in range(2):
        draft = UseDraft(unit, 5, "Five posts of the week", "post-17")
        row = usage.record(subscription=found.public_id, draft=draft, by=MEI, now=soon)
    for _click in range(2):
        wrong = UseDraft("", 2, "Two were of another shop", "wrong-1")
        usage.correct(usage=row.pk, schema=schema, draft=wrong, by=MEI, now=soon)
    with pytest.raises(UsageRefused, match="No more"):
        usage.correct(usage=row.pk, schema=schema, draft=UseDraft("", 4, "Too many", "wrong-2"), by=MEI, now=soon)
    with pytest.raises(Usage.DoesNotExist):
        usage.correct(usage=row.pk, schema="m_other", draft=wrong, by=MEI, now=soon)
    running = used.period(found.public_id, now=soon)
    assert running is not None
    assert running.cost_minor == 3 * 500
    totals = []
    for month in (1, 2, 3):
        stripe.control("clock", advance=32 * DAY)
        later = now + timedelta(days=32 * month)
        items.end_introductions(now=later)
        told(stripe, now=later)
        totals.append(Invoice.objects.order_by("issued_at").last().total_minor)  # type: ignore[union-attr]
    assert totals[0] == 10_000 + 3 * 500
    with pytest.raises(UsageRefused, match="stands on an invoice"):
        usage.correct(usage=row.pk, schema=schema, draft=UseDraft("", 1, "Too late", "wrong-3"), by=MEI, now=later)
    assert [one.units for one in Usage.objects.order_by("pk")] == [5, -2]
    nothing = used.period(found.public_id, now=later)
    assert nothing is not None
    assert (nothing.cost_minor, nothing.starts_at > soon) == (0, True)
    assert totals[-1] == 20_000


def test_open_fees_are_netted_from_what_is_available_and_never_from_less(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """M13: owed by the merchant in the books, and paid at Stripe out of band; without earnings it stays open."""
    now = clock.now()
    found = sold(riverside, package, pays_by="balance", now=now)
    told(stripe, now=now)
    assert [(one.state, one.netted_at) for one in Invoice.objects.filter(subscription=found)] == [("open", None)] * 2
    steps = []
    for amount in (9_999, 1, 29_999, 1):
        earn(riverside, amount, now=now)
        steps.append((invoicing.net_open(now=now), invoicing.net_open(now=now), revenue(riverside)))
    assert steps == [(0, 0, 0), (1, 0, 10_000), (0, 0, 10_000), (1, 0, 40_000)]
    assert [(one.state, one.netted_at is None) for one in Invoice.objects.all()] == [("paid", False)] * 2
    assert books.mall_balances(riverside.schema_name, currency="usd").owed_minor == 40_000
    told(stripe, now=now)
    assert revenue(riverside) == 40_000


def test_what_is_netted_is_what_stripe_still_asks_for(riverside: Any, package: Package, stripe: StripeSandbox) -> None:
    """M13: an invoice was credited, and neither the answer nor the news of it reached us."""
    now = clock.now()
    sold(riverside, package, pays_by="balance", now=now)
    told(stripe, now=now)
    row = Invoice.objects.get(total_minor=10_000)
    stripe.client.v1.credit_notes.create({"invoice": row.stripe_invoice, "amount": 2500})
    earn(riverside, 10_000, now=now)
    assert (invoicing.net_open(now=now), revenue(riverside)) == (1, 7_500)


def test_an_invoice_that_is_netted_and_paid_by_card_in_one_moment_is_paid_once(
    riverside: Any, package: Package, stripe: StripeSandbox, run_tasks: Any
) -> None:
    """M13, M16: the card's money stays, what was netted goes back into the earnings, once, and both sides read so."""
    now = clock.now()
    found = sold(riverside, package, pays_by="balance", now=now)
    told(stripe, now=now)
    earn(riverside, 10_000, now=now)
    small, large = Invoice.objects.order_by("total_minor")
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/invoices")
    assert invoicing.net_open(now=now) == 0  # booked as owed; Stripe was not told yet
    stripe.control("faults/clear")
    stripe.press(f"{stripe.url}{small.url}")
    with run_tasks():
        assert (invoicing.net_open(now=now), invoicing.net_open(now=now)) == (1, 0)
        told(stripe, now=now)
    small.refresh_from_db()
    assert (small.state, small.doubled_minor, small.elsewhere_minor) == ("paid", 10_000, 0)
    held = books.mall_balances(riverside.schema_name, currency="usd")
    assert (revenue(riverside), held.owed_minor, held.available_minor) == (10_000, 10_000, 20_000)
    assert Transfer.objects.filter(kind="package_paid").get().amount_minor == 10_000
    assert Transfer.objects.filter(kind="package_returned").get().amount_minor == 10_000
    kinds = {line.kind for line in finding.find(small.stripe_invoice)}
    assert kinds == {"package_paid", "package_netted", "package_returned"}
    issued = issuing.issue_mall(place=Place(riverside.schema_name, "usd"), now=now + timedelta(days=40))
    payments = [payment_of(one) for one in issued if one.lines.filter(key__startswith="package_returned:").exists()]
    assert [one.waiting_minor for one in payments] == [10_000], (
        "the statement says that it has not reached the bank yet"
    )
    assert (
        Earning.objects.get(borne_minor=10_000).state == "released"
    )  # sent with the next settlement, which keeps what is owed
    assert AuditEntry.objects.filter(action="package.paid_twice", subject_id=found.public_id).count() == 1
    assert "was paid twice: one payment goes back" in mail.outbox[-1].subject
    assert following.look_again(now=now) == 0
    paid = stripe_invoices.read_invoice(small.stripe_invoice)
    with transaction.atomic():  # what Stripe itself credits is booked as come in, and not given back a second time
        more = (*paid.card_payments, CardPayment("pi_late", 10_000))
        paid = replace(paid, card_payments=more, overpaid_minor=10_000)
        for _time in range(2):
            receiving.take_in(small, paid, now=now)
    assert (small.doubled_minor, revenue(riverside)) == (20_000, 20_000)
    assert Transfer.objects.filter(kind="package_returned").count() == 1
    assert large.state == "open"
    Invoice.objects.filter(pk=large.pk).update(state="paid", remaining_minor=0)  # by card, after it was read as open
    assert invoicing._net(large, now=now).netted_at is None
    assert Invoice.objects.get(pk=large.pk).netted_at is None


def test_an_invoice_that_is_netted_and_marked_as_paid_by_hand_is_a_break_with_a_way_out(
    riverside: Any, package: Package, stripe: StripeSandbox, client_for: Any
) -> None:
    """M13, W9: one invoice is marked at Stripe before it is told of the netting; of the other one only the answer is lost."""
    now = clock.now()
    sold(riverside, package, pays_by="balance", now=now)
    told(stripe, now=now)
    small, large = Invoice.objects.order_by("total_minor")
    earn(riverside, 10_000, now=now)
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/invoices")
    assert invoicing.net_open(now=now) == 0
    stripe.control("faults/clear")
    stripe.client.v1.invoices.pay(small.stripe_invoice, {"paid_out_of_band": True})
    assert invoicing.net_open(now=now) == 1
    earn(riverside, 30_000, now=now)
    stripe.control("faults", kind="commit_then_500", times=9, method="POST", path="/v1/invoices")
    invoicing.net_open(now=now)
    stripe.control("faults/clear")
    told(stripe, now=now)
    rows = {row.pk: (row.state, row.marked_at is not None) for row in Invoice.objects.all()}
    assert rows == {small.pk: ("paid", True), large.pk: ("paid", False)}
    reconciliation.reconcile(stripe_balance=None, now=now + timedelta(hours=2))
    (found,) = Break.objects.filter(kind="package_marked_paid")
    assert (found.subject, found.expected_minor, found.found_minor) == (small.stripe_invoice, 10_000, 20_000)
    finance = client_for(None, _staff("fin.test@hutong.example", "Fin", roles.FINANCE))
    page = f"/ops/finance/breaks/{found.public_id}/"
    finance.post(f"{page}explain/", {"explanation": "Nothing came"})
    found.refresh_from_db()
    assert (found.state, found.journal_id) == ("explained", "")
    assert "The bank has it too" in finance.get(page).content.decode(), "it may come days later"
    for _click in range(2):
        finance.post(f"{page}bank/")
    found.refresh_from_db()
    small.refresh_from_db()
    assert (found.state, found.journal_id != "") == ("explained", True)
    assert (small.elsewhere_minor, small.doubled_minor) == (10_000, 10_000)
    assert "The bank has it too" not in finance.get(page).content.decode()
    held = books.mall_balances(riverside.schema_name, currency="usd")
    assert (revenue(riverside), held.available_minor - held.owed_minor) == (40_000, 10_000)
    told(stripe, now=now)
    assert (revenue(riverside), marked.marked()) == (40_000, [])


def test_past_due_restricts_after_its_notice_and_paying_lifts_it_at_once(
    riverside: Any, package: Package, stripe: StripeSandbox, settings: Any, run_tasks: Any
) -> None:
    """M19: nothing but publishing stops."""
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    told(stripe, now=now)
    with inside(riverside):
        deal = shop.a_deal(now=now, state="draft")
    steps = []
    for days in (1, 15, 16, 15 + settings.PACKAGE_NOTICE_DAYS, 16 + settings.PACKAGE_NOTICE_DAYS):
        with run_tasks():
            standing.review(now=now + timedelta(days=days))
        found.refresh_from_db()
        steps.append(found.standing)
    assert steps == ["good", "past_due", "past_due", "restricted", "restricted"]
    subjects = [letter.subject for letter in mail.outbox]
    assert subjects.count("An invoice for Riverside Noodles is past due") == 1
    assert subjects.count("Riverside Noodles cannot publish deals until an invoice is paid") == 1
    restricted = Tenant.objects.get(pk=riverside.pk)
    with inside(restricted), pytest.raises(PublishingStopped):
        deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    with inside(restricted):
        assert shop.an_order(shop.a_deal(now=now), now=now).state == "pending"
    for invoice in Invoice.objects.filter(subscription=found):
        stripe.client.v1.invoices.pay(invoice.stripe_invoice, {"paid_out_of_band": True})
    told(stripe, now=now + timedelta(days=40))
    found.refresh_from_db()
    assert (found.standing, found.restricts_at, Tenant.objects.get(pk=riverside.pk).restricted_at) == (
        "good",
        None,
        None,
    )


def test_both_sides_fetch_an_invoice_and_its_credit_note_as_pdf_and_no_other_mall_does(
    riverside: Any, hillside: Any, alma: Any, package: Package, stripe: StripeSandbox, client_for: Any
) -> None:
    now = clock.now()
    sold(riverside, package, pays_by="invoice", now=now)
    told(stripe, now=now)
    invoice = Invoice.objects.get(total_minor=10_000)
    crediting.credit(draft=CreditDraft(invoice.public_id, 2_500, "少发两篇", "credit-1"), by=MEI, now=now)
    finance = client_for(None, _staff("fin.test@hutong.example", "Fin", roles.FINANCE))
    sides = [(client_for(riverside, alma), "/manage/services/")]
    sides.append((finance, f"/ops/malls/{riverside.public_id}/services/"))
    for path in (f"invoices/{invoice.public_id}/pdf/", f"credits/{Credit.objects.get().pk}/pdf/"):
        for client, at in sides:
            assert f"{at}{path}" in client.get(at).content.decode()
            with urlopen(urljoin(stripe.url, client.get(f"{at}{path}")["location"])) as paper:
                assert paper.read(5) == b"%PDF-"
    with on_platform():
        numbers = {"invoices": invoice.public_id, "credits": str(Credit.objects.get().pk)}
        assert [files.address_of(*one, schema=hillside.schema_name) for one in numbers.items()] == ["", ""]
    stripe.control("faults", kind="unavailable", times=9, method="GET", path="/v1/invoices")
    assert finance.get(f"{sides[1][1]}invoices/{invoice.public_id}/pdf/").status_code == 302


def test_credits_lower_an_open_invoice_and_come_off_the_next_one_when_it_is_paid(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    sold(riverside, package, pays_by="invoice", now=now)
    told(stripe, now=now)
    invoice = Invoice.objects.get(total_minor=10_000)
    for _click in range(2):
        crediting.credit(draft=CreditDraft(invoice.public_id, 2_500, "Two posts missed", "credit-1"), by=MEI, now=now)
    invoice.refresh_from_db()
    assert (invoice.remaining_minor, invoice.state) == (7_500, "open")
    for amount in (0, -1, 10_001):
        with pytest.raises(CreditRefused):
            crediting.credit(draft=CreditDraft(invoice.public_id, amount, "No", f"no-{amount}"), by=MEI, now=now)
    stripe.client.v1.invoices.pay(invoice.stripe_invoice, {"paid_out_of_band": True})
    told(stripe, now=now)
    invoice.refresh_from_db()
    assert (invoice.state, invoice.elsewhere_minor) == (
        "paid",
        7_500,
    )  # marked so by hand: the money is on the platform's bank account
    bank = Account.objects.get(kind="bank", tenant_schema="", currency="usd")
    assert (bank.balance_minor, revenue(riverside)) == (7_500, 7_500)
    for _click in range(2):
        crediting.credit(draft=CreditDraft(invoice.public_id, 1_000, "One more", "credit-2"), by=MEI, now=now)
    for other, why in ((999, "One more"), (1_000, "In other words")):
        with pytest.raises((CreditRefused, KeyReused), match="other contents"):
            crediting.credit(draft=CreditDraft(invoice.public_id, other, why, "credit-2"), by=MEI, now=now)
    with pytest.raises(CreditRefused, match=r"\$65\.00 can still be credited"):
        crediting.credit(draft=CreditDraft(invoice.public_id, 6_501, "Too much in all", "credit-3"), by=MEI, now=now)
    crediting.credit(draft=CreditDraft(invoice.public_id, 6_500, "All the rest", "credit-4"), by=MEI, now=now)
    noted = AuditEntry.objects.filter(action="package.credited").order_by("pk")
    assert [one.data["key"] for one in noted] == ["credit-1", "credit-2", "credit-4"]  # pressed twice, told once
    (shown,) = (one for one in queries.of_mall(riverside.schema_name)[0].invoices if one.public_id == invoice.public_id)
    assert shown.credited_minor == 7_500  # after it was paid; the credit before lowered it
    with pytest.raises(CreditRefused):
        crediting.credit(draft=CreditDraft(invoice.public_id, 1, "A cent more", "credit-5"), by=MEI, now=now)
    stripe.control("clock", advance=32 * DAY)
    told(stripe, now=now)
    assert Invoice.objects.order_by("issued_at").last().total_minor == 10_000 - 7_500  # type: ignore[union-attr]


def test_a_credit_larger_than_what_is_open_lowers_that_and_the_rest_is_paid_back_once(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """After the end; of an invoice that is paid meanwhile all of it is paid back, and never more than was paid."""
    now = clock.now()
    found = sold(riverside, package, pays_by="balance", now=now)
    told(stripe, now=now)
    earn(riverside, 10_000, now=now)
    assert invoicing.net_open(now=now) == 1
    Subscription.objects.update(ends_at=now)
    assert closing.end_due(now=now) == 1
    found.refresh_from_db()
    small, large = Invoice.objects.order_by("total_minor")
    with pytest.raises(CreditRefused):
        returning.give_back(found, 40_001, why="More than was billed", key="more", now=now)
    assert not Credit.objects.exists()
    old = CreditRequest(f"old:{large.public_id}", found.tenant_schema, large.stripe_invoice, 100, "x")
    stripe_invoices.credit(old, now=now)  # as the release before asked, and noted nothing here
    assert [returning.has_begun(key) for key in ("old", "new")] == [True, False]
    assert returning.give_back(found, 100, why="x", key="old", now=now) == returning.GivenBack(large.public_id, 0)
    assert len(stripe.client.v1.credit_notes.list({"limit": 9}).data) == 1
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/credit_notes")
    with pytest.raises(GatewayUnavailable):
        returning.give_back(found, 34_000, why="Nothing was done", key="sorry", now=now)
    stripe.control("faults/clear")
    stripe.control("faults", kind="commit_then_reset", times=1, method="POST", path="/v1/credit_notes")
    for _time in range(2):
        given = returning.give_back(found, 34_000, why="Nothing was done", key="sorry", now=now)
    assert (given.invoice, given.paid_minor) == (large.public_id, 4_100)
    large.refresh_from_db()
    assert (large.state, large.remaining_minor, revenue(riverside)) == ("paid", 0, 5_900)
    Invoice.objects.filter(pk=small.pk).update(
        state="open", remaining_minor=10_000
    )  # as before its payment was heard of
    for state in ("ended", "active"):  # asked again when a package runs anew
        Subscription.objects.update(state=state)
        crediting.credit(draft=CreditDraft(small.public_id, 1_000, "After the end", "late"), by=MEI, now=now)
    assert stripe.client.v1.invoice_items.list({"pending": True, "limit": 9}).data == []
    small.refresh_from_db()
    assert (small.state, revenue(riverside)) == ("paid", 4_900)
    with pytest.raises(CreditRefused, match=r"\$90\.00"):
        crediting.credit(draft=CreditDraft(small.public_id, 9_001, "Too much in all", "later"), by=MEI, now=now)
