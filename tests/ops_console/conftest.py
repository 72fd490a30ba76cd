"""The agency's people, and a way into a mall."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group

from ops_console.mandates import operations, roles
from saas.accounts.models import User
from tenants.isolation.entrance import inside


def _staff(email: str, name: str, role: str) -> User:
    roles.ensure_roles()
    person = User.objects.filter(email=email).first() or User.objects.create_user(
        email, name=name, kind=User.Kind.AGENCY
    )
    person.groups.set(Group.objects.filter(name=role) if role else [])
    return person


@pytest.fixture
def mei(riverside: Any) -> User:
    """Mei, an account manager of the agency."""
    return _staff("mei.test@hutong.example", "Mei", roles.ACCOUNT_MANAGER)


@pytest.fixture
def tomas(riverside: Any) -> User:
    """Tomas, the agency's finance."""
    return _staff("tomas.test@hutong.example", "Tomas", roles.FINANCE)


@pytest.fixture
def ada(riverside: Any) -> User:
    """Ada, an admin of the agency."""
    return _staff("ada.test@hutong.example", "Ada", roles.ADMIN)


@pytest.fixture
def nobody(riverside: Any) -> User:
    """A person of the agency without a role."""
    return _staff("new.test@hutong.example", "New", "")


@pytest.fixture
def visiting(riverside: Any, mei: User, client_for: Callable[..., Any], now: datetime) -> Any:
    """Mei's client inside Riverside Noodles, by a visit of thirty minutes."""
    from time_machine import travel

    address = operations.open_visit(tenant=riverside, person=mei, reason="The lunch deal's rules", minutes=30, now=now)
    client = client_for(riverside)
    with travel(now, tick=False):
        assert client.get(urlsplit(address).path).status_code == 302
    return client


@pytest.fixture
def carry(riverside: Any) -> Callable[[datetime], int]:
    """Return a function that carries what Riverside's outbox holds to the platform."""
    from tenants.relay import operations as relay

    def do(at: datetime) -> int:
        return relay.relay(schema=riverside.schema_name, now=at)

    return do


@pytest.fixture
def in_riverside(riverside: Any) -> Callable[[], Any]:
    """Return what enters Riverside Noodles."""
    return lambda: inside(riverside)
