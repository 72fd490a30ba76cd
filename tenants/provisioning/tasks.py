"""Keeps the pool of ready schemas filled."""

from django.conf import settings

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations


@task("tenants.provisioning.refill_pool")
def refill_pool(**_later: object) -> None:
    """Build what is missing in the pool."""
    operations.refill_pool(size=settings.MALL_POOL_SIZE, now=clock.now())
