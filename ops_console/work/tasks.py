"""What beat starts: tasks of the next weeks, and what lapses."""

from datetime import timedelta

from saas.kernel import clock
from saas.kernel.tasks import task

from . import asking, bulk, planning, sweeping


@task("ops_console.work.generate")
def generate(**_later: object) -> None:
    """Make the tasks of the next weeks."""
    planning.generate(now=clock.now())


@task("ops_console.work.sweep")
def sweep(**_later: object) -> None:
    """Cover who is away, excuse malls that stand still, note what was missed, write to merchants who are waited for."""
    now = clock.now()
    sweeping.sweep(now=now)
    for act in bulk.unfinished(before=now - timedelta(minutes=2)):
        bulk.do(act=act, now=now)
    asking.gather(now=now)


@task(asking.ASK, autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900)
def ask_merchant(*, tasks: list[str], **_later: object) -> None:
    """Write to a merchant about tasks that wait for an answer."""
    asking.ask(tasks=tasks)


@task("ops_console.work.do_bulk")
def do_bulk(*, act: str, **_later: object) -> None:
    """Do one act on many tasks."""
    bulk.do(act=act, now=clock.now())
