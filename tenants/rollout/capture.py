"""Runs migrations in the template and notes, in the same transaction, what each of them did."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.management import inject_rename_contenttypes_operations
from django.db import transaction
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from saas.kernel.database import connection
from tenants.isolation import roles

from . import citus, structure
from .models import Step

# What runs beside readers and writers needs no lock ahead.
HARMLESS = ("AccessShareLock", "RowShareLock", "RowExclusiveLock")


class CapturingEditor(DatabaseSchemaEditor):
    """Django's schema editor, which also keeps the statements that it executed, complete with their values."""

    def __init__(self, given: Any, *, atomic: bool) -> None:
        super().__init__(given, atomic=atomic)
        self.statements: list[str] = []

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Execute and keep one statement, in the form that Citus passes on too."""
        text = str(sql) if params is None else connection.ops.compose_sql(str(sql), params)
        for one in citus.accepted(text.strip().rstrip(";")):
            self.statements.append(one)
            super().execute(one, None)


@dataclass
class Footprint:
    """The tables of the template that stood before a migration, by their object's number."""

    schema: str
    names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = dict(
            rows(
                "SELECT c.oid::bigint, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE nspname = %s AND relkind IN ('r', 'p')",
                self.schema,
            )
        )

    def locks(self) -> dict[str, str]:
        """Return the tables that stood before and are locked now against readers or writers, with the mode."""
        held: dict[str, str] = {}
        for number, mode in rows(
            "SELECT relation::bigint, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT mode = ANY(%s)",
            list(HARMLESS),
        ):
            if number in self.names and held.get(self.names[number]) != "AccessExclusiveLock":
                held[self.names[number]] = mode
        return held

    def tables(self, locked: dict[str, str]) -> dict[str, str]:
        """Return the fingerprint of each table that was locked or is new; "" for one that is gone."""
        now = Footprint(self.schema).names
        touched = set(locked) | (set(now.values()) - set(self.names.values()))
        with connection.cursor() as cursor:
            found = structure.of_tables(cursor, schemas=[self.schema], tables=sorted(touched))[self.schema]
        return {table: found.get(table, "") for table in sorted(touched)}


def rows(sql: str, *given: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query in the current schema."""
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def missing(executor: MigrationExecutor) -> list[Migration]:
    """Return the migrations that the current schema lacks, in order, with what Django adds for renamed models."""
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    inject_rename_contenttypes_operations(plan=plan)
    return [migration for migration, _backwards in plan]


def is_replayable(migration: Migration) -> bool:
    """Whether a migration is nothing but statements that one transaction can hold."""
    return migration.atomic and all(operation.reduces_to_sql for operation in flat(migration.operations))


def flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Return the operations that touch the database, those inside others too."""
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation


def run_and_record(*, schema: str, now: datetime) -> list[Step]:
    """
    Bring the schema that this code runs in to the migrations on disk; return a step for each.

    A migration, Django's record of it and our step are one transaction: whatever kills the process, the template and the
    steps agree. Only a migration that refuses a transaction (`atomic = False`) is recorded after it.
    """
    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    plan = missing(executor)
    if not plan:
        return []
    state: ProjectState = executor._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]  # noqa: SLF001  no public way
    steps = []
    for migration in plan:
        if not migration.atomic:
            with CapturingEditor(connection, atomic=False) as editor:
                state = migration.apply(state, editor)
        with transaction.atomic():
            before = Footprint(schema)
            if migration.atomic:
                with CapturingEditor(connection, atomic=True) as editor:
                    state = migration.apply(state, editor)
            executor.recorder.record_applied(migration.app_label, migration.name)
            roles.narrow(schema)
            steps.append(_recorded(migration, editor.statements, before=before, now=now))
    return steps


@transaction.atomic
def record(name: str, statements: Sequence[str], *, schema: str, now: datetime) -> Step | None:
    """Run statements that are no migration's in the template and write them down as one step; None when there are none."""
    if not statements:
        return None
    before = Footprint(schema)
    with connection.cursor() as cursor:
        for one in statements:
            cursor.execute(one)
    roles.narrow(schema)
    step = Step(kind=Step.Kind.SQL, name=name, statements=";\n".join(statements), recorded_at=now)
    step.locks = before.locks()
    step.tables = before.tables(step.locks)
    insert(step)
    return step


def _recorded(migration: Migration, statements: list[str], *, before: Footprint, now: datetime) -> Step:
    step = Step(kind=Step.Kind.DJANGO, app=migration.app_label, name=migration.name, recorded_at=now)
    locks = before.locks()
    step.tables = before.tables(locks)
    if is_replayable(migration):
        step.kind, step.locks = Step.Kind.SQL, locks
        step.statements = ";\n".join([*statements, noted(migration)])
    insert(step)
    return step


def noted(migration: Migration) -> str:
    """Return the statement by which a mall remembers a migration as Django does."""
    return connection.ops.compose_sql(
        "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())",
        (migration.app_label, migration.name),
    )


def insert(step: Step) -> None:
    """Write a step from inside the template, where the platform's tables are not on the search path."""
    documents = [json.dumps(document) for document in (step.locks, step.tables, step.detail)]
    step.pk = rows(
        "INSERT INTO public.rollout_step (kind, app, name, statements, locks, tables, detail, recorded_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        *(str(step.kind), step.app, step.name, step.statements, *documents, step.recorded_at),
    )[0][0]
