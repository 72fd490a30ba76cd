"""The database connection, typed as what ours is: Django's, with a schema."""

from typing import TYPE_CHECKING, Any, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from django.db.backends.postgresql.base import DatabaseWrapper

    class SchemaConnection(DatabaseWrapper):
        """
        A connection that is in one schema at a time; see tenants.isolation.postgresql.

        `tenant` is the mall's tenant, or a stand-in with only a `schema_name` on the platform. Code enters a mall with
        tenants.isolation.entrance, never with the two methods.
        """

        schema_name: str
        tenant: Any
        is_in_mall: bool
        as_owner: bool
        switches: int

        def set_tenant(self, tenant: Any, include_public: bool = False) -> None: ...
        def set_schema_to_public(self) -> None: ...


connection = cast("SchemaConnection", _connection)
