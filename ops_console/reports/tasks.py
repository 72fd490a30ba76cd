"""What the work tells by name, and what beat starts."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import crediting, visitors


@task("ops_console.reports.task_missed")
def task_missed(*, task: str, **_later: object) -> None:
    """Give what the contract promises for a missed task."""
    crediting.give(task=task, now=clock.now())


@task("ops_console.reports.bill_credits")
def bill_credits(**_later: object) -> None:
    """Put credits on the next invoices."""
    crediting.bill_due(now=clock.now())


@task("ops_console.reports.keep_visits")
def keep_visits(**_later: object) -> None:
    """Keep by day how often malls were looked at."""
    visitors.keep()
