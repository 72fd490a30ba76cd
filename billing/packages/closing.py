"""How a package ends: at Stripe first, then here."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from billing.gateway import packages as stripe
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked_one

from .each import one_by_one
from .models import Subscription
from .selling import note

State = Subscription.State
# Beat comes once an hour; a notice that is taken back is told to Stripe at once.
TOLD_BEFORE = timedelta(hours=6)
SAME_MOMENT = timedelta(hours=1)


def follow_notices(*, now: datetime) -> int:
    """
    Tell Stripe of packages whose last paid period ends when they do, some hours before: else it bills another one in the same moment.
    Return for how many that was changed. Never inside a transaction.
    """
    rows = Subscription.objects.filter(state=State.ACTIVE, ends_at__gt=now, ends_at__lte=now + TOLD_BEFORE)
    return one_by_one(rows, lambda row: follow_notice(row.public_id))


def follow_notice(subscription: str) -> bool:
    """
    Let Stripe end a package with its running period, if that is when it ends here, or let it go on; tell whether that was changed.

    A notice that is taken back while Stripe is told of the end is found by looking again: whoever comes last sees both.

    :raises GatewayUnavailable: unknown; calling it again is safe
    """
    found = Subscription.objects.get(public_id=subscription)
    if found.state != State.ACTIVE:
        return False
    known = stripe.read_subscription(found.stripe_subscription)
    ends_with_it = _ends_with_period(found, known)
    if ends_with_it == known.ends_at_period_end or known.status == "canceled":
        return False
    if ends_with_it:
        stripe.end_subscription(subscription_id=found.stripe_subscription)
        if Subscription.objects.get(pk=found.pk).ends_at != found.ends_at:
            stripe.keep_subscription(found.stripe_subscription)
    else:
        stripe.keep_subscription(found.stripe_subscription)
    return True


def _ends_with_period(found: Subscription, known: stripe.SubscriptionState) -> bool:
    return found.ends_at is not None and abs(found.ends_at - known.period_ends_at) <= SAME_MOMENT


def end_due(*, now: datetime) -> int:
    """
    End at Stripe the packages whose end has come, and then here; return how many. Never inside a transaction.

    One that Stripe was told to end with this very period is left to Stripe, which bills its usage then; its news closes it here.
    """
    return one_by_one(Subscription.objects.filter(state=State.ACTIVE, ends_at__lte=now), lambda row: _end(row, now=now))


def _end(found: Subscription, *, now: datetime) -> bool:
    known = stripe.read_subscription(found.stripe_subscription)
    if known.status != "canceled":
        if known.ends_at_period_end and _ends_with_period(found, known):
            if now < known.period_ends_at + SAME_MOMENT:
                return False
        elif (
            known.ends_at_period_end
        ):  # sooner than Stripe was told: else its usage would count as billed with the period
            stripe.keep_subscription(found.stripe_subscription)
        stripe.end_subscription(subscription_id=found.stripe_subscription, at_period_end=False)
    return ended(found.public_id, now=now)


@transaction.atomic
def ended(subscription: str, *, now: datetime) -> bool:
    """Note that a package has ended at Stripe; return whether this call did. Locks: Subscription. Repeated it changes nothing."""
    found = locked_one(Subscription.objects.filter(public_id=subscription))
    if found.state != State.ACTIVE:
        return False
    found.state, found.ends_at = State.ENDED, found.ends_at or now
    found.save()
    note("package.ended", found, phrase(_("%(package)s has ended"), package=found.name), by=SYSTEM, now=now)
    return True
