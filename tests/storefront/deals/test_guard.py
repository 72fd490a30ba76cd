"""The guard on a mall's own rows: stops publishing and changes, lets through what the owner answers for (practice row 8)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, OnlyTheMerchant
from storefront.deals import guard, operations, reviews
from storefront.deals.capacity import Kind
from storefront.deals.models import Deal, DealReview
from storefront.deals.operations import DealNotReady, DealRefused
from storefront.deals.reviews import NothingToOverride, ReasonNeeded
from storefront.deals.snapshots import draft_of
from storefront.stores.models import Store
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")
ALMA = Actor(kind="merchant", name="Alma", public_id="alma")
MEI_FOR_ALMA = Actor(kind="agency", name="Mei", public_id="mei", on_behalf_of="Riverside")
WEEK = {day: [["10:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
REASON = "Two more chairs come on Monday, ordered and paid."


@pytest.fixture
def salon(mall: Any, now: datetime) -> Store:
    """Return a shop with two chairs."""
    shop.a_term(now=now - timedelta(days=9))
    return shop.a_store("Two chairs", stations=2, hours=WEEK)


def manicures(store: Store, now: datetime, **fields: Any) -> Deal:
    """Return a draft: 3,000 manicures of an hour each, in 90 days from a Friday: 77 open days × 2 chairs × 10, four fifths of it 1,232."""
    given = {
        "title": "Manicure",
        "slug": "manicure",
        "state": Deal.State.DRAFT,
        "currency": "usd",
        "price_minor": 1900,
        "units_total": 3000,
        "sale_starts_at": now,
        "valid_days": 90,
        "service_minutes": 60,
        "cost_minor": 900,
        "created_at": now,
    }
    deal = Deal.objects.create(**{**given, **fields})
    deal.stores.set([store])
    return deal


def publish(deal: Deal, now: datetime) -> Deal:
    """Publish as Alma."""
    return operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)


def test_thousands_of_manicures_for_two_chairs_are_not_published(salon: Store, now: datetime) -> None:
    deal = manicures(salon, now)
    with pytest.raises(DealNotReady, match="3000 units are offered, and the shop can serve 1232 of them"):
        publish(deal, now)
    deal.refresh_from_db()
    assert deal.state == "draft"
    assert not AuditEntry.objects.filter(subject_id=deal.public_id).exists()


def test_as_many_as_the_chairs_can_serve_are_published(salon: Store, now: datetime) -> None:
    assert publish(manicures(salon, now, units_total=1200), now).state == "published"


def test_without_stations_the_guard_asks_and_a_mall_that_publishes_alone_goes_on(salon: Store, now: datetime) -> None:
    Store.objects.update(stations=None)
    deal = manicures(salon, now)
    found = guard.examined_deal(deal, at=now)
    assert [one.field for one in found.of(Kind.ASK)] == ["stores"]
    assert publish(deal, now).state == "published"


def test_other_deals_of_the_shop_are_counted(salon: Store, now: datetime) -> None:
    publish(manicures(salon, now, units_total=1000), now)
    second = manicures(salon, now, units_total=300, slug="second", title="Pedicure")
    with pytest.raises(DealNotReady, match=r"can serve 232 of them.*Other deals need 1000"):
        publish(second, now)


def test_a_deal_on_sale_is_not_raised_over_the_capacity_and_its_title_may_change(salon: Store, now: datetime) -> None:
    deal = publish(manicures(salon, now, units_total=1000), now)
    draft = draft_of(deal)
    more = type(draft)(**{**vars(draft), "units_total": 3000})
    with pytest.raises(DealRefused, match="3000 units are offered"):
        operations.update(deal_public_id=deal.public_id, draft=more, by=ALMA, now=now)
    deal.refresh_from_db()
    assert deal.units_total == 1000
    Store.objects.update(stations=1)  # now it is over, and a change of words has nothing to do with it
    words = type(draft)(**{**vars(draft), "title": "Manicure with varnish"})
    assert operations.update(deal_public_id=deal.public_id, draft=words, by=ALMA, now=now).title == words.title


def test_the_owner_lets_it_through_by_name_and_reason_for_these_figures_only(salon: Store, now: datetime) -> None:
    deal = manicures(salon, now)
    reviews.override_guard(deal_public_id=deal.public_id, reason=REASON, by=ALMA, now=now)
    entry = AuditEntry.objects.get(action="deal.guard_overridden")
    assert (entry.actor_name, entry.summary) == ("Alma", f"Manicure: {REASON}")
    Deal.objects.filter(pk=deal.pk).update(units_total=3001)
    with pytest.raises(DealNotReady):
        publish(deal, now)
    Deal.objects.filter(pk=deal.pk).update(units_total=3000)
    assert publish(deal, now).state == "published"


def test_an_override_needs_a_reason_a_cause_and_the_merchant_in_person(salon: Store, now: datetime) -> None:
    """A4: what the guard stops is not let through by the agency's people on the merchant's behalf."""
    deal = manicures(salon, now)
    with pytest.raises(ReasonNeeded):
        reviews.override_guard(deal_public_id=deal.public_id, reason="ok !!!!!!!!!!!!!", by=ALMA, now=now)
    with pytest.raises(OnlyTheMerchant):
        reviews.override_guard(deal_public_id=deal.public_id, reason=REASON, by=MEI_FOR_ALMA, now=now)
    Deal.objects.filter(pk=deal.pk).update(units_total=100)
    with pytest.raises(NothingToOverride):
        reviews.override_guard(deal_public_id=deal.public_id, reason=REASON, by=ALMA, now=now)
    assert not DealReview.objects.exclude(override_of="").exists()
