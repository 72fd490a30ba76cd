"""People at the back office's door."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cms.backoffice import roles
from cms.backoffice.staff import operations as staff
from saas.accounts.models import User
from tenants.isolation.entrance import inside


@pytest.fixture
def owner(client_for: Callable[..., Client], riverside: Any, alma: Any) -> Client:
    """Alma at her mall."""
    return client_for(riverside, alma)


@pytest.fixture
def person(riverside: Any, client_for: Callable[..., Client]) -> Callable[[str], Client]:
    """Return a maker of clients for a role: Owner, Manager, Clerk, Editor, "" for a shopper."""

    def make(role: str) -> Client:
        with inside(riverside):
            kind = User.Kind.MERCHANT if role else User.Kind.SHOPPER
            user = User.objects.create_user(f"{role or 'mei'}@example.com".lower(), kind=kind, name=role or "Mei")
            if role:
                assert role in roles.BY_NAME
                staff.give_role(user=user, role=role)
        return client_for(riverside, user)

    return make
