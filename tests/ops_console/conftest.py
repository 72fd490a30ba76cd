"""The agency's people, and a way into a mall."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ops_console.mandates import roles
from saas.accounts.models import User
from tenants.isolation.entrance import inside
from tests.factories.visiting import come_in
from tests.factories.visiting import staff as _staff


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
    return come_in(client_for(riverside), riverside, mei, now=now, reason="The lunch deal's rules")


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
