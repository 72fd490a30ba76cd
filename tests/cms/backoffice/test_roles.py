"""Who may open what: the roles' matrix, the clerk who is led to the counter, strangers, Wagtail's own pages about people."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from wagtail.models import GroupPagePermission
from wagtail.users.models import UserProfile

from cms.backoffice import roles
from cms.backoffice.patterns import urlpatterns
from saas.audit.models import AuditEntry
from storefront.deals.models import Deal
from tests.factories import shop

from .making import deal_form, text_of

LISTS = (
    "",
    "deals/",
    "deals/new/",
    "orders/",
    "vouchers/",
    "products/",
    "products/imports/",
    "stores/",
    "stores/new/",
    "money/",
    "money/payouts/",
    "staff/",
    "staff/invite/",
    "activity/",
)
EDITORS = ("", "deals/", "products/", "products/imports/", "stores/")
MAY = {
    "Owner": set(LISTS),
    "Manager": set(LISTS) - {"staff/", "staff/invite/"},
    "Editor": set(EDITORS),
}


@pytest.mark.parametrize("role", MAY)
def test_each_role_opens_its_pages_and_no_other(role: str, person: Callable[[str], Client]) -> None:
    client = person(role)
    opened = {path for path in LISTS if client.get(f"/manage/{path}").status_code == 200}
    assert opened == MAY[role]


def test_who_may_not_is_told_who_can(person: Callable[[str], Client]) -> None:
    answer = person("Editor").get("/manage/money/")
    assert answer.status_code == 403
    assert "<strong>Owner, Manager</strong>" in text_of(answer)


def test_a_clerk_is_led_to_the_counter_from_everywhere(
    client_for: Callable[..., Client], riverside: Any, bo: Any
) -> None:
    client = client_for(riverside, bo)
    for path in (*LISTS, "pages/", "images/", "account/"):
        answer = client.get(f"/manage/{path}")
        assert (answer.status_code, answer.get("Location")) == (302, "/counter/"), path


def test_a_shopper_is_told_that_this_is_not_for_them(person: Callable[[str], Client]) -> None:
    answer = person("").get("/manage/deals/")
    assert answer.status_code == 403
    assert "For the people who work here" in text_of(answer)


def test_a_stranger_is_led_to_the_login(client_for: Callable[..., Client], riverside: Any) -> None:
    answer = client_for(riverside).get("/manage/deals/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/?next=/manage/deals/")


def test_another_malls_owner_is_nobody_here(
    client_for: Callable[..., Client], riverside: Any, hillside: Any, cleo: Any
) -> None:
    """A6: Cleo's session of Hillside opens nothing at Riverside."""
    client = client_for(riverside)
    client.cookies = client_for(hillside, cleo).cookies
    assert client.get("/manage/deals/").status_code == 302


@pytest.mark.parametrize("role", ["Editor", "Clerk", ""])
def test_a_post_without_the_permission_changes_nothing(
    role: str, person: Callable[[str], Client], mall: Any, now: datetime
) -> None:
    client = person(role)
    deal = shop.a_deal(now=now)
    paths = (
        "deals/new/",
        f"deals/{deal.public_id}/",
        f"deals/{deal.public_id}/end/",
        f"deals/{deal.public_id}/duplicate/",
        "staff/invite/",
    )
    before = (list(Deal.objects.order_by("pk").values()), AuditEntry.objects.count())
    for path in paths:
        assert client.post(f"/manage/{path}", deal_form()).status_code in (302, 403), path
    assert (list(Deal.objects.order_by("pk").values()), AuditEntry.objects.count()) == before


def test_every_page_of_the_back_office_refuses_a_clerk(
    client_for: Callable[..., Client], riverside: Any, bo: Any
) -> None:
    client = client_for(riverside, bo)
    for pattern in urlpatterns:
        path = str(pattern.pattern).replace("<str:direction>", "up").replace("<str:form>", "pdf")
        path = re.sub(r"<str:\w+>", "x", path)
        for answer in (client.get(f"/manage/{path}"), client.post(f"/manage/{path}")):
            assert (answer.status_code, answer.get("Location")) == (302, "/counter/"), path


@pytest.mark.parametrize("path", ["users/", "users/new/", "groups/", "sites/", "workflows/list/"])
def test_wagtails_own_pages_about_people_and_sites_are_closed(path: str, owner: Client) -> None:
    assert owner.get(f"/manage/{path}").status_code == 404


def test_wagtails_own_login_is_not_a_way_in(client_for: Callable[..., Client], riverside: Any, alma: Any) -> None:
    answer = client_for(riverside).post("/manage/login/", {"username": alma.email, "password": "x"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.usefixtures("mall")
def test_making_the_roles_again_changes_nothing() -> None:
    def state() -> Any:
        permissions = {
            group.name: sorted(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
        }
        return permissions, sorted(GroupPagePermission.objects.values_list("group__name", "permission__codename"))

    before = state()
    roles.ensure_roles()
    assert state() == before
    assert sorted(before[0]) == ["Clerk", "Editor", "Manager", "Owner"]


def test_a_person_changes_their_name_and_nothing_else_here(owner: Client, alma: Any, mall: Any) -> None:
    profile = UserProfile.objects.get(user=alma)
    profile.preferred_language = "zh-hans"
    profile.save()
    page = text_of(owner.get("/manage/account/"))
    assert "Change the password" in page, "in the browser's language, not in the one of Wagtail's own page"
    assert 'name="name_email-email"' not in page
    answer = owner.post(
        "/manage/account/",
        {
            "name-name": "Alma Reyes",
            "language-language": "zh-hans",
            "theme-theme": "system",
            "theme-density": "default",
            "theme-contrast": "system",
            "name-email": "x@evil.example",
        },
    )
    assert answer.status_code == 302
    profile.refresh_from_db()
    assert profile.preferred_language == ""
    alma.refresh_from_db()
    assert (alma.name, alma.email) == ("Alma Reyes", "alma@riverside.example")
    assert alma.language == "zh-hans"
    assert 'lang="zh-hans"' in owner.get("/manage/").content.decode()
