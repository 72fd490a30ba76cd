"""Background work of orders, in a mall."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import spent


@task("storefront.orders.forget_spent")
def forget_spent(**_later: object) -> None:
    """Forget what was kept of limits for each person and is of use no more; repeated it does nothing."""
    spent.forget(now=clock.now())
