"""Mandates: given by a contract's version, ended, paused; what a visit may do by them now (A1, A2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core import mail
from django.utils.module_loading import import_string
from django.utils.translation import override
from time_machine import travel

from ops_console.mandates import asked, grants, moving, operations, roles, standing
from ops_console.mandates.models import Asked, Mandate, Visit
from saas.accounts.middleware import actor_for
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM, Actor, Bounds
from saas.kernel.outbox.models import OutboxEvent
from storefront.deals import operations as deals
from storefront.deals import snapshots
from storefront.promotions import operations as promotions
from storefront.promotions.models import Promotion
from tenants.entry import approvals
from tenants.entry.models import Approval
from tenants.isolation.entrance import inside
from tests.cms.backoffice.test_promotions import a_draft
from tests.factories import shop
from tests.factories.mandates import CLAUSES, give
from tests.factories.visiting import come_in, staff

HOUR = timedelta(hours=1)
ALMA = Actor(kind="merchant", name="Alma", public_id="a" * 26)


def visit_of(tenant: Any, person: Any, now: datetime, **errand: Any) -> Visit:
    operations.open_visit(tenant=tenant, person=person, reason="The lunch deal's rules", minutes=30, now=now, **errand)
    return Visit.objects.latest("pk")


def may(visit: Visit, at: datetime) -> Any:
    return standing.of_visit(visit=visit.public_id, schema=visit.tenant.schema_name, now=at)


def test_a_visit_carries_the_contract_the_task_and_the_clauses(riverside: Any, mei: Any, now: datetime) -> None:
    """A1: the access is what the contract gave, and looking goes with it."""
    mandate = give(riverside, "content.edit", "deals.draft", now=now)
    visit = visit_of(riverside, mei, now, task="t" * 26)
    clauses = {key: CLAUSES[key] for key in ("content.edit", "deals.draft")}
    look = ", ".join(sorted(clauses.values(), key=lambda one: int(one[2:])))
    assert (visit.contract, visit.task, visit.permissions) == (mandate.contract, "t" * 26, clauses | {"look": look})
    opened = AuditEntry.objects.get(action="visit.opened")
    assert (opened.clause, opened.data["task"], opened.data["reason"]) == (look, "t" * 26, "The lunch deal's rules")


def test_a_mandate_begins_and_ends_to_the_instant(riverside: Any, mei: Any, now: datetime) -> None:
    give(riverside, now=now, starts_at=now, ends_at=now + HOUR / 4)
    assert standing.powers(riverside.pk, at=now - timedelta(microseconds=1)) is None
    visit = visit_of(riverside, mei, now)
    assert may(visit, now + HOUR / 4 - timedelta(microseconds=1)).is_open
    assert not may(visit, now + HOUR / 4).is_open


def test_what_the_contract_ended_is_closed_within_the_minute(riverside: Any, mei: Any, now: datetime) -> None:
    mandate = give(riverside, now=now)
    visit = visit_of(riverside, mei, now)
    assert grants.end(contract=mandate.contract, at=now - HOUR, by=SYSTEM, now=now) == 1
    assert grants.end(contract=mandate.contract, at=now, by=SYSTEM, now=now) == 0
    assert not may(visit, now).is_open
    assert operations.close_ended(now=now + timedelta(seconds=30)) == 1
    mandate.refresh_from_db()
    assert mandate.ends_at == now, "the past stays as it was"


def test_an_amendment_replaces_what_the_former_version_gave_and_leaves_the_past(riverside: Any, now: datetime) -> None:
    first = give(riverside, "content.edit", now=now)
    again = give(riverside, "theme.edit", now=now, contract=first.contract)
    assert again.pk == first.pk, "the same version again changes nothing"
    give(riverside, "deals.draft", now=now, contract=first.contract, version=2, starts_at=now + HOUR, ends_at=None)
    before, after = (standing.powers(riverside.pk, at=at) for at in (now, now + HOUR))
    assert before is not None
    assert after is not None
    assert set(before.permissions) == {"look", "content.edit"}
    assert set(after.permissions) == {"look", "deals.draft"}


def test_a_contract_that_gives_nothing_lets_the_agency_look_by_its_clause_of_access(
    riverside: Any, mei: Any, client_for: Any, now: datetime
) -> None:
    """Without a clause the trail refuses every request of the visit, and each page failed."""
    give(riverside, now=now, permissions=[])
    client = come_in(client_for(riverside), riverside, mei, now=now)
    with travel(now, tick=False):
        assert client.get("/manage/").status_code == 200
    with inside(riverside):
        assert set(AuditEntry.objects.filter(action="agency.request").values_list("clause", flat=True)) == {"3.1"}


def test_two_contracts_give_together_and_the_lower_limit_holds(riverside: Any, now: datetime) -> None:
    give(riverside, "content.edit", "deals.draft", now=now, limits={"refund_minor": 5000, "coupon_uses": 10})
    give(riverside, "content.edit", now=now, permissions=[("content.edit", "10.2")], limits={"refund_minor": 2000})
    found = standing.powers(riverside.pk, at=now)
    assert found is not None
    assert found.permissions["content.edit"] == f"{CLAUSES['content.edit']}, 10.2"
    assert set(found.permissions) == {"look", "content.edit", "deals.draft"}
    assert found.limits == {"refund_minor": 2000, "coupon_uses": 10}


def test_a_visit_from_before_a_mandate_is_over_when_one_begins(riverside: Any, mei: Any, now: datetime) -> None:
    """Support of no contract sees everything: beside a mandate it would outlive the merchant's pause and what the contract leaves out."""
    visit = visit_of(riverside, mei, now)
    give(riverside, "content.edit", now=now, starts_at=now + HOUR / 4)
    assert may(visit, now + HOUR / 4 - timedelta(microseconds=1)).is_open
    assert not may(visit, now + HOUR / 4).is_open
    assert grants.pause(tenant=riverside, by=ALMA, now=now + HOUR / 4) == 1
    assert not may(visit, now + HOUR / 3).is_open


