"""Background work of the catalogue: reading, applying and fetching for imports."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import translation

from saas.kernel import clock
from saas.kernel.tasks import enqueue, task
from tenants.isolation.current import mall

from .imports import operations as imports
from .pictures import operations as pictures


@contextmanager
def _in_malls_language() -> Iterator[None]:
    with translation.override(mall().language):
        yield


@task("storefront.catalog.read_import")
def read_import(*, import_id: str, **_later: object) -> None:
    """Read an uploaded file into its preview."""
    with _in_malls_language():
        imports.read(import_id=import_id, now=clock.now())


# What goes on sale waits while the mall is suspended; reading into the preview does not.
@task("storefront.catalog.apply_import", while_suspended=False)
def apply_import(*, import_id: str, **_later: object) -> None:
    """Apply the next batches of an import, and come back for the rest, so that other work gets its turn."""
    with _in_malls_language():
        if imports.apply_some(import_id=import_id, now=clock.now()):
            enqueue("storefront.catalog.apply_import", import_id=import_id)


@task("storefront.catalog.fetch_pictures", while_suspended=False)
def fetch_pictures(*, import_id: str, dead_hosts: tuple[str, ...] = (), **_later: object) -> None:
    """Fetch the next pictures of an import, and come back for the rest."""
    with _in_malls_language():
        more, dead = pictures.fetch_some(import_id=import_id, dead_hosts=dead_hosts, now=clock.now())
        if more:
            enqueue("storefront.catalog.fetch_pictures", import_id=import_id, dead_hosts=dead)
