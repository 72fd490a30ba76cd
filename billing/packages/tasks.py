"""Background work of packages, on the platform."""

from billing.gateway.hearing import UNTIL_ANSWERED
from saas.kernel import clock
from saas.kernel.tasks import task

from . import agreed, beginning, closing, following, invoicing, items, mails, returning, selling, standing, usage


@task("billing.packages.tell_owner", autoretry_for=(OSError,), max_retries=8, retry_backoff=10, retry_backoff_max=900)
def tell_owner(*, subscription: str, what: str, **_later: object) -> None:
    """Tell the mall's owner by mail."""
    mails.tell_owner(subscription=subscription, what=what)


@task("billing.packages.subscription_changed", **UNTIL_ANSWERED)
def subscription_changed(*, object_id: str, **_later: object) -> None:
    """Something happened with a subscription at Stripe."""
    beginning.refresh(stripe_subscription=object_id, now=clock.now())


@task("billing.packages.invoice_changed", **UNTIL_ANSWERED)
def invoice_changed(*, object_id: str, **_later: object) -> None:
    """Something happened with an invoice at Stripe."""
    invoicing.refresh(stripe_invoice=object_id, now=clock.now())


@task("billing.packages.look_again")
def look_again(**_later: object) -> None:
    """Find what Stripe's news did not tell."""
    following.look_again(now=clock.now())


@task("billing.packages.start_agreed")
def start_agreed(**_later: object) -> None:
    """Begin what was signed; beat's daily task does it again where Stripe did not answer."""
    agreed.start_due(now=clock.now())


@task("billing.packages.end_agreed")
def end_agreed(**_later: object) -> None:
    """End at Stripe what a contract has ended, and begin what waited for that."""
    now = clock.now()
    closing.end_due(now=now)
    agreed.start_due(now=now)


@task("billing.packages.follow_notice", **UNTIL_ANSWERED)
def follow_notice(*, subscription: str, **_later: object) -> None:
    """A notice was taken back: Stripe, if it was told of the end already, lets the package go on."""
    closing.follow_notice(subscription)


@task("billing.packages.follow_items")
def follow_items(*, subscription: str, **_later: object) -> None:
    """Bring changed prices to Stripe; beat's daily task does it again where Stripe did not answer."""
    items.follow(subscription=subscription, now=clock.now())


@task("billing.packages.daily")
def daily(**_later: object) -> None:
    """Review who has paid, end what has come to its end, raise introductory prices, tell usage, net. Safe to run at any time."""
    now = clock.now()
    # First what needs no answer of Stripe, so that Stripe's absence keeps nobody restricted.
    standing.review(now=now)
    selling.withdraw_unanswered(now=now)
    usage.count(now=now)  # before anything ends: of what has ended nothing is counted
    usage.tell(now=now)
    closing.follow_notices(now=now)
    closing.end_due(now=now)
    agreed.start_due(now=now)
    items.end_introductions(now=now)
    invoicing.net_open(now=now)
    returning.settle_ended(now=now)
