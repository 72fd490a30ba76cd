"""What beat starts: tasks of the next weeks, and what lapses."""

from datetime import timedelta

from saas.kernel import clock
from saas.kernel.tasks import task

from . import bulk, planning, sweeping


@task("ops_console.work.generate")
def generate(**_later: object) -> None:
    """Make the tasks of the next weeks."""
    planning.generate(now=clock.now())


@task("ops_console.work.sweep")
def sweep(**_later: object) -> None:
    """Cover who is away, excuse malls that stand still, note what was missed."""
    now = clock.now()
    sweeping.sweep(now=now)
    for act in bulk.unfinished(before=now - timedelta(minutes=2)):
        bulk.do(act=act, now=now)


@task("ops_console.work.do_bulk")
def do_bulk(*, act: str, **_later: object) -> None:
    """Do one act on many tasks."""
    bulk.do(act=act, now=clock.now())
