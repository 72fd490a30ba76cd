"""Verdicts on their way into malls."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import letters, telling


@task("ops_console.audits.tell")
def tell(*, case: str, **_later: object) -> None:
    """Tell a mall how a case stands."""
    telling.tell(case=case, now=clock.now())


@task("ops_console.audits.tell_all")
def tell_all(**_later: object) -> None:
    """Tell malls what they were not told, and remind merchants who were asked for a change."""
    telling.tell_all(now=clock.now())
    telling.remind(now=clock.now())


@task("ops_console.audits.write", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900)
def write(*, case: str, stage: str, **_later: object) -> None:
    """Write to the merchant what was decided of a stage."""
    letters.write(case=case, stage=stage)
