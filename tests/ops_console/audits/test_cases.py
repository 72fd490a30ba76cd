"""A deal's way through its audit: six stages, four pairs of eyes, wishes, and what an edit reopens (practice rows 7 and 8, A10)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from ops_console.audits import evidence, operations, queries, telling
from ops_console.audits.models import AuditCase, GuardedPass, StageEvidence, Step
from ops_console.audits.refusals import (
    CaseOver,
    DealChanged,
    EvidenceMissing,
    OwnWork,
    RoleMissing,
    StageDecided,
    StagesOpen,
    TwoGuardedStages,
    WordsMissing,
)
from ops_console.mandates import roles
from ops_console.work.pictures import EvidenceRefused
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor
from storefront.deals import operations as deals
from storefront.deals import reviews, snapshots
from storefront.deals.models import Deal
from storefront.deals.operations import DealNotReady
from tenants.isolation.entrance import inside

from .conftest import ALMA, FULL, decide, states, told

Team = dict[str, User]


@pytest.fixture(autouse=True)
def media_folder(settings: Any, tmp_path: Any) -> None:
    """Keep pictures apart."""
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def team(staff: Callable[[str, str], User]) -> Team:
    """Return six people."""
    return {
        "omar": staff("Omar", roles.OPERATOR),
        "vera": staff("Vera", roles.REVIEWER),
        "tomas": staff("Tomas", roles.FINANCE),
        "mei": staff("Mei", roles.ACCOUNT_MANAGER),
        "grace": staff("Grace", roles.MANAGER),
        "ada": staff("Ada", roles.ADMIN),
    }


def picture(name: str = "front.jpg") -> SimpleUploadedFile:
    """Return a small picture."""
    held = BytesIO()
    Image.new("RGB", (8, 8), "red").save(held, "JPEG")
    return SimpleUploadedFile(name, held.getvalue(), content_type="image/jpeg")


def visit(case: AuditCase, person: User, now: datetime, **fields: Any) -> None:
    """Be in the shop."""
    given = {"scores": FULL, "words": "Six tables, good noodles.", "recommends": True, **fields}
    operations.note_visit(case=case.public_id, person=person, now=now, **given)


def pass_all(case: AuditCase, team: Team, now: datetime) -> None:
    """Take the deal through whatever is open."""
    if not case.visits.exists():
        visit(case, team["omar"], now)
        evidence.add_picture(case=case.public_id, stage="field", file=picture(), person=team["omar"], now=now)
    who = {"desk": "mei", "field": "omar", "price": "tomas", "terms": "vera", "capacity": "omar", "final": "grace"}
    for key, name in who.items():
        if states(case)[key] == "open":
            decide(case, key, "passed", team[name], now=now)


def test_a_deal_goes_live_after_six_stages_and_four_people(
    case: AuditCase, team: Team, deal: Deal, now: datetime
) -> None:
    """Row 8: at least six named stages, separation of duties, evidence for each."""
    assert list(states(case)) == ["desk", "field", "price", "terms", "capacity", "final"]
    pass_all(case, team, now)
    case.refresh_from_db()
    assert case.state == "approved"
    assert GuardedPass.objects.filter(case=case).count() == 4
    with inside(case.tenant), pytest.raises(DealNotReady, match="being audited"):
        deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now)
    assert told(case, now) == "approved"
    with inside(case.tenant):
        assert deals.publish(deal_public_id=deal.public_id, by=ALMA, now=now).state == "published"
    assert AuditEntry.objects.filter(action="audit.stage_passed", subject_id=case.public_id).count() == 6


def test_nobody_passes_two_guarded_stages_of_one_deal(case: AuditCase, team: Team, now: datetime) -> None:
    decide(case, "terms", "passed", team["grace"], now=now)
    with pytest.raises(TwoGuardedStages):
        decide(case, "price", "passed", team["grace"], now=now)
    assert states(case)["price"] == "open"
    decide(case, "capacity", "passed", team["grace"], now=now)  # not guarded
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardedPass.objects.create(case=case, person=team["grace"], stage="price")


def write(deal: Deal, person: User, now: datetime, **fields: Any) -> None:
    """Change a deal as one of the agency's people in the mall."""
    by = Actor(kind="agency", name=person.name, public_id=person.public_id, on_behalf_of="Riverside", clause="1.1")
    draft = replace(snapshots.draft_of(deal), **fields)
    reviews.update(deal_public_id=deal.public_id, draft=draft, by=by, now=now)


