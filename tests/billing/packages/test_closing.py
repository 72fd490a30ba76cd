"""Service packages against the Stripe sandbox: ended, by notice and with the mall (M9, M20)."""

from datetime import timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from billing.ledger import queries as books
from billing.packages import beginning, closing, moving, queries, returning, selling, usage
from billing.packages.models import Invoice, Package, Subscription, Usage
from billing.packages.selling import OfferRefused
from billing.packages.usage import UseDraft
from saas.kernel import clock
from tests.factories.packages import ALMA, MEI, earn, sold, told
from tests.stripe_sandbox import StripeSandbox


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
    draft = UseDraft(unit, 3, "Three posts", "post-1")
    usage.record(subscription=found.public_id, draft=draft, by=MEI, now=now + timedelta(seconds=2))
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
    # What nobody told Stripe's meter before it billed: it is left for the last invoice.
    Usage.objects.create(
        subscription=found, price_id_public=unit, key="post-2", units=2, used_at=ends_at - timedelta(minutes=10)
    )
    later = ends_at + timedelta(days=2)
    for _time in range(2):
        returning.settle_ended(now=later)
        told(stripe, now=later)
    found.refresh_from_db()
    assert found.state == "ended"
    last = [2 * 500, 3 * 500] if with_the_period else [5 * 500]
    assert sorted(one.total_minor for one in Invoice.objects.all()) == [*last, 10_000, 30_000]


def test_a_package_moves_with_its_mall_and_ends_with_an_erased_one(
    riverside: Any, hillside: Any, package: Package, stripe: StripeSandbox
) -> None:
    """The next one is the same customer's, whose credits wait for its invoice."""
    now = clock.now()
    found = sold(riverside, package, pays_by="invoice", now=now)
    moving.follow(from_schemas=[riverside.schema_name], to_schema=hillside.schema_name)
    assert [row.public_id for row in queries.of_mall(hillside.schema_name)] == [found.public_id]
    moving.end(schema_name=riverside.schema_name)
    assert closing.end_due(now=clock.now()) == 0
    moving.end(schema_name=hillside.schema_name)
    assert closing.end_due(now=clock.now()) == 1
    assert stripe.client.v1.subscriptions.retrieve(found.stripe_subscription).status == "canceled"
    assert sold(hillside, package, pays_by="invoice", now=now).stripe_customer == found.stripe_customer
