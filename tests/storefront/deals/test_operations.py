"""Writing deals: what is refused, field by field, and that a refusal changes nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from saas.kernel.money import least_charge_minor
from storefront.deals import operations
from storefront.deals.checks import DealDraft, problems_of
from storefront.deals.models import Deal
from storefront.stores.models import Store
from tests.factories import shop

pytestmark = pytest.mark.usefixtures("mall")
ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture
def store(mall: Any) -> Store:
    """Return a serving store."""
    return shop.a_store()


@pytest.fixture
def draft(store: Store, now: datetime) -> DealDraft:
    """Return a deal without fault."""
    return DealDraft(
        title="Noodles for two",
        price_minor=2400,
        units_total=10,
        sale_starts_at=now,
        valid_days=30,
        store_ids=(store.pk,),
    )


def everything() -> tuple[Any, ...]:
    """Return all that writing a deal may change."""
    rows = list(Deal.objects.order_by("pk").values())
    return rows, list(Deal.stores.through.objects.order_by("pk").values()), AuditEntry.objects.count()


def resolve(fields: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Put instants where the parameters have distances from now."""
    return {name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}


def test_a_deal_is_written_as_a_draft_in_the_malls_currency(draft: DealDraft, now: datetime, mall: Any) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    assert (deal.state, deal.currency, deal.slug, deal.created_at) == ("draft", mall.currency, "noodles-for-two", now)
    assert [store.name for store in deal.stores.all()] == ["Mill Lane"]
    assert AuditEntry.objects.get(subject_id=deal.public_id).action == "deal.created"


def test_two_deals_of_one_title_have_two_addresses(draft: DealDraft, now: datetime) -> None:
    first, second = (operations.create(draft=draft, by=ALMA, now=now) for _twice in range(2))
    assert first.slug == "noodles-for-two"
    assert second.slug.startswith("noodles-for-two-")


def test_a_title_in_chinese_still_has_an_address(draft: DealDraft, now: datetime) -> None:
    assert operations.create(draft=replace(draft, title="双人牛肉面"), by=ALMA, now=now).slug.startswith("deal-")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": "🍜🍜"}, "title"),
    ({"title": "x" * 141}, "title"),
    ({"summary": "x" * 201}, "summary"),
    ({"price_minor": 0}, "price_minor"),
    ({"price_minor": -100}, "price_minor"),
    ({"price_minor": 49}, "price_minor"),
    ({"price_minor": 100_000_000}, "price_minor"),
    ({"was_price_minor": 2400}, "was_price_minor"),
    ({"was_price_minor": 100_000_000}, "was_price_minor"),
    ({"units_total": 0}, "units_total"),
    ({"units_total": 1_000_001}, "units_total"),
    ({"units_per_person": 0}, "units_per_person"),
    ({"units_per_person": 11}, "units_per_person"),
    ({"sale_ends_at": timedelta(0)}, "sale_ends_at"),
    ({"valid_days": None}, "valid_days"),
    ({"valid_until_at": timedelta(days=9)}, "valid_days"),
    ({"valid_days": 0}, "valid_days"),
    ({"valid_days": 3651}, "valid_days"),
    ({"valid_from_at": timedelta(days=1)}, "valid_from_at"),
    ({"valid_days": None, "valid_until_at": timedelta(0)}, "valid_until_at"),
    ({"valid_days": None, "valid_until_at": timedelta(days=2), "valid_from_at": timedelta(days=2)}, "valid_until_at"),
    ({"valid_days": None, "valid_until_at": timedelta(days=2)}, "sale_ends_at"),
    ({"valid_days": None, "valid_until_at": timedelta(days=2), "sale_ends_at": timedelta(days=3)}, "sale_ends_at"),
    ({"contents": [{"name": ""}]}, "contents"),
    ({"contents": [{"name": "Bowl", "quantity": 0}]}, "contents"),
    ({"contents": [{"name": "Bowl", "value_minor": -1}]}, "contents"),
    ({"rules": [{"label": "Dogs", "text": " "}]}, "rules"),
    ({"rules": [{"label": "a", "text": "b"}] * 41}, "rules"),
    ({"refund_policy": "never"}, "refund_policy"),
    ({"store_ids": (999_999,)}, "stores"),
]


@pytest.mark.parametrize(("fields", "at"), WRONG, ids=[str(one[0])[:50] for one in WRONG])
def test_what_is_wrong_is_named_and_nothing_is_written(
    draft: DealDraft, now: datetime, fields: dict[str, Any], at: str
) -> None:
    before = everything()
    with pytest.raises(operations.DealRefused) as caught:
        operations.create(draft=replace(draft, **resolve(fields, now)), by=ALMA, now=now)
    assert [problem.field for problem in caught.value.problems] == [at]
    assert everything() == before


