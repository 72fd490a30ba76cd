"""How a package ends: at Stripe first, then here."""

from datetime import datetime

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


def end_due(*, now: datetime) -> int:
    """End at Stripe the packages whose end has come, and then here; return how many. Never inside a transaction."""
    return one_by_one(Subscription.objects.filter(state=State.ACTIVE, ends_at__lte=now), lambda row: _end(row, now=now))


def _end(found: Subscription, *, now: datetime) -> bool:
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
