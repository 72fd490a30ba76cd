"""The scope of a task: the schema that its message names, checked."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from saas.kernel.database import connection
from saas.kernel.tasks import NotNow
from tenants.registry.models import Tenant

from .entrance import inside, on_platform

# Why a mall does not take work: the schema is no mall's, it was closed, its tables are not at the release, its sales are stopped.
UNKNOWN, CLOSED, MAINTENANCE, SUSPENDED = "unknown", "closed", "maintenance", "suspended"
LONGEST_NAME = 63


def sending_schema() -> str:
    """Return the schema that code runs in when it sends a task."""
    return str(connection.schema_name)


def refusal(tenant: Tenant | None, *, while_suspended: bool) -> str | None:
    """Return why a mall does not take a task now, or None where it does. A mall that is being opened takes all of its own."""
    if tenant is None:
        return UNKNOWN
    if tenant.status == Tenant.Status.CLOSED:
        return CLOSED
    if tenant.parked:
        return MAINTENANCE
    if tenant.status == Tenant.Status.SUSPENDED and not while_suspended:
        return SUSPENDED
    return None


@contextmanager
def task_scope(schema: str, *, while_suspended: bool = True, eager: bool = False) -> Iterator[None]:
    """
    Enter the platform or a mall for the length of a task, and leave the connection on the platform.

    A task that is run eagerly, in the middle of a request or of another task, leaves it where that was.

    A suspended mall's tasks run: suspension stops sales, not refunds, redemptions or what follows from them (M19). Those that
    serve sales (`while_suspended` is False) wait for its resumption.

    :raises NotNow: the mall does not take the task; nothing was entered
    :raises ValueError: the text is too long to be a schema's name
    """
    if len(schema) > LONGEST_NAME:
        raise ValueError("no schema has so long a name")
    if eager or connection.in_atomic_block:
        with _scope(schema, while_suspended=while_suspended):
            yield
        return
    connection.set_schema_to_public()
    try:
        with _scope(schema, while_suspended=while_suspended):
            yield
    finally:
        connection.set_schema_to_public()


@contextmanager
def _scope(schema: str, *, while_suspended: bool) -> Iterator[None]:
    with on_platform():
        tenant = None
        if schema != settings.PUBLIC_SCHEMA_NAME:
            tenant = Tenant.objects.filter(schema_name=schema).first()
            if reason := refusal(tenant, while_suspended=while_suspended):
                raise NotNow(reason)
        if tenant is None:
            yield
            return
    with inside(tenant):
        yield
