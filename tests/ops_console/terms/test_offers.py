"""Offering terms from the console: who may, what is refused, and how the answer comes back (M7)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.formats import date_format

from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import Actor
from storefront.terms import proposals
from storefront.terms.models import CommissionTerm, TermProposal
from tenants.isolation.entrance import inside

ALMA = Actor(kind="merchant", name="Alma")


def form(now: datetime, **fields: Any) -> dict[str, Any]:
    """Return an offer's form without fault: 10 % and 5 % from the day after tomorrow."""
    return {
        "name": "Hosted", "what": "mall:", "rate": "10", "agency_rate": "5", "minimum": "", "maximum": "20.00",
        "first_day": f"{now + timedelta(days=2):%Y-%m-%d}", "last_day": "", "is_replacing": "on",
        "reason": "We run the mall from May on.", **fields,
    }  # fmt: skip


@pytest.fixture
def address(riverside: Any) -> str:
    """The page of Riverside's terms."""
    return f"/ops/malls/{riverside.public_id}/terms/"


def test_finance_offers_and_the_merchants_answer_comes_back(
    client_for: Any, tomas: Any, riverside: Any, address: str, run_tasks: Callable[[], Any]
) -> None:
    now = clock.now()
    last = (now + timedelta(days=40)).date()
    answer = client_for(None, tomas).post(f"{address}offer/", form(now, last_day=f"{last:%Y-%m-%d}"))
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    shown = client_for(None, tomas).get(address).content.decode()
    assert f"until {date_format(last, 'DATE_FORMAT')}" in shown
    assert "then the offer is withdrawn" in shown
    assert shown.count(f"({riverside.time_zone})") == 2, "made, and to be answered, on the mall's clock"
    with inside(riverside):
        found = TermProposal.objects.get()
        assert (found.rate_bp, found.agency_rate_bp, found.maximum_minor, found.proposed_by) == (
            1000,
            500,
            2000,
            "Tomas",
        )
        with run_tasks():
            proposals.accept(proposal=found.public_id, by=ALMA, now=now)
        assert CommissionTerm.objects.filter(name="Hosted").exists()
    trail = AuditEntry.objects.filter(subject_id=riverside.public_id, action__startswith="terms.").order_by("pk")
    assert [(entry.action, entry.actor_name) for entry in trail] == [
        ("terms.proposed", "Tomas"),
        ("terms.accepted", "Alma"),
    ]
    page = client_for(None, tomas).get(address).content.decode()
    assert "Confirmed" in page
    assert "Hosted" in page


def test_an_account_manager_looks_and_does_not_offer(client_for: Any, mei: Any, address: str) -> None:
    client = client_for(None, mei)
    page = client.get(address)
    assert page.status_code == 200
    assert "Offer other terms" not in page.content.decode()
    assert client.get(f"{address}offer/").status_code == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_replacing": ""}, "Say that it replaces them"),
        ({"rate": "101"}, "less than or equal to 100"),
        ({"rate": "60", "agency_rate": "50"}, "cannot be more than the whole"),
        ({"first_day": "2020-01-01"}, "cannot start in the past"),
        ({"last_day": "2020-01-01"}, "ends after it starts"),
        ({"minimum": "lots"}, "is not an amount"),
        ({"minimum": "30.00"}, "cannot be below the least"),
        ({"reason": "so"}, "Say it in a sentence."),
        ({"what": "deal:" + "0" * 26}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_is_offered(
    client_for: Any, tomas: Any, riverside: Any, address: str, fields: dict[str, Any], words: str
) -> None:
    answer = client_for(None, tomas).post(f"{address}offer/", form(clock.now(), **fields))
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")
    with inside(riverside):
        assert not TermProposal.objects.exists()


def test_an_offer_is_withdrawn_once_nobody_has_answered(
    client_for: Any, tomas: Any, riverside: Any, address: str
) -> None:
    client = client_for(None, tomas)
    client.post(f"{address}offer/", form(clock.now()))
    with inside(riverside):
        found = TermProposal.objects.get()
    client.post(f"{address}{found.public_id}/withdraw/")
    with inside(riverside):
        found.refresh_from_db()
        assert found.state == "withdrawn"
