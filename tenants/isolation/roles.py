"""
A database role for each mall: what SQL inside the mall runs as.

`r_<schema>` cannot log in, owns nothing, and has rights on the rows of its schema only: SQL that somebody smuggles into a mall
reads no other mall, nothing of the platform, and changes no table. The application's role owns the schemas; it becomes the
mall's role with the search path, see `postgresql.base`. How roles are made without the right to make roles: infra/local/roles.py.
"""

from collections.abc import Iterable

from django.db import transaction
from psycopg import sql

from saas.kernel.database import connection

# Tables whose rows are only ever added have a trigger on a function of this name. Migrations are noted by the owner alone.
APPEND_ONLY = "%\\_refuse\\_change"
READ_ONLY = ("django_migrations",)
GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)


def role_of(schema: str) -> str:
    """Return the name of the role that SQL inside the mall runs as."""
    return f"r_{schema}"


@transaction.atomic
def ensure(schema: str) -> None:
    """
    Give a mall's schema its role and the role its rights; repeated it sets right what is missing.

    To be called on the platform or while building the schema, after its tables are made. Tables that are added later have their
    rights by default; `narrow` takes away what they should not have.
    """
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role_of(schema))}
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.make_mall_role(%s)", [schema])
        cursor.execute(sql.SQL("; ").join(sql.SQL(text).format(**names) for text in GRANTS))
    narrow(schema)


@transaction.atomic
def narrow(schema: str) -> None:
    """Take UPDATE and DELETE from the role where rows are only ever added. After each change of the schema's tables."""
    role = sql.Identifier(role_of(schema))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE c.relnamespace = %s::regnamespace AND p.proname LIKE %s",
            [schema, APPEND_ONLY],
        )
        growing = [name for (name,) in cursor.fetchall()]
        revokes = [("UPDATE, DELETE", name) for name in growing] + [
            ("INSERT, UPDATE, DELETE", name) for name in READ_ONLY
        ]
        for rights, table in revokes:
            cursor.execute(
                sql.SQL("REVOKE {} ON {} FROM {}").format(sql.SQL(rights), sql.Identifier(schema, table), role)
            )


def drop(schema: str) -> None:
    """Drop the role of a schema that was dropped before. One that a copy of the database still uses stays."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.drop_mall_role(%s)", [schema])


def without_role(schemas: Iterable[str]) -> list[str]:
    """Return those of the schemas that exist and whose role is missing or may not enter: made before roles were, or tampered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_namespace n LEFT JOIN pg_roles r ON r.rolname = 'r_' || n.nspname "
            "WHERE n.nspname = ANY(%s) AND (r.oid IS NULL OR NOT has_schema_privilege(r.oid, n.oid, 'USAGE') "
            "OR NOT pg_has_role(session_user, r.oid, 'MEMBER')) ORDER BY 1",
            [list(schemas)],
        )
        return [name for (name,) in cursor.fetchall()]


def ensure_all(schemas: Iterable[str]) -> int:
    """Give a role to each of the schemas that has none; return how many were given. One query when all have."""
    missing = without_role(schemas)
    for schema in missing:
        ensure(schema)
    return len(missing)