def test_a_pause_of_the_merchant_holds_at_once_and_for_the_next_version(
    riverside: Any, mei: Any, now: datetime
) -> None:
    mandate = give(riverside, now=now)
    visit = visit_of(riverside, mei, now)
    assert grants.pause(tenant=riverside, by=ALMA, now=now) == 1
    assert grants.pause(tenant=riverside, by=ALMA, now=now) == 0
    assert not may(visit, now).is_open
    with pytest.raises(operations.MandatePaused):
        visit_of(riverside, mei, now)
    give(riverside, now=now, contract=mandate.contract, version=2, starts_at=now)
    assert standing.powers(riverside.pk, at=now) is None
    with pytest.raises(grants.PausedByMerchant):
        grants.resume(tenant=riverside, by=Actor(kind="agency", name="Mei"), now=now)
    assert grants.resume(tenant=riverside, by=ALMA, now=now) == 1
    assert may(visit, now).is_open
    told = AuditEntry.objects.filter(action__startswith="mandate.").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["mandate.granted", "mandate.paused", "mandate.granted", "mandate.resumed"]


@pytest.mark.parametrize("change", ["role", "active"])
def test_without_role_or_account_nothing_stands_behind_a_visit(
    riverside: Any, mei: Any, now: datetime, change: str
) -> None:
    give(riverside, now=now)
    visit = visit_of(riverside, mei, now)
    if change == "role":
        mei.groups.clear()
    else:
        mei.is_active = False
        mei.save()
    assert not may(visit, now).is_open


@pytest.mark.parametrize("role", sorted(roles.ROLE_KEYS))
def test_a_role_uses_of_a_mandate_what_is_its_own(riverside: Any, mei: Any, now: datetime, role: str) -> None:
    give(riverside, now=now)
    mei.groups.set(Group.objects.filter(name=role))
    assert set(visit_of(riverside, mei, now).permissions) == roles.ROLE_KEYS[role]


def test_a_visit_is_known_in_its_own_mall_only(riverside: Any, hillside: Any, mei: Any, now: datetime) -> None:
    visit = visit_of(riverside, mei, now)
    assert may(visit, now).permissions is None, "without a contract there is no mandate"
    assert not standing.of_visit(visit=visit.public_id, schema=hillside.schema_name, now=now).is_open