def test_whoever_wrote_or_changed_a_deal_passes_none_of_its_guarded_stages_whoever_sent_it(
    case: AuditCase, deal: Deal, send: Callable[..., AuditCase], team: Team, now: datetime
) -> None:
    """A4: also not what they passed before they changed it; that stage is another person's then."""
    decide(case, "terms", "passed", team["grace"], now=now)
    with inside(case.tenant):
        write(deal, team["vera"], now, title="Noodles by Vera")
        deal.refresh_from_db()
        write(deal, team["grace"], now, price_minor=deal.price_minor - 100)
    assert send().submitted_by == "Alma"
    assert states(case)["terms"] == "open", "Grace has passed it and changed the deal since"
    for name in ("vera", "grace"):
        with pytest.raises(OwnWork):
            decide(case, "terms", "passed", team[name], now=now)
        open_to = set(queries.own_stages(team[name]).values_list("is_guarded", flat=True))
        assert True not in open_to
    decide(case, "terms", "passed", team["mei"], now=now)


def test_a_stage_is_decided_by_its_roles_and_in_order(case: AuditCase, team: Team, now: datetime) -> None:
    with pytest.raises(RoleMissing):
        decide(case, "price", "passed", team["omar"], now=now)
    with pytest.raises(StagesOpen):
        decide(case, "final", "passed", team["ada"], now=now)
    assert set(states(case).values()) == {"open"}


def test_the_second_of_two_reviewers_is_told_who_was_first(case: AuditCase, team: Team, now: datetime) -> None:
    decide(case, "terms", "passed", team["vera"], now=now)
    with pytest.raises(StageDecided, match=r"Vera decided “Terms and law” at .*: Passed"):
        decide(case, "terms", "refused", team["mei"], now=now)
    assert states(case)["terms"] == "passed"


def test_the_field_visit_needs_somebody_in_the_shop_a_picture_and_scores(
    case: AuditCase, team: Team, now: datetime
) -> None:
    """Row 7: scores, photos, verdict, second visitor."""
    with pytest.raises(EvidenceMissing, match="add a picture; 0 of 1 visits"):
        decide(case, "field", "passed", team["omar"], now=now)
    evidence.add_picture(case=case.public_id, stage="field", file=picture(), person=team["omar"], now=now)
    visit(case, team["omar"], now, scores=dict.fromkeys(FULL, 2))
    with pytest.raises(EvidenceMissing, match=r"scores are under 3 of 5"):
        decide(case, "field", "passed", team["omar"], now=now)
    visit(case, team["vera"], now, scores=dict.fromkeys(FULL, 5))  # the second visitor thinks better of it
    assert decide(case, "field", "passed", team["omar"], now=now).state == "passed"
    with pytest.raises(WordsMissing):
        visit(case, team["mei"], now, scores={**FULL, "place": 6})


def test_a_program_or_200_megabytes_are_no_picture(case: AuditCase, team: Team, now: datetime) -> None:
    program = SimpleUploadedFile("front.jpg", b"MZ" + b"\0" * 600, content_type="image/jpeg")
    with pytest.raises(EvidenceRefused, match="program"):
        evidence.add_picture(case=case.public_id, stage="field", file=program, person=team["omar"], now=now)
    large = picture()
    large.size = 200 * 1024 * 1024
    with pytest.raises(EvidenceRefused, match="25 MB"):
        evidence.add_picture(case=case.public_id, stage="field", file=large, person=team["omar"], now=now)
    assert not StageEvidence.objects.exists()


def test_a_wish_says_field_and_words_and_the_merchant_reads_it(case: AuditCase, team: Team, now: datetime) -> None:
    with pytest.raises(WordsMissing):
        decide(case, "price", "asked", team["tomas"], now=now, wishes=[("price_minor", " ")])
    decide(case, "price", "asked", team["tomas"], now=now, wishes=[("price_minor", "Ask 22.00: the cost is 7.00.")])
    assert told(case, now) == "asked"
    with inside(case.tenant):
        asked = Deal.objects.get(public_id=case.deal).review.asked
    assert asked == [{"stage": "Price and margin", "field": "price_minor", "text": "Ask 22.00: the cost is 7.00."}]


