"""
T11: role × view with forms that are filled in. Who is refused writes no row but the trail of that; who may, writes, so the forms were good.
"""

from collections.abc import Callable
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from ops_console.mandates import roles
from saas.accounts.models import User
from tenants.registry.models import Tenant
from tests.factories.sessions import confirm
from tests.isolation.crawler.addresses import Address
from tests.isolation.crawler.bodies import IDS, WRITES, Writes, filled
from tests.isolation.crawler.loot import Loot
from tests.isolation.crawler.matrix_roles import roles_of
from tests.isolation.crawler.rows import Row
from tests.isolation.crawler.test_staff import LETTERS, Visitor, asked, cells, staff

Clients = Callable[..., Client]
OURS = {"backoffice", "counter", "entry"}
# Where a refused try is kept.
TRAIL = "public.audit_auditentry"


def send(client: Client, address: Address, row: Row, loot: Loot, *, now: datetime) -> Any:
    """Post the filled-in form, take back what it did, and return the answer."""
    takes = row.takes | IDS.get(address.name, {})
    ids = {name: kind[1:] if kind.startswith("=") else loot.pick(kind, 0) for name, kind in takes.items()}
    body, kind = filled(address.name, loot, now=now), "application/x-www-form-urlencoded"
    return asked(client, "POST", address.filled(ids), data=body, content_type=kind)


def test_a_role_writes_by_the_forms_of_its_views_of_the_console_and_by_no_other_t11(
    loot: Loot, client_for: Clients, now: datetime
) -> None:
    """Whoever is refused posts to every view; whoever may, to those of `WRITES`. What a cell did is taken back before the next."""
    wrong, refused = [], 0
    for role, letter in LETTERS.items():
        person = staff(role)
        client = client_for(None, person)
        confirm(client, person)
        client.raise_request_exception = False
        writes = Writes()
        for address, row in cells("platform", who="agency"):
            may = bool(letter) and letter in roles_of(address.name)
            if may and address.name not in WRITES["platform"]:
                continue
            answer, tables = send(client, address, row, loot, now=now), writes.new()
            refused += answer.status_code == 403
            tables = [one for one in tables if answer.status_code != 403 or one != TRAIL]
            if bool(tables) != may or (answer.status_code not in (403, 404)) != may:
                wrong.append(f"{role} {address.name}: {answer.status_code}, may: {may}, wrote to {tables}")
    assert not wrong, "\n".join(wrong)
    assert refused >= 150


@pytest.fixture
def people(riverside: Tenant, hillside: Tenant, alma: User, bo: User, client_for: Clients) -> dict[str, Client]:
    """Riverside's owner and clerk, and nobody."""
    found = {
        "owner": client_for(riverside, alma),
        "clerk": client_for(riverside, bo),
        "stranger": client_for(riverside),
    }
    confirm(found["owner"], alma)
    return found


def test_only_a_malls_own_people_write_by_the_forms_of_its_back_office_t11(
    loot: Loot, people: dict[str, Client], hillside: Tenant, riverside: Tenant, client_for: Clients, now: datetime
) -> None:
    """The clerk, a stranger, the agency with a visit in another mall, by every view for staff; the owner by those of `WRITES`."""
    people["elsewhere"] = client_for(riverside)
    key = Visitor(hillside, staff(roles.ADMIN), client_for, now=now).key
    people["elsewhere"].cookies[settings.SESSION_COOKIE_NAME] = key
    wrote: dict[str, set[str]] = {}
    found = [(address, row) for address, row in cells("mall", who="staff") if address.name.partition(":")[0] in OURS]
    for who, client in people.items():
        client.raise_request_exception = False
        cookies, writes = {name: morsel.value for name, morsel in client.cookies.items()}, Writes()
        for address, row in found:
            if who == "owner" and address.name not in WRITES["mall"]:
                continue
            client.cookies = SimpleCookie(cookies)
            send(client, address, row, loot, now=now)
            wrote.setdefault(who, set()).update([address.name] if writes.new() else [])
    assert wrote["stranger"] == wrote["elsewhere"] == set()
    assert wrote["clerk"] == {name for name in WRITES["mall"] if name.startswith("counter:")}
    assert wrote["owner"] == WRITES["mall"]
