"""Every view stands in the isolation matrix, with who may see it and what its ids name."""

import pytest

from tests.isolation.crawler.addresses import addresses
from tests.isolation.crawler.loot import ON_PLATFORM, SOURCES
from tests.isolation.crawler.matrix import MATRIX
from tests.isolation.crawler.plan import FIELDS
from tests.isolation.crawler.rows import of

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
