"""Looks into the malls once a minute."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations


@task("ops_console.health.survey")
def survey(**_later: object) -> None:
    """Keep what waits or is stuck in each mall."""
    operations.survey(now=clock.now())
