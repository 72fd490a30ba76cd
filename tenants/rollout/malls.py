"""Takes malls one stretch further: some at once where it is SQL, one by one where it is Python."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, transaction
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.utils.module_loading import import_string
from psycopg import errors

from saas.kernel.database import connection
from tenants.frontcache.generations import generations
from tenants.isolation import roles
from tenants.isolation.contenttypes import separate_manager_by_schema
from tenants.isolation.entrance import building, on_platform
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA

from . import capture, structure, trim
from .models import MallVersion, Step
from .stretches import Stretch

# How long the locks of one transaction may take together. Below PostgreSQL's deadlock_timeout of a second: where a request and
# the roll-out wait for each other, the roll-out lets go before the request could be chosen as the victim. And so no request
# waits longer for the roll-out than this and the change itself.
LOCK_MS = 700
WORK_MS = 600_000
LOCKED = (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected)


class Locked(Exception):
    """Somebody else holds a lock that the step needs; later it may be free."""


class Drifted(Exception):
    """A step went through, and the mall's tables are not what they are in the template."""


@dataclass(frozen=True)
class Mall:
    """A mall on its way."""

    tenant: Tenant
    step: int

    @property
    def schema(self) -> str:
        """The schema's name."""
        return str(self.tenant.schema_name)


def take(malls: Sequence[Mall], stretch: Stretch, *, now: datetime) -> None:
    """
    Take the malls through the stretch and note it, in one transaction: all of them or none. Runs on the platform.

    :raises Locked: a table, or the mall's version, was held by somebody else; nothing has changed
    :raises Drifted: a mall is not like the template; nothing has changed
    :raises Exception: whatever a migration raises; nothing has changed, unless it is one that refuses transactions
    """
    try:
        with on_platform():
            _KINDS[stretch.kind](malls, stretch, now)
    except OperationalError as error:
        if isinstance(error.__cause__, LOCKED):
            raise Locked from error
        raise
    finally:
        # After the commit, and also when a later mall of a list failed that is taken one by one. What changed is not asked for:
        # a page that is made anew costs little.
        generations.change(*(mall.schema for mall in malls))


def _replay(malls: Sequence[Mall], stretch: Stretch, now: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}; SET LOCAL statement_timeout = {LOCK_MS}")
        _hold(malls, stretch)
        if locking := stretch.locking([mall.schema for mall in malls]):
            cursor.execute(locking)
        cursor.execute(f"SET LOCAL statement_timeout = {WORK_MS}")
        text = stretch.statements()
        # One round trip. A step's text is ours; nothing of it comes from outside.
        cursor.execute(
            "".join(f'SET LOCAL search_path = "{mall.schema}", "extensions";\n{text};\n' for mall in malls) + _HOME
        )
        if stretch.makes_tables:
            for mall in malls:
                roles.narrow(mall.schema)
        _compare(malls, stretch)
        _note(malls, stretch.end, now)


_HOME = 'SET LOCAL search_path = "public", "extensions"'


def _hold(malls: Sequence[Mall], stretch: Stretch) -> None:
    """Lock the malls' versions, so that a process that was killed and whose last statement still runs is not overtaken."""
    ids = [mall.tenant.pk for mall in malls]
    held = MallVersion.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        tenant__in=ids, step=stretch.begin
    )
    if len(held.values_list("pk", flat=True)) != len(ids):
        raise Locked


def _compare(malls: Sequence[Mall], stretch: Stretch) -> None:
    """Refuse a mall in which the touched tables are not as they are in the template."""
    if not stretch.tables:
        return
    if any(digest and not digest.startswith(structure.EDITION) for digest in stretch.tables.values()):
        return  # recorded by a release that made fingerprints otherwise
    wanted = {table: digest for table, digest in stretch.tables.items() if digest}
    with connection.cursor() as cursor:
        found = structure.of_tables(cursor, schemas=[mall.schema for mall in malls], tables=sorted(stretch.tables))
        for mall in malls:
            if found[mall.schema] != wanted:
                wrong = sorted({table for table, _digest in found[mall.schema].items() ^ wanted.items()})
                told = structure.difference(cursor, schema=mall.schema, template=TEMPLATE_SCHEMA, tables=wrong)
                raise Drifted("; ".join(told[:5]) or f"{', '.join(wrong)} differ from the template's")


