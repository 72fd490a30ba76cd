"""Brings the platform's own schema to the current migrations, as the role that owns it."""

from collections.abc import Iterator
from contextlib import contextmanager

from dj_database_url import parse
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from .quickly import swappable_settings_known


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
    with as_owner(), swappable_settings_known():
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0, executor="standard")
