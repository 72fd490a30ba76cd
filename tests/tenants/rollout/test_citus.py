"""Malls can be spread over machines by Citus: what the schema and a roll-out's statements must keep to, and a real coordinator."""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from tenants.isolation.entrance import building
from tenants.registry.names import TEMPLATE_SCHEMA
from tenants.rollout import citus

pytestmark = pytest.mark.django_db
ON_CITUS = pytest.mark.skipif(
    "CITUS_URL" not in os.environ,
    reason="set CITUS_URL to a superuser's address on a Citus coordinator (PostgreSQL 18, Citus 14)",
)


def names(sql: str, *given: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [row[0] for row in cursor.fetchall()]


def strays(schema: str) -> list[str]:
    """Return what keeps a schema from being moved alone: keys, triggers, defaults, views or parents that lead out of it."""
    return names(
        "SELECT 'foreign key ' || k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid "
        "JOIN pg_class t ON t.oid = k.confrelid WHERE k.contype = 'f' AND c.relnamespace = %s::regnamespace "
        "AND t.relnamespace <> c.relnamespace "
        "UNION ALL SELECT 'trigger ' || g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid "
        "JOIN pg_proc p ON p.oid = g.tgfoid WHERE NOT g.tgisinternal AND c.relnamespace = %s::regnamespace "
        "AND p.pronamespace <> c.relnamespace "
        "UNION ALL SELECT 'kind ' || c.relkind::text || ' ' || c.relname FROM pg_class c "
        "WHERE c.relnamespace = %s::regnamespace AND c.relkind NOT IN ('r', 'i', 'S', 't') "
        "UNION ALL SELECT 'unlogged ' || c.relname FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relpersistence <> 'p' "
        "UNION ALL SELECT 'no primary key ' || c.relname FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r' "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p') "
        "UNION ALL SELECT 'inherits ' || c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE c.relnamespace = %s::regnamespace",
        *[schema] * 6,
    )


def test_a_malls_schema_stands_alone(riverside: Any) -> None:
    assert strays(TEMPLATE_SCHEMA) == []
    assert strays(riverside.schema_name) == []


def test_what_leads_out_of_a_schema_is_found(riverside: Any, hillside: Any) -> None:
    here, there = riverside.schema_name, hillside.schema_name
    with connection.cursor() as cursor:
        cursor.execute(
            f'CREATE TABLE "{here}".probe (id bigint CONSTRAINT leads_out REFERENCES "{there}".deals_deal (id))'
        )
        cursor.execute(f'CREATE VIEW "{here}".seen AS SELECT 1')
    assert set(strays(here)) == {"foreign key leads_out", "kind v seen", "no primary key probe"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (
            (
                'ALTER TABLE "deals_deal" ADD COLUMN "store_id" bigint NULL CONSTRAINT "deals_fk" REFERENCES "stores_store"("id") '
                'DEFERRABLE INITIALLY DEFERRED; SET CONSTRAINTS "deals_fk" IMMEDIATE'
            ),
            [
                'ALTER TABLE "deals_deal" ADD COLUMN "store_id" bigint NULL',
                (
                    'ALTER TABLE "deals_deal" ADD CONSTRAINT "deals_fk" FOREIGN KEY ("store_id") REFERENCES "stores_store"("id") '
                    "DEFERRABLE INITIALLY DEFERRED"
                ),
                'SET CONSTRAINTS "deals_fk" IMMEDIATE',
            ],
        ),
        (
            'ALTER TABLE "deals_deal" ADD COLUMN "left" integer DEFAULT 3 NOT NULL CHECK ("left" >= 0)',
            [
                'ALTER TABLE "deals_deal" ADD COLUMN "left" integer DEFAULT 3 NOT NULL',
                'ALTER TABLE "deals_deal" ADD CONSTRAINT "deals_deal_left_check" CHECK ("left" >= 0)',
            ],
        ),
        ('ALTER TABLE "a" ADD COLUMN "b" integer NULL', ['ALTER TABLE "a" ADD COLUMN "b" integer NULL']),
        (
            'ALTER TABLE "a" ADD COLUMN "b" varchar(9) DEFAULT \'CHECK (1)\' NOT NULL',
            ['ALTER TABLE "a" ADD COLUMN "b" varchar(9) DEFAULT \'CHECK (1)\' NOT NULL'],
        ),
        ('CREATE INDEX "i" ON "a" ("b")', ['CREATE INDEX "i" ON "a" ("b")']),
    ],
)
def test_a_column_comes_before_its_constraint(given: str, wanted: list[str]) -> None:
    assert citus.accepted(given) == wanted


