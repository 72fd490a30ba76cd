"""Offering promotions from the console: a budget, a second person, the merchant's answer (M10, A4)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from saas.audit.models import AuditEntry
from saas.kernel import clock
from saas.kernel.actors import Actor
from storefront.promotions import operations
from storefront.promotions.models import Promotion
from tenants.isolation.entrance import inside

ALMA = Actor(kind="merchant", name="Alma", public_id="a" * 26)


def form(**fields: Any) -> dict[str, Any]:
    """Return an offer's form without fault: 20 % from tomorrow, half of it borne by the platform, of at most 200.00."""
    tomorrow = clock.now() + timedelta(days=2)
    return {
        "code": "open-20", "name": "Opening week", "percent": "20", "amount": "", "share": "50", "budget": "200.00",
        "minimum": "", "uses_per_shopper": "1", "first_day": f"{tomorrow:%Y-%m-%d}", "last_day": "",
        "reason": "We open the mall together.", **fields,
    }  # fmt: skip


@pytest.fixture
def address(riverside: Any) -> str:
    """The page of Riverside's promotions."""
    return f"/ops/malls/{riverside.public_id}/promotions/"


def test_finance_offers_and_the_merchants_answer_comes_back(
    client_for: Any, tomas: Any, riverside: Any, address: str, run_tasks: Callable[[], Any]
) -> None:
    answer = client_for(None, tomas).post(f"{address}offer/", form())
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    with inside(riverside):
        found = Promotion.objects.get()
        assert (found.code, found.rate_bp, found.platform_share_bp, found.budget_minor) == (
            "OPEN-20",
            2000,
            5000,
            20000,
        )
        assert (found.state, found.is_of_platform) == (Promotion.State.PROPOSED, True)
        with run_tasks():
            operations.accept(promotion=found.public_id, by=ALMA, now=clock.now())
    trail = AuditEntry.objects.filter(subject_id=riverside.public_id, action__startswith="promotion.").order_by("pk")
    assert [(entry.action, entry.actor_name) for entry in trail] == [
        ("promotion.proposed", "Tomas"),
        ("promotion.accepted", "Alma"),
    ]
    page = client_for(None, tomas).get(address).content.decode()
    assert "OPEN-20" in page
    assert "The platform 50 %" in page


def test_a_large_offer_is_seconded_by_another_and_never_by_who_made_it(
    client_for: Any, tomas: Any, riverside: Any, address: str
) -> None:
    client = client_for(None, tomas)
    client.post(f"{address}offer/", form(percent="60"))
    with inside(riverside):
        found = Promotion.objects.get()
    assert found.state == Promotion.State.SECOND
    page = client.get(address).content.decode()
    assert "Waits for a second person" in page
    assert "Say yes as the second person" not in page
    client.post(f"{address}{found.public_id}/second/")
    with inside(riverside):
        assert Promotion.objects.get().state == Promotion.State.SECOND


def test_an_offer_is_withdrawn(client_for: Any, tomas: Any, riverside: Any, address: str) -> None:
    client = client_for(None, tomas)
    client.post(f"{address}offer/", form())
    with inside(riverside):
        found = Promotion.objects.get()
    assert client.post(f"{address}{found.public_id}/withdraw/").status_code == 302
    with inside(riverside):
        assert Promotion.objects.get().state == Promotion.State.WITHDRAWN


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "3.00"}, "either a percentage or an amount"),
        ({"percent": ""}, "either a percentage or an amount"),
        ({"budget": "0"}, "needs a budget"),
        ({"code": "x"}, "3 to 24 letters"),
        ({"budget": "12.345"}, "more digits after the point"),
        ({"reason": "short"}, "Say it in a sentence."),
        ({"last_day": "2020-01-01"}, "The end must be after the start"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_offered(
    client_for: Any, tomas: Any, riverside: Any, address: str, fields: Any, words: str
) -> None:
    answer = client_for(None, tomas).post(f"{address}offer/", form(**fields))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    with inside(riverside):
        assert not Promotion.objects.exists()


def test_an_account_manager_looks_and_does_not_offer(client_for: Any, mei: Any, address: str) -> None:
    client = client_for(None, mei)
    page = client.get(address)
    assert page.status_code == 200
    assert "Offer a promotion" not in page.content.decode()
    assert client.get(f"{address}offer/").status_code == 403


def test_an_offer_of_nothing_or_of_another_mall_is_not_found(client_for: Any, tomas: Any, address: str) -> None:
    client = client_for(None, tomas)
    for act in ("second", "withdraw"):
        assert client.post(f"{address}{'0' * 26}/{act}/").status_code == 404
