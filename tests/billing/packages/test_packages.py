"""Service packages against the Stripe sandbox: sold, billed, credited, past due, ended (M9, M19, M20, A3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.core import mail
from django.db import IntegrityError

from billing.gateway import invoices as stripe_invoices
from billing.gateway.invoices import CreditRequest
from billing.gateway.operations import GatewayUnavailable, KeyReused
from billing.ledger import queries as books
from billing.ledger.models import Account, Transfer
from billing.ledger.operations import Entry, Leg, post
from billing.packages import (
    beginning,
    catalogue,
    closing,
    crediting,
    following,
    invoicing,
    items,
    mails,
    moving,
    queries,
    returning,
    selling,
    standing,
)
from billing.packages.catalogue import CatalogueRefused, PackageDraft, PriceDraft
from billing.packages.credited import CreditRefused
from billing.packages.crediting import CreditDraft
from billing.packages.models import Credit, Invoice, Module, Package, Price, Subscription
from billing.packages.selling import OfferDecided, OfferRefused
from saas.kernel import clock
from saas.kernel.actors import Actor, OnlyTheMerchant
from saas.kernel.ids import public_id
from storefront.deals import operations as deals
from storefront.deals.operations import PublishingStopped
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories import shop
from tests.stripe_sandbox import StripeSandbox

MEI = Actor(kind="agency", name="Mei")
ALMA = Actor(kind="merchant", name="Alma")
URLS = ("http://riverside.localhost/begun/", "http://riverside.localhost/services/")
DAY = 24 * 3600


@pytest.fixture
def package(riverside: Any) -> Package:
    """Social posts at 200.00 a month (100.00 in the first two), 5.00 for each extra post, and 300.00 once to set up."""
    now = clock.now()
    social = catalogue.add_module(name="Social", summary="", by=MEI, now=now).public_id
    setup = catalogue.add_module(name="Set-up", summary="", by=MEI, now=now).public_id
    drafts = [
        (social, PriceDraft("monthly", "usd", 20_000, intro_amount_minor=10_000, intro_months=2)),
        (social, PriceDraft("per_unit", "usd", 500, unit_name="post")),
        (setup, PriceDraft("one_off", "usd", 30_000)),
    ]
    prices = [catalogue.add_price(module=key, draft=draft, by=MEI, now=now).public_id for key, draft in drafts]
    draft = PackageDraft("Hosted", "For one shop", "usd", 3, 30, prices)
    return catalogue.add_package(draft=draft, by=MEI, now=now)


def sold(tenant: Tenant, package: Package, *, pays_by: str, now: datetime) -> Subscription:
    """Offer the package and take it; by card its page is opened and left."""
    offered = selling.offer(tenant=tenant, package=package.public_id, pays_by=pays_by, by=MEI, now=now)
    selling.accept(subscription=offered.public_id, schema=tenant.schema_name, by=ALMA, now=now)
    beginning.begin(subscription=offered.public_id, tenant=tenant, urls=URLS, now=now)
    offered.refresh_from_db()
    return offered


def told(stripe: StripeSandbox, *, now: datetime) -> None:
    """Bring our rows to what Stripe has, as its events do, each twice and in a wrong order."""
    seen = [event["data"]["object"]["id"] for event in stripe.events() if event["type"].startswith("invoice.")]
    for invoice in [*reversed(seen), *seen]:
        invoicing.refresh(stripe_invoice=invoice, now=now)


def revenue(tenant: Tenant) -> int:
    """Return what the books say was earned with packages."""
    return sum(
        Account.objects.filter(kind="package_fees", tenant_schema=tenant.schema_name).values_list(
            "balance_minor", flat=True
        )
    )


def test_a_package_by_card_begins_on_stripes_page_and_its_fees_are_booked_once(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    found = sold(riverside, package, pays_by="card", now=now)
    assert (found.state, found.stripe_subscription) == ("beginning", "")
    page = beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now)
    again = beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now)
    assert page.url
    assert page == again
    stripe.pay(stripe.client.v1.checkout.sessions.list({"limit": 1}).data[0].id)
    assert beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now).url == ""
    found.refresh_from_db()
    assert found.state == "active"
    assert found.minimum_until_at is not None
    assert (found.minimum_until_at - found.begins_at).days in (89, 90, 91, 92)
    told(stripe, now=now)
    invoices = Invoice.objects.order_by("total_minor")
    assert [(one.state, one.total_minor) for one in invoices] == [("paid", 10_000), ("paid", 30_000)]
    assert [(line["description"], line["amount_minor"]) for line in invoices[1].lines] == [("Set-up", 30_000)]
    assert revenue(riverside) == 40_000
    assert Transfer.objects.filter(kind="package_paid").count() == 2


def test_w7_what_no_news_of_stripe_told_is_found_by_looking_again(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """The card was entered and nobody came back, a month was charged, the package was ended at Stripe: no event arrived."""
    now = clock.now()
    found = sold(riverside, package, pays_by="card", now=now)
    stripe.pay(stripe.client.v1.checkout.sessions.list({"limit": 1}).data[0].id)
    assert following.look_again(now=now) == 1
    found.refresh_from_db()
    assert (found.state, revenue(riverside)) == ("active", 40_000)
    assert following.look_again(now=now) == 0
    stripe.control("clock", advance=32 * DAY)
    assert following.look_again(now=now) == 1
    assert revenue(riverside) == 50_000
    stripe.client.v1.subscriptions.cancel(found.stripe_subscription)
    assert following.look_again(now=now) == 1
    found.refresh_from_db()
    assert found.state == "ended"


def test_w7_what_stripe_has_ended_begins_no_package_that_waits(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """A stray one of the customer was paid and ended; then the package's own is paid, and ended before anybody heard of it."""
    now = clock.now()
    found = sold(riverside, package, pays_by="card", now=now)
    page = stripe.client.v1.checkout.sessions.list({"limit": 1}).data[0].id
    once_a_month = [
        {"price": one.id} for one in stripe.client.v1.prices.list({"limit": 9}).data if one.unit_amount == 10_000
    ]
    stray = stripe.client.v1.subscriptions.create(
        {
            "customer": found.stripe_customer,
            "items": once_a_month,
            "collection_method": "send_invoice",
            "days_until_due": 14,
        }
    )
    stripe.client.v1.subscriptions.cancel(stray.id)
    following.look_again(now=now)
    found.refresh_from_db()
    assert (found.state, found.stripe_subscription) == ("beginning", "")
    stripe.pay(page)
    own = next(
        one.id
        for one in stripe.client.v1.subscriptions.list({"customer": found.stripe_customer}).data
        if one.id != stray.id
    )
    stripe.client.v1.subscriptions.cancel(own)
    beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now)
    found.refresh_from_db()
    assert (found.state, found.stripe_subscription) == ("ended", own)
    assert stripe.client.v1.invoice_items.list({"limit": 9}).data == []


