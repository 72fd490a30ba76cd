"""The background side of exports and restores."""

from saas.kernel import clock
from saas.kernel.tasks import enqueue, task
from tenants.longwork import lease

from . import exporting, operations, restoring
from .models import MallExport, MallRestore

# The lease is what keeps two from working at once and what notices a dead one; the broker's own limits would only cut it off.
HOURS = 12 * 3600


@task("tenants.archives.export", time_limit=HOURS, soft_time_limit=HOURS)
def export(*, export: str, **_later: object) -> None:
    """Write an archive."""
    exporting.run(export=export)


@task("tenants.archives.restore", time_limit=HOURS, soft_time_limit=HOURS)
def restore(*, restore: str, **_later: object) -> None:
    """Make a mall from an archive."""
    restoring.run(restore=restore)


@task("tenants.archives.sweep")
def sweep(**_later: object) -> None:
    """Begin again what a dead process left, and remove archives whose time is over."""
    for found in lease.due(MallExport):
        enqueue("tenants.archives.export", export=found)
    for found in lease.due(MallRestore):
        enqueue("tenants.archives.restore", restore=found)
    operations.remove_expired(now=clock.now())
