"""Keeps the pool of ready schemas filled, and the list of malls free of half ones."""

from django.conf import settings

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations


@task("tenants.provisioning.clear_abandoned")
def clear_abandoned(**_later: object) -> None:
    """Take back what openings left whose process died, and what a process left that died while it took one back."""
    operations.clear_abandoned(now=clock.now())
    operations.remove_left_files()


@task("tenants.provisioning.refill_pool")
def refill_pool(**_later: object) -> None:
    """Build what is missing in the pool."""
    operations.refill_pool(size=settings.MALL_POOL_SIZE, now=clock.now())
