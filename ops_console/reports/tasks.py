"""What the work tells by name, and what beat starts."""

from datetime import date

from saas.kernel import clock
from saas.kernel.tasks import task

from . import crediting, issuing, settling, visitors
from .periods import Period


@task("ops_console.reports.task_missed")
def task_missed(*, task: str, **_later: object) -> None:
    """Give what the contract promises for a missed task."""
    crediting.give(task=task, now=clock.now())


@task("ops_console.reports.bill_credits")
def bill_credits(**_later: object) -> None:
    """Put credits on the next invoices."""
    crediting.bill_due(now=clock.now())


@task(
    "ops_console.reports.tell_settled",
    autoretry_for=(OSError,),
    max_retries=8,
    retry_backoff=10,
    retry_backoff_max=900,
)
def tell_settled(*, credit: str, **_later: object) -> None:
    """Tell the merchant how a credit was settled."""
    settling.tell(credit=credit)


@task("ops_console.reports.keep_visits")
def keep_visits(**_later: object) -> None:
    """Keep by day how often malls were looked at."""
    visitors.keep(now=clock.now())


@task("ops_console.reports.issue_due")
def issue_due(**_later: object) -> None:
    """Start what makes each report that is due."""
    issuing.issue_due(now=clock.now())


@task("ops_console.reports.issue")
def issue(*, contract: str, kind: str, first: str, until: str, **_later: object) -> None:
    """Make one report."""
    period = Period(kind, date.fromisoformat(first), date.fromisoformat(until))
    issuing.issue(contract=contract, period=period, now=clock.now())


@task("ops_console.reports.mail", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900)
def mail(*, report: str, **_later: object) -> None:
    """Mail one report to the merchant."""
    issuing.mail(report=report, now=clock.now())
