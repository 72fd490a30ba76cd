"""The page of a deal on sale is a part of its audit (A10): what shoppers read has passed, whatever way somebody publishes it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page

from cms.backoffice.deals import operations as deals
from cms.media.models import MallImage
from cms.pages import operations as pages
from cms.pages import wagtail_hooks
from cms.pages.models import DealPage
from ops_console.audits import telling
from ops_console.audits.models import AuditCase
from ops_console.mandates import reverting, roles
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from storefront.deals import reviews, snapshots
from storefront.deals.models import Deal, DealReview
from storefront.deals.operations import DealNotReady
from storefront.deals.page_changes import PageWaits
from tenants.isolation.entrance import inside
from tenants.relay.operations import relay
from tests.cms.media.pictures import stored_picture

from .conftest import ALMA, decide, states, told

OLD, NEW = "<p>Two bowls.</p>", "<p>Two bowls, and <b>a bottle of wine</b>.</p>"


@pytest.fixture
def team(staff: Callable[[str, str], User]) -> dict[str, User]:
    """Return people for all stages."""
    return {
        "desk": staff("Cara", roles.CARE), "field": staff("Omar", roles.OPERATOR), "price": staff("Tomas", roles.FINANCE),
        "terms": staff("Vera", roles.REVIEWER), "capacity": staff("Dan", roles.OPERATOR), "final": staff("Grace", roles.MANAGER),
    }  # fmt: skip


@pytest.fixture
def sold(deal: Deal, hosted: Any, now: datetime) -> Deal:
    """Return a deal that went on sale before the mall was audited, with a page that says OLD."""
    with inside(hosted):
        Deal.objects.filter(pk=deal.pk).update(state=Deal.State.PUBLISHED)
        page = pages.ensure_deal_page(deal=deal, by=ALMA, now=now)
        DealPage.objects.filter(pk=page.pk).update(description=OLD, live=True)
        deal.refresh_from_db()
    return deal


def write(deal: Deal, **fields: Any) -> Any:
    """Write a draft of the page, and return the version."""
    page: Any = DealPage.objects.get(deal=deal).get_latest_revision_as_object()
    for name, value in fields.items():
        setattr(page, name, value)
    return page.save_revision()


def read(deal: Deal) -> str:
    """Return what shoppers read."""
    page = DealPage.objects.get(deal=deal)
    assert page.live
    return str(page.description)


def case_of(deal: Deal, hosted: Any, now: datetime) -> AuditCase:
    """Carry what was sent to the platform."""
    relay(schema=hosted.schema_name, now=now)
    return AuditCase.objects.get(deal=deal.public_id)


def passed(case: AuditCase, team: dict[str, User], now: datetime) -> None:
    """Pass all stages that are open."""
    for key, state in states(case).items():
        if state == "open":
            case.stages.filter(key=key).update(visits_needed=0, evidence=[])
            decide(case, key, "passed", team[key], now=now)
    telling.tell(case=case.public_id, now=now)


def test_the_page_of_a_deal_on_sale_stays_as_it_passed_until_the_audit_has_passed_its_change(
    sold: Deal, hosted: Any, team: dict[str, User], now: datetime
) -> None:
    """A10: also what was on sale before pages were audited; a later draft is not shown by an old approval. Form and page wait together."""
    with inside(hosted):
        version = write(sold, description=NEW, steps=[("step", "Bring a friend")])
        version.publish()
        assert read(sold) == OLD
        review = DealReview.objects.get(deal=sold)
        assert (review.state, review.proposed_page) == ("submitted", version.pk)
        version.publish()
        assert DealReview.objects.get(deal=sold).submission == review.submission, "sent once"
        write(sold, description="<p>Three bowls.</p>")
    case = case_of(sold, hosted, now)
    assert (case.before["page_description"], case.snapshot["page_description"]) == (OLD, NEW)
    assert case.snapshot["page_steps"] == ["Bring a friend"]
    with inside(hosted):
        draft = replace(snapshots.draft_of(sold), summary="With wine")
        deals.update(deal_public_id=sold.public_id, draft=draft, by=ALMA, now=now)
    case = case_of(sold, hosted, now)
    assert case.snapshot["page_description"] == NEW
    passed(case, team, now)
    with inside(hosted):
        assert read(sold) == NEW
        assert DealPage.objects.get(deal=sold).has_unpublished_changes, "the third is a draft"
        review.refresh_from_db()
        sold.refresh_from_db()
        assert (review.state, review.proposed_page, sold.summary) == ("approved", None, "With wine")
        shown = AuditEntry.objects.get(action="page.published")
        assert shown.data["revision"] == version.pk


def test_a_change_of_the_page_reopens_the_stages_that_look_at_it_and_a_refusal_leaves_the_page(
    sold: Deal, hosted: Any, team: dict[str, User], now: datetime
) -> None:
    """A10: words reopen desk and terms; a new picture desk and field visit; taken back or refused, nothing has changed."""
    with inside(hosted):
        picture = stored_picture()
        write(sold, description=NEW).publish()
    case = case_of(sold, hosted, now)
    passed(case, team, now)
    with inside(hosted):
        write(sold, gallery=[("picture", picture)]).publish()
        assert not DealPage.objects.get(deal=sold).gallery
    case = case_of(sold, hosted, now)
    assert {key for key, state in states(case).items() if state == "open"} == {"desk", "field", "final"}
    decide(case, "desk", "refused", team["desk"], now=now, note="Not the shop's own picture.")
    assert told(case, now) == "refused"
    with inside(hosted):
        assert not DealPage.objects.get(deal=sold).gallery
        assert read(sold) == NEW
        reviews.drop_change(deal_public_id=sold.public_id, by=ALMA, now=now)
    case = case_of(sold, hosted, now)
    assert case.state == "approved", "as it passed before"
    with inside(hosted):
        former = write(sold, gallery=[], description=OLD)
        live = DealPage.objects.get(deal=sold)
        given: dict[str, Any] = {"page_id": live.pk, "shown": live.live_revision_id, "former": former.pk}
        with CaptureQueriesContext(connection) as queries:
            pages.show_former(**given, check=lambda: None, by=ALMA, now=now)
        locks = [one["sql"].split(" FROM ")[1].split()[0] for one in queries if "FOR UPDATE" in one["sql"]]
        assert locks[:2] == ['"deals_deal"', '"wagtailcore_page"'], (
            "in the order of a verdict, so that both meet at the deal"
        )
        told_of = AuditEntry.objects.filter(action="page.published").latest("pk")
        told_of.data["former"] = former.pk
        assert reverting.waits(told_of)
        assert read(sold) == NEW, "taking back goes there too"
    assert {key for key, state in states(case_of(sold, hosted, now)).items() if state == "open"} == {
        "desk",
        "terms",
        "final",
    }


def test_no_way_that_wagtail_has_shows_a_page_round_the_audit(sold: Deal, hosted: Any, now: datetime) -> None:
    """The last gate is the row itself: an action that asks nobody, a save by hand, a page that was hidden meanwhile."""
    with inside(hosted):
        version = write(sold, description=NEW)
        with pytest.raises(PageWaits), transaction.atomic():
            PublishPageRevisionAction(version).execute(skip_permission_checks=True)
        page = DealPage.objects.get(deal=sold)
        page.description = NEW
        with pytest.raises(PageWaits), transaction.atomic():
            page.save()
        assert read(sold) == OLD
        page = DealPage.objects.get(deal=sold)
        page.unpublish()
        write(sold, description=NEW).publish()
        pages.publish_deal_page(deal=sold, by=ALMA, now=now)
        page.refresh_from_db()
        assert not page.live, "hidden until it has passed"
        hosted.audited_at = None
        version.publish()
        assert read(sold) == NEW, "a mall that publishes alone is asked nothing"
        assert not DealReview.objects.exclude(proposed_page=None).exists(), "and a late verdict shows nothing else"


def test_a_page_that_was_hidden_is_shown_again_as_it_was_and_not_with_another_file_under_its_picture(
    sold: Deal, hosted: Any, now: datetime
) -> None:
    """Also one that was on sale before pages were audited. Hidden, its pictures' files can be exchanged."""
    with inside(hosted):
        version = write(sold, gallery=[("picture", stored_picture(file_hash="a" * 40))])
        hosted.audited_at = None
        version.publish()
        hosted.audited_at = now
        for many in (False, True):
            DealReview.objects.update(approved_page=None)
            page = Page.objects.get(pk=version.object_id)
            wagtail_hooks.keep_what_many_showed(None, "unpublish", [page] if many else [], None)
            (page if many else page.specific).unpublish()
            version.publish()
            assert read(sold) == OLD
            assert not DealReview.objects.exclude(proposed_page=None).exists()
        DealPage.objects.get(deal=sold).unpublish()
        MallImage.objects.update(file_hash="b" * 40)
        version.publish()
        assert not DealPage.objects.get(deal=sold).live
        assert DealReview.objects.get(deal=sold).proposed_page == version.pk