@pytest.mark.parametrize(
    "wrong",
    [
        {"permissions": [("payouts.change", "1.1")]},
        {"permissions": [("content.edit", " ")]},
        {"limits": {"refunds": 5}},
        {"limits": {"refund_minor": -1}},
        {"ends_at": "before"},
    ],
)
def test_what_no_contract_can_give_is_refused(riverside: Any, now: datetime, wrong: dict[str, Any]) -> None:
    if wrong.get("ends_at") == "before":
        wrong = {"ends_at": now - timedelta(days=1)}
    with pytest.raises(grants.GrantRefused):
        give(riverside, now=now, **wrong)
    assert not Mandate.objects.exists()


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "/" + "x" * 300, "javascript:alert(1)"])
def test_a_visit_arrives_in_the_mall_whatever_path_was_asked_for(
    riverside: Any, mei: Any, in_riverside: Any, now: datetime, path: str
) -> None:
    from tenants.entry.models import Ticket

    visit_of(riverside, mei, now, next_path="/manage/deals/")
    visit_of(riverside, mei, now, next_path=path)
    with in_riverside():
        assert list(Ticket.objects.order_by("pk").values_list("next_path", flat=True)) == ["/manage/deals/", "/manage/"]


def test_what_a_restored_mall_knows_no_more_is_said_and_waits_no_longer(
    riverside: Any, mei: Any, now: datetime
) -> None:
    """The mall was set back to before it was asked; the platform's row stayed."""
    row = Asked.objects.create(
        approval="q" * 26, tenant=riverside, kind="refund", label="C1", amount=9000, state="open", asked_by="Omar", asked_by_id="o",
        told_by="Omar", asked_at=now, told_at=now,
    )  # fmt: skip
    for _time in range(2):
        with pytest.raises(asked.AskedNoMore):
            asked.decide(asked=row, accept=True, by=actor_for(mei), now=now)
    assert not asked.waiting().exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "Noodles for two: $24.00 → $12.00, 50 % less"),
        (
            {"title": "Soup", "units_total": 5},
            "Noodles for two: $24.00 → $12.00, 50 % less; it also changes: Title, Units for sale",
        ),
    ],
)
def test_a_yes_to_a_cut_that_changes_more_than_the_price_takes_more_than_prices_from_the_contract_a4(
    riverside: Any, mei: Any, carry: Any, now: datetime, more: dict[str, Any], told: str
) -> None:
    """The contract gave deals and prices when it was asked, and prices alone when the second person says yes."""
    omar = staff("omar.test@hutong.example", "Omar", roles.OPERATOR)
    powers = Bounds(frozenset({"deals.price", "deals.draft", "deals.publish"}), (("price_cut_percent", 20),))
    by = replace(actor_for(omar), on_behalf_of=riverside.name, clause="1.1", bounds=powers)
    with inside(riverside):
        deal = shop.a_deal(now=now)
        draft = replace(snapshots.draft_of(deal), price_minor=1200, slug="", **more)
        with pytest.raises(approvals.SecondPersonNeeded):
            deals.update(deal_public_id=deal.public_id, draft=draft, by=by, now=now)
        wish = approvals.note_asked(by=by, now=now)[0]
    assert wish.label == told
    with override("zh-hans"):
        assert ("同时还会更改" in wish.sentence) is bool(more), "read in the reader's language, not in the asker's"
    carry(now)
    row = Asked.objects.get()
    with override("zh-hans"):
        assert row.sentence == wish.sentence, "on the platform too"
    give(riverside, "deals.price", now=now)
    if more:
        with pytest.raises(asked.NothingStands):
            asked.decide(asked=row, accept=True, by=actor_for(mei), now=now)
        with inside(riverside):
            deal.refresh_from_db()
        assert (deal.title, deal.price_minor) == ("Noodles for two", 2400)
        give(riverside, "deals.draft", "deals.publish", now=now)
    asked.decide(asked=row, accept=True, by=actor_for(mei), now=now)
    with inside(riverside):
        deal.refresh_from_db()
    assert (deal.title, deal.price_minor) == (more.get("title", "Noodles for two"), 1200)


