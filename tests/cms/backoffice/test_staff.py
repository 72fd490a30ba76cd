"""The mall's people: invitation by mail, roles, closing accounts; the last owner stays."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from django.core import mail
from django.test import Client

from cms.backoffice import roles
from cms.backoffice.staff import operations
from cms.backoffice.staff.operations import LastOwner, NotStaff
from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.accounts.queries import person_at
from saas.audit.models import AuditEntry
from storefront.stores.models import Store
from tests.factories import shop
from tests.factories.races import together

from .making import get, text_of


def people() -> list[Any]:
    """Return who works here as what."""
    return sorted((user.email, user.is_active, getattr(roles.role_of(user), "name", "")) for user in User.objects.all())


def test_an_invited_person_gets_a_mail_sets_a_password_and_works(
    owner: Client, mall: Any, run_tasks: Callable[[], Any], client_for: Callable[..., Client]
) -> None:
    with run_tasks():
        answer = owner.post(
            "/manage/staff/invite/", {"email": "Dora@Riverside.example", "name": "Dora", "role": "Editor"}
        )
    assert answer.status_code == 302
    dora = User.objects.get(email="dora@riverside.example")
    assert (dora.kind, roles.role_of(dora), dora.has_usable_password()) == ("merchant", roles.BY_NAME["Editor"], False)
    letter = mail.outbox[-1]
    assert letter.to == ["dora@riverside.example"]
    assert letter.subject == "Alma invites you to work at Riverside Noodles"
    link = re.search(r"http://riverside\.localhost[^/]*(/account/password/reset/key/\S+)", str(letter.body))
    assert link is not None
    newcomer = client_for(mall)
    form = newcomer.get(link[1], follow=True)
    assert form.status_code == 200
    done = newcomer.post(form.redirect_chain[-1][0], {"password1": "river-noodles-27", "password2": "river-noodles-27"})
    assert done.status_code == 302
    dora.refresh_from_db()
    assert dora.check_password("river-noodles-27")


def test_a_shopper_who_is_invited_keeps_the_account(owner: Client, mall: Any) -> None:
    shopper = User.objects.create_user("sam@example.com", name="Sam")
    owner.post("/manage/staff/invite/", {"email": "sam@example.com", "role": "Clerk"})
    again = User.objects.get(email="sam@example.com")
    assert (again.pk, again.kind, again.name) == (shopper.pk, "merchant", "Sam")


@pytest.mark.parametrize("is_proven", [False, True])
def test_who_never_proved_the_address_loses_the_way_in_when_its_owner_is_invited(
    is_proven: bool, owner: Client, mall: Any, client_for: Callable[..., Client]
) -> None:
    stranger = User.objects.create_user("sam@example.com", "opened-by-a-stranger", name="Sam", phone="+15550100")
    EmailAddress.objects.create(user=stranger, email=stranger.email, verified=is_proven, primary=True)
    owner.post("/manage/staff/invite/", {"email": "sam@example.com", "role": "Manager"})
    stranger.refresh_from_db()
    assert (stranger.has_usable_password(), bool(stranger.phone)) == (is_proven, is_proven)
    answer = client_for(mall).post("/account/login/", {"login": "sam@example.com", "password": "opened-by-a-stranger"})
    assert (answer.status_code == 302) is is_proven


def test_a_stranger_who_took_the_address_is_not_let_in_by_another_that_he_proved(owner: Client, mall: Any) -> None:
    """A stranger's proved address beside the invited one, which he only wrote down, must not open the staff's account (T2)."""
    stranger = User.objects.create_user("boss@example.com", name="Stranger")
    EmailAddress.objects.create(user=stranger, email="boss@example.com", primary=True)
    EmailAddress.objects.create(user=stranger, email="stranger@example.com", verified=True)
    waiting = EmailAddress.objects.create(user=stranger, email="later@example.com")
    confirmation = EmailConfirmation.create(waiting)
    assert person_at(email="stranger@example.com") == stranger
    owner.post("/manage/staff/invite/", {"email": "boss@example.com", "role": "Owner"})
    assert [str(row) for row in EmailAddress.objects.filter(user=stranger)] == ["boss@example.com"]
    assert person_at(email="stranger@example.com") is None
    assert not EmailConfirmation.objects.filter(pk=confirmation.pk).exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"email": "bo@riverside.example", "role": "Clerk"}, "works here already"),
        ({"email": "nobody", "role": "Clerk"}, "valid email"),
        ({"email": "x@example.com", "role": "Superuser"}, "Select a valid choice"),
        ({"email": "x@example.com"}, "This field is required."),
    ],
)
def test_an_invitation_that_cannot_be_sent_is_refused(
    form: dict[str, str], words: str, owner: Client, mall: Any
) -> None:
    before = (people(), AuditEntry.objects.count())
    answer = owner.post("/manage/staff/invite/", form)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert (people(), AuditEntry.objects.count()) == before


def test_the_last_owner_is_neither_demoted_nor_closed(owner: Client, mall: Any, alma: Any) -> None:
    before = people()
    answer = owner.post(f"/manage/staff/{alma.public_id}/", {"role": "Clerk"})
    assert (answer.status_code, "This is the last owner." in text_of(answer)) == (422, True)
    assert owner.post(f"/manage/staff/{alma.public_id}/close/").status_code == 302
    assert people() == before


def test_an_owner_steps_back_once_there_is_another(owner: Client, mall: Any, alma: Any, bo: Any) -> None:
    owner.post(f"/manage/staff/{bo.public_id}/", {"role": "Owner"})
    owner.post(f"/manage/staff/{alma.public_id}/", {"role": "Editor"})
    assert (roles.role_of(bo), roles.role_of(alma)) == (roles.BY_NAME["Owner"], roles.BY_NAME["Editor"])
    assert owner.get("/manage/staff/").status_code == 403


def test_the_owner_binds_somebody_to_stores_and_lets_them_go_v8(owner: Client, mall: Any, bo: Any) -> None:
    """None chosen is every store, as for everybody from before."""
    store, page = shop.a_store("Mill Lane"), f"/manage/staff/{bo.public_id}/"
    assert bo.store_ids == []
    for chosen, words in (([store.public_id], "redeems vouchers at"), ([], "redeems vouchers in every store")):
        assert owner.post(page, {"role": "Clerk", "store_ids": chosen}).status_code == 302
        bo.refresh_from_db()
        assert bo.store_ids == chosen
        assert words in AuditEntry.objects.filter(action="staff.bound").latest("pk").summary
        assert (store.name in text_of(get(owner, "/manage/staff/"))) is bool(chosen)
    assert owner.post(page, {"role": "Clerk", "store_ids": ["nowhere"]}).status_code == 422
    assert AuditEntry.objects.filter(action="staff.bound").count() == 2


def test_whom_the_owner_invites_redeems_only_where_the_invitation_says_v8(owner: Client, mall: Any) -> None:
    """Bound from the first click on; in a mall of one store nobody is asked, in one of several nobody is let in everywhere unsaid."""
    page, store = "/manage/staff/invite/", Store.objects.first() or shop.a_store("Main Street")
    dora = {"email": "dora@riverside.example", "role": "Clerk"}
    if Store.objects.count() == 1:
        assert 'name="store_ids"' not in get(owner, page).content.decode()
    shop.a_store("Mill Lane")
    before = people()
    for unsaid in ([], ["every", store.public_id]):
        assert owner.post(page, dora | {"store_ids": unsaid}).status_code == 422
    assert "or every store" in text_of(owner.post(page, dora))
    assert people() == before
    assert owner.post(page, dora | {"store_ids": [store.public_id]}).status_code == 302
    assert User.objects.get(email=dora["email"]).store_ids == [store.public_id]
    everywhere = {"email": "ed@riverside.example", "role": "Manager", "store_ids": ["every"]}
    assert owner.post(page, everywhere).status_code == 302
    assert User.objects.get(email="ed@riverside.example").store_ids == []
    assert owner.post(page, {"email": "eli@riverside.example", "role": "Editor"}).status_code == 302


def test_a_closed_account_is_out_at_the_next_click_and_can_be_reopened(
    owner: Client, mall: Any, bo: Any, client_for: Callable[..., Client]
) -> None:
    clerk = client_for(mall, bo)
    assert clerk.get("/counter/store/").status_code == 200
    owner.post(f"/manage/staff/{bo.public_id}/close/")
    assert clerk.get("/counter/store/").status_code != 200
    owner.post(f"/manage/staff/{bo.public_id}/close/")
    bo.refresh_from_db()
    assert (bo.is_active, roles.role_of(bo)) == (True, roles.BY_NAME["Clerk"])
    assert clerk.get("/counter/store/").status_code == 302, "the session from before, on the lost phone"
    assert list(AuditEntry.objects.filter(subject_id=bo.public_id).order_by("pk").values_list("action", flat=True)) == [
        "staff.closed",
        "staff.reopened",
    ]


def test_shoppers_and_strangers_are_no_staff(mall: Any, alma: Any, now: datetime) -> None:
    shopper = User.objects.create_user("mei@example.com")
    for public_id in (shopper.public_id, "nobody"):
        with pytest.raises(NotStaff):
            operations.close(user_public_id=public_id, by=actor_for(alma), now=now)


def _two_owners(schema: str) -> tuple[Any, Any]:
    from tenants.isolation.entrance import inside

    with inside(schema):
        alma, bo = (User.objects.get(email=f"{name}@riverside.example") for name in ("alma", "bo"))
        operations.give_role(user=bo, role=roles.OWNER)
    return alma, bo


def test_two_owners_who_remove_each_other_at_once_leave_one(committed: None, now: datetime) -> None:
    from tenants.isolation.entrance import on_platform
    from tenants.registry.models import Tenant

    with on_platform():
        schema = Tenant.objects.get(slug="riverside").schema_name
    alma, bo = _two_owners(schema)
    acts = [
        lambda: operations.change_role(user_public_id=alma.public_id, role=roles.CLERK, by=actor_for(bo), now=now),
        lambda: operations.change_role(user_public_id=bo.public_id, role=roles.CLERK, by=actor_for(alma), now=now),
    ]
    results = together(acts, schema=schema)
    assert sorted(type(one) for one in results if isinstance(one, Exception)) == [LastOwner], results
