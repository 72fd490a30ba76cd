"""Looks into the malls once a minute, feels the pulse of each queue, and lets the doctor look by the quarter of an hour."""

from saas.kernel import clock
from saas.kernel.actors import SYSTEM
from saas.kernel.tasks import task

from . import operations


@task("ops_console.health.survey")
def survey(**_later: object) -> None:
    """Keep what waits or is stuck in each mall."""
    operations.survey(now=clock.now())


@task("ops_console.health.pulse")
def pulse(*, queue: str, **_later: object) -> None:
    """Note that beat's message came through this queue."""
    operations.note_pulse(queue=queue, now=clock.now())


@task("ops_console.health.examine")
def examine(**_later: object) -> None:
    """Let the doctor look and keep what was found."""
    operations.examine(now=clock.now(), by=SYSTEM)
