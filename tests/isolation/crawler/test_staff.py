"""
T11: the agency's people, role × view × mall, from the URL conf: every cell is asked and has the answer that the matrix says.

Staff of Riverside and Hillside (with a visit in each) act on Lakeside, where they have none; and on their own after it was revoked.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from time_machine import travel

from ops_console.mandates import operations, roles
from ops_console.mandates.models import Visit
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from saas.kernel.actors import SYSTEM
from tenants.entry.models import AgencyVisit
from tenants.isolation.entrance import inside
from tenants.provisioning import operations as provisioning
from tenants.registry.models import Tenant
from tests.factories.sessions import confirm
from tests.isolation.crawler.addresses import Address, addresses
from tests.isolation.crawler.matrix import by_address
from tests.isolation.crawler.matrix_roles import ROLES, roles_of
from tests.isolation.crawler.rows import Row

LETTERS = {
    roles.ADMIN: "A", roles.MANAGER: "G", roles.ACCOUNT_MANAGER: "M", roles.OPERATOR: "O", roles.REVIEWER: "V",
    roles.CARE: "C", roles.FINANCE: "F", roles.READ_ONLY: "R", "": "",
}  # fmt: skip
QUICK = (roles.OPERATOR, roles.READ_ONLY)
REASON = "Alma asked for help with the lunch deal"
Cells = list[tuple[Address, Row]]
Clients = Callable[..., Client]


def cells(place: str, *, who: str = "") -> Cells:
    """Return a place's addresses with their rows, of one kind of people if it is named."""
    rows = by_address()
    found = [(address, rows[address]) for address in addresses(place)]
    return [(address, row) for address, row in found if not who or row.who == who]


def path_of(address: Address, row: Row, tenant: Tenant) -> str:
    """Return the address with the mall's id where it takes one, and with words that name nothing elsewhere."""
    known = {"mall": tenant.public_id, "number": "1", "schema": tenant.schema_name}
    ids = {name: kind[1:] if kind.startswith("=") else known.get(kind, "1") for name, kind in row.takes.items()}
    return address.filled(ids)


def staff(role: str) -> User:
    """Return a person of the agency in a role; "" is one without any."""
    roles.ensure_roles()
    person: User = User.objects.create_user(f"{role or 'none'}@agency.example", name="Mei", kind=User.Kind.AGENCY)
    person.groups.set(Group.objects.filter(name=role))
    return person


def asked(client: Client, method: str, path: str, **more: str) -> HttpResponse:
    """Send a request and take back whatever it did. Not by an atomic block, in which nobody may enter a mall."""
    before = transaction.savepoint()
    try:
        answer: Any = client.generic(method, path, **more)
        return answer  # type: ignore[no-any-return]
    finally:
        transaction.savepoint_rollback(before)


def is_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and "/account/login/" in answer["location"]


@pytest.fixture
def lakeside(riverside: Tenant, hillside: Tenant, now: datetime) -> Tenant:
    """Open a third mall, in which nobody of the agency is."""
    opening = provisioning.Opening(
        name="Lakeside Bakery", slug="lakeside", trade="restaurant", owner_email="lena@lakeside.example",
        owner_password="correct-horse-battery", owner_name="Lena",
    )  # fmt: skip
    return provisioning.open_mall(opening, by=SYSTEM, now=now)


def test_every_named_view_is_one_of_the_console_t11() -> None:
    names = {address.name for address, _row in cells("platform", who="agency")}
    spaces = {name.partition(":")[0] for name in names}
    unknown = [name for name in ROLES if name not in names and name.removesuffix(":*") not in spaces]
    assert unknown == []


