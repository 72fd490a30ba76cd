"""The relay's tasks: the fast path after a commit, the sweep, and the fan-out of a task over every mall."""

from saas.kernel import clock
from saas.kernel.database import connection
from saas.kernel.tasks import enqueue, task
from tenants.registry import queries as registry

from . import operations


@task("tenants.relay.relay")
def relay(**_later: object) -> None:
    """Carry the events of the mall that this runs in."""
    operations.relay(schema=connection.schema_name, now=clock.now())


@task("tenants.relay.sweep")
def sweep(**_later: object) -> None:
    """Carry what the fast path lost, in every mall that has something waiting."""
    for schema in registry.served_schemas():
        if operations.waiting(schema):
            enqueue("tenants.relay.relay", schema=schema)


@task("tenants.relay.in_every_mall")
def in_every_mall(*, name: str, **_later: object) -> None:
    """Start a task in every mall."""
    for schema in registry.served_schemas():
        enqueue(name, schema=schema)
