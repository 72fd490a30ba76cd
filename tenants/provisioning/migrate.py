"""Brings the platform's schema, the template and every mall to the current migrations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from dj_database_url import parse
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tenants.isolation import roles
from tenants.isolation.entrance import building
from tenants.registry.models import Tenant

from . import template
from .models import ReadySchema


@contextmanager
def as_owner() -> Iterator[None]:
    """Connect as the role that owns the platform's tables, for the length of the block."""
    owner = parse(settings.DATABASE_OWNER_URL)
    own = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(USER=owner["USER"], PASSWORD=owner["PASSWORD"])
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(own)


def migrate_platform() -> None:
    """Migrate `public`, as its owner."""
    with as_owner():
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)


def migrate_malls(*, now: datetime, say: Callable[[str], object] = print) -> int:
    """Rebuild the template when migrations changed, then migrate each mall that is behind; return how many were migrated."""
    recording = template.ensure_template(now=now, say=say)
    behind = list(Tenant.objects.served().exclude(fingerprint=recording.fingerprint).order_by("pk"))
    for number, tenant in enumerate(behind, start=1):
        say(f"Migrating {tenant.name} ({number} of {len(behind)}) …")
        with building(tenant):
            call_command("migrate_schemas", tenant=True, schema_name=tenant.schema_name, interactive=False, verbosity=0)
        roles.ensure(tenant.schema_name)
        Tenant.objects.filter(pk=tenant.pk).update(fingerprint=recording.fingerprint)
    _give_roles()
    return len(behind)


def _give_roles() -> None:
    """Give a role to the malls and ready schemas that an older release made without one."""
    schemas = [
        *Tenant.objects.values_list("schema_name", flat=True),
        *ReadySchema.objects.values_list("schema_name", flat=True),
    ]
    roles.ensure_all(schemas)
