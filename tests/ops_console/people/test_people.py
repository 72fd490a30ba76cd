"""Who works for the agency: roles, an account that ends at once with its work handed on, and the last admin (an operator who left)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from time_machine import travel

from ops_console.leads.models import Lead
from ops_console.mandates import operations as visits
from ops_console.mandates import roles
from ops_console.people import operations
from ops_console.people.operations import KnownAddress, LastAdmin, NotOneself, RoleNeeded, Takers
from ops_console.work.models import Absence, Plan, Task
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.audit.models import AuditEntry
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.races import Pause, together
from tests.factories.sessions import confirm
from tests.factories.visiting import come_in, staff
from tests.factories.work import begin


def held_by(person: User) -> int:
    """Return how many standing tasks a person has to do."""
    return Task.objects.filter(assignee=person, state__in=Task.STANDING).count()


@pytest.fixture
def omar(riverside: Any, mei: User, now: datetime) -> User:
    """Omar, with a plan's tasks, a lead, and Mei's tasks while she is away."""
    person = staff("omar.test@hutong.example", "Omar", roles.OPERATOR)
    begin(riverside, starts_on=now.date(), assignee=person, now=now)
    Absence.objects.create(person=mei, cover=person, starts_on=now.date(), ends_on=date(2027, 1, 1), noted_at=now)
    begin(riverside, starts_on=now.date(), assignee=mei, now=now, contract="d" * 26)
    Lead.objects.create(name="Corner Bakery", trade="restaurant", owner=person, stage_since_at=now, created_at=now)
    return person


def test_an_account_that_ends_is_shut_on_the_next_request_and_its_work_is_handed_on(
    riverside: Any, ada: User, mei: User, omar: User, client_for: Any, now: datetime
) -> None:
    """A1, T11: on the console and in a mall; nothing that was done is forgotten, and an old session does not live again."""
    desk, admin = client_for(None, omar), client_for(None, ada)
    confirm(admin, ada)
    tess, path = staff("tess.test@hutong.example", "Tess", roles.OPERATOR), f"/ops/team/people/{omar.public_id}/"
    before = held_by(omar)
    with travel(now + timedelta(minutes=1), tick=False):
        inside = come_in(client_for(riverside), riverside, omar, now=now)
        assert (desk.get("/ops/work/").status_code, inside.get("/manage/").status_code) == (200, 200)
        assert "Nobody yet" in admin.get(f"{path}end/").content.decode()
        given = {"tasks_to": tess.public_id, "accounts_to": mei.public_id}
        assert admin.post(f"{path}end/", given).status_code == 302
        assert (desk.get("/ops/work/").status_code, inside.get("/manage/").status_code) == (302, 403)
        assert visits.close_ended(now=now + timedelta(minutes=1)) == 1
        assert before > 10
        assert (held_by(omar), held_by(tess)) == (0, before)
        assert Task.objects.filter(assignee=tess, covers_for=mei).exists(), "she covers for Mei in his place"
        assert set(Plan.objects.values_list("assignee", flat=True)) == {tess.pk, mei.pk}
        assert Lead.objects.get().owner == mei
        page = admin.get(path).content.decode()
        assert "Account ended; was: Operator" in page
        assert admin.post(f"{path}roles/", {"roles": [roles.CARE]}).status_code == 302
        omar.refresh_from_db()
        assert (omar.is_active, roles.has_role(omar, (roles.CARE,))) == (True, True)
        assert desk.get("/ops/work/").status_code == 302, "he signs in anew"
        assert "Omar" in admin.get("/ops/team/people/", {"q": "omar", "role": roles.CARE}).content.decode()


def test_the_last_admin_stays_one_and_nobody_ends_their_own_account(ada: User, mei: User, now: datetime) -> None:
    by = actor_for(ada)
    with pytest.raises(LastAdmin):
        operations.give_roles(person=ada.public_id, names=[roles.FINANCE], by=by, now=now)
    with pytest.raises(LastAdmin):
        operations.end(person=ada.public_id, takers=Takers(), by=actor_for(mei), now=now)
    with pytest.raises(NotOneself):
        operations.end(person=ada.public_id, takers=Takers(), by=by, now=now)
    with pytest.raises(RoleNeeded):
        operations.give_roles(person=mei.public_id, names=["Owner"], by=by, now=now)
    with pytest.raises(KnownAddress):
        operations.add(email="MEI.test@hutong.example", name="Mei", names=[roles.CARE], by=by, now=now)
    assert roles.has_role(User.objects.get(pk=ada.pk), (roles.ADMIN,))
    kim = operations.add(email="kim@hutong.example", name="Kim", names=[roles.ADMIN], by=by, now=now)
    operations.give_roles(person=ada.public_id, names=[roles.FINANCE, roles.CARE], by=actor_for(kim), now=now)
    told = AuditEntry.objects.get(action="people.roles_given")
    assert (told.actor_name, told.summary) == ("Kim", "Ada: Admin → Care, Finance")


@pytest.mark.parametrize("with_lock", [True, False])
def test_of_two_admins_who_take_each_others_role_at_once_one_stays(
    committed: None, now: datetime, monkeypatch: pytest.MonkeyPatch, with_lock: bool
) -> None:
    """With its negative control: without the lock each sees the other still an admin, and nobody is left."""
    ada, kim = (staff(f"{name}.test@hutong.example".lower(), name, roles.ADMIN) for name in ("Ada", "Kim"))
    if not with_lock:
        pause, checked = Pause(2), operations._refuse_no_admin

        def met() -> None:
            checked()
            pause.meet()

        monkeypatch.setattr(operations, "locked", lambda rows: list(rows.order_by("pk")))
        monkeypatch.setattr(operations, "_refuse_no_admin", met)

    def demote(person: User, by: User) -> str:
        with on_platform():
            operations.give_roles(person=person.public_id, names=[roles.CARE], by=actor_for(by), now=now)
        return "demoted"

    acts = [lambda: demote(kim, by=ada), lambda: demote(ada, by=kim)]
    found = together(acts, schema=Tenant.objects.get(slug="riverside").schema_name)
    assert [type(one) for one in found if one != "demoted"] == [LastAdmin] * with_lock
    assert User.objects.filter(kind=User.Kind.AGENCY, groups__name=roles.ADMIN).count() == int(with_lock)
