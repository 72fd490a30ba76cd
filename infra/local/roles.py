"""
The database's roles and schemas: who owns, who works, and where extensions live.

- ``hutong_owner`` owns the database and the schema ``public``; migrations of the platform run as it.
- ``hutong_app`` runs the application: it reads and writes rows of ``public``, and makes and owns malls' schemas.
- ``r_<schema>``, one for each mall, is what SQL runs as inside the mall: rows of that schema and nothing else. ``hutong_app``
  may become it and inherits nothing from it.
- ``hutong_keeper`` cannot log in. It owns the two functions by which ``hutong_app`` makes and drops malls' roles, and is the
  only one that may create roles.
- Extensions are in the schema ``extensions``, which is on every search path.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import psycopg
from psycopg import sql

COPY_TRIES, COPY_PAUSE_S = 20, 0.5
OWNER = "hutong_owner"
APP = "hutong_app"
ROLES = (OWNER, APP)
KEEPER = "hutong_keeper"
# What sessions of the application are bounded by. They ask for it themselves; a pooler drops what they ask for when they connect.
LIMITS = {"lock_timeout": "4s", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "60s"}
EXTENSIONS = ("cube", "earthdistance", "pg_trgm", "btree_gist", "unaccent", "pg_stat_statements")
SEARCH_PATH = "public, extensions"
# A role belongs to the server and not to one of its databases. Copies of a database share their malls' roles, whose rights are
# each database's own; so a role that another database still needs stays, and one that is there already is taken over.
MALL_ROLES = """
CREATE OR REPLACE FUNCTION public.make_mall_role(mall text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text := 'r_' || mall;
BEGIN
    IF mall !~ '^m_[0-9a-z]{16}$' THEN
        RAISE EXCEPTION 'not a mall''s schema: %', mall USING ERRCODE = 'invalid_parameter_value';
    END IF;
    BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    IF NOT pg_has_role(session_user, wanted, 'MEMBER') THEN
        EXECUTE format('GRANT %I TO %I', wanted, session_user);
    END IF;
END $$;
CREATE OR REPLACE FUNCTION public.drop_mall_role(mall text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF mall !~ '^m_[0-9a-z]{16}$' THEN
        RAISE EXCEPTION 'not a mall''s schema: %', mall USING ERRCODE = 'invalid_parameter_value';
    END IF;
    EXECUTE format('DROP ROLE IF EXISTS %I', 'r_' || mall);
EXCEPTION WHEN dependent_objects_still_exist THEN
    NULL;
END $$;
"""


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
        _make_keeper(connection)


def _make_keeper(connection: psycopg.Connection) -> None:
    """Make the keeper of malls' roles; let what runs the application become a mall's role without having its rights."""
    connection.execute("SELECT pg_advisory_lock(hashtext('hutong-roles'))")
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [KEEPER]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT CREATEROLE").format(sql.Identifier(KEEPER)))
    row = connection.execute("SELECT rolinherit FROM pg_roles WHERE rolname = %s", [APP]).fetchone()
    if row and row[0]:
        connection.execute(sql.SQL("ALTER ROLE {} NOINHERIT").format(sql.Identifier(APP)))
    connection.execute("SELECT pg_advisory_unlock(hashtext('hutong-roles'))")


def drop_unused_mall_roles(superuser_url: str) -> int:
    """Drop the roles of malls that no database of the server has any more; return how many. For servers of tests."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        unused = connection.execute(
            "SELECT rolname FROM pg_roles r WHERE rolname ~ '^r_m_[0-9a-z]{16}$' "
            "AND NOT EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid "
            "AND classid <> 'pg_auth_members'::regclass)"
        ).fetchall()
        for (role,) in unused:
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
    return len(unused)


def create_database(superuser_url: str, *, name: str, template: str | None = None) -> None:
    """
    Create a database with the schemas, extensions and rights that Hutong expects; an existing one is completed.

    :param superuser_url: the address of any other database of the same server, as its superuser
    :param template: a database made by this function before, to copy with its tables and rows
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not known:
            _copy_database(connection, name, template or "template0")
        _make_keeper(connection)
        _grant_on_database(connection, name)
    parameters = psycopg.conninfo.conninfo_to_dict(superuser_url)
    with psycopg.connect(psycopg.conninfo.make_conninfo("", **(parameters | {"dbname": name}))) as connection:
        _prepare_schemas(connection)


def _copy_database(connection: psycopg.Connection, name: str, template: str) -> None:
    """Copy a database; a session that is just leaving the template is waited for."""
    statement = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template)
    )
    for left in range(COPY_TRIES - 1, -1, -1):
        try:
            connection.execute(statement)
        except psycopg.errors.ObjectInUse:
            if not left:
                raise
            time.sleep(COPY_PAUSE_S)
        else:
            return


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
    for limit, value in LIMITS.items():
        command = sql.SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}")
        connection.execute(command.format(app, database, sql.Identifier(limit), sql.Literal(value)))


def _prepare_schemas(connection: psycopg.Connection) -> None:
    owner, app = sql.Identifier(OWNER), sql.Identifier(APP)
    connection.execute("SET search_path = public, extensions")
    for statement in (
        sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app),
        sql.SQL("CREATE SCHEMA IF NOT EXISTS extensions"),
        sql.SQL("GRANT USAGE ON SCHEMA extensions TO PUBLIC"),
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
    _prepare_mall_roles(connection)


def _prepare_mall_roles(connection: psycopg.Connection) -> None:
    owner, app, keeper = sql.Identifier(OWNER), sql.Identifier(APP), sql.Identifier(KEEPER)
    both = sql.SQL(", ").join([owner, app])
    connection.execute(MALL_ROLES)
    for function in ("make_mall_role", "drop_mall_role"):
        name = sql.SQL("public.{}(text)").format(sql.Identifier(function))
        connection.execute(sql.SQL("ALTER FUNCTION {} OWNER TO {}").format(name, keeper))
        connection.execute(sql.SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC").format(name))
        connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(name, app))
    # With it a single SELECT could change the role that the next statement runs as.
    setting = sql.SQL("pg_catalog.set_config(text, text, boolean)")
    connection.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(setting))
    connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(setting, both))
    connection.execute("REVOKE ALL ON extensions.pg_stat_statements, extensions.pg_stat_statements_info FROM PUBLIC")
