"""Deals in the back office: the form's refusals, publishing, what a published deal keeps, search."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from cms.pages.models import DealPage
from saas.audit.models import AuditEntry
from storefront.deals.models import Deal
from storefront.stores.models import Store
from tests.factories import shop

from .making import deal_form, errors_of, get, management, queries_of, text_of

pytestmark = pytest.mark.usefixtures("mall")
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def store(mall: Any) -> Store:
    """Return a store of the mall."""
    return shop.a_store()


def everything() -> tuple[Any, ...]:
    """Return all that a deal's form may change."""
    return list(Deal.objects.order_by("pk").values()), DealPage.objects.count(), AuditEntry.objects.count()


def new_deal(owner: Client, **fields: Any) -> Deal:
    """Write a deal through the form and return it."""
    answer = owner.post("/manage/deals/new/", deal_form(**fields))
    assert answer.status_code == 302, errors_of(answer)
    return Deal.objects.order_by("-pk").first()  # type: ignore[return-value]


def test_a_deal_is_written_as_a_draft_with_its_page_on_the_malls_clock(owner: Client, store: Store) -> None:
    deal = new_deal(
        owner, was_price="36,00", stores=[store.pk], sale_ends_at="2026-12-24T18:00", **management("contents", 2),
        **{"contents-0-name": "Bowl of noodles", "contents-0-quantity": "2", "contents-0-value": "18"},
        **{"rules-0-label": "Tips", "rules-0-text": "Not included"},
    )  # fmt: skip
    assert (deal.state, deal.price_minor, deal.was_price_minor, deal.units_total, deal.valid_days) == (
        "draft",
        2400,
        3600,
        40,
        90,
    )
    # Los Angeles is eight hours behind UTC in winter.
    assert (deal.sale_starts_at, deal.sale_ends_at) == (
        datetime(2026, 11, 20, 17, 0, tzinfo=UTC),
        datetime(2026, 12, 25, 2, 0, tzinfo=UTC),
    )
    assert deal.contents == [{"name": "Bowl of noodles", "quantity": 2, "value_minor": 1800}]
    assert deal.rules == [{"label": "Tips", "text": "Not included"}]
    assert DealPage.objects.get(deal=deal).live is False


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"price": "0"}, "The price must be more than zero."),
        ({"price": "-5"}, "is not an amount"),
        ({"price": "NaN"}, "is not an amount"),
        ({"price": "1e30"}, "is not an amount"),
        ({"price": "٣٫٥"}, "is not an amount"),
        ({"price": "1,500"}, "can be read in two ways"),
        ({"price": "99999999"}, "too large"),
        ({"price": "0.10"}, "smallest amount"),
        ({"price": "1.999"}, "can be read in two ways"),
        ({"price": "1.9999"}, "more digits"),
        ({"price": ""}, "This field is required."),
        ({"was_price": "20"}, "must be higher than the price"),
        ({"title": "🥟🥟"}, "Give the deal a title with words."),
        ({"title": "x" * 141}, "at most 140"),
        ({"units_total": "0"}, "greater than or equal to 1"),
        ({"units_total": "1e9"}, "whole number"),
        ({"units_per_person": "50"}, "between 1 and the units for sale"),
        ({"sale_ends_at": "2026-11-19T00:00"}, "must end after it starts"),
        ({"validity": "date", "valid_until": ""}, "Please fill this in."),
        ({"valid_days": "99999"}, "less than or equal to"),
        ({"refund_policy": "never"}, "Select a valid choice"),
        ({"contents-0-value": "5"}, "Say what it is."),
        ({"rules-0-label": "Tips"}, "A rule has a label and a text."),
        ({"stores": ["999999"]}, "Select a valid choice"),
        ({"picture": "999999"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(fields: dict[str, Any], words: str, owner: Client) -> None:
    """M14: a price of 0, negative, huge or no number; and the rest of the form."""
    before = everything()
    answer = owner.post("/manage/deals/new/", deal_form(**fields))
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert everything() == before


def test_publishing_is_blocked_with_what_is_missing(owner: Client) -> None:
    deal = new_deal(owner)
    for answer in (
        owner.get(f"/manage/deals/{deal.public_id}/publish/"),
        owner.post(f"/manage/deals/{deal.public_id}/publish/"),
    ):
        assert "Choose at least one store that serves people." in text_of(answer)
    assert answer.status_code == 422
    deal.refresh_from_db()
    assert deal.state == "draft"


def test_a_published_deal_and_its_page_are_seen_by_shoppers(
    owner: Client, store: Store, client_for: Any, riverside: Any
) -> None:
    deal = new_deal(owner, stores=[store.pk])
    shopper = client_for(riverside)
    assert shopper.get(f"/deals/{deal.slug}/").status_code == 404
    question = text_of(get(owner, f"/manage/deals/{deal.public_id}/publish/"))
    assert "Nobody can tell yet whether the shop can serve it" in question
    assert f"/manage/deals/{deal.public_id}/#guard" in question
    assert owner.post(f"/manage/deals/{deal.public_id}/publish/").status_code == 302
    assert shopper.get(f"/deals/{deal.slug}/").status_code == 200
    page = text_of(get(owner, f"/manage/deals/{deal.public_id}/"))
    assert f"/manage/pages/{DealPage.objects.get(deal=deal).pk}/edit/" in page
    assert f"/deals/{deal.slug}/" in page


def test_a_published_deal_changes_only_within_its_rules(owner: Client, store: Store) -> None:
    deal = new_deal(owner, stores=[store.pk])
    owner.post(f"/manage/deals/{deal.public_id}/publish/")
    Deal.objects.filter(pk=deal.pk).update(units_sold=10)
    answer = owner.post(f"/manage/deals/{deal.public_id}/", deal_form(units_total="9", stores=[store.pk]))
    assert (answer.status_code, "10 units are sold or being paid for." in text_of(answer)) == (422, True)
    answer = owner.post(f"/manage/deals/{deal.public_id}/", deal_form())
    assert (answer.status_code, "Choose at least one store" in text_of(answer)) == (422, True)
    assert owner.post(f"/manage/deals/{deal.public_id}/", deal_form(price="26", stores=[store.pk])).status_code == 302
    deal.refresh_from_db()
    assert (deal.price_minor, deal.units_total, deal.stores.count()) == (2600, 40, 1)


def test_saving_a_deal_unchanged_keeps_its_instants_to_the_second(owner: Client, store: Store) -> None:
    until = {"validity": "date", "valid_until": "2027-03-31", "valid_days": "", "sale_ends_at": "2027-01-31T00:00"}
    deal = new_deal(owner, stores=[store.pk], **until)
    assert deal.valid_until_at == datetime(2027, 4, 1, 7, 0, tzinfo=UTC)
    exact = {
        "sale_starts_at": datetime(2026, 11, 20, 17, 0, 33, tzinfo=UTC),
        "valid_until_at": datetime(2027, 4, 1, 3, 12, 5, tzinfo=UTC),
    }
    Deal.objects.filter(pk=deal.pk).update(**exact)
    form = deal_form(stores=[store.pk], title="Noodles for all", **until)
    assert owner.post(f"/manage/deals/{deal.public_id}/", form).status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.sale_starts_at, deal.valid_until_at) == ("Noodles for all", *exact.values())


def test_an_ended_deal_stays_as_it_was_sold_and_is_copied_as_a_draft(owner: Client, store: Store) -> None:
    deal = new_deal(owner, stores=[store.pk], sale_ends_at="2026-11-30T00:00")
    owner.post(f"/manage/deals/{deal.public_id}/publish/")
    assert "End “Noodles for two”?" in text_of(get(owner, f"/manage/deals/{deal.public_id}/end/"))
    owner.post(f"/manage/deals/{deal.public_id}/end/")
    before = list(Deal.objects.filter(pk=deal.pk).values())
    assert before[0]["state"] == "ended"
    answer = owner.post(f"/manage/deals/{deal.public_id}/", deal_form(price="1"))
    assert (answer.status_code, "This deal has ended" in text_of(answer)) == (422, True)
    assert list(Deal.objects.filter(pk=deal.pk).values()) == before
    owner.post(f"/manage/deals/{deal.public_id}/duplicate/")
    copy = Deal.objects.order_by("-pk").first()
    assert copy is not None
    assert (copy.title, copy.state, copy.units_sold, copy.price_minor, [one.pk for one in copy.stores.all()]) == (
        "Noodles for two (copy)", "draft", 0, 2400, [store.pk],
    )  # fmt: skip


def test_deals_are_found_by_words_and_state(owner: Client) -> None:
    deal = new_deal(owner, title="A very special supper")
    assert deal.title in text_of(get(owner, "/manage/deals/?q=SPECIAL"))
    assert deal.title in text_of(get(owner, "/manage/deals/?state=draft"))
    assert deal.title not in text_of(get(owner, "/manage/deals/?state=on_sale"))
    assert "No deal matches." in text_of(get(owner, "/manage/deals/?q=nothing+like+it"))
    assert deal.title in text_of(get(owner, "/manage/deals/?state=nonsense&page=abc"))


def test_a_list_of_deals_costs_the_same_queries_however_long(owner: Client) -> None:
    new_deal(owner)
    one = queries_of(owner, "/manage/deals/")
    for number in range(5):
        new_deal(owner, title=f"Deal {number}")
    assert queries_of(owner, "/manage/deals/") == one <= 20
