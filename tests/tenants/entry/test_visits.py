"""The agency's visits: who acts, what is noted, when it ends (A2, A3, T11)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from time_machine import travel

from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel import rates
from saas.kernel.actors import SYSTEM
from saas.kernel.outbox.models import OutboxEvent
from tenants.entry import visits
from tenants.entry.models import AgencyVisit
from tenants.entry.permissions import is_delegable
from tenants.entry.views import TRIES
from tenants.isolation.entrance import inside
from tests.factories.visiting import vouch

VISIT = "v" * 26


def invitation(now: datetime, **changes: Any) -> visits.Invitation:
    made = {
        "visit": VISIT,
        "person": "p" * 26,
        "person_name": "Mei Tan",
        "reason": "Alma asked for help with the lunch deal",
        "ends_at": now + timedelta(minutes=30),
    }
    return visits.Invitation(**(made | changes))


@pytest.fixture
def visiting(riverside: Any, client_for: Callable[..., Any], now: datetime) -> Any:
    """A client of Mei's, inside Riverside Noodles for thirty minutes."""
    vouch(riverside, visit=VISIT, person="p" * 26, now=now)
    with inside(riverside):
        token = visits.begin(invitation(now), mall_name=riverside.name, now=now)
        rates.forget("tickets", "127.0.0.1", rate=TRIES)
    client = client_for(riverside)
    with travel(now, tick=False):
        assert client.get(f"/enter/{token}/").status_code == 302
    return client


def noted(riverside: Any) -> list[str]:
    with inside(riverside):
        return list(AuditEntry.objects.filter(action="agency.request").order_by("pk").values_list("summary", flat=True))


def test_the_visitor_has_no_password_and_no_address(mall: Any, now: datetime) -> None:
    visits.begin(invitation(now), mall_name=mall.name, now=now)
    person = User.objects.get(public_id="p" * 26)
    assert (person.kind, person.email, person.phone) == (User.Kind.AGENCY, None, None)
    assert not person.has_usable_password()


def test_a_second_visit_uses_the_same_account(mall: Any, now: datetime) -> None:
    visits.begin(invitation(now), mall_name=mall.name, now=now)
    visits.begin(invitation(now, visit="w" * 26), mall_name=mall.name, now=now)
    assert User.objects.filter(kind=User.Kind.AGENCY).count() == 1
    assert AgencyVisit.objects.count() == 2


def test_every_request_is_noted_here_and_told_to_the_platform(visiting: Any, riverside: Any, now: datetime) -> None:
    """A2: every request logged with both identities."""
    with travel(now + timedelta(minutes=1), tick=False):
        assert visiting.get("/manage/").status_code == 200
        assert visiting.get("/manage/no-such-page/").status_code == 404
    assert noted(riverside) == ["GET /manage/ → 200", "GET /manage/no-such-page/ → 404"]
    with inside(riverside):
        entry = AuditEntry.objects.filter(action="agency.request").first()
        assert (entry.actor_kind, entry.actor_name) == ("agency", "Mei Tan")
        assert (entry.on_behalf_of, entry.clause) == ("Riverside Noodles", "Alma asked for help with the lunch deal")
        told = [event.payload for event in OutboxEvent.objects.filter(kind="agency.acted").order_by("pk")]
    assert told[0] == {"visit": VISIT, "method": "GET", "path": "/manage/", "status": 200, "person": "p" * 26}
    assert told[1]["status"] == 404


def test_the_banner_names_person_reason_and_end(visiting: Any, now: datetime) -> None:
    with travel(now + timedelta(minutes=10), tick=False):
        page = visiting.get("/manage/").content.decode()
    assert "Mei Tan is acting in Riverside Noodles" in page
    assert "20 min left" in page
    assert "Alma asked for help with the lunch deal" in page
    assert 'action="/visit/end/"' in page


def test_when_time_is_up_the_next_request_is_refused_and_signed_out(
    visiting: Any, riverside: Any, now: datetime
) -> None:
    with travel(now + timedelta(minutes=30), tick=False):
        answer = visiting.get("/manage/")
        assert answer.status_code == 403
        assert "The visit is over" in answer.content.decode()
        assert visiting.get("/manage/").status_code == 302  # to the sign-in, like anybody
    assert noted(riverside) == ["GET /manage/ → 403"]
    with inside(riverside):
        assert SESSION_KEY not in visiting.session
        assert AgencyVisit.objects.get().ended_at == now + timedelta(minutes=30)


def test_a_second_before_the_end_it_still_works(visiting: Any, now: datetime) -> None:
    with travel(now + timedelta(minutes=29, seconds=59), tick=False):
        assert visiting.get("/manage/").status_code == 200


def test_ended_by_somebody_else_the_next_request_is_refused(visiting: Any, riverside: Any, now: datetime) -> None:
    """T11: revoked, the next request is refused."""
    with inside(riverside):
        assert visits.end(visit=VISIT, by=SYSTEM, now=now)
        assert not visits.end(visit=VISIT, by=SYSTEM, now=now)
    with travel(now + timedelta(minutes=1), tick=False):
        assert visiting.get("/manage/").status_code == 403