def test_of_two_pages_whose_times_overlap_only_the_newer_can_begin_the_package(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    found = sold(riverside, package, pays_by="card", now=now)
    first = beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now)
    stripe.control("clock", advance=int(beginning.PAGE_WINDOW.total_seconds()))
    later = now + beginning.PAGE_WINDOW + timedelta(minutes=1)
    second = beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=later)
    assert second.url not in ("", first.url)
    pages = stripe.client.v1.checkout.sessions.list({"limit": 10}).data
    assert sorted(str(page.status) for page in pages) == ["expired", "open"]
    stripe.pay(next(page.id for page in pages if page.status == "open"))
    assert beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=later).url == ""
    assert len(stripe.client.v1.subscriptions.list({"limit": 10}).data) == 1


def test_a_page_that_was_paid_at_the_last_moment_begins_the_package_and_opens_no_other(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    found = sold(riverside, package, pays_by="card", now=now)
    beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now)
    stripe.control("clock", advance=int(beginning.PAGE_WINDOW.total_seconds()))
    stripe.pay(stripe.client.v1.checkout.sessions.list({"limit": 1}).data[0].id)
    later = now + beginning.PAGE_WINDOW + timedelta(minutes=1)
    assert beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=later).url == ""
    found.refresh_from_db()
    assert (found.state, len(stripe.client.v1.checkout.sessions.list({"limit": 10}).data)) == ("active", 1)


