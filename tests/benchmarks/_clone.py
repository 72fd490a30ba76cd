"""A throwaway copy of the prepared test database for benchmarks that commit; Django of this process works on it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from infra.local.roles import create_database, drop_database


@contextmanager
def cloned() -> Iterator[str]:
    """Clone the prepared database, set Django up on the clone, yield its address as superuser, and drop it."""
    from tests import database

    database.ensure()
    name = f"{database.base_name()}_{uuid.uuid4().hex[:8]}"
    create_database(database.superuser_url(), name=name, template=database.base_name())
    for variable in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[variable] = urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl()
    import django

    django.setup()
    from django.db import connection

    try:
        yield urlsplit(os.environ["DATABASE_SUPERUSER_URL"])._replace(path=f"/{name}").geturl()
    finally:
        connection.close()
        drop_database(database.superuser_url(), name=name)