def test_the_visitor_leaves_by_the_banners_button(visiting: Any, riverside: Any, now: datetime) -> None:
    with travel(now + timedelta(minutes=2), tick=False):
        assert visiting.get("/visit/end/").status_code == 405
        assert "You have left" in visiting.post("/visit/end/").content.decode()
        assert visiting.get("/manage/").status_code == 302
    with inside(riverside):
        assert AgencyVisit.objects.get().ended_at == now + timedelta(minutes=2)
        assert OutboxEvent.objects.get(kind="agency.left").payload["ended_by"] == "Mei Tan"


def test_a_ticket_of_a_visit_that_ended_opens_nothing(riverside: Any, client_for: Any, now: datetime) -> None:
    with inside(riverside):
        token = visits.begin(invitation(now), mall_name=riverside.name, now=now)
        visits.end(visit=VISIT, by=SYSTEM, now=now)
    with travel(now, tick=False):
        assert client_for(riverside).get(f"/enter/{token}/").status_code == 403


@pytest.mark.parametrize(
    "path", ["/account/password/set/", "/account/email/", "/account/second-factor/", "/manage/account/"]
)
def test_the_visitor_gets_no_login_of_their_own(visiting: Any, now: datetime, path: str) -> None:
    """A3: a visit cannot leave a way back in."""
    with travel(now + timedelta(minutes=1), tick=False):
        assert visiting.get(path).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/manage/pages/3/delete/", "/manage/images/1/delete/", "/manage/bulk/image/delete/", "/manage/products/x/remove/"],
)
def test_the_visitor_deletes_nothing_of_the_merchants_a3(visiting: Any, now: datetime, path: str) -> None:
    with travel(now + timedelta(minutes=1), tick=False):
        assert visiting.get("/deals/").status_code == 200
        assert visiting.get(path).status_code == 403
        assert visiting.post(path).status_code == 403
        assert visiting.get("/deals/").status_code == 200


def test_the_visitor_may_not_do_what_is_never_delegated(visiting: Any, riverside: Any, now: datetime) -> None:
    """A3: not staff, not roles, not deletion, whatever the role in the mall says."""
    with inside(riverside):
        person = User.objects.get(kind=User.Kind.AGENCY)
        person.visit = AgencyVisit.objects.get()
        assert person.has_perm("deals.change_deal")
        person.groups.set(type(person.groups.first()).objects.filter(name="Owner"))
        person = User.objects.get(pk=person.pk)
        person.visit = AgencyVisit.objects.get()
        refused = ["accounts.add_user", "accounts.change_user", "catalog.delete_product", "audit.change_auditentry"]
        assert [name for name in refused if person.has_perm(name)] == []
        assert not person.has_module_perms("accounts")


def test_without_a_visit_the_account_may_do_nothing(visiting: Any, riverside: Any) -> None:
    with inside(riverside):
        person = User.objects.get(kind=User.Kind.AGENCY)
        assert not person.has_perm("deals.view_deal")
        assert not person.has_perm("wagtailadmin.access_admin")


@pytest.mark.parametrize(
    ("permission", "may"),
    [("deals.change_deal", True), ("vouchers.add_redemption", True), ("payouts.change_destination", False),
     ("accounts.view_user", False), ("orders.delete_order", False), ("contracts.add_acceptance", False)],
)  # fmt: skip
def test_what_may_be_delegated(permission: str, may: bool) -> None:
    assert is_delegable(permission) is may


def test_merchants_shoppers_and_strangers_have_no_visit(riverside: Any, alma: Any, client_for: Any) -> None:
    page = client_for(riverside, alma).get("/manage/").content.decode()
    assert "agency-banner" not in page
    assert client_for(riverside).post("/visit/end/").status_code == 302
    assert noted(riverside) == []


def test_a_session_that_names_a_visit_of_another_person_is_thrown_out(
    visiting: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    client = client_for(riverside, alma)
    with inside(riverside):
        session = client.session
        session["agency_visit"] = VISIT
        session.save()
    with travel(now + timedelta(minutes=1), tick=False):
        assert client.get("/manage/").status_code == 403
        assert client.get("/manage/").status_code == 302


def test_the_owner_sees_visits_and_ends_one(
    visiting: Any, riverside: Any, alma: Any, client_for: Any, now: datetime
) -> None:
    """Ended on either side: the merchant's word is enough."""
    with travel(now + timedelta(minutes=1), tick=False):
        owner = client_for(riverside, alma)
        page = owner.get("/visit/").content.decode()
        assert "Alma asked for help with the lunch deal" in page
        assert owner.post(f"/visit/{VISIT}/end/").status_code == 302
        assert visiting.get("/manage/").status_code == 403
    with inside(riverside):
        assert OutboxEvent.objects.get(kind="agency.left").payload["ended_by"] == alma.get_full_name()


@pytest.mark.parametrize("who", ["bo", "cleo"])
def test_who_is_not_the_owner_ends_nothing(
    visiting: Any, client_for: Any, request: Any, now: datetime, who: str
) -> None:
    tenant = request.getfixturevalue("hillside" if who == "cleo" else "riverside")
    with travel(now + timedelta(minutes=1), tick=False):
        assert client_for(tenant, request.getfixturevalue(who)).post(f"/visit/{VISIT}/end/").status_code in (403, 404)
        assert visiting.post(f"/visit/{VISIT}/end/").status_code == 403
        assert client_for(tenant).post(f"/visit/{VISIT}/end/").status_code == 302  # to the sign-in
        assert visiting.get("/manage/").status_code == 200