def test_a_draft_whose_page_was_changed_after_the_approval_is_not_approved_any_more(
    deal: Deal, hosted: Any, team: dict[str, User], now: datetime
) -> None:
    """A10; an approval of before pages were audited holds for the page as it stood then."""
    with inside(hosted):
        pages.ensure_deal_page(deal=deal, by=ALMA, now=now)
        write(deal, description=OLD)
        reviews.submit(deal_public_id=deal.public_id, by=ALMA, now=now)
    passed(case_of(deal, hosted, now), team, now)
    with inside(hosted):
        write(deal, description=NEW)
        with pytest.raises(DealNotReady, match="page, was changed since"):
            deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
        write(deal, description=OLD)
        DealReview.objects.filter(deal=deal).update(approved_page=None, told_at=timezone.now())
        assert deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now).state == "published"
        assert read(deal) == OLD
        assert DealReview.objects.get(deal=deal).approved_page["page_description"] == OLD


def test_what_a_release_without_pages_has_passed_is_asked_again(
    sold: Deal, hosted: Any, team: dict[str, User], now: datetime
) -> None:
    """An N-1 message has no page, and leaves it as it was; an N-1 pass of a page is none."""
    with inside(hosted):
        write(sold, description=NEW).publish()
    case = case_of(sold, hosted, now)
    AuditCase.objects.filter(pk=case.pk).update(page="")
    passed(case, team, now)
    with inside(hosted):
        assert read(sold) == OLD
        assert DealReview.objects.get(deal=sold).state == "submitted"
    case = case_of(sold, hosted, now)
    assert {key for key, state in states(case).items() if state == "open"} == {"desk", "terms", "final"}