# Two roles here each time; `--all` runs every one, and test_filled_forms.py sends all of them to each view.
@pytest.mark.parametrize(
    "role",
    [role if role in QUICK else pytest.param(role, marks=pytest.mark.slow) for role in LETTERS],
)
def test_each_role_reaches_its_views_of_the_console_and_no_other_t11(
    riverside: Tenant, hillside: Tenant, client_for: Clients, role: str
) -> None:
    """View × method × mall; what a cell did is taken back before the next."""
    person = staff(role)
    client, wrong, allowed = client_for(None, person), [], 0
    confirm(client, person)
    client.raise_request_exception = False
    found = cells("platform", who="agency")
    for address, row in found:
        listed = LETTERS[role] != "" and LETTERS[role] in roles_of(address.name)
        for tenant in (riverside, hillside):
            for method in ("GET", "POST"):
                may = listed and (method == "GET" or role != roles.READ_ONLY)
                answer = asked(client, method, path_of(address, row, tenant))
                allowed += may
                if is_sign_in(answer) or (answer.status_code != 403) != may or answer.status_code >= 500:
                    wrong.append(f"{method} {address.name}: {answer.status_code}, may: {may}")
    assert not wrong, "\n".join(wrong)
    assert allowed >= (4 * 15 if role else 0)


def test_who_is_not_of_the_agency_or_was_put_out_reaches_nothing_of_the_console_t11(
    riverside: Tenant, client_for: Clients
) -> None:
    stranger = client_for(None)
    merchant = client_for(None, User.objects.create_user("m@x.example", name="M", kind=User.Kind.MERCHANT))
    gone = staff(roles.ADMIN)
    dismissed = client_for(None, gone)
    assert dismissed.get("/ops/").status_code == 200
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for address, row in cells("platform", who="agency"):
        for method in ("GET", "POST"):
            path = path_of(address, row, riverside)
            assert is_sign_in(asked(stranger, method, path)), f"{method} {path}"
            assert asked(merchant, method, path).status_code == 403, f"{method} {path}"
            assert is_sign_in(asked(dismissed, method, path)), f"{method} {path}"


def test_a_role_that_is_taken_away_is_gone_on_the_next_request_of_the_console_t11(
    riverside: Tenant, client_for: Clients
) -> None:
    """For each view: allowed with the role, refused a request later without it, in the same session."""
    ada = staff(roles.ADMIN)
    client, mine = client_for(None, ada), list(ada.groups.all())
    confirm(client, ada)
    client.raise_request_exception = False
    for address, row in cells("platform", who="agency"):
        path = path_of(address, row, riverside)
        assert asked(client, "GET", path).status_code != 403, path
        ada.groups.clear()
        assert asked(client, "GET", path).status_code == 403, path
        ada.groups.set(mine)


@pytest.mark.parametrize("role", LETTERS)
def test_a_visit_is_opened_by_the_roles_that_visit_and_leads_into_its_own_mall_t11(
    riverside: Tenant, hillside: Tenant, lakeside: Tenant, client_for: Clients, role: str
) -> None:
    person, may = staff(role), role in roles.MAY_VISIT
    client = client_for(None, person)
    for tenant in (riverside, hillside, lakeside):
        answer = client.post(f"/ops/malls/{tenant.public_id}/open/", {"reason": REASON, "minutes": 30})
        assert (answer.status_code == 302) == may
        assert Visit.objects.filter(tenant=tenant, person=person).exists() == may
        if may:
            assert answer["location"].startswith(f"http://{tenant.slug}.localhost:")
        else:
            assert answer.status_code == 403


class Visitor:
    """Mei inside a mall by a visit, whose session can be had anew after it was refused and flushed."""

    def __init__(self, tenant: Tenant, person: User, client_for: Clients, *, now: datetime) -> None:
        self.tenant, self.client = tenant, client_for(tenant)
        self.client.raise_request_exception = False
        address = operations.open_visit(tenant=tenant, person=person, reason=REASON, minutes=30, now=now)
        assert self.client.get("/" + address.split("/", 3)[3]).status_code == 302
        self.key = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        with inside(tenant):
            self._kept = dict(SessionStore(self.key).items())

    def anew(self, *, ended_at: datetime | None) -> Client:
        """Put the session back, with its visit open or ended."""
        with inside(self.tenant):
            AgencyVisit.objects.update(ended_at=ended_at)
            store = SessionStore(self.key)
            store.update(self._kept)
            store.save()
        self.client.cookies[settings.SESSION_COOKIE_NAME] = self.key
        return self.client


