"""Writes of orders that are not part of buying."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from saas.accounts.models import User
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import Actor
from saas.kernel.locking import locked

from . import queries
from .models import Order


@transaction.atomic
def claim(*, shopper: User, emails: Sequence[str], phones: Sequence[str], by: Actor, now: datetime) -> list[Order]:
    """
    Give a shopper the guests' orders that were placed with e-mail addresses or phone numbers which the shopper has proved to own.

    Locks: the orders. What another account claimed first stays there; repeated it changes nothing.
    """
    claimed = locked(
        queries.unclaimed(
            emails=[email.lower() for email in emails if email], phones=[phone for phone in phones if phone]
        )
    )
    for order in claimed:
        order.shopper = shopper
        order.save(update_fields=["shopper"])
        audit.record(
            action="order.claimed",
            subject=("order", order.public_id),
            summary=phrase(_("Claimed by %(name)s"), name=str(shopper)),
            by=by,
            now=now,
        )
    return claimed


@transaction.atomic
def forget_buyer(*, orders: Sequence[Order], now: datetime) -> None:
    """
    Empty name, e-mail address and phone number of orders that the caller has locked; what was bought and paid stays, for the books.

    The network address stays for a bank that asks who paid, and is forgotten with it (disputes' `forgetting`).
    """
    mine = Order.objects.filter(pk__in=[order.pk for order in orders])
    mine.update(name="", email="", phone="", forgotten_at=now)
