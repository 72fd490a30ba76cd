# ruff: noqa: S608  SQL with a visitor's text in it is the subject
"""SQL inside a mall runs as the mall's role: it reads its own rows, and nothing of another mall, of the platform, of the server."""

import pytest
from django.db import DatabaseError, connection, transaction

from saas.accounts.models import User
from tenants.isolation import roles
from tenants.isolation.entrance import building, inside, on_platform
from tenants.provisioning import operations
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA, schema_name
from tenants.rollout import template
from tenants.rollout.queries import standing_schemas

pytestmark = pytest.mark.django_db


def run(statement: str) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def injectable(search: str) -> list[tuple[object, ...]]:
    """What nobody writes here: a query with the visitor's text in it."""
    return run(f"SELECT email FROM accounts_user WHERE name = '{search}'")


def test_a_statement_runs_as_the_malls_role(riverside: Tenant, hillside: Tenant) -> None:
    who = "SELECT current_user"
    with inside(riverside):
        assert run(who) == [(f"r_{riverside.schema_name}",)]
        with inside(hillside):
            assert run(who) == [(f"r_{hillside.schema_name}",)]
        with on_platform():
            assert run(who) == [("hutong_app",)]
        with building(riverside):
            assert run(who) == [("hutong_app",)]
            assert run("SELECT current_schema()") == [(riverside.schema_name,)]
            with inside(riverside):
                assert run(who) == [(f"r_{riverside.schema_name}",)]
        assert run(who) == [(f"r_{riverside.schema_name}",)]
    assert run(who) == [("hutong_app",)]


def test_sql_smuggled_into_a_mall_reads_no_other_mall_and_nothing_of_the_platform_t13(
    riverside: Tenant, hillside: Tenant
) -> None:
    theirs = f"x' UNION SELECT email FROM {hillside.schema_name}.accounts_user --"
    with inside(riverside):
        assert injectable("Alma") == [("alma@riverside.example",)]
        assert len(injectable("x' UNION SELECT email FROM accounts_user --")) >= 2, "the hole is real"
        for text in (
            theirs,
            "x' UNION SELECT schema_name FROM public.registry_tenant --",
            "x' UNION SELECT public.make_mall_role('m_0000000000000one')::text --",
            "x' UNION SELECT query FROM extensions.pg_stat_statements --",
            "x' UNION SELECT set_config('role', 'none', false) --",
            "x' UNION SELECT rolpassword FROM pg_authid --",
            "x' UNION SELECT pg_read_file('PG_VERSION') --",
        ):
            with pytest.raises(DatabaseError, match="permission denied"):
                injectable(text)
    # The negative control: as the application's role, which stood here before, the same text reads the other mall.
    with building(riverside):
        assert ("cleo@hillside.example",) in injectable(theirs)


@pytest.mark.parametrize(
    "rest",
    ["RESET ROLE", "SET ROLE hutong_app", "SELECT email FROM accounts_user", "DO $$ BEGIN SET ROLE NONE; END $$"],
)
def test_a_second_statement_is_refused_inside_a_mall_t13(rest: str, riverside: Tenant) -> None:
    with inside(riverside):
        with pytest.raises(DatabaseError, match="multiple commands"):
            injectable(f"x'; {rest}; SELECT '1")
        assert run("SELECT current_user") == [(f"r_{riverside.schema_name}",)]
    with building(riverside):  # the negative control: migrations are scripts of many statements
        assert run("SELECT 1; SELECT 2") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE accounts_user ADD COLUMN x int",
        "DROP TABLE accounts_user",
        "TRUNCATE accounts_user CASCADE",
        "CREATE TABLE x (id int)",
        "CREATE TEMPORARY TABLE x (id int)",
        "ALTER TABLE audit_auditentry DISABLE TRIGGER ALL",
        "UPDATE audit_auditentry SET summary = ''",
        "DELETE FROM audit_auditentry",
        "DELETE FROM django_migrations",
        "CREATE SCHEMA m_mine",
    ],
)
def test_the_malls_role_changes_no_table_and_no_trail_t13(statement: str, riverside: Tenant) -> None:
    with inside(riverside), pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        run(statement)


def test_a_new_mall_has_its_role_and_a_dropped_one_leaves_none() -> None:
    schema = schema_name()
    template.replay(template.current().script, schema)
    assert roles.without_role([schema, TEMPLATE_SCHEMA]) == []
    with inside(Tenant(schema_name=schema)):
        assert User.objects.count() == 0
    template.remove(schema)
    assert run(f"SELECT 1 FROM pg_roles WHERE rolname = 'r_{schema}'") == []


def test_a_table_that_is_added_later_is_the_malls_too(riverside: Tenant) -> None:
    with building(riverside):
        run("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY, note text)")
    with inside(riverside):
        run("INSERT INTO later (note) VALUES ('a')")
        assert run("SELECT id, note FROM later") == [(1, "a")]


def test_a_mall_without_a_role_serves_nothing_until_it_is_migrated(riverside: Tenant, now: object) -> None:
    schema = riverside.schema_name
    run(f"REVOKE USAGE ON SCHEMA {schema} FROM r_{schema}")
    with inside(riverside), pytest.raises(DatabaseError, match="does not exist"), transaction.atomic():
        User.objects.count()
    assert roles.without_role([schema]) == [schema]
    roles.ensure_all(standing_schemas())
    with inside(riverside):
        assert User.objects.count() > 0


def test_a_ready_schema_has_its_role(now: object) -> None:
    operations.refill_pool(size=1, now=now)  # type: ignore[arg-type]
    schema = operations.claim(template.current())
    assert roles.without_role([schema]) == []
    assert run(f"SELECT has_schema_privilege('r_{schema}', '{schema}', 'USAGE')") == [(True,)]