def test_a_visit_that_is_revoked_is_over_on_the_next_request_to_any_view_t11(
    riverside: Tenant, client_for: Clients, now: datetime
) -> None:
    """For each view of a mall: with the visit open it is not refused as over; a request after its end it is."""
    with travel(now, tick=False):
        visitor = Visitor(riverside, staff(roles.ACCOUNT_MANAGER), client_for, now=now)
        reached = 0
        found = cells("mall")
        for address, row in found:
            path = path_of(address, row, riverside)
            before = asked(visitor.anew(ended_at=None), "GET", path)
            reached += before.status_code == 200
            if not before.streaming:
                assert b"The visit is over" not in before.content, path
            after = asked(visitor.anew(ended_at=now), "GET", path)
            assert after.status_code == 403, f"{path}: {after.status_code}"
            assert b"The visit is over" in after.content, path
    assert len(found) >= 150
    assert reached >= 50, "too few views were open to say anything"


def test_staff_of_two_malls_reach_nothing_of_a_third_t11(
    riverside: Tenant, hillside: Tenant, lakeside: Tenant, client_for: Clients, now: datetime
) -> None:
    """Each view that is not for anybody, with the session of either visit and with both."""
    with travel(now, tick=False):
        mei = staff(roles.ADMIN)
        keys = [Visitor(tenant, mei, client_for, now=now).key for tenant in (riverside, hillside)]
        client, wrong = client_for(lakeside), []
        client.raise_request_exception = False
        found = [(address, row) for address, row in cells("mall") if row.who in ("staff", "signed in", "buyer")]
        for number, (address, row) in enumerate(found):
            path = path_of(address, row, lakeside)
            for method in ("GET", "POST"):
                cookie = f"{settings.SESSION_COOKIE_NAME}={keys[number % 2]}"
                client.cookies.clear()
                answer: Any = asked(client, method, path, HTTP_COOKIE=cookie)
                if answer.status_code not in (302, 403, 404, 405) or answer.wsgi_request.user.is_authenticated:
                    wrong.append(f"{method} {path}: {answer.status_code}")
    assert wrong == []
    assert len(found) >= 120
    with inside(lakeside):
        assert not AgencyVisit.objects.exists()
        assert not AuditEntry.objects.filter(actor_kind="agency").exists()
        assert not User.objects.filter(kind=User.Kind.AGENCY).exists()


def test_two_tabs_with_two_merchants_stay_with_their_own_t11(
    riverside: Tenant, hillside: Tenant, client_for: Clients, now: datetime
) -> None:
    """One browser, two hosts, by turns; ending one visit leaves the other open."""
    with travel(now + timedelta(minutes=1), tick=False):
        mei = staff(roles.ACCOUNT_MANAGER)
        first, second = (Visitor(tenant, mei, client_for, now=now) for tenant in (riverside, hillside))
        for path in ("/manage/", "/manage/orders/", "/manage/stores/", "/manage/money/"):
            for tab, other in ((first, second), (second, first)):
                page = tab.client.get(path).content.decode()
                assert f"acting in {tab.tenant.name}" in page
                assert other.tenant.name not in page
        for tab in (first, second):
            with inside(tab.tenant):
                paths = AuditEntry.objects.filter(action="agency.request").values_list("on_behalf_of", flat=True)
                assert set(paths) == {tab.tenant.name}
        operations.end(visit=Visit.objects.get(tenant=riverside), by=SYSTEM, now=now)
        assert first.client.get("/manage/").status_code == 403
        assert second.client.get("/manage/").status_code == 200