def test_one_package_that_stripe_refuses_does_not_keep_the_others_waiting(
    riverside: Any, hillside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    lost, ending = (sold(tenant, package, pays_by="invoice", now=now) for tenant in (riverside, hillside))
    Subscription.objects.filter(pk=lost.pk).update(stripe_subscription="sub_nowhere")
    Subscription.objects.update(ends_at=now)
    assert (items.end_introductions(now=now), closing.end_due(now=now)) == (0, 1)
    lost.refresh_from_db()
    ending.refresh_from_db()
    assert (lost.state, ending.state) == ("active", "ended")


def test_what_is_paid_once_is_billed_once_though_stripe_was_away_when_the_package_began(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="invoice", by=MEI, now=now)
    selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)
    begin: dict[str, Any] = {"subscription": offered.public_id, "tenant": riverside, "urls": URLS, "now": now}
    stripe.control("faults", kind="unavailable", times=9, method="POST", path="/v1/invoiceitems")
    with pytest.raises(GatewayUnavailable):
        beginning.begin(**begin)
    stripe.control("faults/clear")
    for _time in range(2):
        beginning.begin(**begin)
    offered.refresh_from_db()
    assert offered.state == "active"
    told(stripe, now=now)
    once = [one for one in Invoice.objects.all() if one.total_minor == 30_000]
    assert len(once) == 1
    assert len(stripe.client.v1.subscriptions.list({"customer": offered.stripe_customer}).data) == 1


def test_the_introductory_price_ends_and_units_are_billed_once(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    assert found.state == "active"
    unit = next(item["price"] for item in found.items if item["kind"] == "per_unit")
    for _click in range(2):
        invoicing.use(
            subscription=found.public_id, price=unit, units=3, key="post-17", now=clock.now() + timedelta(seconds=2)
        )
    totals = []
    for month in (1, 2, 3):
        stripe.control("clock", advance=32 * DAY)
        later = now + timedelta(days=32 * month)
        items.end_introductions(now=later)
        told(stripe, now=later)
        totals.append(Invoice.objects.order_by("issued_at").last().total_minor)  # type: ignore[union-attr]
    assert totals[0] == 10_000 + 3 * 500
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


def earn(tenant: Tenant, amount_minor: int, *, now: datetime) -> None:
    """Make something available to the mall."""
    legs = [Leg("settled", Account.Kind.STRIPE_CASH, Account.Kind.MERCHANT_AVAILABLE, amount_minor)]
    post(Entry(f"earned:{public_id()}", tenant.schema_name, "usd", legs, "test", now), journal_id="e" * 26, now=now)


def test_an_offer_that_nobody_answers_is_taken_back_once(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="invoice", by=MEI, now=now)
    assert selling.withdraw_unanswered(now=now + timedelta(days=29)) == 0
    assert [selling.withdraw_unanswered(now=now + timedelta(days=30)) for _time in range(2)] == [1, 0]
    offered.refresh_from_db()
    assert (offered.state, offered.answered_by) == ("withdrawn", "Hutong")
    with pytest.raises(selling.OfferDecided):
        selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)


