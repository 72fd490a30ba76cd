"""Two comparisons that note what they found at once, over real connections: each disagreement has one row (W9)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError

from billing.reconciliation import operations
from billing.reconciliation.compare import Finding
from billing.reconciliation.models import Break
from tenants.isolation.entrance import on_platform
from tenants.registry.models import Tenant
from tests.factories.races import Pause, together

WORKERS = 4
NOW = datetime(2026, 11, 20, tzinfo=UTC)
FOUND = [Finding("fee_differs", f"txn_{number}", "", 30, 31, "usd") for number in range(20)]


def at_once() -> list[Any]:
    def note() -> int:
        with on_platform():
            return operations.note_findings(FOUND, is_complete=True, now=NOW)

    return together([note] * WORKERS, schema=Tenant.objects.get(slug="riverside").schema_name)


def test_several_comparisons_note_each_break_once_w9(committed: None) -> None:
    assert sorted(at_once()) == [0, 0, 0, len(FOUND)]
    assert Break.objects.filter(state=Break.State.OPEN).count() == len(FOUND)


def test_without_waiting_for_each_other_they_run_into_each_other(
    committed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    pause = Pause(WORKERS)
    monkeypatch.setattr(operations, "alone", lambda _name: None)
    monkeypatch.setattr(operations.Break.objects, "bulk_create", _after(pause, operations.Break.objects.bulk_create))
    results = at_once()
    assert sum(isinstance(one, IntegrityError) for one in results) == WORKERS - 1, results


def _after(pause: Pause, act: Any) -> Any:
    def later(rows: Any) -> Any:
        pause.meet()
        return act(rows)

    return later
