"""A mall's part in the audit: nothing goes on sale without the verdict, and a change waits beside the sale (A10)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from wagtail.images import get_image_model

from cms.backoffice.deals.operations import ChangedSince
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, Bounds
from saas.kernel.outbox.models import OutboxEvent
from storefront.deals import operations, pages, reviews, snapshots
from storefront.deals.checks import DealDraft
from storefront.deals.models import Deal, DealReview
from storefront.deals.operations import ChangeNeedsAudit, DealNotReady
from storefront.deals.reviews import NoAuditHere, Verdict
from tenants.entry import approvals
from tests.factories import shop

ALMA = Actor(kind="merchant", name="Alma", public_id="alma")
VERA = Actor(kind="agency", name="Vera", public_id="vera")
WEEK = {day: [["10:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OPEN = [
    {"key": "desk", "name": "Desk check", "state": "passed"},
    {"key": "field", "name": "Field visit", "state": "open"},
]


@pytest.fixture
def audited(mall: Any, now: datetime) -> Any:
    """Return Riverside, whose deals are audited."""
    mall.audited_at = now - timedelta(days=1)
    return mall


@pytest.fixture
def deal(audited: Any, now: datetime) -> Deal:
    """Return a draft that lacks nothing."""
    made = shop.a_deal(now=now, state=Deal.State.DRAFT, service_minutes=60, cost_minor=700)
    made.stores.update(stations=2, hours=WEEK)
    return made


def verdict(deal: Deal, state: str, **fields: Any) -> Verdict:
    """Return news about what was sent last."""
    review = DealReview.objects.get(deal=deal)
    given = Verdict(review.told_version + 1, review.submission, review.fingerprint, state)
    return replace(given, **fields)


def approved(deal: Deal) -> Verdict:
    """Return the news that what was sent last has passed, with its page and its pictures' files."""
    return verdict(deal, "approved", page=pages.digest(DealReview.objects.get(deal=deal).sent_page))


def send(deal: Deal, now: datetime) -> DealReview:
    """Send it as Alma."""
    return reviews.submit(deal_public_id=deal.public_id, by=ALMA, now=now)


def take(deal: Deal, news: Verdict, now: datetime) -> Deal | None:
    """Take a verdict."""
    return reviews.take_verdict(deal_public_id=deal.public_id, verdict=news, by=VERA, now=now)


def publish(deal: Deal, now: datetime) -> Deal:
    """Publish as Alma."""
    return operations.publish(deal_public_id=deal.public_id, by=ALMA, now=now)


def change(deal: Deal, now: datetime, **fields: Any) -> Deal:
    """Change it as Alma."""
    deal.refresh_from_db()
    draft: DealDraft = replace(snapshots.draft_of(deal), **fields)
    return reviews.update(deal_public_id=deal.public_id, draft=draft, by=ALMA, now=now)


def on_sale(deal: Deal, now: datetime) -> Deal:
    """Send, approve, publish."""
    send(deal, now)
    take(deal, verdict(deal, "approved"), now)
    return publish(deal, now)


def test_nothing_is_published_before_the_verdict_and_the_refusal_names_the_open_stages(
    deal: Deal, now: datetime
) -> None:
    with pytest.raises(DealNotReady, match="Send it to the audit"):
        publish(deal, now)
    send(deal, now)
    take(deal, verdict(deal, "submitted", stages=OPEN), now)
    with pytest.raises(DealNotReady, match=r"It is being audited\. Still open: Field visit\."):
        publish(deal, now)
    deal.refresh_from_db()
    assert deal.state == "draft"
    take(deal, verdict(deal, "approved"), now)
    assert publish(deal, now).state == "published"


def test_sending_twice_tells_the_platform_once_with_all_that_it_must_know(deal: Deal, now: datetime) -> None:
    first, second = send(deal, now), send(deal, now)
    told = OutboxEvent.objects.get(kind="deal.submitted")
    assert first.submission == second.submission == told.payload["submission"]
    assert told.payload["snapshot"]["price_minor"] == 2400
    assert told.payload["fingerprint"] == snapshots.fingerprint_of(deal)
    assert told.payload["guard"]["servable"] is not None
    assert told.payload["by"]["name"] == "Alma"


def test_a_deal_that_the_guard_knows_too_little_of_is_not_sent(deal: Deal, now: datetime) -> None:
    deal.stores.update(stations=None)
    with pytest.raises(DealNotReady, match="how many guests"):
        send(deal, now)
    assert not OutboxEvent.objects.exists()


def test_a_change_after_the_approval_asks_for_the_audit_again(deal: Deal, now: datetime) -> None:
    """A10: the approval is of a fingerprint; another one is not approved, and going back to it is."""
    send(deal, now)
    take(deal, verdict(deal, "approved"), now)
    change(deal, now, price_minor=2000)
    with pytest.raises(DealNotReady, match="changed since"):
        publish(deal, now)
    change(deal, now, price_minor=2400)
    assert publish(deal, now).state == "published"


