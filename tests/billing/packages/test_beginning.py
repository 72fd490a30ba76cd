"""Service packages against the Stripe sandbox: how one begins, by card and by invoice (W7)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from billing.gateway.operations import GatewayUnavailable
from billing.ledger.models import Transfer
from billing.packages import agreed, beginning, catalogue, closing, following, items, queries, selling, trade
from billing.packages.catalogue import PackageDraft, PriceDraft
from billing.packages.models import Invoice, Package, Subscription
from saas.kernel import clock
from tests.factories.packages import ALMA, DAY, MEI, URLS, revenue, sold, told
from tests.stripe_sandbox import StripeSandbox


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


def test_a_chinese_malls_invoices_name_the_trades_modules_in_chinese(riverside: Any, stripe: StripeSandbox) -> None:
    """The price of an English mall stays another one at Stripe, also when the contract changes."""
    now = clock.now()
    hosting, extra = (
        catalogue.add_module(name=name, summary="", by=MEI, now=now).public_id for name in ("Mall hosting", "Own name")
    )
    drafts = [
        (hosting, PriceDraft("monthly", "usd", 20_000)),
        (hosting, PriceDraft("one_off", "usd", 30_000)),
        (extra, PriceDraft("monthly", "usd", 900)),
    ]
    prices = [catalogue.add_price(module=key, draft=draft, by=MEI, now=now).public_id for key, draft in drafts]
    package = catalogue.add_package(draft=PackageDraft("Hosted", "", "usd", 3, 30, prices), by=MEI, now=now)
    riverside.language = "zh-hans"
    found = sold(riverside, package, pays_by="invoice", now=now)
    beginning.begin(subscription=found.public_id, tenant=riverside, urls=URLS, now=now)
    told(stripe, now=now)
    said = sorted(line["description"] for one in Invoice.objects.all() for line in one.lines)
    assert said == ["1 × Own name", "1 × 商城托管", "商城托管"]
    shown = queries.of_mall(riverside.schema_name)[0].items  # what both sides' pages read
    assert {one.module for one in shown} == {"Own name", "商城托管"}
    with override("en"):
        assert [trade.line(one) for one in said] == ["1 × Own name", "1 × Mall hosting", "Mall hosting"]
        assert trade.line("2 × 推广 (at ¥9.00 / month)") == "2 × Promotion (at ¥9.00 / month)"
    Subscription.objects.filter(pk=found.pk).update(contract="c" * 26)
    found.refresh_from_db()
    chinese, plain = found.items, [selling.frozen(price) for price in package.prices.select_related("module")]
    agreed.change(contract="c" * 26, items=plain, since=now, by=MEI, now=now)
    found.refresh_from_db()
    assert found.items == chinese
    at_stripe = {
        one["module"]: item.price_id
        for one, item in zip(_monthly(chinese), items.at_stripe(found, now=now), strict=True)
    }
    found.items = plain
    others = {
        one["module"]: item.price_id for one, item in zip(_monthly(plain), items.at_stripe(found, now=now), strict=True)
    }
    assert at_stripe["Own name"] == others["Own name"]
    assert at_stripe["商城托管"] != others["Mall hosting"]


def _monthly(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["kind"] == "monthly"]


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
