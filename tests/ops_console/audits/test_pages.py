"""The console's pages of audits, and the merchant's: what each person may press, what a refusal says, what the merchant reads."""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.formats import date_format
from PIL import Image
from time_machine import travel

from cms.media.models import MallImage
from ops_console.audits import demo, moving, pipelines
from ops_console.audits.models import AuditCase, MallAudit, Pipeline, ShopVisit, StageEvidence
from ops_console.mandates import grants, roles
from saas.accounts.models import User
from saas.kernel.actors import SYSTEM
from storefront.deals.models import Deal, DealReview
from storefront.stores.models import Store
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.cms.media.pictures import picture_bytes
from tests.factories.mandates import give

from .conftest import FULL, decide, states, told


@pytest.fixture(autouse=True)
def media_folder(settings: Any, tmp_path: Any) -> None:
    """Keep pictures apart."""
    settings.MEDIA_ROOT = str(tmp_path)


def picture() -> SimpleUploadedFile:
    """Return a small picture."""
    held = BytesIO()
    Image.new("RGB", (8, 8), "red").save(held, "PNG")
    return SimpleUploadedFile("front.png", held.getvalue(), content_type="image/png")


def test_the_list_shows_each_person_what_waits_for_them(
    case: AuditCase, staff: Callable[[str, str], User], client_for: Callable[..., Any]
) -> None:
    for name, role, expected in (("Vera", roles.REVIEWER, True), ("Rita", roles.READ_ONLY, False)):
        client = client_for(None, staff(name, role))
        assert (case.title in client.get("/ops/audits/").content.decode()) == expected
        assert case.title in client.get("/ops/audits/?view=waiting").content.decode()
        assert case.title not in client.get("/ops/audits/?view=&q=nothing-like-it").content.decode()


def test_a_stage_is_passed_from_the_cases_page_and_a_refusal_stands_on_it(
    case: AuditCase, staff: Callable[[str, str], User], client_for: Callable[..., Any]
) -> None:
    vera = staff("Vera", roles.REVIEWER)
    client = client_for(None, vera)
    page = client.get(f"/ops/audits/{case.public_id}/").content.decode()
    assert "Terms and law" in page
    assert "Passed by: Finance, Manager." in page
    with inside(case.tenant), timezone.override(ZoneInfo(case.tenant.time_zone)):
        begins = Deal.objects.get(public_id=case.deal).sale_starts_at
        assert f'<div class="audit-words">{date_format(timezone.localtime(begins), "DATETIME_FORMAT")}</div>' in page
        assert f"In the mall's time, {case.tenant.time_zone}." in page.replace("&#x27;", "'")
    assert ">Before</th>" not in page  # nothing was sent before
    given = {"fingerprint": case.fingerprint, "outcome": "passed", "note": "As the law says."}
    assert client.post(f"/ops/audits/{case.public_id}/terms/decide/", given).status_code == 302
    assert states(case)["terms"] == "passed"
    again = client.post(f"/ops/audits/{case.public_id}/terms/decide/", given)
    assert (again.status_code, "Vera decided “Terms and law”" in again.content.decode()) == (422, True)
    alone = client.post(f"/ops/audits/{case.public_id}/capacity/decide/", {**given, "outcome": "asked"})
    assert (alone.status_code, "Say what is wrong" in alone.content.decode()) == (422, True)


