"""Ends visits whose time is up."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations


@task("ops_console.mandates.close_ended")
def close_ended(**_later: object) -> None:
    """End visits whose time is up, and those of people who may no longer visit."""
    operations.close_ended(now=clock.now())
