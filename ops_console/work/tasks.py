"""What beat starts: tasks of the next weeks, and what lapses."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import planning, sweeping


@task("ops_console.work.generate")
def generate(**_later: object) -> None:
    """Make the tasks of the next weeks."""
    planning.generate(now=clock.now())


@task("ops_console.work.sweep")
def sweep(**_later: object) -> None:
    """Cover who is away, excuse malls that stand still, note what was missed."""
    sweeping.sweep(now=clock.now())