def test_a_visit_is_written_down_with_scores_and_the_camera_and_its_picture_is_shown_to_the_agency_only(
    case: AuditCase, staff: Callable[[str, str], User], client_for: Callable[..., Any], alma: Any, hosted: Any
) -> None:
    """Row 7."""
    client = client_for(None, staff("Omar", roles.OPERATOR))
    address = f"/ops/audits/{case.public_id}/visit/"
    page = client.get(address).content.decode()
    assert 'capture="environment"' in page
    assert client.post(address, {"words": "Nice"}).status_code == 422
    assert not ShopVisit.objects.exists()
    given = {**{key: str(score) for key, score in FULL.items()}, "words": "Six tables.", "recommends": "on"}
    assert client.post(address, {**given, "picture": picture()}).status_code == 302
    assert ShopVisit.objects.get().mean_tenths == 40
    piece = StageEvidence.objects.get()
    shown = client.get(f"/ops/audits/{case.public_id}/pictures/{piece.public_id}/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert piece.file_key.startswith(f"{hosted.schema_name}/audits/")
    assert client_for(None).get(f"/ops/audits/{case.public_id}/pictures/{piece.public_id}/").status_code == 302
    assert client.get(f"/ops/audits/nothing/pictures/{piece.public_id}/").status_code == 404


def test_the_merchant_reads_the_wish_beside_the_deal_and_sends_it_again(
    case: AuditCase, alma: Any, staff: Callable[[str, str], User], client_for: Callable[..., Any], now: datetime
) -> None:
    deal, hosted = case.deal, case.tenant
    tomas = staff("Tomas", roles.FINANCE)
    decide(case, "price", "asked", tomas, now=now, wishes=[("price_minor", "Ask for 26.00.")])
    told(case, now)
    client = client_for(hosted, alma)
    page = client.get(f"/manage/deals/{deal}/").content.decode()
    assert "Ask for 26.00." in page
    assert "A change is asked for" in client.get("/manage/deals/").content.decode()
    assert "A change is asked for" in page
    assert 'href="#offer"' in page
    refused = client.post(f"/manage/deals/{deal}/publish/")
    assert (refused.status_code, "asks for a change" in refused.content.decode()) == (422, True)
    client.post(f"/manage/deals/{deal}/audit/")
    with inside(hosted):
        assert DealReview.objects.get(deal__public_id=deal).state == "submitted"


def test_the_guard_answers_while_the_form_is_filled_in_and_writes_nothing(
    deal: Deal, hosted: Any, alma: Any, client_for: Callable[..., Any]
) -> None:
    with inside(hosted):
        store = deal.stores.get().pk
    form = {
        "price": "19.00", "cost": "9.00", "units_total": "9000", "service_minutes": "60", "validity": "days",
        "valid_days": "90", "sale_starts_at": "2026-11-20T10:00", "stores": [str(store)],
        "contents-TOTAL_FORMS": "0", "contents-INITIAL_FORMS": "0", "rules-TOTAL_FORMS": "0", "rules-INITIAL_FORMS": "0",
    }  # fmt: skip
    client = client_for(hosted, alma)
    answer = client.post("/manage/deals/guard/", form).content.decode()
    assert "9000 units are offered" in answer
    assert "Show as a table" in answer
    assert "Fill in the price" in client.post("/manage/deals/guard/", {}).content.decode()
    with inside(hosted):
        Store.objects.filter(pk=store).update(stations=None)
        there = f"/manage/stores/{Store.objects.get(pk=store).public_id}/#stations"
    assert f'<a href="{there}">Fill in</a>' in client.post("/manage/deals/guard/", form).content.decode()
    with inside(hosted):
        assert Deal.objects.count() == Deal.objects.exclude(units_total=9000).count()


def test_the_agency_chooses_which_malls_are_audited_and_by_what(
    riverside: Tenant, staff: Callable[[str, str], User], client_for: Callable[..., Any]
) -> None:
    client = client_for(None, staff("Grace", roles.MANAGER))
    assert "Riverside" in client.get("/ops/audits/malls/?q=riverside").content.decode()
    client.post(f"/ops/audits/malls/{riverside.public_id}/", {"choice": "auto"})
    riverside.refresh_from_db()
    assert riverside.audited_at is not None
    client.post(f"/ops/audits/malls/{riverside.public_id}/", {"choice": "alone"})
    riverside.refresh_from_db()
    assert (riverside.audited_at, MallAudit.objects.count()) == (None, 0)


def test_nobody_takes_the_audit_off_a_mall_whose_deals_the_agency_works_on(
    riverside: Tenant, staff: Callable[[str, str], User], client_for: Callable[..., Any], now: datetime
) -> None:
    """An insider who writes deals by the contract publishes none past all stages by letting the mall publish alone (A4)."""
    mandate = give(riverside, "deals.draft", "deals.publish", now=now)
    pipelines.follow_contract(tenant=riverside, keys={"deals.draft"}, now=now)
    client = client_for(None, staff("Mei", roles.ACCOUNT_MANAGER))

    def lets_alone() -> bool:
        client.post(f"/ops/audits/malls/{riverside.public_id}/", {"choice": "alone"})
        riverside.refresh_from_db()
        return riverside.audited_at is None

    with travel(now, tick=False):
        assert not lets_alone()
        grants.pause(tenant=riverside, by=SYSTEM, now=now)
        assert not lets_alone(), "a pause of one's own opens no way either"
        grants.end(contract=mandate.contract, at=now, by=SYSTEM, now=now)
        assert lets_alone()


def test_a_pipeline_is_made_for_a_trade_and_one_that_looks_away_is_refused(
    riverside: Tenant, staff: Callable[[str, str], User], client_for: Callable[..., Any], now: datetime
) -> None:
    """Row 8: configurable for each package and trade."""
    client = client_for(None, staff("Grace", roles.MANAGER))
    page = client.get("/ops/audits/pipelines/add/")
    stages = page.context["stages"]
    form: dict[str, Any] = {
        "name": "Restaurants",
        "trade": "restaurant",
        "stages-TOTAL_FORMS": "6",
        "stages-INITIAL_FORMS": "6",
    }
    for number, stage in enumerate(stages.initial):
        for name, value in stage.items():
            if value not in (False, None):
                form[f"stages-{number}-{name}"] = value
    blind = {"stages-5-fields_seen": ["title"], "stages-2-fields_seen": ["price_minor"]}  # nobody looks at the cost
    assert client.post("/ops/audits/pipelines/add/", {**form, **blind}).status_code == 422
    open_end = {name: value for name, value in form.items() if name != "stages-5-is_guarded"}
    assert client.post("/ops/audits/pipelines/add/", open_end).status_code == 422, "its writer would sign a deal off"
    assert client.post("/ops/audits/pipelines/add/", form).status_code == 302
    made = Pipeline.objects.get(trade="restaurant")
    assert [stage.key for stage in made.stages.all()] == ["desk", "field", "price", "terms", "capacity", "final"]
    assert made.stages.get(key="final").is_final
    assert pipelines.of_mall(riverside, now=now) == made
    client.post(f"/ops/audits/pipelines/{made.public_id}/retire/")
    assert pipelines.of_mall(riverside, now=now).is_default


def test_the_demo_has_a_deal_that_the_guard_stops_one_half_through_and_one_with_the_merchant(
    hillside: Tenant, staff: Callable[[str, str], User], now: datetime
) -> None:
    """The known case: thousands of manicures for a shop with two stations."""
    for name, role in (("Omar", roles.OPERATOR), ("Vera", roles.REVIEWER), ("Tomas", roles.FINANCE)):
        staff(name, role)
    with inside(hillside):
        from tests.factories import shop

        shop.a_store()
        shop.a_term(now=now)
    assert demo.make(tenant=hillside, now=now)
    assert sorted(AuditCase.objects.values_list("title", "state")) == [
        ("Evening visit, first time", "open"),
        ("Treatment for two", "asked"),
    ]
    assert not demo.make(tenant=hillside, now=now)


def test_the_owner_alone_lets_through_what_the_guard_stops_and_it_stands_beside_the_deal(
    deal: Deal, alma: Any, hosted: Any, client_for: Callable[..., Any]
) -> None:
    with inside(hosted):
        Deal.objects.filter(pk=deal.pk).update(units_total=9000)
    client, address = client_for(hosted, alma), f"/manage/deals/{deal.public_id}/"
    page = client.get(address).content.decode()
    assert "The guard stops this deal" in page
    assert "9000 units are offered" in page
    refused = client.post(f"{address}override/", {"reason": "We can!"})
    assert (refused.status_code, ">We can!</textarea>" in refused.content.decode()) == (422, True), (
        "what was typed is kept"
    )
    client.post(f"{address}override/", {"reason": "Four more chairs come on Monday."})
    page = client.get(address).content.decode()
    assert "The guard was overridden by Alma" in page
    assert "Four more chairs come on Monday." in page
    assert client.post(f"{address}audit/").status_code == 302
    with inside(hosted):
        assert DealReview.objects.get(deal=deal).state == "submitted"


def test_audits_follow_a_mall_that_moves_and_end_with_one_that_is_erased(
    case: AuditCase, hosted: Tenant, hillside: Tenant
) -> None:
    moving.follow(from_schemas=[hosted.schema_name], to_schema=hillside.schema_name)
    case.refresh_from_db()
    hillside.refresh_from_db()
    assert (case.tenant, hillside.audited_at is not None) == (hillside, True)
    moving.forget(schema_name=hillside.schema_name)
    assert not AuditCase.objects.exists()
    assert not MallAudit.objects.exists()


def test_who_audits_sees_the_picture_of_this_deal_as_it_was_and_as_it_is_and_no_other(
    send: Callable[..., AuditCase],
    hosted: Any,
    staff: Callable[[str, str], User],
    client_for: Callable[..., Any],
    alma: Any,
) -> None:
    with inside(hosted):
        files = [ContentFile(picture_bytes(width, 90), name=f"{width}.png") for width in (120, 130, 140)]
        old, new, other = [MallImage.objects.create(title="Soup", file=file) for file in files]
    case, client = send(picture_id=old.pk), client_for(None, staff("Vera", roles.REVIEWER))
    address = f"/ops/audits/{case.public_id}/"
    first = f"{address}deal-picture/now/?v={case.version}"
    assert first in client.get(address).content.decode()
    assert client.get(f"{address}deal-picture/before/").status_code == 404
    send(picture_id=new.pk)
    page = client.get(address).content.decode()
    assert f"{address}deal-picture/before/" in page
    assert f"{address}deal-picture/now/" in page
    assert first not in page, "the browser kept the first one"
    shown = {which: client.get(f"{address}deal-picture/{which}/") for which in ("before", "now")}
    with inside(hosted):
        kept = {"before": old.file.read(), "now": new.file.read()}
    assert {which: b"".join(answer.streaming_content) for which, answer in shown.items()} == kept
    assert {answer["Content-Type"] for answer in shown.values()} == {"image/png"}
    assert client.get(f"{address}deal-picture/{other.pk}/").status_code == 404
    assert client_for(None).get(f"{address}deal-picture/now/").status_code == 302
    assert client_for(hosted, alma).get(f"{address}deal-picture/now/").status_code == 404
    with inside(hosted):
        new.delete()
    assert client.get(f"{address}deal-picture/now/").status_code == 404
