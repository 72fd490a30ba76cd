"""What archives ask of those who make schemas: their DDL, the release's migrations, rolling one schema forward, dropping one."""

from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string

from saas.kernel import clock
from saas.kernel.database import connection
from tenants.isolation import roles
from tenants.isolation.entrance import building
from tenants.registry.models import Tenant
from tenants.registry.names import TEMPLATE_SCHEMA
from tenants.rollout import operations as rollout
from tenants.rollout import structure, template, trim


def sections(raw: psycopg.Connection[Any], schema: str, *, seen_as: str) -> tuple[str, str]:
    """
    Return a schema's own DDL as a snapshot sees it: what stands before rows are loaded, and what comes after.

    That of a mall like the template was recorded with the release. pg_dump looks at all schemas of the database to write one, half a
    minute among 2,000: it is asked about a mall alone that is behind, or was changed by hand.

    :param raw: a connection that sees the snapshot
    :param seen_as: the snapshot's name
    :raises RecordingFailed: pg_dump is missing or failed
    """
    query = "SELECT before, after FROM public.rollout_recording ORDER BY id DESC LIMIT 1"
    recorded = raw.execute(query).fetchone()
    digests = structure.of_tables(raw.cursor(), schemas=[schema, TEMPLATE_SCHEMA], tables=None)
    if recorded is None or not recorded[0] or digests[schema] != digests[TEMPLATE_SCHEMA]:
        return template.sections(schema, f"--snapshot={seen_as}")
    before, after = (str(text).replace(TEMPLATE_SCHEMA, schema) for text in recorded)
    return before, after


def migrations() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return the migrations that this release knows at all, and those that a current mall has gone through."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    replaced = {one for migration in loader.disk_migrations.values() for one in migration.replaces}
    of_malls = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    ours = {key for key in loader.disk_migrations if key[0] in of_malls} - replaced
    return set(loader.disk_migrations) | replaced, ours


def roll_forward(tenant: Tenant) -> None:
    """Bring a mall's schema, and the roles and permissions in it, to this release. Not inside a transaction."""
    with building(tenant):
        call_command("migrate_schemas", tenant=True, schema_name=tenant.schema_name, interactive=False, verbosity=0)
    with building(tenant), transaction.atomic():
        trim.apply()
        import_string(settings.MALL_REFRESHER)()
    roles.ensure(tenant.schema_name)


def note_version(tenant: Tenant) -> None:
    """Write down that a mall is at this release."""
    rollout.note_current(tenant_id=tenant.pk, now=clock.now())


def current_fingerprint() -> str:
    """Return the fingerprint of the release that malls are at."""
    return template.current().fingerprint


def stands(schema: str) -> bool:
    """Tell whether there is such a schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)", [schema])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def remove(schema: str) -> None:
    """Drop a schema with all that is in it, and its role. Repeated it does nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    template.remove(schema)


def give_role(schema: str) -> None:
    """Give a schema that was just made what belongs to it beside its tables."""
    roles.ensure(schema)
