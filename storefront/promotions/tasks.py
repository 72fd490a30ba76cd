"""Background work of promotions, in a mall."""

from saas.kernel import clock
from saas.kernel.tasks import task
from storefront.terms import proposals

from . import operations


@task("storefront.promotions.withdraw_unanswered")
def withdraw_unanswered(**_later: object) -> None:
    """Withdraw offers of terms and of promotion codes that nobody answered; repeated it does nothing."""
    now = clock.now()
    proposals.withdraw_unanswered(now=now)
    operations.withdraw_unanswered(now=now)