def test_an_offer_is_told_as_plain_text_in_the_malls_language(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    found = sold(riverside, package, pays_by="invoice", now=clock.now())
    Tenant.objects.filter(pk=riverside.pk).update(language="zh-hans")
    mails.tell_owner(subscription=found.public_id, what="offered")
    letter = mail.outbox[-1]
    assert letter.subject == "Riverside Noodles 的服务套餐等待您的答复"
    assert "US$" in letter.body
    assert " 每月\n" in letter.body
    assert "<" not in letter.body


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
    assert invoice.state == "paid"
    for _click in range(2):
        crediting.credit(draft=CreditDraft(invoice.public_id, 1_000, "One more", "credit-2"), by=MEI, now=now)
    for other, why in ((999, "One more"), (1_000, "In other words")):
        with pytest.raises((CreditRefused, KeyReused), match="other contents"):
            crediting.credit(draft=CreditDraft(invoice.public_id, other, why, "credit-2"), by=MEI, now=now)
    with pytest.raises(CreditRefused, match=r"\$65\.00 can still be credited"):
        crediting.credit(draft=CreditDraft(invoice.public_id, 6_501, "Too much in all", "credit-3"), by=MEI, now=now)
    crediting.credit(draft=CreditDraft(invoice.public_id, 6_500, "All the rest", "credit-4"), by=MEI, now=now)
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


def test_notice_ends_it_after_the_minimum_term_and_touches_no_balance(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """M9, M20."""
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    earn(riverside, 5_000, now=now)
    ended = selling.give_notice(subscription=found.public_id, by=ALMA, now=now, schema=riverside.schema_name)
    assert ended.ends_at == found.minimum_until_at
    selling.take_back_notice(subscription=found.public_id, by=ALMA, now=now)
    late = now + timedelta(days=200)
    following = Subscription.objects.create(
        tenant_schema=riverside.schema_name, contract="c" * 26, name="Next", currency="usd", items=[], minimum_months=1, notice_days=0,
        state="beginning", offered_at=now, answered_at=late + timedelta(days=30),
    )  # fmt: skip
    selling.give_notice(subscription=found.public_id, by=ALMA, now=late)
    with pytest.raises(OfferRefused):
        selling.take_back_notice(subscription=found.public_id, by=ALMA, now=late)
    following.delete()
    selling.take_back_notice(subscription=found.public_id, by=ALMA, now=late)
    ended = selling.give_notice(subscription=found.public_id, by=ALMA, now=late)
    assert ended.ends_at == late + timedelta(days=30)
    assert closing.end_due(now=late) == 0
    assert [closing.end_due(now=late + timedelta(days=30)) for _time in range(2)] == [1, 0]
    found.refresh_from_db()
    assert found.state == "ended"
    assert stripe.client.v1.subscriptions.retrieve(found.stripe_subscription).status == "canceled"
    assert books.mall_balances(riverside.schema_name, currency="usd").available_minor == 5_000


@pytest.mark.parametrize("with_the_period", [False, True])
def test_what_was_used_in_the_last_period_is_billed_once_and_no_month_that_the_merchant_did_not_have(
    riverside: Any, package: Package, stripe: StripeSandbox, with_the_period: bool
) -> None:
    """It ends in the middle of a month, of which Stripe forgets the usage, or in the moment in which Stripe would bill another month."""
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    unit = next(item["price"] for item in found.items if item["kind"] == "per_unit")
    invoicing.use(subscription=found.public_id, price=unit, units=3, key="post-1", now=now + timedelta(seconds=2))
    assert found.begins_at is not None
    ends_at = found.begins_at + (relativedelta(months=1) if with_the_period else timedelta(days=20))
    Subscription.objects.update(ends_at=ends_at)
    soon = ends_at - timedelta(hours=2)
    assert [closing.follow_notices(now=soon) for _time in range(2)] == [int(with_the_period), 0]
    if with_the_period:
        Subscription.objects.update(ends_at=None)
        assert closing.follow_notice(found.public_id)
        Subscription.objects.update(ends_at=ends_at)
        assert closing.follow_notice(found.public_id)
        assert closing.end_due(now=ends_at) == 0  # our hour comes just before Stripe ends it, and bills the usage
    else:  # Stripe was told of a later end, and is told of the sooner one
        stripe.client.v1.subscriptions.update(found.stripe_subscription, {"cancel_at_period_end": True})
    stripe.control("clock", advance=int((ends_at - clock.now()).total_seconds()) + 600)
    beginning.refresh(stripe_subscription=found.stripe_subscription, now=ends_at)
    closing.end_due(now=ends_at)
    later = ends_at + timedelta(days=2)
    for _time in range(2):
        returning.settle_ended(now=later)
        told(stripe, now=later)
    found.refresh_from_db()
    assert found.state == "ended"
    assert sorted(one.total_minor for one in Invoice.objects.all()) == [3 * 500, 10_000, 30_000]


def test_what_is_paid_once_stands_on_the_package_that_begins_and_not_on_the_former(
    riverside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """Its invoice names no subscription, and is heard of before the beginning is noted, as a kill in between leaves it."""
    now = clock.now()
    former = sold(riverside, package, pays_by="invoice", now=now)
    told(stripe, now=now)
    Subscription.objects.update(ends_at=now)
    assert closing.end_due(now=now) == 1
    second = sold(riverside, package, pays_by="invoice", now=now)
    assert second.stripe_customer == former.stripe_customer
    began = {"state": second.state, "begins_at": second.begins_at, "stripe_subscription": second.stripe_subscription}
    Subscription.objects.filter(pk=second.pk).update(state="beginning", begins_at=None, stripe_subscription="")
    told(stripe, now=now)
    Subscription.objects.filter(pk=second.pk).update(**began)
    told(stripe, now=now)
    for one in (former, second):
        totals = Invoice.objects.filter(subscription=one).order_by("total_minor").values_list("total_minor", flat=True)
        assert list(totals) == [10_000, 30_000]


def test_only_the_merchant_takes_a_package_and_only_once(riverside: Any, hillside: Any, package: Package) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="card", by=MEI, now=now)
    with pytest.raises(OnlyTheMerchant):
        selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=MEI, now=now)
    with pytest.raises(Subscription.DoesNotExist):
        selling.accept(subscription=offered.public_id, schema=hillside.schema_name, by=ALMA, now=now)
    with pytest.raises(OfferRefused):
        selling.offer(tenant=riverside, package=package.public_id, pays_by="card", by=MEI, now=now)
    selling.decline(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)
    with pytest.raises(OfferDecided):
        selling.accept(subscription=offered.public_id, schema=riverside.schema_name, by=ALMA, now=now)
    with pytest.raises(OfferDecided):
        selling.withdraw(subscription=offered.public_id, by=MEI, now=now)


def test_what_was_offered_stays_whatever_the_catalogue_does(riverside: Any, package: Package) -> None:
    now = clock.now()
    offered = selling.offer(tenant=riverside, package=package.public_id, pays_by="card", by=MEI, now=now)
    before = offered.items
    for price in Price.objects.all():
        catalogue.retire_price(price=price.public_id, by=MEI, now=now)
    catalogue.retire_package(package=package.public_id, by=MEI, now=now)
    (row,) = queries.of_mall(riverside.schema_name)
    assert [vars(item) for item in row.items] == before
    assert row.monthly_minor == 20_000


@pytest.mark.parametrize(
    "draft",
    [
        PriceDraft("monthly", "usd", 0),
        PriceDraft("per_unit", "usd", 500),
        PriceDraft("monthly", "usd", 500, intro_amount_minor=500, intro_months=1),
        PriceDraft("monthly", "usd", 500, intro_amount_minor=100),
        PriceDraft("monthly", "usd", 500, intro_months=3),
        PriceDraft("one_off", "usd", 500, intro_amount_minor=100, intro_months=2),
    ],
)
def test_prices_without_meaning_are_refused(riverside: Any, draft: PriceDraft) -> None:
    module = catalogue.add_module(name="Posts", summary="", by=MEI, now=clock.now())
    with pytest.raises(CatalogueRefused):
        catalogue.add_price(module=module.public_id, draft=draft, by=MEI, now=clock.now())
    assert not Price.objects.exists()


def test_a_package_has_prices_of_its_currency_that_go_on(riverside: Any, package: Package) -> None:
    now = clock.now()
    once = Price.objects.get(kind="one_off").public_id
    euros = catalogue.add_price(
        module=Module.objects.get(name="Social").public_id, draft=PriceDraft("monthly", "eur", 900), by=MEI, now=now
    ).public_id
    for prices in ([], [once], [euros], ["0" * 26]):
        with pytest.raises(CatalogueRefused):
            catalogue.add_package(draft=PackageDraft("Odd", "", "usd", 1, 0, prices), by=MEI, now=now)
    with pytest.raises(CatalogueRefused):
        catalogue.add_module(name="Social", summary="", by=MEI, now=now)
    assert Package.objects.count() == 1


def test_two_open_packages_of_one_mall_are_refused_by_the_database(riverside: Any, package: Package) -> None:
    fields = {"tenant_schema": riverside.schema_name, "package": package, "name": "x", "currency": "usd", "items": [], "minimum_months": 1,
              "notice_days": 0, "pays_by": "card", "offered_by": "x", "offered_at": clock.now()}  # fmt: skip
    Subscription.objects.create(**fields)
    with pytest.raises(IntegrityError):
        Subscription.objects.create(**fields)


def test_a_package_moves_with_its_mall_and_ends_with_an_erased_one(
    riverside: Any, hillside: Any, package: Package, stripe: StripeSandbox
) -> None:
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    moving.follow(from_schemas=[riverside.schema_name], to_schema=hillside.schema_name)
    assert [row.public_id for row in queries.of_mall(hillside.schema_name)] == [found.public_id]
    moving.end(schema_name=riverside.schema_name)
    assert closing.end_due(now=clock.now()) == 0
    moving.end(schema_name=hillside.schema_name)
    assert closing.end_due(now=clock.now()) == 1
    assert stripe.client.v1.subscriptions.retrieve(found.stripe_subscription).status == "canceled"