def test_a_change_of_a_deal_on_sale_waits_beside_it_until_the_audit_has_passed_it(deal: Deal, now: datetime) -> None:
    """A10: shoppers go on buying what was approved."""
    on_sale(deal, now)
    change(deal, now, price_minor=1900, title="Noodles for three")
    deal.refresh_from_db()
    assert (deal.price_minor, deal.title, deal.state) == (2400, "Noodles for two", "published")
    assert OutboxEvent.objects.filter(kind="deal.submitted").count() == 2
    take(deal, verdict(deal, "approved"), now)
    deal.refresh_from_db()
    assert (deal.price_minor, deal.title, deal.state) == (1900, "Noodles for three", "published")
    assert DealReview.objects.get(deal=deal).proposed is None
    assert AuditEntry.objects.filter(action="deal.changed").get().actor_name == "Alma", "her change, not the auditor's"
    assert AuditEntry.objects.filter(action="deal.audit_approved").latest("pk").actor_name == "Vera"


def test_what_the_agency_changed_by_a_clause_is_written_by_it_when_the_audit_says_yes(
    deal: Deal, now: datetime
) -> None:
    """A2: 100 % of the writes carry person, clause, task and reason, also those that waited."""
    on_sale(deal, now)
    bounds = Bounds(
        frozenset({"deals.draft", "deals.publish", "deals.price"}), (), (("deals.price", "3.1"), ("look", "1.1"))
    )
    omar = Actor("agency", "Omar", "omar", "Riverside", clause="2.1", task="t1", reason="Autumn prices", bounds=bounds)
    deal.refresh_from_db()
    draft = replace(snapshots.draft_of(deal), price_minor=2300)
    reviews.update(deal_public_id=deal.public_id, draft=draft, by=omar, now=now)
    take(deal, verdict(deal, "approved"), now)
    told = AuditEntry.objects.filter(action="deal.changed").get()
    assert (told.actor_public_id, told.clause, told.data["task"], told.data["reason"]) == (
        "omar",
        "3.1",
        "t1",
        "Autumn prices",
    )


def test_a_refused_change_leaves_the_sale_as_it_was_and_can_be_taken_back(deal: Deal, now: datetime) -> None:
    on_sale(deal, now)
    change(deal, now, price_minor=1900)
    take(deal, verdict(deal, "refused", words="Below what was agreed."), now)
    deal.refresh_from_db()
    assert (deal.price_minor, deal.state) == (2400, "published")
    review = reviews.drop_change(deal_public_id=deal.public_id, by=ALMA, now=now)
    assert (review.proposed, review.state) == (None, "submitted")


def test_an_approved_change_that_can_no_longer_be_written_is_asked_back(deal: Deal, now: datetime) -> None:
    on_sale(deal, now)
    change(deal, now, units_total=50)
    Deal.objects.filter(pk=deal.pk).update(units_sold=60)
    take(deal, verdict(deal, "approved"), now)
    deal.refresh_from_db()
    review = DealReview.objects.get(deal=deal)
    assert (deal.units_total, review.state) == (100, "asked")
    assert "60 units are sold" in review.words


def test_a_change_whose_picture_is_deleted_while_it_is_audited_is_asked_back_and_can_be_sent_again_a10(
    deal: Deal, now: datetime
) -> None:
    on_sale(deal, now)
    picture = get_image_model().objects.create(title="Tea", file="tea.png", width=8, height=8)
    change(deal, now, summary="Now with tea", picture_id=picture.pk)
    passed = verdict(deal, "approved")
    picture.delete()
    take(deal, passed, now)
    connection.check_constraints()  # as the commit does
    deal.refresh_from_db()
    review = DealReview.objects.get(deal=deal)
    assert (deal.summary, deal.state, review.state) == ("", Deal.State.PUBLISHED, "asked")
    assert "changed or deleted meanwhile" in review.words
    take(deal, verdict(deal, "approved", submission=send(deal, now).submission), now)
    deal.refresh_from_db()
    assert (deal.summary, deal.picture_id) == ("Now with tea", None)


def test_a_change_whose_picture_gets_another_file_while_it_is_audited_is_asked_back_a10(
    deal: Deal, now: datetime
) -> None:
    """No page shows the picture yet, so that nothing keeps its file from being exchanged after the reviewers looked at it."""
    on_sale(deal, now)
    picture = get_image_model().objects.create(title="Tea", file="tea.png", width=8, height=8, file_hash="a" * 40)
    change(deal, now, picture_id=picture.pk)
    get_image_model().objects.update(file_hash="b" * 40)
    take(deal, approved(deal), now)
    deal.refresh_from_db()
    assert (deal.picture_id, DealReview.objects.get(deal=deal).state) == (None, "asked")
    send(deal, now)
    take(deal, approved(deal), now)
    deal.refresh_from_db()
    assert deal.picture_id == picture.pk


