"""Ends a visit in the mall that the platform ended."""

from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.tasks import task

from . import visits


@task("tenants.entry.end_visit")
def end_visit(*, visit: str, ended_by: str, **_later: object) -> None:
    """End the mall's copy; repeated it does nothing."""
    visits.end(visit=visit, by=Actor(kind="platform", name=ended_by), now=clock.now())
