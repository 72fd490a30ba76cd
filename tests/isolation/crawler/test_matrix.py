"""Every view stands in the isolation matrix, with who may see it and what its ids name."""

import pytest
from django.conf import settings
from django.urls import resolve

from ops_console.mandates.roles import guarding
from tests.isolation.crawler.addresses import addresses
from tests.isolation.crawler.loot import ON_PLATFORM, SOURCES
from tests.isolation.crawler.matrix import MATRIX, by_address
from tests.isolation.crawler.matrix_roles import roles_of
from tests.isolation.crawler.plan import FIELDS
from tests.isolation.crawler.rows import of
from tests.isolation.crawler.test_staff import LETTERS

MINTED = {"order_key", "export_key", "ticket", "reset_user", "reset_key", "media", "mall", "schema"}


@pytest.mark.parametrize("place", ["platform", "mall"])
def test_every_address_has_a_row_and_every_row_an_address(place: str) -> None:
    """T1: who adds a view says here which ids it takes and who may see it."""
    found, known = {of(address) for address in addresses(place)}, {row.key for row in MATRIX[place]}
    assert found - known == set(), "add rows to tests/isolation/crawler/matrix*.py"
    assert known - found == set(), "these rows have no view any more"
    assert len(known) == len(MATRIX[place]), "a row stands twice"


def test_every_id_of_the_matrix_is_of_a_kind_that_the_crawler_can_steal() -> None:
    kinds = {kind for rows in MATRIX.values() for row in rows for kind in row.takes.values()} | set(FIELDS.values())
    assert {kind for kind in kinds if not kind.startswith("=")} <= set(SOURCES) | set(ON_PLATFORM) | MINTED
    assert {row.who for rows in MATRIX.values() for row in rows} <= {
        "anyone",
        "signed in",
        "buyer",
        "staff",
        "agency",
        "operator",
    }


def test_each_view_of_the_console_is_guarded_for_the_roles_of_its_row_and_no_other_t11() -> None:
    """Every cell of role × view, by what the view is guarded with; what the guard does with each role, test_staff.py asks by requests."""
    rows, wrong, cells = by_address(), [], 0
    for address in addresses("platform"):
        row = rows[address]
        if row.who != "agency":
            continue
        ids = {name: kind[1:] if kind.startswith("=") else "1" for name, kind in row.takes.items()}
        view = resolve(address.filled(ids), settings.PUBLIC_SCHEMA_URLCONF).func
        guarded = {LETTERS[role] for role in guarding(view)}
        cells += len(LETTERS)
        if guarded != set(roles_of(address.name)):
            wrong.append(f"{address.name}: for {sorted(guarded)}, the matrix says {roles_of(address.name)}")
    assert wrong == []
    assert cells >= 8 * 200