def test_an_edit_reopens_just_the_stages_that_it_touches(
    case: AuditCase, send: Callable[..., AuditCase], team: Team, now: datetime
) -> None:
    """A10: price and final come back, with what was before and after; a change of words leaves the price alone."""
    pass_all(case, team, now)
    told(case, now)
    case = send(price_minor=2200)
    assert [key for key, state in states(case).items() if state == "open"] == ["price", "final"]
    assert case.before is not None
    assert (case.before["price_minor"], case.snapshot["price_minor"], case.state) == (2400, 2200, "open")
    assert told(case, now) == "submitted"
    assert list(case.steps.filter(kind=Step.Kind.REOPENED).values_list("stage", "changes")) == [
        ("price", ["price_minor"]),
        ("final", ["price_minor"]),
    ]
    pass_all(case, team, now)
    assert told(case, now) == "approved"
    case = send(title="Noodles for two, with tea")
    assert [key for key, state in states(case).items() if state == "open"] == ["desk", "final"]


def test_after_a_reopening_the_same_person_may_pass_the_same_stage_and_no_other(
    case: AuditCase, send: Callable[..., AuditCase], team: Team, now: datetime
) -> None:
    pass_all(case, team, now)
    case = send(price_minor=2200, valid_days=20)
    decide(case, "price", "passed", team["tomas"], now=now)
    with pytest.raises(TwoGuardedStages):
        decide(case, "terms", "passed", team["grace"], now=now)  # who signed off last time
    decide(case, "terms", "passed", team["vera"], now=now)


def test_what_was_seen_before_a_change_is_not_decided_after_it(
    case: AuditCase, send: Callable[..., AuditCase], team: Team, now: datetime
) -> None:
    seen = case.fingerprint
    send(price_minor=2200)
    with pytest.raises(DealChanged):
        decide(case, "terms", "passed", team["vera"], now=now, fingerprint=seen)


def test_a_refusal_ends_it_until_the_merchant_sends_it_anew(
    case: AuditCase, send: Callable[..., AuditCase], team: Team, now: datetime
) -> None:
    with pytest.raises(WordsMissing):
        decide(case, "terms", "refused", team["vera"], now=now, note="")
    decide(case, "terms", "refused", team["vera"], now=now, note="The law forbids it.")
    assert told(case, now) == "refused"
    with pytest.raises(CaseOver):
        decide(case, "desk", "passed", team["mei"], now=now)
    case = send(title="Something lawful")
    assert states(case)["terms"] == "open"
    assert told(case, now) == "submitted"


def test_a_change_that_is_taken_back_leaves_the_approval(
    case: AuditCase, send: Callable[..., AuditCase], team: Team, now: datetime
) -> None:
    pass_all(case, team, now)
    told(case, now)
    send(price_minor=1000)
    case = send(price_minor=2400)
    assert set(states(case).values()) == {"passed"}
    assert told(case, now) == "approved"


def test_news_that_were_lost_are_told_by_the_sweep_and_news_that_come_late_change_nothing(
    case: AuditCase, team: Team, now: datetime
) -> None:
    telling.tell_all(now=now)
    decide(case, "terms", "passed", team["vera"], now=now)
    assert telling.tell_all(now=now) == 1
    assert telling.tell_all(now=now) == 0
    with inside(case.tenant):
        review = Deal.objects.get(public_id=case.deal).review
    assert [one["key"] for one in review.stages if one["state"] == "passed"] == ["terms"]


def test_the_case_of_a_deal_that_ended_is_closed(case: AuditCase, team: Team, deal: Deal, now: datetime) -> None:
    from tenants.relay.operations import relay

    with inside(case.tenant):
        deals.end(deal_public_id=deal.public_id, by=ALMA, now=now)
    relay(schema=case.tenant.schema_name, now=now)
    with pytest.raises(CaseOver):
        decide(case, "terms", "passed", team["vera"], now=now)
