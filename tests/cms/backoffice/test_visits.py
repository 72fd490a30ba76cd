"""The agency inside the back office: what it sees, what it may never do (A2, A3), and that the merchant sees it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from time_machine import travel

from cms.backoffice.staff import operations as staff
from saas.accounts.models import User
from tenants.entry import visits
from tenants.isolation.entrance import inside
from tests.factories.visiting import vouch

from .making import text_of


@pytest.fixture
def visitor(riverside: Any, client_for: Callable[..., Client], now: datetime) -> Client:
    """Mei of the agency, inside Riverside Noodles for thirty minutes."""
    invitation = visits.Invitation(
        visit="v" * 26, person="p" * 26, person_name="Mei Tan", reason="Lunch deal", ends_at=now + timedelta(minutes=30)
    )
    vouch(riverside, visit="v" * 26, person="p" * 26, now=now)
    with inside(riverside):
        token = visits.begin(invitation, mall_name=riverside.name, now=now)
    client = client_for(riverside)
    with travel(now, tick=False):
        assert client.get(f"/enter/{token}/").status_code == 302
    return client


def test_a_visitor_works_under_a_banner_and_never_on_people(
    visitor: Client, riverside: Any, bo: Any, now: datetime
) -> None:
    with travel(now, tick=False):
        for path in ("", "deals/", "orders/", "money/", "activity/"):
            answer = visitor.get(f"/manage/{path}")
            assert answer.status_code == 200, path
            assert "Mei Tan is acting in Riverside Noodles" in text_of(answer), path
        assert visitor.get("/manage/staff/").status_code == 403
        assert visitor.post(f"/manage/staff/{bo.public_id}/close/").status_code == 403
        assert visitor.get("/manage/users/").status_code == 404
    with inside(riverside):
        bo.refresh_from_db()
    assert bo.is_active


def test_the_merchant_sees_every_request_of_the_agency(
    visitor: Client, client_for: Callable[..., Client], riverside: Any, alma: Any, now: datetime
) -> None:
    with travel(now, tick=False):
        visitor.get("/manage/deals/")
        page = text_of(client_for(riverside, alma).get("/manage/activity/?kind=agency"))
    for text in ("GET /manage/deals/ → 200", "Mei Tan", "for Riverside Noodles", "Lunch deal"):
        assert text in page


def test_a_visitor_is_no_staff_of_the_mall(visitor: Client, riverside: Any, alma: Any, now: datetime) -> None:
    from saas.accounts.middleware import actor_for

    with inside(riverside):
        person = User.objects.get(kind=User.Kind.AGENCY)
        with pytest.raises(staff.NotStaff):
            staff.change_role(user_public_id=person.public_id, role="Owner", by=actor_for(alma), now=now)
