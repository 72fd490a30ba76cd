"""Where a statement runs: a search path and a role."""

from dataclasses import dataclass

from django.conf import settings
from django_tenants.postgresql_backend.base import _check_schema_name


@dataclass(frozen=True)
class Place:
    """A schema, and whether SQL runs there as the mall's own role (`confined`) or as the application's."""

    schema: str
    confined: bool

    @property
    def command(self) -> str:
        """Return the SQL that enters, in one round trip. Both parts or none take effect."""
        path = [self.schema, *settings.PG_EXTRA_SEARCH_PATHS]
        for name in path:
            _check_schema_name(name)
        quoted = ", ".join(f'"{name}"' for name in path)
        role = f'"r_{self.schema}"' if self.confined else "NONE"
        return f"SET search_path = {quoted}; SET ROLE {role}"

    def is_first_in(self, path: bytes) -> bool:
        """Tell whether the schema is the first of a search path as the server writes it."""
        return path.split(b",")[0].strip(b' "') == self.schema.encode()
