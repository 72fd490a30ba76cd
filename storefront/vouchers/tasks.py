"""What happens to vouchers by themselves. Each may run twice."""

from saas.kernel import clock
from saas.kernel.tasks import task

from . import operations, queries


@task("storefront.vouchers.lapse_ended")
def lapse_ended(**_later: object) -> None:
    """Give up the value of vouchers that ended unused, where deal and law let it end."""
    now = clock.now()
    for public_id in queries.ended_unused(at=now):
        operations.lapse(voucher_public_id=public_id, now=now)
