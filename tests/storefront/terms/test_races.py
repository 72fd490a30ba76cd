"""Two rules at once, over real connections in a database that commits."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from saas.kernel.actors import Actor
from storefront.terms import operations
from storefront.terms.models import CommissionTerm
from storefront.terms.operations import TermDraft, TermOverlaps
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant
from tests.factories.races import Pause, together

ALMA = Actor(kind="merchant", name="Alma")


@pytest.fixture
def schema(committed: None) -> Iterator[str]:
    """Riverside Noodles in the throwaway database."""
    tenant = Tenant.objects.get(slug="riverside")
    with inside(tenant):
        yield tenant.schema_name


def added_at_once(schema: str, now: datetime, shelf: str = "lunch") -> list[str]:
    """Add two rules for the same shelf whose times overlap; return how it went."""

    def add(day: int) -> str:
        start = now + timedelta(days=day)
        draft = TermDraft("Lunch", 500, start, scope="category", scope_id=shelf)
        try:
            operations.add_term(draft=draft, by=ALMA, now=now)
        except TermOverlaps:
            return "refused"
        return "added"

    return sorted(str(one) for one in together([lambda: add(1), lambda: add(2)], schema=schema))


def test_of_two_overlapping_rules_at_once_one_is_refused(schema: str, now: datetime) -> None:
    assert CommissionTerm.objects.filter(scope="mall").exists()
    assert added_at_once(schema, now) == ["added", "refused"]
    assert CommissionTerm.objects.filter(scope="category").count() == 1


def test_without_the_lock_both_would_stand(schema: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control. Now and then one has written before the other looks; hardly five times in a row."""
    for number in range(5):
        monkeypatch.setattr(operations, "locked", Pause(2).locked)
        if added_at_once(schema, now, f"lunch-{number}") == ["added", "added"]:
            return
    pytest.fail("without the lock one was refused all the same, five times")
