"""The scope of a task: the schema that its message names, checked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from saas.kernel.database import connection

from .entrance import inside, on_platform


def sending_schema() -> str:
    """Return the schema that code runs in when it sends a task."""
    return str(connection.schema_name)


@contextmanager
def task_scope(schema: str) -> Iterator[None]:
    """
    Enter the platform or an existing mall for the length of a task, and leave the connection on the platform.

    A suspended mall's tasks run: suspension stops sales, not refunds, redemptions or what follows from them (M19).

    :raises MallUnknown: the schema belongs to no mall
    """
    if connection.in_atomic_block:  # a task run eagerly inside a test's transaction keeps to its schema's rules
        with _scope(schema):
            yield
        return
    connection.set_schema_to_public()
    try:
        with _scope(schema):
            yield
    finally:
        connection.set_schema_to_public()


@contextmanager
def _scope(schema: str) -> Iterator[None]:
    if schema == settings.PUBLIC_SCHEMA_NAME:
        with on_platform():
            yield
    else:
        with inside(schema):
            yield
