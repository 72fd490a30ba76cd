"""Ends a visit in the mall that the platform ended, and what nobody answered in time."""

from saas.kernel import clock
from saas.kernel.actors import Actor
from saas.kernel.tasks import task

from . import approvals, visits


@task("tenants.entry.end_visit")
def end_visit(*, visit: str, ended_by: str, **_later: object) -> None:
    """End the mall's copy; repeated it does nothing."""
    visits.end(visit=visit, by=Actor(kind="platform", name=ended_by), now=clock.now())


@task("tenants.entry.lapse_approvals")
def lapse_approvals(**_later: object) -> None:
    """Let questions for a second yes lapse that nobody answered; repeated it does nothing."""
    approvals.lapse_due(now=clock.now())