def _note(malls: Sequence[Mall], step: int, now: datetime) -> None:
    ids = [mall.tenant.pk for mall in malls]
    with (
        connection.cursor() as cursor
    ):  # from inside a mall too, where the platform's tables are not on the search path
        cursor.execute(
            "UPDATE public.rollout_mallversion SET step = %s, reason = '', moved_at = %s WHERE tenant_id = ANY(%s)",
            [step, now, ids],
        )


def _migrate_one(malls: Sequence[Mall], stretch: Stretch, now: datetime) -> None:
    """Run a migration that is more than SQL, in each mall by Django."""
    step = stretch.steps[0]
    migration, state = python_migration(step)
    for mall in malls:
        if not migration.atomic:
            with building(mall.tenant), connection.schema_editor(atomic=False) as editor:
                migration.apply(state(), editor)
        with building(mall.tenant), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
            if migration.atomic:
                with connection.schema_editor(atomic=True) as editor:
                    migration.apply(state(), editor)
            cursor.execute(capture.noted(migration))
            roles.narrow(mall.schema)
            _note([mall], stretch.end, now)


def _call(malls: Sequence[Mall], stretch: Stretch, now: datetime) -> None:
    """Call a function of ours in each mall; repeated it changes nothing."""
    for mall in malls:
        with building(mall.tenant), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
            import_string(stretch.steps[0].name)()
            _note([mall], stretch.end, now)


def _migrate_all(malls: Sequence[Mall], stretch: Stretch, now: datetime) -> None:
    """Run whatever Django finds missing: malls from before there were steps, or whose way was lost with the template."""
    for mall in malls:
        with building(mall.tenant):
            call_command(
                "migrate_schemas",
                tenant=True,
                schema_name=mall.schema,
                interactive=False,
                verbosity=0,
                executor="standard",
            )
        roles.ensure(mall.schema)
        with building(mall.tenant), transaction.atomic(), connection.cursor() as cursor:
            trim.apply()
            import_string(settings.MALL_REFRESHER)()
            if told := structure.difference(cursor, schema=mall.schema, template=TEMPLATE_SCHEMA):
                raise Drifted("; ".join(told[:5]))
            _note([mall], stretch.end, now)


_KINDS: dict[str, Callable[[Sequence[Mall], Stretch, datetime], None]] = {
    Step.Kind.SQL: _replay,
    Step.Kind.DJANGO: _migrate_one,
    Step.Kind.CALL: _call,
    Step.Kind.MIGRATE: _migrate_all,
}
_states: dict[tuple[str, str], tuple[Migration, ProjectState]] = {}
_rendering = threading.Lock()


def python_migration(step: Step) -> tuple[Migration, Callable[[], ProjectState]]:
    """
    Return the step's migration and a maker of the models' state before it, which is worked out once for all malls.

    Models of that state cache content types by themselves; they get the cache that knows schemas.
    """
    key = (step.app, step.name)
    with _rendering:
        if key not in _states:
            loader = MigrationExecutor(connection).loader
            migration = loader.graph.nodes[key]
            capture.inject_rename_contenttypes_operations(plan=[(migration, False)])
            state = loader.project_state(key, at_end=False)
            if "contenttypes" in {label for label, _model in state.models}:
                separate_manager_by_schema(state.apps.get_model("contenttypes", "ContentType").objects)
            _states[key] = (migration, state)
    migration, state = _states[key]

    def fresh() -> ProjectState:
        with _rendering:
            return state.clone()

    return migration, fresh
