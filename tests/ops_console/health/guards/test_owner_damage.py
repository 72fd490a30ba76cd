"""What only the owner of the platform's tables can break, on a throwaway database."""

from datetime import UTC, datetime

from django.db import connection

from ops_console.health import guards
from ops_console.health.findings import Ground, Reading, State
from tenants.rollout.platform import as_owner

BY_NAME = {guard.name: guard for guard in guards.ALL}


def as_owner_run(sql: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(sql)


def look(name: str) -> Reading:
    return BY_NAME[name].look(Ground(now=datetime.now(UTC)))


def test_a_twin_of_a_mall_table_in_public_is_named(committed: None) -> None:
    """C23: a table of malls that stands in `public` too."""
    assert look("twins").state == State.OK
    as_owner_run("CREATE TABLE public.deals_deal (id int)")
    assert look("twins") == Reading(State.FAILED, "in public: deals_deal")


def test_a_ledger_that_gives_way_is_told(committed: None) -> None:
    """M10: its trigger switched off by the owner."""
    as_owner_run("ALTER TABLE public.ledger_transfer DISABLE TRIGGER transfer_rows_stay")
    assert look("ledger") == Reading(State.FAILED, "ledger_transfer: its trigger is missing or off")
