"""Cache keys carry the schema, on every alias."""

from saas.kernel.database import connection


def make_key(key: str, key_prefix: str, version: int) -> str:
    """
    Return `<prefix>:<schema>:<version>:<key>`.

    :raises RuntimeError: where no schema is set
    """
    if not connection.schema_name:
        raise RuntimeError("a cache key needs a schema")
    return f"{key_prefix}:{connection.schema_name}:{version}:{key}"
