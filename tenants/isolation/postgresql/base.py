"""
The database backend: django-tenants' wrapper, made to fail closed.

Three leaks of the stock wrapper were reproduced and are closed here: a cancelled `SET search_path` runs the next statement
in the previous mall; a switch of schema inside a transaction moves commit hooks and deferred checks into another mall; a
table missing in a mall is found in `public`.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.transaction import TransactionManagementError
from django_tenants.postgresql_backend import base
from psycopg.pq import TransactionStatus


class TenantSwitchInTransaction(TransactionManagementError):
    """One unit of work touches one schema: the schema cannot change inside a transaction."""


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with a schema for each mall."""

    def _handle_search_path(self, cursor: Any = None) -> None:
        nested = self._setting_search_path
        super()._handle_search_path(cursor)
        if nested or self.search_path_set_schemas is not None or self.connection is None:
            return
        if self.connection.info.transaction_status != TransactionStatus.INERROR:
            raise OperationalError("the search path could not be set; refusing to run in an unknown schema")

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
        tenant = self.tenant

        def bound() -> None:
            previous = self.tenant
            self.set_tenant(tenant)
            try:
                func()
            finally:
                self.set_tenant(previous)

        super().on_commit(bound, robust=robust)

    @property
    def is_in_mall(self) -> bool:
        """Whether the current schema is a mall's."""
        return bool(self.schema_name != settings.PUBLIC_SCHEMA_NAME)