def test_a_verdict_changes_nothing_in_a_mall_that_publishes_alone_by_now(deal: Deal, mall: Any, now: datetime) -> None:
    """The contract ended while a change waited: what the merchant writes alone is neither overwritten nor hidden by it."""
    on_sale(deal, now)
    change(deal, now, price_minor=1900)
    passed = approved(deal)
    mall.audited_at = None
    take(deal, passed, now)
    deal.refresh_from_db()
    assert deal.price_minor == 2400
    change(deal, now, price_minor=2200)
    deal.refresh_from_db()
    assert (deal.price_minor, DealReview.objects.get(deal=deal).proposed) == (2200, None)


def test_the_way_around_the_audit_is_closed(deal: Deal, now: datetime) -> None:
    on_sale(deal, now)
    draft = replace(snapshots.draft_of(deal), price_minor=100)
    with pytest.raises(ChangeNeedsAudit):
        operations.update(deal_public_id=deal.public_id, draft=draft, by=ALMA, now=now)


def test_old_news_and_news_of_an_earlier_submission_change_nothing(deal: Deal, now: datetime) -> None:
    send(deal, now)
    early = verdict(deal, "approved")
    change(deal, now, price_minor=2000)
    send(deal, now)
    assert take(deal, early, now) is None
    current = verdict(deal, "asked", version=5, asked=[{"stage": "price", "field": "price_minor", "text": "Too low."}])
    assert take(deal, current, now) is not None
    assert take(deal, replace(current, version=4, state="approved"), now) is None
    assert DealReview.objects.get(deal=deal).state == "asked"
    with pytest.raises(DealNotReady, match="asks for a change"):
        publish(deal, now)


def test_ending_never_waits_and_tells_the_platform(deal: Deal, now: datetime) -> None:
    on_sale(deal, now)
    operations.end(deal_public_id=deal.public_id, by=ALMA, now=now)
    assert OutboxEvent.objects.get(kind="deal.ended").subject == deal.public_id


@pytest.mark.usefixtures("mall")
def test_a_mall_that_publishes_alone_has_no_audit(now: datetime) -> None:
    deal = shop.a_deal(now=now, state=Deal.State.DRAFT)
    with pytest.raises(NoAuditHere):
        send(deal, now)
    assert publish(deal, now).state == "published"
    assert not DealReview.objects.exists()


def test_every_field_of_a_draft_is_audited_or_is_known_not_to_be() -> None:
    assert set(DealDraft.__dataclass_fields__) - set(snapshots.AUDITED) == {"slug", "store_ids"}


def test_a_draft_comes_back_from_json_as_it_went(deal: Deal, now: datetime) -> None:
    draft = snapshots.draft_of(deal)
    assert snapshots.from_json({**snapshots.as_json(draft), "of_a_newer_release": 1}) == draft


def test_a_deal_on_sale_that_is_saved_as_it_is_leaves_nothing_waiting(deal: Deal, now: datetime) -> None:
    """Nothing is sent to people who would audit no change, and no change waits that nobody would ever answer."""
    on_sale(deal, now)
    change(deal, now)
    review = DealReview.objects.get(deal=deal)
    assert (review.proposed, review.state) == (None, "approved")
    assert OutboxEvent.objects.filter(kind="deal.submitted").count() == 1
    change(deal, now, price_minor=1900)
    change(deal, now, price_minor=2400)
    review.refresh_from_db()
    assert (review.proposed, review.state) == (None, "submitted")


def test_a_cut_that_the_agency_asked_for_does_not_overwrite_what_the_merchant_put_to_the_audit_since_a4(
    deal: Deal, now: datetime
) -> None:
    on_sale(deal, now)
    deal.refresh_from_db()
    powers = frozenset({"deals.price", "deals.draft", "deals.publish"})
    bounds = Bounds(powers, (("price_cut_percent", 20),))
    omar = Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)
    half = replace(snapshots.draft_of(deal), price_minor=1200)
    for also_waits in (True, False):
        with pytest.raises(approvals.SecondPersonNeeded):
            reviews.update(deal_public_id=deal.public_id, draft=half, by=omar, now=now)
        wish = approvals.note_asked(by=omar, now=now)[0].public_id
        if also_waits:
            change(deal, now, title="Noodles for two, with tea")
            with pytest.raises(ChangedSince):
                approvals.decide(approval=wish, accept=True, by=VERA, now=now)
            assert DealReview.objects.get(deal=deal).proposed["title"] == "Noodles for two, with tea"
            continue
        approvals.decide(approval=wish, accept=True, by=VERA, now=now)
        assert DealReview.objects.get(deal=deal).proposed["price_minor"] == 1200, "who asks anew has seen what waits"
