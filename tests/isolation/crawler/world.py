"""What must not change in the victim's mall: a hash of each table's rows, of each file, and the planted cached values."""

import hashlib
from pathlib import Path
from typing import Any

import psycopg
from django.core.cache import caches
from psycopg import sql

from tenants.isolation.entrance import inside

from .canaries import CACHED, Canaries

# A guest's own session is the one row that anybody may make in a mall.
SESSIONS = "django_session"
# Rows of the platform that are one mall's and that its people act on.
ON_PLATFORM = {
    "contracts_contract": "tenant_id = (SELECT id FROM public.registry_tenant WHERE schema_name = %s)",
    "packages_subscription": "tenant_schema = %s",
    "archives_mallexport": "tenant_id = (SELECT id FROM public.registry_tenant WHERE schema_name = %s)",
    "domains_domainclaim": "tenant_id = (SELECT id FROM public.registry_tenant WHERE schema_name = %s)",
}


class World:
    """Sees one mall from outside: as the database's superuser, on the disk, in the cache."""

    def __init__(self, tenant: Any, *, url: str, media_root: str, canaries: Canaries) -> None:
        self._tenant, self._canaries = tenant, canaries
        self._folder = Path(media_root) / tenant.schema_name
        self._connection = psycopg.connect(url, autocommit=True)
        self._tables = [
            name
            for (name,) in self._connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [tenant.schema_name]
            )
            if name != SESSIONS
        ]

    @property
    def tables(self) -> int:
        """Return how many tables are watched."""
        return len(self._tables)

    def state(self) -> dict[str, str]:
        """Return a hash for each table, the mall's files together, and its planted cached values."""
        row = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {}.{} t"
        found = {
            table: str(
                self._connection.execute(
                    sql.SQL(row).format(sql.Identifier(self._tenant.schema_name), sql.Identifier(table))
                ).fetchone()[0]  # type: ignore[index]
            )
            for table in self._tables
        }
        found |= {f"public.{table}": self._on_platform(table) for table in ON_PLATFORM}
        found["files"] = self._files()
        with inside(self._tenant):
            found |= {f"cache {alias}": str(caches[alias].get("canary")) for alias in caches}
        assert all(found[f"cache {alias}"] == self._canaries.mark + CACHED for alias in caches)
        return found

    def _on_platform(self, table: str) -> str:
        """Return a hash of the platform's rows that are the mall's."""
        row = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM public.{} t WHERE "
        query = sql.SQL(row).format(sql.Identifier(table)) + sql.SQL(ON_PLATFORM[table])
        return str(self._connection.execute(query, [self._tenant.schema_name]).fetchone()[0])  # type: ignore[index]

    def _files(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            if path.is_file() and self._canaries.mark.encode() in path.read_bytes()[-20:]:
                digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()

    def close(self) -> None:
        """Let the database go."""
        self._connection.close()


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return what is not as it was."""
    return sorted(name for name in before | after if before.get(name) != after.get(name))
