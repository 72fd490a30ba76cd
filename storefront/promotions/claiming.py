"""
A promotion's use by an order: priced, claimed, used or given back.

A use is claimed under the promotion's lock in the transaction that places the order (C4, C5): uses are counted as rows, so that a use is
counted once however often it is paid for (C7). Giving back needs no lock (C1). Lock order: deal, order, payment, promotion; one
transaction locks at most one promotion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from saas.kernel.locking import locked_one
from saas.kernel.money import least_charge_minor
from saas.ui.formats import format_money
from storefront.orders import queries as orders
from storefront.orders import spent
from storefront.orders.models import Order

from . import pricing
from .models import Promotion, PromotionUse
from .pricing import Cut
from .refusals import (
    BelowMinimum,
    CodeNotYet,
    CodeOver,
    CodeUnknown,
    NotForThis,
    OnlyFirstOrder,
    PromotionRefused,
    TooLittleLeft,
    UsedByYou,
    UsedUp,
)

State = PromotionUse.State


@dataclass(frozen=True)
class Item:
    """One line to be priced: the deal by public id, kind and category's slug, and the line's total before any discount."""

    deal: str
    kind: str
    category: str
    total_minor: int


@dataclass(frozen=True)
class Basket:
    """What somebody wants to buy. The person may be unknown yet: then limits for each person are not looked at."""

    items: tuple[Item, ...]
    currency: str
    email: str = ""
    phone: str = ""
    shopper_id: int | None = None

    @property
    def total_minor(self) -> int:
        """What it costs before any discount."""
        return sum(item.total_minor for item in self.items)

    @property
    def is_of_somebody(self) -> bool:
        """Whether it is known who buys."""
        return bool(self.email or self.phone or self.shopper_id)


@dataclass(frozen=True)
class Quote:
    """A basket priced with a promotion: a cut for each item, in their order, and what is left to pay."""

    promotion: Promotion
    cuts: tuple[Cut, ...]
    total_minor: int

    @property
    def discount_minor(self) -> int:
        """What is taken off in all."""
        return sum(cut.discount_minor for cut in self.cuts)

    @property
    def platform_minor(self) -> int:
        """What the platform bears of it."""
        return sum(cut.platform_minor for cut in self.cuts)


def bare(code: str) -> str:
    """Return a code as it is kept: upper case, without spaces."""
    return "".join(code.split()).upper()[:24]


def look(code: str, *, basket: Basket, at: datetime) -> Quote:
    """
    Price a basket with a code, without a promise: the answer can change until `claim`.

    :raises PromotionRefused: one of its kinds says why
    """
    found = Promotion.objects.filter(code=bare(code), state=Promotion.State.ACTIVE).first()
    if found is None:
        raise CodeUnknown
    return _quote(found, basket, at=at)


@transaction.atomic
def claim(code: str, *, basket: Basket, now: datetime) -> Quote:
    """
    Lock a code's promotion and price a basket with it; follow it by `note` in the same transaction.

    Locks: Promotion. Claims of orders whose time to pay is up are released when they are in the way (C8).

    :raises PromotionRefused: one of its kinds says why
    :raises Busy: others held the lock for too long
    """
    try:
        held = locked_one(Promotion.objects.filter(code=bare(code), state=Promotion.State.ACTIVE))
    except Promotion.DoesNotExist as error:
        raise CodeUnknown from error
    try:
        return _quote(held, basket, at=now)
    except (UsedUp, UsedByYou):
        if not _release_stale(held, now=now):
            raise
    return _quote(held, basket, at=now)


@transaction.atomic
def note(quote: Quote, *, order: Order, now: datetime) -> PromotionUse:
    """Note a claimed quote as the order's use. Locks: none of its own; `claim` in the same transaction holds the promotion's."""
    return PromotionUse.objects.create(
        promotion=quote.promotion,
        order=order,
        discount_minor=quote.discount_minor,
        platform_minor=quote.platform_minor,
        claimed_at=now,
    )


@transaction.atomic
def confirm(*, order: Order, now: datetime) -> bool:
    """
    Count an order's use as used, for the order is being paid; tell whether it may be. An order without a promotion always may.

    A use that was given back is claimed anew, if the promotion still runs and holds it (X8); repeated it changes nothing.
    Locks: Promotion; the caller holds the order's.
    """
    found = PromotionUse.objects.filter(order=order).first()
    if found is None:
        return True
    held = locked_one(Promotion.objects.filter(pk=found.promotion_id))
    use = PromotionUse.objects.get(pk=found.pk)
    if use.state == State.RELEASED and not _fits_again(held, use, order, at=now):
        return False
    if use.state != State.USED:
        use.state, use.closed_at = State.USED, now
        use.save(update_fields=["state", "closed_at"])
    return True


@transaction.atomic
def release(*, order: Order, now: datetime) -> None:
    """Give the claim of an order that was not paid back. No lock: freeing needs none (C1). Repeated it changes nothing."""
    PromotionUse.objects.filter(order=order, state=State.CLAIMED).update(state=State.RELEASED, closed_at=now)


@transaction.atomic
def give_back(*, order: Order, now: datetime) -> None:
    """Give the use of a paid order back whose vouchers all went back unused: nothing was taken off anything. See `release`."""
    PromotionUse.objects.filter(order=order, state=State.USED).update(state=State.RELEASED, closed_at=now)


def rule_of(promotion: Promotion) -> pricing.Rule:
    """Return what a promotion takes off."""
    return pricing.Rule(
        rate_bp=promotion.rate_bp,
        amount_minor=promotion.amount_minor,
        most_minor=promotion.most_minor,
        platform_share_bp=promotion.platform_share_bp,
    )


def live_uses(promotion: Promotion) -> "QuerySet[PromotionUse]":
    """Return the uses that count: claimed and used ones."""
    return promotion.uses.filter(state__in=PromotionUse.LIVE)


def personal_uses(bought: Sequence[Order]) -> list[spent.Use]:
    """Return the uses by some orders of promotions with a limit for each person."""
    rows = PromotionUse.objects.filter(
        order__in=bought, state__in=PromotionUse.LIVE, promotion__uses_per_shopper__isnull=False
    )
    found = rows.order_by("pk").values_list("order_id", "promotion_id", "promotion__ends_at")
    return [spent.Use(*row) for row in found]


def spent_minor(promotion: Promotion) -> int:
    """Return what all uses that count take off together."""
    return int(live_uses(promotion).aggregate(total=Sum("discount_minor"))["total"] or 0)


def _quote(promotion: Promotion, basket: Basket, *, at: datetime) -> Quote:
    _refuse_moment(promotion, at=at)
    wanted = [
        item.total_minor if promotion.covers(deal=item.deal, kind=item.kind, category=item.category) else 0
        for item in basket.items
    ]
    if not sum(wanted):
        raise NotForThis
    _refuse_small(promotion, sum(wanted), basket.currency)
    cuts = pricing.cuts(rule_of(promotion), lines=wanted, currency=basket.currency)
    quote = Quote(promotion, cuts, basket.total_minor - sum(cut.discount_minor for cut in cuts))
    if not quote.discount_minor:
        raise PromotionRefused
    _refuse_scarce(promotion, quote.discount_minor)
    if basket.is_of_somebody:
        _refuse_person(promotion, basket, at=at)
    _refuse_unpayable(quote, basket.currency)
    return quote


def _refuse_moment(promotion: Promotion, *, at: datetime) -> None:
    if at < promotion.starts_at:
        raise CodeNotYet
    if promotion.ends_at is not None and at >= promotion.ends_at:
        raise CodeOver


def _refuse_small(promotion: Promotion, sum_minor: int, currency: str) -> None:
    least_minor = promotion.minimum_minor
    if sum_minor >= least_minor:
        return
    text = _("This code is for orders from %(least)s. Choose a larger quantity, or buy without it.")
    raise BelowMinimum(text % {"least": format_money(least_minor, currency)}, minimum_minor=least_minor)


def _refuse_scarce(promotion: Promotion, discount_minor: int) -> None:
    """The test is `used + n <= total` (C4), of uses and of money."""
    if promotion.uses_total is not None and live_uses(promotion).count() + 1 > promotion.uses_total:
        raise UsedUp
    if promotion.budget_minor is not None and spent_minor(promotion) + discount_minor > promotion.budget_minor:
        raise UsedUp


def _refuse_person(promotion: Promotion, basket: Basket, *, at: datetime) -> None:
    person: dict[str, Any] = {"email": basket.email, "phone": basket.phone, "shopper_id": basket.shopper_id}
    limit = promotion.uses_per_shopper
    if limit is not None and _used_by(promotion, person, at=at) + 1 > limit:
        text = ngettext(
            "One person may use this code once, and you have used it.",
            "One person may use this code %(limit)d times, and you have used it as often.",
            limit,
        )
        raise UsedByYou(text % {"limit": limit}, limit=limit)
    if promotion.is_first_order_only and orders.has_ordered(**person, at=at):
        raise OnlyFirstOrder


def _used_by(promotion: Promotion, person: dict[str, Any], *, at: datetime) -> int:
    """Return how often a person has used it, in accounts that have ended too."""
    used = live_uses(promotion).filter(orders.of_person("order__", **person)).count()
    return used + spent.units(spent.Kind.USES, promotion.pk, at=at, **person)


def _refuse_unpayable(quote: Quote, currency: str) -> None:
    least_minor = least_charge_minor(currency)
    if not 0 < quote.total_minor < least_minor:
        return
    text = _(
        "With this code %(left)s would be left to pay, and the least that a card can pay is %(least)s. "
        "Choose a larger quantity, or buy without it."
    )
    words = {"left": format_money(quote.total_minor, currency), "least": format_money(least_minor, currency)}
    raise TooLittleLeft(text % words, left_minor=quote.total_minor, least_minor=least_minor)


def _release_stale(promotion: Promotion, *, now: datetime) -> int:
    """Release the claims of orders whose time to pay is up; the promotion is locked."""
    late = promotion.uses.filter(
        state=State.CLAIMED, order__state=Order.State.PENDING, order__held_until_at__lte=now
    ).values_list("pk", flat=True)
    return PromotionUse.objects.filter(pk__in=list(late), state=State.CLAIMED).update(
        state=State.RELEASED, closed_at=now
    )


def _fits_again(promotion: Promotion, use: PromotionUse, order: Order, *, at: datetime) -> bool:
    """Tell whether a use that was given back can be claimed anew as it was; the promotion is locked."""
    person = Basket((), order.currency, order.email, str(order.phone), order.shopper_id)
    try:
        if promotion.state != Promotion.State.ACTIVE:
            raise CodeUnknown
        _refuse_moment(promotion, at=at)
        _refuse_scarce(promotion, use.discount_minor)
        if promotion.uses_per_shopper is not None:
            _refuse_person(promotion, person, at=at)
    except PromotionRefused:
        return False
    return True
