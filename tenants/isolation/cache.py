"""Cache keys carry the schema, on every alias."""

import redis
from django.conf import settings

from saas.kernel.database import connection


def make_key(key: str, key_prefix: str, version: int) -> str:
    """
    Return `<prefix>:<schema>:<version>:<key>`.

    :raises RuntimeError: where no schema is set
    """
    if not connection.schema_name:
        raise RuntimeError("a cache key needs a schema")
    return f"{key_prefix}:{connection.schema_name}:{version}:{key}"


def forget(schema: str) -> int:
    """Delete what caches and counters hold of a schema, which is a random name, and return how many keys there were."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    try:
        found = list(client.scan_iter(match=f"*{schema}*", count=1000))
        return client.delete(*found) if found else 0
    finally:
        client.close()
