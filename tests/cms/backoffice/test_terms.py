"""The merchant's page of commission terms: what runs, what is offered, who answers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from saas.kernel.actors import Actor
from storefront.terms import proposals
from storefront.terms.models import CommissionTerm, TermProposal
from storefront.terms.operations import TermDraft
from tests.factories import shop

from .making import text_of

TOMAS = Actor(kind="agency", name="Tomas Novak")


@pytest.fixture
def offer(mall: Any, now: datetime) -> TermProposal:
    """An offer for one deal of the mall."""
    deal = shop.a_deal(now=now, title="Lunch for two")
    draft = TermDraft("Launch", 250, now + timedelta(days=2), scope="deal", scope_id=deal.public_id, agency_rate_bp=400)
    return proposals.propose(draft=draft, reason="We run your launch.", by=TOMAS, now=now)


def test_the_schedule_says_what_runs_and_what_comes_m21(owner: Client, mall: Any) -> None:
    words = text_of(owner.get("/manage/money/terms/"))
    for text in (
        "Introductory",
        "3 %",
        "Standard",
        "8 %",
        "The whole mall",
        "None yet.",
        "not legal advice",
        "Sales tax falls due",
    ):
        assert text in words


def test_an_offer_is_told_by_mail_and_answered_by_the_owner_alone(
    owner: Client, person: Callable[[str], Client], mall: Any, now: datetime, run_tasks: Callable[[], Any]
) -> None:
    with run_tasks():
        draft = TermDraft("Autumn", 250, now + timedelta(days=2), is_replacing=True, tax_rate_bp=600)
        offer = proposals.propose(draft=draft, reason="A quiet season.", by=TOMAS, now=now)
    letter = mail.outbox[-1]
    assert letter.to == ["alma@riverside.example"]
    assert all(
        text in str(letter.body)
        for text in ("2.5 %, plus 6 % tax on it", "A quiet season.", "/manage/money/terms/", "Standard")
    )
    manager = person("Manager")
    assert "The mall's owner answers it." in text_of(manager.get("/manage/money/terms/"))
    assert manager.post(f"/manage/money/terms/{offer.public_id}/confirm/").status_code == 403
    assert person("Clerk").get("/manage/money/terms/").status_code in (302, 403)
    assert "What was ordered before keeps its terms." in text_of(
        owner.get(f"/manage/money/terms/{offer.public_id}/confirm/")
    )
    assert owner.post(f"/manage/money/terms/{offer.public_id}/confirm/").status_code == 302
    assert CommissionTerm.objects.get(name="Autumn").agreed_by == "Alma"
    agreed = text_of(owner.get("/manage/money/terms/"))
    assert "is agreed" in agreed
    assert "steps back for “Autumn” from" in agreed


def test_a_deals_offer_is_declined_with_a_reason(owner: Client, offer: TermProposal) -> None:
    words = text_of(owner.get("/manage/money/terms/"))
    assert "Lunch for two" in words
    assert "No rule stood here before" in words
    assert owner.post(f"/manage/money/terms/{offer.public_id}/decline/", {"answer": "Too much."}).status_code == 302
    offer.refresh_from_db()
    assert (offer.state, offer.answer, offer.decided_by) == ("declined", "Too much.", "Alma")
    assert "Too much." in text_of(owner.get("/manage/money/terms/"))
    words = text_of(owner.post(f"/manage/money/terms/{offer.public_id}/confirm/", follow=True))
    assert "This offer was decided before." in words
    assert not CommissionTerm.objects.filter(name="Launch").exists()


def test_an_unknown_offer_is_not_found(owner: Client) -> None:
    assert owner.get(f"/manage/money/terms/{'0' * 26}/confirm/").status_code == 404


def test_the_home_page_tells_of_an_open_offer(owner: Client, offer: TermProposal) -> None:
    assert "Other commission terms are offered." in text_of(owner.get("/manage/"))
    assert "then the offer is withdrawn" in text_of(owner.get("/manage/money/terms/"))
