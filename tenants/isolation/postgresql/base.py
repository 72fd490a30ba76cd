"""
The database backend: django-tenants' wrapper, made to fail closed.

Inside a mall a statement runs with the mall's search path, as the mall's role, and alone: several statements in one string are
refused. Path and role are set together, once, and set again when anything may have changed them: a rollback, a reconnect, a
command of SQL that speaks of settings, a path that the server reports to be another. Django's health check at the start of a
request is this very command, so that a request in one mall costs one round trip for both.

Leaks of the stock wrapper that were reproduced and are closed here: a cancelled `SET search_path` runs the next statement in
the previous mall; a switch of schema inside a transaction moves commit hooks and deferred checks into another mall; a table
missing in a mall is found in `public`.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import Error, OperationalError
from django.db.transaction import TransactionManagementError
from django_tenants.postgresql_backend import base
from psycopg.pq import TransactionStatus

from tenants.isolation import probes

from .cursors import Cursor
from .places import Place


class TenantSwitchInTransaction(TransactionManagementError):
    """One unit of work touches one schema: the schema cannot change inside a transaction."""


class DatabaseWrapper(base.DatabaseWrapper):
    """
    PostgreSQL with a schema and a role for each mall.

    `as_owner` is on while tables are made or changed: SQL then runs as the application's own role. `switches` counts how often
    path and role were set.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.as_owner = False
        self.switches = 0
        # The place that was set, on which connection, and the path that the server reported then.
        self._settled: tuple[Place, Any, bytes | None] | None = None
        self._malls: set[str] = set()
        super().__init__(*args, **kwargs)

    # --- Where statements run -----------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        """Where the next statement is to run."""
        return Place(self.schema_name, confined=self.is_in_mall and not self.as_owner)

    def settle(self) -> None:
        """
        Set path and role of the place, unless they are known to be set. Called before every statement.

        :raises OperationalError: they could not be set; the statement must not run
        """
        if self.connection is None or self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            return  # the statement fails by itself, unless it rolls back, after which nothing is believed
        if self._settled != (self.place, self.connection, self._reported_path()):
            self._set(self.place)

    def _set(self, place: Place) -> None:
        self._forget()
        try:
            # Not a cursor of ours: two commands in one round trip, and no settling before the settling.
            psycopg.ClientCursor(self.connection).execute(place.command)
        except psycopg.Error as error:
            raise OperationalError(
                f"the search path and role of {place.schema} could not be set; refusing to run in an unknown schema: {error}"
            ) from error
        self.switches += 1
        path = self._reported_path()
        if path is not None and not place.is_first_in(path):
            raise OperationalError(f"the server's search path is {path!r} after entering {place.schema}")
        self._settled = (place, self.connection, path)
        if place.confined:
            self._malls.add(place.schema)

    def _reported_path(self) -> bytes | None:
        """Return the path that the server last reported by itself, which costs nothing; None before PostgreSQL 18."""
        path: bytes | None = self.connection.pgconn.parameter_status(b"search_path")
        return path

    def _forget(self) -> None:
        self._settled = None

    def forget(self) -> None:
        """Believe nothing about path and role: the next statement sets them."""
        self._forget()

    def _handle_search_path(self, cursor: Any = None) -> None:
        self.settle()

    def get_connection_params(self) -> dict[str, Any]:
        """Return Django's parameters, with our cursor."""
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """
        Open a connection. The first of a process is preceded by the probe of the way to the server.

        :raises PoolerUnsafe: a pooler on the way mixes sessions
        """
        probes.demand(conn_params)
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor that settles before each of its statements; a named one is settled when it is made."""
        cursor = super().create_cursor(name)
        if isinstance(cursor, Cursor):
            cursor.wrapper = self
        return cursor

    # --- What undoes it -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connection."""
        self._forget()
        self._malls = set()
        super().close()

    def rollback(self) -> None:
        """Roll back, and with it what was set in the transaction."""
        self._forget()
        super().rollback()
        self._forget()

    def commit(self) -> None:
        """Commit. The server rolls back instead when a statement had failed."""
        if self.connection is not None and self.connection.pgconn.transaction_status == TransactionStatus.INERROR:
            self._forget()
        super().commit()

    def savepoint_rollback(self, sid: str) -> None:
        """Roll back to a savepoint, and with it what was set since."""
        try:
            super().savepoint_rollback(sid)
        finally:
            self._forget()

    # --- How long a connection lives ----------------------------------------------------------------------------------

    def is_usable(self) -> bool:
        """Tell whether the connection works, by setting path and role afresh: a request begins with nothing believed."""
        if self.connection is None:
            return False
        try:
            self._set(self.place)
        except Error:
            return False
        return True

    def close_if_unusable_or_obsolete(self) -> None:
        """Close what is broken, too old, or has seen too many malls: a backend's memory for their tables is never given back."""
        if len(self._malls) >= settings.DATABASE_BACKEND_MALLS and not self.in_atomic_block:
            self.close()
        super().close_if_unusable_or_obsolete()

    # --- Units of work ------------------------------------------------------------------------------------------------

    def set_tenant(self, tenant: Any, include_public: bool = False) -> None:
        """
        Enter the schema. `include_public` is ignored: a mall's search path never contains `public`.

        :raises TenantSwitchInTransaction: in a transaction that belongs to another schema
        """
        current = getattr(self, "schema_name", None)
        if current not in (None, tenant.schema_name) and self._in_own_transaction():
            raise TenantSwitchInTransaction(f"cannot go from {current} to {tenant.schema_name} inside a transaction")
        # Not the stock method: it empties the content types' cache of every thread, where ours knows schemas.
        self.tenant = tenant
        self.schema_name = tenant.schema_name
        self.include_public_schema = False
        self.search_path_set_schemas = None
        self.set_settings_schema(tenant.schema_name)

    def _in_own_transaction(self) -> bool:
        """Tell whether product code opened a transaction; the one that Django's test case wraps around a test is none."""
        return any(not block._from_testcase for block in getattr(self, "atomic_blocks", ()))  # noqa: SLF001  as Django's durable=True does

    def on_commit(self, func: Callable[[], object], robust: bool = False) -> None:
        """Run `func` after the commit in the schema that registered it, whatever is active then."""
        tenant, as_owner = self.tenant, self.as_owner

        def bound() -> None:
            previous = self.tenant, self.as_owner
            self.set_tenant(tenant)
            self.as_owner = as_owner
            try:
                func()
            finally:
                self.set_tenant(previous[0])
                self.as_owner = previous[1]

        super().on_commit(bound, robust=robust)

    @property
    def is_in_mall(self) -> bool:
        """Whether the current schema is a mall's."""
        return bool(self.schema_name != settings.PUBLIC_SCHEMA_NAME)
