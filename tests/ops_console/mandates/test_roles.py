"""What a person's roles open, and that no link of the console's menus leads to a refusal."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from ops_console.mandates import roles
from tenants.registry.models import Tenant


@pytest.mark.parametrize(
    ("role", "sees_finance"),
    [(roles.ADMIN, True), (roles.FINANCE, True), (roles.OPERATOR, False), (roles.REVIEWER, False), (roles.CARE, False)],
)
def test_the_menus_lead_where_the_role_may_look_and_nowhere_else(
    client_for: Callable[..., Any], nobody: Any, riverside: Tenant, role: str, sees_finance: bool
) -> None:
    nobody.groups.add(Group.objects.get(name=role))
    client = client_for(None, nobody)
    menus = re.findall(r"<nav.*?</nav>", client.get(f"/ops/malls/{riverside.public_id}/").content.decode(), re.DOTALL)
    links = [link for menu in menus for link in re.findall(r'href="(/ops/[^"]*)"', menu)]
    assert len(links) > 10
    assert ("/ops/finance/" in links) == sees_finance
    assert {link for link in links if client.get(link).status_code == 403} == set()


def test_who_has_no_role_is_offered_no_page(client_for: Callable[..., Any], nobody: Any, riverside: Tenant) -> None:
    answer = client_for(None, nobody).get("/ops/")
    assert answer.status_code == 403
    assert 'href="/ops/malls/"' not in answer.content.decode()
