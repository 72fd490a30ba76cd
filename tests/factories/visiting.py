"""The agency inside a mall: the platform's row of a visit beside the mall's, and the way in."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from time_machine import travel

from ops_console.mandates import operations, roles
from ops_console.mandates.models import Visit
from saas.accounts.models import User
from saas.kernel import rates
from tenants.entry.views import TRIES
from tenants.isolation.entrance import inside, on_platform

REASON = "Alma asked for help with the lunch deal"


def staff(email: str, name: str, role: str) -> User:
    """Return a person of the agency in a role; "" is one without any."""
    roles.ensure_roles()
    person = User.objects.filter(email=email).first() or User.objects.create_user(
        email, name=name, kind=User.Kind.AGENCY
    )
    person.groups.set(Group.objects.filter(name=role) if role else [])
    return person


def vouch(tenant: Any, *, visit: str, person: str, now: datetime, minutes: int = 30) -> Visit:
    """Write the platform's row of a visit that a test begins in the mall itself."""
    with on_platform():
        roles.ensure_roles()
        found, _made = User.objects.get_or_create(
            public_id=person,
            defaults={"name": "Mei Tan", "kind": User.Kind.AGENCY, "email": f"{person}@hutong.example"},
        )
        found.groups.set(Group.objects.filter(name=roles.ACCOUNT_MANAGER))
        return Visit.objects.create(
            public_id=visit, person=found, tenant=tenant, reason=REASON, started_at=now,
            ends_at=now + timedelta(minutes=minutes),
        )  # fmt: skip


def come_in(client: Any, tenant: Any, person: User, *, now: datetime, **errand: Any) -> Any:
    """Open a visit as a person and lead the client in; return the client."""
    wanted = {"reason": REASON, "minutes": 30} | errand
    address = operations.open_visit(tenant=tenant, person=person, now=now, **wanted)
    with inside(tenant):
        rates.forget("tickets", "127.0.0.1", rate=TRIES)
    with travel(now, tick=False):
        assert client.get(urlsplit(address).path).status_code == 302
    return client