def test_a_question_that_nobody_answers_lapses_once_for_both_and_is_asked_again_with_one_press_a4(
    riverside: Any, alma: Any, client_for: Any, carry: Any, run_tasks: Any, now: datetime
) -> None:
    """A merchant who never answers: after seven days it says so, to whoever asked, to the merchant, and to who presses late."""
    omar = staff("omar.test@hutong.example", "Omar", roles.OPERATOR)
    vera = staff("vera.test@hutong.example", "Vera", roles.MANAGER)
    give(riverside, "deals.price", now=now)
    powers = Bounds(frozenset({"deals.price"}), (("price_cut_percent", 20),))
    by = replace(actor_for(omar), on_behalf_of=riverside.name, clause="1.1", bounds=powers)
    with inside(riverside):
        deal = shop.a_deal(now=now)
        draft = replace(snapshots.draft_of(deal), price_minor=1200, slug="")
        with pytest.raises(approvals.SecondPersonNeeded):
            deals.update(deal_public_id=deal.public_id, draft=draft, by=by, now=now)
        wish = approvals.note_asked(by=by, now=now)[0]
        over = wish.answer_until
        assert approvals.lapse_due(now=over - timedelta(microseconds=1)) == 0
        with pytest.raises(approvals.ApprovalLapsed):
            approvals.decide(approval=wish.public_id, accept=True, by=actor_for(vera), now=over)
        assert (approvals.lapse_due(now=over), approvals.lapse_due(now=over)) == (1, 0)
    assert over == now + timedelta(days=7)
    with run_tasks():
        carry(over)
    row = Asked.objects.get()
    assert (row.state, [one.to for one in mail.outbox]) == ("lapsed", [[omar.email]])
    with travel(over, tick=False):
        late = client_for(None, vera).post(f"/ops/second-yes/{wish.public_id}/", {"answer": "yes"}, follow=True)
        assert "it has lapsed and nothing was done" in late.content.decode()
        page = client_for(riverside, alma).get("/manage/hosting/second-yes/").content.decode()
        assert "Lapsed: nobody answered" in page
        with pytest.raises(approvals.OnlyWhoAsked):
            asked.ask_again(asked=row, by=actor_for(vera), now=over)
        desk = client_for(None, omar)
        listed = desk.get("/ops/second-yes/?state=all").content.decode()
        assert ("Ask again" in listed, row.word in listed) == (True, True), "what it is, beside what it is about"
        with inside(riverside):
            with pytest.raises(approvals.SecondPersonNeeded):
                deals.update(deal_public_id=deal.public_id, draft=replace(draft, price_minor=1500), by=by, now=over)
            (other,) = approvals.note_asked(by=by, now=over)
        said = desk.post(f"/ops/second-yes/{wish.public_id}/again/", follow=True).content.decode()
        assert "Another question of yours about the same thing waits" in said, "not that it was asked again"
        with inside(riverside):
            approvals.decide(approval=other.public_id, accept=False, by=actor_for(vera), now=over)
        for _press in range(2):
            desk.post(f"/ops/second-yes/{wish.public_id}/again/")
        carry(over)
        again = Asked.objects.get(state="open")
        asked.decide(asked=again, accept=True, by=actor_for(vera), now=over)
    with inside(riverside):
        deal.refresh_from_db()
        told = list(AuditEntry.objects.filter(action="approval.asked").values_list("actor_name", "clause"))
    assert deal.price_minor == 1200
    assert told == [("Omar", "1.1")] * 3, "by the same clause, and once for two presses"


def test_what_waits_for_a_second_person_follows_a_mall_that_moves_and_waits_no_more_of_one_that_is_erased(
    riverside: Any, hillside: Any, carry: Any, now: datetime
) -> None:
    """What the moved mall told of its own code was refused as another's; of an erased one it waited for ever, in plain words."""
    bounds = Bounds(frozenset({"promotions.manage"}), (("coupon_uses", 100),))
    by = Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)
    row = Asked.objects.create(
        approval="q" * 26, tenant=hillside, kind="refund", label="C1", amount=9000, state="open", asked_by="Omar", asked_by_id="o",
        told_by="Omar", asked_at=now, told_at=now,
    )  # fmt: skip
    with inside(riverside):
        code = promotions.create(draft=a_draft(code="BULK", starts_at=now, uses_total=500), by=by, now=now)
    Asked.objects.filter(pk=row.pk).update(approval=code.public_id, kind="coupon")
    for _time in range(2):
        moving.follow(from_schemas=[hillside.schema_name], to_schema=riverside.schema_name)
    carry(now)
    row.refresh_from_db()
    assert (row.tenant, row.sentence, row.state) == (
        riverside,
        "BULK: 10 % off. Borne by: The merchant. Uses: 500",
        "open",
    )
    moving.forget(schema_name=riverside.schema_name)
    row.refresh_from_db()
    assert (row.sentence, row.reason, asked.waiting().exists()) == ("", "", False)


