"""Ends visits whose time is up, and writes to who was not answered."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import asked, operations


@task("ops_console.mandates.close_ended")
def close_ended(**_later: object) -> None:
    """End visits whose time is up, and those of people who may no longer visit."""
    operations.close_ended(now=clock.now())


@task("ops_console.mandates.tell_lapsed")
def tell_lapsed(*, approval: str, **_later: object) -> None:
    """Write to who asked for a second yes that nobody answered."""
    asked.tell_lapsed(approval=approval)
