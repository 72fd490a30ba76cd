"""Sends held work when its mall takes it again."""

from saas.kernel.tasks import task

from . import operations


@task("tenants.heldwork.release")
def release(**_later: object) -> None:
    """Send what can be done now."""
    operations.release()
