"""
The database's roles and schemas: who owns, who works, and where extensions live.

- ``hutong_owner`` owns the database and the schema ``public``; migrations of the platform run as it.
- ``hutong_app`` runs the application: it reads and writes rows of ``public``, and makes and owns malls' schemas.
- Extensions are in the schema ``extensions``, which is on every search path.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

OWNER = "hutong_owner"
APP = "hutong_app"
ROLES = (OWNER, APP)
EXTENSIONS = ("cube", "earthdistance", "pg_trgm", "btree_gist", "unaccent", "pg_stat_statements")
SEARCH_PATH = "public, extensions"


def create_roles(superuser_url: str, *, passwords: Mapping[str, str]) -> None:
    """Create the roles, or give existing ones these passwords; they are superusers in no case."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in ROLES:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}").format(
                    sql.SQL("ALTER" if known else "CREATE"), sql.Identifier(role), sql.Literal(passwords[role])
                )
            )


def create_database(superuser_url: str, *, name: str, template: str | None = None) -> None:
    """
    Create a database with the schemas, extensions and rights that Hutong expects; an existing one is completed.

    :param superuser_url: the address of any other database of the same server, as its superuser
    :param template: a database made by this function before, to copy with its tables and rows
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
                )
            )
        _grant_on_database(connection, name)
    parameters = psycopg.conninfo.conninfo_to_dict(superuser_url)
    with psycopg.connect(psycopg.conninfo.make_conninfo("", **(parameters | {"dbname": name}))) as connection:
        _prepare_schemas(connection)


def drop_database(superuser_url: str, *, name: str) -> None:
    """Drop a database, ending its sessions; nothing happens when it is not there."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _grant_on_database(connection: psycopg.Connection, name: str) -> None:
    database, app = sql.Identifier(name), sql.Identifier(APP)
    for statement in (
        sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(OWNER)),
        sql.SQL("ALTER DATABASE {} SET search_path = {}").format(database, sql.SQL(SEARCH_PATH)),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}").format(database, app),
    ):
        connection.execute(statement)


def _prepare_schemas(connection: psycopg.Connection) -> None:
    owner, app = sql.Identifier(OWNER), sql.Identifier(APP)
    both = sql.SQL(", ").join([owner, app])
    connection.execute("SET search_path = public, extensions")
    for statement in (
        sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app),
        sql.SQL("CREATE SCHEMA IF NOT EXISTS extensions"),
        sql.SQL("GRANT USAGE ON SCHEMA extensions TO {}").format(both),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(owner, app),
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {}").format(
            owner, app
        ),
    ):
        connection.execute(statement)
    for extension in EXTENSIONS:
        connection.execute(
            sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA extensions").format(sql.Identifier(extension))
        )