def test_a_copy_of_a_mall_asks_no_second_person_for_what_the_mall_that_lives_asks(
    riverside: Any, now: datetime
) -> None:
    """What it told of them the platform refused as another mall's, and its events were parked."""
    bounds = Bounds(frozenset({"promotions.manage"}), (("coupon_uses", 100),))
    by = Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)
    refund = {
        "kind": "refund",
        "subject": "C1",
        "label": "C1",
        "amount": 9000,
        "asked_by": "Omar",
        "asked_by_id": "o",
        "asked_at": now,
    }
    with inside(riverside):
        promotions.create(draft=a_draft(code="BULK", starts_at=now, uses_total=500), by=by, now=now)
        Approval.objects.create(**refund)
        told = OutboxEvent.objects.count()
        for is_copy, waiting in ((False, (1, 1)), (True, (0, 0))):
            for name in settings.MALL_RESTORED:
                if name.split(".")[1] in ("promotions", "entry"):
                    import_string(name)(tenant=riverside, is_copy=is_copy, ended=(), now=now)
            codes = Promotion.objects.filter(state=Promotion.State.SECOND).count()
            assert (codes, Approval.objects.filter(state="open").count()) == waiting
        assert (approvals.lapse_due(now=now + timedelta(days=99)), OutboxEvent.objects.count()) == (0, told)


def test_a_code_above_the_limit_stands_among_the_second_yeses_until_it_is_answered_a4(
    riverside: Any, mei: Any, alma: Any, client_for: Any, carry: Any, now: datetime
) -> None:
    """It stood under that one mall's promotions alone, where no second person looks."""
    bounds = Bounds(frozenset({"promotions.manage"}), (("coupon_uses", 100),))
    by = Actor(kind="agency", name="Omar", public_id="o" * 26, on_behalf_of="Riverside", clause="1.1", bounds=bounds)
    with inside(riverside):
        facts: dict[str, Any] = {"by": by, "now": now}
        made = [
            promotions.create(draft=a_draft(code=f"BULK{n}", starts_at=now, uses_total=n), **facts)
            for n in (101, 102, 103)
        ]
        promotions.create(draft=a_draft(code="SMALL", starts_at=now, uses_total=9), **facts)
    carry(now)
    assert {row.sentence for row in asked.waiting()} == {
        f"BULK{n}: 10 % off. Borne by: The merchant. Uses: {n}" for n in (101, 102, 103)
    }
    console, owner = client_for(None, mei), client_for(riverside, alma)
    page = console.get("/ops/second-yes/").content.decode()
    assert f"/ops/malls/{riverside.public_id}/promotions/?phase=waiting" in page
    assert f"/ops/second-yes/{made[0].public_id}/" not in page, "what it would do is read there"
    assert console.post(f"/ops/second-yes/{made[0].public_id}/", {"answer": "yes"}).status_code == 404
    page = owner.get("/manage/hosting/second-yes/").content.decode()
    assert all(f"/manage/promotions/{one.public_id}/" in page for one in made)
    assert "SMALL" not in page
    mei_acts = Actor(kind="agency", name="Mei", public_id="m" * 26)
    with inside(riverside):
        promotions.second(promotion=made[0].public_id, by=mei_acts, now=now)
        promotions.decline(promotion=made[0].public_id, answer="", by=actor_for(alma), now=now)
        promotions.accept(promotion=made[1].public_id, by=actor_for(alma), now=now)
        promotions.change(
            promotion=made[2].public_id, draft=a_draft(code="BULK103", starts_at=now, uses_total=5), **facts
        )
    carry(now)
    rows = dict(Asked.objects.values_list("approval", "state"))
    assert rows == {made[0].public_id: "approved", made[1].public_id: "approved", made[2].public_id: "declined"}
    with inside(riverside):
        promotions.change(
            promotion=made[2].public_id, draft=a_draft(code="BULK103", starts_at=now, uses_total=500), **facts
        )
        assert promotions.withdraw_unanswered(now=now + timedelta(days=31)) == 2
    carry(now)
    assert Asked.objects.get(approval=made[2].public_id).state == "lapsed"
    assert mail.outbox == []
