"""T11 inside malls: role × address × method × mall, from the URL conf. What a role may write is what mandate and matrix both say."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ops_console.mandates import operations, roles, standing
from ops_console.mandates.models import Visit
from tenants.entry import gate, mandated
from tests.factories.mandates import give
from tests.factories.visiting import REASON, staff
from tests.isolation.crawler.matrix_roles import KEYS
from tests.isolation.crawler.test_staff import LETTERS, cells


def passes(name: str, method: str, found: Any, invited: Any = ()) -> bool:
    """Ask the gate about an address as a request would that reached it."""
    request: Any = SimpleNamespace(
        method=method, POST={}, FILES={}, resolver_match=SimpleNamespace(view_name=name, kwargs={})
    )
    try:
        gate.of_request(request, found, invited=invited)
    except gate.BeyondMandate:
        return False
    return True


def test_each_key_is_in_the_matrix() -> None:
    assert set(KEYS) == set(mandated.KEYS)
    assert {name for name, keys in roles.ROLE_KEYS.items() if keys} == set(roles.MAY_VISIT)


@pytest.mark.parametrize("role", roles.MAY_VISIT)
def test_each_role_writes_in_each_mall_what_its_mandate_and_the_matrix_say_t11(
    riverside: Any, hillside: Any, now: datetime, role: str
) -> None:
    """Riverside gives everything, Hillside only pages and promotions."""
    person, letter, asked, open_cells = staff(f"{role[:3]}@agency.example", role, role), LETTERS[role], 0, 0
    given = {riverside: set(mandated.KEYS), hillside: {"look", "content.edit", "promotions.manage"}}
    for tenant, keys in given.items():
        give(tenant, *keys, now=now)
        operations.open_visit(tenant=tenant, person=person, reason=REASON, minutes=30, now=now)
        visit = Visit.objects.latest("pk")
        found = standing.of_visit(visit=visit.public_id, schema=tenant.schema_name, now=now)
        for address, _row in cells("mall"):
            wanted = any(key in keys and letter in KEYS[key] for key in gate.WRITES.get(address.name, ()))
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                may = method == "GET" or wanted or address.name in gate.FREE
                assert passes(address.name, method, found) == may, f"{method} {address.name} in {tenant}"
                asked, open_cells = asked + 1, open_cells + (may and method == "POST")
    assert asked >= 2 * 5 * 200
    assert open_cells >= 2 * len(gate.FREE)


@pytest.mark.parametrize("role", roles.MAY_VISIT)
def test_without_a_contract_an_invitation_opens_what_it_names_as_far_as_the_role_goes_a1(
    riverside: Any, now: datetime, role: str
) -> None:
    person = staff(f"{role[:3]}@agency.example", role, role)
    operations.open_visit(tenant=riverside, person=person, reason=REASON, minutes=30, now=now)
    visit = Visit.objects.latest("pk")
    found = standing.of_visit(visit=visit.public_id, schema=riverside.schema_name, now=now)
    invited = {"deals.draft", "refunds.decide"}
    for address, _row in cells("mall"):
        named = invited & roles.keys_of(person) & set(gate.WRITES.get(address.name, ()))
        assert passes(address.name, "POST", found, invited) == (bool(named) or address.name in gate.FREE), address.name
        assert passes(address.name, "POST", found) == (address.name in gate.FREE)
