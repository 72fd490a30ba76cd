"""Background work on pages."""

from saas.kernel.tasks import task

from . import planting


@task("cms.pages.index_everything")
def index_everything(**_later: object) -> None:
    """Index the mall's pages and pictures."""
    planting.index_everything()
