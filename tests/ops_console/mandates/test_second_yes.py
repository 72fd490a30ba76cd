"""Second yes on the console: asked of a person, answered, lapsed, and where its mall goes (A4)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.utils.module_loading import import_string
from django.utils.translation import override
from time_machine import travel

from ops_console.mandates import asked, moving, roles
from ops_console.mandates.models import Asked
from saas.accounts.middleware import actor_for
from saas.audit.models import AuditEntry
from saas.kernel.actors import Actor, Bounds
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
from tests.factories.mandates import give
from tests.factories.visiting import staff

HOUR = timedelta(hours=1)
ALMA = Actor(kind="merchant", name="Alma", public_id="a" * 26)


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
