"""Guards over the database server: settings, migrations, the way to it, its clock."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from ops_console.health.findings import Ground, Guard, Reading, failed, ok, some, unknown
from saas.kernel import clock, keyspace
from tenants.isolation import probes

OLDEST_VERSION = 150000
SKEW_ALLOWED = timedelta(seconds=2)
# So many schemas' worth of locks must fit: malls that open, close or are changed at once.
SCHEMAS_AT_ONCE = 6


def rows(sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the platform's connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def setting(name: str) -> str:
    """Return a server setting as this application's sessions have it."""
    return str(rows("SELECT current_setting(%s)", [name])[0][0])


def migrations(_ground: Ground) -> Reading:
    """Every migration of the platform is applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        names = [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
        return failed(said("not applied: %(names)s") % {"names": some(names)})
    return ok(said("%(count)d applied, none waits") % {"count": len(executor.loader.applied_migrations)})


def server(_ground: Ground) -> Reading:
    """The server is new enough, durable, and every statement has an end."""
    wrong = []
    if int(setting("server_version_num")) < OLDEST_VERSION:
        wrong.append(said("PostgreSQL %(version)s is older than 15") % {"version": setting("server_version")})
    wrong += [f"{name} = off" for name in ("fsync", "full_page_writes", "synchronous_commit") if setting(name) == "off"]
    wrong += [
        f"{name} = 0"
        for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        if setting(name) == "0"
    ]
    if setting("default_transaction_isolation") != "read committed":
        wrong.append(f"default_transaction_isolation = {setting('default_transaction_isolation')}")
    if wrong:
        return failed("; ".join(wrong))
    facts = {"version": setting("server_version"), "lock": setting("lock_timeout")}
    return ok(said("PostgreSQL %(version)s, durable, lock_timeout %(lock)s") % facts)


def lock_table(_ground: Ground) -> Reading:
    """The lock table holds what several malls that open or change at once take."""
    slots = int(setting("max_locks_per_transaction")) * int(setting("max_connections"))
    counted = rows(
        "SELECT count(*), max(relations), sum(relations) FROM (SELECT count(*) AS relations FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ~ '^m_[0-9a-z]{16}$' GROUP BY n.oid) AS one"
    )[0]
    malls, largest, together = (int(value or 0) for value in counted)
    facts = {"slots": slots, "malls": malls, "largest": largest, "together": together}
    text = said("%(slots)d locks for schemas of up to %(largest)d relations") % facts
    if slots < largest * SCHEMAS_AT_ONCE:
        return failed(text)
    if slots < together:
        text += said("; pg_dump of the whole database would need %(together)d: back up by WAL or mall by mall") % facts
    return ok(text)


def search_path(_ground: Ground) -> Reading:
    """What one connection sets stays with it: no pooler hands its session to somebody else between two statements."""
    verdicts = probes.ask(connection.get_connection_params())
    for verdict in verdicts:
        if verdict.is_ok is False:
            return failed(f"{verdict.detail}. {verdict.advice}")
    for verdict in verdicts:
        if verdict.is_ok is None:
            return unknown(verdict.detail)
    return ok("; ".join(verdict.detail for verdict in verdicts))


def clocks(_ground: Ground) -> Reading:
    """This machine's clock, the database's and Valkey's agree."""
    begin = clock.now()
    database = rows("SELECT clock_timestamp()")[0][0]
    counter = keyspace.server_time()
    end = clock.now()
    skews = [abs(moment - begin) for moment in (database, counter)]
    allowed = SKEW_ALLOWED + (end - begin)
    worst = max(skews)
    text = said("at most %(seconds).2f s apart") % {"seconds": worst.total_seconds()}
    return failed(text) if worst > allowed else ok(text)


GUARDS = (
    Guard("migrations", _("Migrations of the platform"), _("Run ./hutong migrate."), migrations),
    Guard(
        "server",
        _("The database server's settings"),
        _("Set them as infra/postgres/postgresql.conf explains, and restart the server."),
        server,
    ),
    Guard(
        "locks",
        _("Room for locks"),
        _("Raise max_locks_per_transaction (infra/postgres/postgresql.conf) and restart the server."),
        lock_table,
    ),
    Guard(
        "search-path",
        _("The search path survives the pooler"),
        _("Stop the web now: malls may be mixed. Mend the pooler as infra/pgbouncer says, or connect without it."),
        search_path,
    ),
    Guard(
        "clocks", _("Clocks agree"), _("Let every machine follow an NTP server (chrony, systemd-timesyncd)."), clocks
    ),
)
