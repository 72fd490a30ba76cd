"""An insider alone with a deal: nobody takes one through two guarded stages, by whatever way they try (A4, practice row 8)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from time_machine import travel
from wagtail.test.utils.form_data import rich_text

from cms.pages import operations as pages
from cms.pages.models import DealPage
from ops_console.audits.models import AuditCase, GuardedPass
from ops_console.mandates import roles
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from storefront.deals import operations as deals
from storefront.deals.models import Deal
from storefront.deals.operations import DealNotReady
from tenants.isolation.entrance import inside
from tenants.relay.operations import relay
from tests.cms.media.pictures import picture_bytes, stored_picture
from tests.factories.mandates import give
from tests.factories.visiting import come_in
from tests.ops_console.audits.conftest import ALMA, states, told

GUARDED = ("price", "terms", "field", "final")


def test_an_insider_who_may_decide_every_stage_passes_one_guarded_stage_and_no_other(
    case: AuditCase,
    deal: Deal,
    staff: Callable[[str, str], User],
    client_for: Any,
    now: datetime,
) -> None:
    """The page, another role for oneself, a stage sent twice, a row written by hand: each is stopped, and the deal stays unsold."""
    grace = staff("Grace", roles.MANAGER)
    client = client_for(None, grace)
    assert set(case.stages.filter(is_guarded=True).values_list("key", flat=True)) == set(GUARDED)
    given = {"fingerprint": case.fingerprint, "outcome": "passed", "note": "All in order."}

    def passes(stage: str) -> tuple[int, bool]:
        answer = client.post(f"/ops/audits/{case.public_id}/{stage}/decide/", given)
        return answer.status_code, "Another person must pass this one" in answer.content.decode()

    assert passes("terms") == (302, False)
    assert passes("price") == (422, True)
    grace.groups.set(Group.objects.filter(name__in=[roles.MANAGER, roles.FINANCE, roles.REVIEWER, roles.ADMIN]))
    assert passes("price") == (422, True), "more roles are no second person"
    assert passes("terms")[0] == 422, "and a stage is not passed twice"
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardedPass.objects.create(case=case, person=grace, stage="price")
    found = states(case)
    assert {key for key in GUARDED if found[key] == "passed"} == {"terms"}
    assert told(case, now) == "submitted"
    with inside(case.tenant), pytest.raises(DealNotReady, match="being audited"):
        deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    passed = AuditEntry.objects.filter(action="audit.stage_passed", subject_id=case.public_id)
    assert list(passed.values_list("actor_name", "data__stage")) == [("Grace", "terms")]
    tomas = client_for(None, staff("Tomas", roles.FINANCE))
    assert tomas.post(f"/ops/audits/{case.public_id}/price/decide/", given).status_code == 302, "another person may"


def test_an_insider_who_publishes_other_words_and_pictures_of_a_deal_on_sale_shows_them_to_nobody(
    deal: Deal, hosted: Any, alma: Any, staff: Callable[[str, str], User], client_for: Any, now: datetime
) -> None:
    """A10: one by one and many at once; it goes to the audit as the insider's act by the clause, and the insider passes none of it."""
    give(hosted, now=now)
    with inside(hosted):
        page = pages.publish_deal_page(deal=deal, by=ALMA, now=now)
        Deal.objects.filter(pk=deal.pk).update(state=Deal.State.PUBLISHED)
        picture = stored_picture()
    omar = staff("Omar", roles.OPERATOR)
    client = come_in(client_for(hosted), hosted, omar, now=now, task="t" * 26)
    path = f"/manage/pages/{page.pk}/edit/"
    form = {
        "description": rich_text("<p>With a bottle of wine.</p>"), "steps-count": "0", "seo_title": "", "search_description": "",
        "gallery-count": "1", "gallery-0-deleted": "", "gallery-0-order": "0", "gallery-0-type": "picture", "gallery-0-id": "",
        "gallery-0-value": str(picture.pk), "action-publish": "1",
    }  # fmt: skip
    with travel(now + timedelta(minutes=1), tick=False):
        assert "goes to the audit first" in client.get(path).content.decode()
        answer = client.post(path, form)
        assert (answer.status_code, answer.headers["Location"]) == (302, path), answer.content.decode()[-2000:]
        assert "waits for the audit" in client.get(path).content.decode()
        client.post(f"/manage/bulk/wagtailcore/page/publish/?id={page.pk}&id=3", {"id": [str(page.pk), "3"]})
    with inside(hosted):
        shown = DealPage.objects.get(deal=deal)
        assert (shown.live, shown.description, list(shown.gallery)) == (True, "", [])
        sent = AuditEntry.objects.get(action="page.sent")
        assert (sent.actor_name, sent.data["task"], bool(sent.clause)) == ("Omar", "t" * 26, True)
    relay(schema=hosted.schema_name, now=now)
    case = AuditCase.objects.get(deal=deal.public_id)
    assert case.is_written_by(omar.public_id)
    vera = client_for(None, staff("Vera", roles.REVIEWER))
    console = vera.get(f"/ops/audits/{case.public_id}/").content.decode()
    assert "With a bottle of wine." in console
    assert f"/ops/audits/{case.public_id}/deal-picture/now-1/" in console
    for which in ("now-2", "now-0", "now-00101", "now-1x"):
        assert vera.get(f"/ops/audits/{case.public_id}/deal-picture/{which}/").status_code == 404, which
    seen = re.search(r'name="fingerprint" value="(\w+)"', console)
    assert seen is not None
    given = {"fingerprint": seen[1], "outcome": "passed", "note": "The law has nothing against wine."}
    assert vera.post(f"/ops/audits/{case.public_id}/terms/decide/", given).status_code == 302, "as the page shows it"
    with inside(hosted):
        shown.gallery = [("picture", picture)]
        since, hosted.audited_at = hosted.audited_at, None
        shown.save()
        hosted.audited_at = since
        key = picture.file.name
    other = {"title": "Soup", "collection": picture.collection_id, "tags": ""}
    with travel(now + timedelta(minutes=1), tick=False):
        owner = client_for(hosted, alma).post(
            f"/manage/images/{picture.pk}/", other | {"file": ContentFile(picture_bytes(), name="other.png")}
        )
    assert "Add the new file as another picture" in owner.content.decode(), "nor does the merchant exchange the file"
    with inside(hosted):
        picture.refresh_from_db()
        assert picture.file.name == key