@pytest.mark.parametrize(("fields", "at"), WRONG, ids=[str(one[0])[:50] for one in WRONG])
def test_a_change_is_held_to_the_same(draft: DealDraft, now: datetime, fields: dict[str, Any], at: str) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    before = everything()
    with pytest.raises(operations.DealRefused) as caught:
        operations.update(deal_public_id=deal.public_id, draft=replace(draft, **resolve(fields, now)), by=ALMA, now=now)
    assert [problem.field for problem in caught.value.problems] == [at]
    assert everything() == before


def test_several_faults_are_told_at_once(draft: DealDraft, now: datetime) -> None:
    with pytest.raises(operations.DealRefused) as caught:
        operations.create(draft=replace(draft, title="", price_minor=0, units_total=0), by=ALMA, now=now)
    assert [problem.field for problem in caught.value.problems] == ["title", "price_minor", "units_total"]


@pytest.mark.parametrize("currency", ["usd", "gbp", "jpy", "huf", "cny", "xof"])
def test_the_smallest_price_is_the_least_card_payment_of_the_currency(draft: DealDraft, currency: str) -> None:
    least = least_charge_minor(currency)
    found = [problems_of(replace(draft, price_minor=one), currency=currency.upper()) for one in (least - 1, least)]
    assert [[problem.field for problem in one] for one in found] == [["price_minor"], []]


def test_a_change_names_what_changed_and_keeps_the_address(draft: DealDraft, now: datetime) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    changed = operations.update(
        deal_public_id=deal.public_id, draft=replace(draft, title="Soup", price_minor=2000), by=ALMA, now=now
    )
    assert (changed.title, changed.price_minor, changed.slug) == ("Soup", 2000, "noodles-for-two")
    assert AuditEntry.objects.get(action="deal.changed").data == {
        "fields": ["title", "price_minor"],
        "before": {"title": "Noodles for two", "price_minor": 2400},
    }


def test_units_cannot_go_below_what_is_held_and_sold_v12(draft: DealDraft, now: datetime) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    Deal.objects.filter(pk=deal.pk).update(units_held=2, units_sold=3)
    before = everything()
    with pytest.raises(operations.DealRefused):
        operations.update(deal_public_id=deal.public_id, draft=replace(draft, units_total=4), by=ALMA, now=now)
    assert everything() == before
    operations.update(deal_public_id=deal.public_id, draft=replace(draft, units_total=5), by=ALMA, now=now)


def test_publishing_puts_a_ready_draft_on_sale_once(draft: DealDraft, now: datetime) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    published = operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    again = operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now + timedelta(hours=1))
    assert (published.state, again.published_at) == ("published", now)
    assert list(Deal.objects.on_sale(at=now)) == [deal]
    assert AuditEntry.objects.filter(action="deal.published").count() == 1


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"store_ids": ()}, "stores"),
        ({"sale_starts_at": timedelta(days=-2), "sale_ends_at": timedelta(0)}, "sale_ends_at"),
    ],
    ids=["no store", "over"],
)
def test_what_is_missing_keeps_a_deal_from_sale(
    draft: DealDraft, now: datetime, fields: dict[str, Any], at: str
) -> None:
    deal = operations.create(draft=replace(draft, **resolve(fields, now)), by=ALMA, now=now)
    before = everything()
    with pytest.raises(operations.DealNotReady) as caught:
        operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    assert [problem.field for problem in caught.value.problems] == [at]
    assert everything() == before


def test_a_store_that_serves_nobody_is_not_enough(draft: DealDraft, now: datetime) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    Store.objects.update(is_serving=False)
    with pytest.raises(operations.DealNotReady):
        operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)


def test_a_deal_on_sale_cannot_lose_its_last_store(draft: DealDraft, now: datetime) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    before = everything()
    with pytest.raises(operations.DealRefused):
        operations.update(deal_public_id=deal.public_id, draft=replace(draft, store_ids=()), by=ALMA, now=now)
    assert everything() == before


def test_an_ended_deal_stays_as_it_is(draft: DealDraft, now: datetime) -> None:
    deal = operations.create(draft=draft, by=ALMA, now=now)
    for _twice in range(2):
        assert operations.end(deal_public_id=deal.public_id, by=ALMA, now=now).state == "ended"
    before = everything()
    with pytest.raises(operations.DealHasEnded):
        operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    with pytest.raises(operations.DealHasEnded):
        operations.update(deal_public_id=deal.public_id, draft=draft, by=ALMA, now=now)
    assert everything() == before
    assert AuditEntry.objects.filter(action="deal.ended").count() == 1
