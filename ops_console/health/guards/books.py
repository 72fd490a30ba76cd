"""Guards over what may never change: the ledger's transfers and the audit trails."""

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ops_console.health.findings import Ground, Guard, Reading, failed, ok, some, unknown
from saas.kernel.database import connection
from tenants.isolation.entrance import inside
from tenants.registry.models import Tenant

# SQLSTATE of a refusal: no right, or the trigger's own.
REFUSED = {"42501", "23001", "P0001"}
LEDGER = ("ledger_transfer",)
TRAIL = ("audit_auditentry",)
MALLS_TRIED = 20


class _Tried(Exception):
    """Undoes what an attempt may have done."""


def _gave_way(table: str) -> list[str]:
    """Try to change, delete and empty one row of the table as the application; return the statements that were not refused."""
    name = connection.ops.quote_name(table)
    one = f"WHERE ctid = (SELECT ctid FROM {name} LIMIT 1)"  # noqa: S608  a table of our own list
    attempts = {
        "UPDATE": f"UPDATE {name} SET id = id {one}",  # noqa: S608
        "DELETE": f"DELETE FROM {name} {one}",  # noqa: S608
    }
    return [verb for verb, sql in attempts.items() if not _is_refused(sql)]


def _is_refused(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
            raise _Tried
    except _Tried:
        return False
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") in REFUSED:
            return True
        raise


def _unguarded(tables: tuple[str, ...]) -> list[str]:
    """Return what keeps a table from being changed and is missing or off, in the current schema."""
    wrong = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(
                "SELECT count(*) FILTER (WHERE tgtype & 24 = 24), count(*) FILTER (WHERE tgtype & 32 > 0) FROM pg_trigger "
                "WHERE tgrelid = to_regclass(%s) AND NOT tgisinternal AND tgenabled IN ('O', 'A')",
                [f"{connection.schema_name}.{table}"],
            )
            rows_stay, table_stays = cursor.fetchone()
            if not rows_stay or not table_stays:
                wrong.append(said("%(table)s: its trigger is missing or off") % {"table": table})
    return wrong


def _holds_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})")  # noqa: S608
        return bool(cursor.fetchone()[0])


def _look(tables: tuple[str, ...]) -> tuple[list[str], int]:
    """Return what is wrong with these tables in the current schema, and on how many rows an attempt was made."""
    wrong, tried = _unguarded(tables), 0
    for table in tables:
        if _holds_rows(table):
            tried += 1
            wrong += [
                said("%(table)s: %(verb)s went through") % {"table": table, "verb": one} for one in _gave_way(table)
            ]
    return wrong, tried


def ledger(_ground: Ground) -> Reading:
    """Transfers refuse to be changed or deleted by the application's role."""
    wrong, tried = _look(LEDGER)
    if wrong:
        return failed("; ".join(wrong))
    if not tried:
        return ok(said("its triggers stand; no transfer yet to try on"))
    return ok(said("UPDATE and DELETE were refused"))


def trails(_ground: Ground) -> Reading:
    """Audit trails refuse to be changed or deleted, on the platform and in the malls."""
    wrong, tried = _look(TRAIL)
    tenants = list(Tenant.objects.served().order_by("?")[:MALLS_TRIED])
    for tenant in tenants:
        with inside(tenant):
            here, there = _look(TRAIL)
        wrong += [f"{tenant.slug}: {text}" for text in here]
        tried += there
    if wrong:
        return failed(some(wrong))
    if not tried:
        return unknown(said("no entry to try on yet"))
    return ok(said("UPDATE and DELETE were refused in %(count)d trails") % {"count": tried})


_MEND = _(
    "Somebody with the owner's rights took the guard away. Keep the database's log, compare with the backup, and restore the "
    "triggers and rights of the migration named append_only or refuse_changes."
)
GUARDS = (
    Guard("ledger", _("The ledger is append-only"), _MEND, ledger),
    Guard("audit", _("Audit trails are append-only"), _MEND, trails),
)