@pytest.mark.parametrize(
    "definition",
    [
        '"left" integer DEFAULT 3 NOT NULL CHECK ("left" >= 0)',
        (
            '"store_id" bigint NULL CONSTRAINT "probe_fk" REFERENCES "stores_store"("id") DEFERRABLE INITIALLY DEFERRED; '
            'SET CONSTRAINTS "probe_fk" IMMEDIATE'
        ),
    ],
)
def test_the_two_forms_make_the_same_table(definition: str, riverside: Any, hillside: Any) -> None:
    """Names of constraints included: a later migration finds them by name."""
    found = []
    statement = f'ALTER TABLE "deals_deal" ADD COLUMN {definition}'
    for tenant, statements in ((riverside, [statement]), (hillside, citus.accepted(statement))):
        with building(tenant), connection.cursor() as cursor:
            for one in statements:
                cursor.execute(one)
            found.append(
                names(
                    "SELECT conname || ' ' || replace(pg_get_constraintdef(oid), %s, '') FROM pg_constraint "
                    "WHERE conrelid = 'deals_deal'::regclass ORDER BY 1",
                    f"{tenant.schema_name}.",
                )
            )
    assert found[0] == found[1]
    assert any("left" in line or "probe_fk" in line for line in found[0])


def test_an_ordinary_database_is_no_coordinator(riverside: Any) -> None:
    assert citus.is_coordinator() is False


@pytest.fixture
def coordinator() -> Iterator[psycopg.Connection]:
    """Give a connection to a real coordinator, as its superuser."""
    with psycopg.connect(os.environ["CITUS_URL"], autocommit=True) as found:
        yield found


@ON_CITUS
def test_a_schema_is_built_distributed_and_changed(coordinator: psycopg.Connection) -> None:
    schema = f"m_{secrets.token_hex(8)}"
    coordinator.execute("SET citus.enable_schema_based_sharding = off")
    coordinator.execute(f'CREATE SCHEMA "{schema}"')
    try:
        coordinator.execute(f"SET search_path = {schema}")
        coordinator.execute(
            'CREATE TABLE "store" ("id" bigint PRIMARY KEY); CREATE TABLE "deal" ("id" bigint PRIMARY KEY)'
        )
        coordinator.execute('INSERT INTO "store" VALUES (1)')
        coordinator.execute("SELECT citus_schema_distribute(%s::regnamespace)", [schema])
        for one in citus.accepted(
            'ALTER TABLE "deal" ADD COLUMN "store_id" bigint NULL CONSTRAINT "deal_fk" REFERENCES "store"("id")'
        ):
            coordinator.execute(one)
        for one in citus.accepted(
            'ALTER TABLE "deal" ADD COLUMN "left" integer DEFAULT 3 NOT NULL CHECK ("left" >= 0)'
        ):
            coordinator.execute(one)
        coordinator.execute('INSERT INTO "deal" ("id", "store_id") VALUES (7, 1)')
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            coordinator.execute('INSERT INTO "deal" ("id", "store_id") VALUES (8, 2)')
        assert coordinator.execute('SELECT count(*) FROM "deal" JOIN "store" ON store_id = store.id').fetchone() == (1,)
    finally:
        coordinator.execute(f'DROP SCHEMA "{schema}" CASCADE')
