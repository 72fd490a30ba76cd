"""
What people who ended their account had used up of the limits for each person, so that a new account does not begin at nothing.

No name and no address is kept, and nothing leads to an order: a mark (an HMAC of an address over the mall's realm, with a key out of
`SECRET_KEY`), what the limit is on, how much of it, and until when; see `docs/adr/0029-limits-outlive-accounts.md`.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, Sum

from saas.accounts.models import User
from saas.kernel.ids import public_id
from storefront.shoppers import queries as shoppers
from tenants.isolation.current import mall

from .models import Order, SpentLimit

Kind = SpentLimit.Kind
MOST = timedelta(days=365)


@dataclass(frozen=True)
class Use:
    """An order's use of a promotion that counts for each person, until the promotion ends."""

    order: int
    promotion: int
    ends_at: datetime | None


def keep(
    *, orders: Sequence[Order], emails: Collection[str], phones: Collection[str], uses: Sequence[Use], now: datetime
) -> None:
    """
    Keep what these orders used up, under the marks of their own addresses and of those that their person proved, for `MOST` at most.

    Inside the transaction that forgets the buyer, who is still named on the orders. What is refunded later counts on.
    """
    rows = []
    for order in orders:
        own = set(_marks({*emails, order.email}, {*phones, str(order.phone or "")}, secrets=[settings.SECRET_KEY]))
        facts, part = _facts(order, uses, now=now), public_id()
        rows += [
            SpentLimit(mark=mark, part=part, kind=kind, subject=subject, units=units, until_at=until)
            for mark in sorted(own)
            for kind, subject, units, until in facts
        ]
    SpentLimit.objects.bulk_create(rows)


def units(kind: Kind, subject: int, *, email: str, phone: str, shopper_id: int | None, at: datetime) -> int:
    """
    Return how much of a limit a person had used up in accounts that have ended: units of a deal, uses of a promotion, paid orders.

    Known by the e-mail, the phone, and what the account has proved; of one order it counts once, whatever knows it.
    """
    user = User.objects.filter(pk=shopper_id).first() if shopper_id is not None else None
    proved = shoppers.contacts(user) if user else shoppers.Contacts((), ())
    secrets = [settings.SECRET_KEY, *settings.VOUCHER_KEY_FALLBACKS]
    marks = set(_marks({email, *proved.emails}, {phone, *proved.phones}, secrets=secrets))
    rows = SpentLimit.objects.filter(mark__in=marks, kind=kind, subject=subject, until_at__gt=at)
    return sum(rows.values("part").annotate(most=Max("units")).order_by().values_list("most", flat=True))


def forget(*, now: datetime) -> int:
    """Delete what has been kept long enough, and return how many rows. Repeated it does nothing."""
    return SpentLimit.objects.filter(until_at__lte=now).delete()[0]


def _facts(order: Order, uses: Sequence[Use], *, now: datetime) -> list[tuple[Kind, int, int, datetime]]:
    facts: list[tuple[Kind, int, int, datetime]] = []
    if order.paid_at:
        facts.append((Kind.ORDERED, 0, 1, now + MOST))
    for deal, ends_at, taken in _limited(order, now=now):
        facts.append((Kind.UNITS, deal, taken, min(ends_at or now + MOST, now + MOST)))
    facts += [
        (Kind.USES, use.promotion, 1, min(use.ends_at or now + MOST, now + MOST))
        for use in uses
        if use.order == order.pk and (use.ends_at is None or use.ends_at > now)
    ]
    return facts


def _limited(order: Order, *, now: datetime) -> Iterator[tuple[int, datetime | None, int]]:
    """Return deal, end of sale and units of what a paid order has of deals that are on sale with a limit for each person, or will be."""
    of_use = Q(deal__sale_ends_at=None) | Q(deal__sale_ends_at__gt=now)
    lines = order.lines.filter(of_use, order__state=Order.State.PAID, deal__units_per_person__isnull=False)
    rows = lines.values("deal_id", "deal__sale_ends_at").annotate(taken=Sum("units")).order_by("deal_id")
    yield from rows.values_list("deal_id", "deal__sale_ends_at", "taken")


def _marks(emails: Collection[str], phones: Collection[str], *, secrets: Sequence[str]) -> Iterator[str]:
    found = {f"email:{one.lower()}" for one in emails if one} | {f"phone:{one}" for one in phones if one}
    for secret in secrets:
        key = hashlib.sha256(f"hutong.orders.spent:{secret}".encode()).digest()
        for one in found:
            yield hmac.digest(key, f"{mall().realm}/{one}".encode(), "sha256").hex()
