"""Reads of vouchers, shaped for the shopper's page, the counter and the back office. They return plain data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.views.decorators.debug import sensitive_variables

from billing.jurisdictions import rules as jurisdictions
from saas.accounts.models import User
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.stores.models import Store
from tenants.isolation.current import mall

from . import codes, rules
from .models import Redemption, Voucher
from .refusals import Refusal, UnknownCode


@dataclass(frozen=True)
class Ticket:
    """
    A voucher as its owner sees it. `face` is unused, early (not valid yet), used, expired, refunded or frozen.

    `used_at`, `used_store` and `used_by` are set on the face "used", `refunded_at` on "refunded". `contents` ({name, quantity,
    value_minor}) and `rules` ({label, text}) are what the deal promised when it was sold.
    """

    public_id: str
    order_public_id: str
    order_number: str
    title: str
    deal_slug: str
    position: int
    units: int
    price_minor: int
    currency: str
    face: str
    valid_from_at: datetime
    valid_until_at: datetime
    stores: tuple[Store, ...]
    contents: tuple[dict[str, Any], ...]
    rules: tuple[dict[str, str], ...]
    used_at: datetime | None = None
    used_store: str = ""
    used_by: str = ""
    refunded_at: datetime | None = None
    discount_minor: int = 0
    promotion_code: str = ""

    @property
    def is_usable(self) -> bool:
        """Tell whether the code still stands for something."""
        return self.face in {"unused", "early"}


@dataclass(frozen=True)
class Look:
    """What the counter sees before it redeems: what it is for, whose, and `refusal`, why it would be refused (None: valid)."""

    ticket: Ticket
    first_name: str
    others_ready: int
    refusal: Refusal | None


@dataclass(frozen=True)
class RedemptionRow:
    """A redemption in a list. `can_undo_until_at` is None once it stands or is undone."""

    public_id: str
    voucher_public_id: str
    order_public_id: str
    order_number: str
    title: str
    first_name: str
    price_minor: int
    commission_minor: int
    currency: str
    store: str
    staff: str
    redeemed_at: datetime
    undone_at: datetime | None
    undone_by: str
    undo_reason: str
    can_undo_until_at: datetime | None


@dataclass(frozen=True)
class Counts:
    """Redemptions that stand in a span of time, and what they were worth in minor units."""

    redemptions: int
    price_minor: int
    commission_minor: int


def _vouchers() -> "QuerySet[Voucher]":
    standing = Redemption.objects.filter(undone_at__isnull=True).select_related("store")
    return Voucher.objects.select_related("line__order__shopper", "deal").prefetch_related(
        "deal__stores", Prefetch("redemptions", queryset=standing, to_attr="standing")
    )


@sensitive_variables("code", "bare")
def find(code: str) -> str:
    """
    Return the public id of the voucher that a typed or scanned code names.

    :raises UnknownCode: none of this mall has it, or it is no code at all
    """
    bare = codes.normalise(code)
    # What is no code is looked up too, so that every wrong answer takes the same way (A1).
    found = Voucher.objects.filter(code_hash__in=codes.hashes(bare)).values_list("public_id", flat=True).first()
    if not bare or found is None:
        raise UnknownCode
    return found


def look_up(code: str, *, now: datetime, store: Store | None = None) -> Look:
    """
    Return what a code stands for at `now`, and whether `store` may redeem it. Changes nothing.

    :raises UnknownCode: no voucher of this mall has the code
    """
    return look(find(code), now=now, store=store)


def look(voucher_public_id: str, *, now: datetime, store: Store | None = None) -> Look:
    """
    Return a voucher as the counter sees it at `now`.

    :raises UnknownCode: there is no such voucher in this mall
    """
    voucher = _vouchers().filter(public_id=voucher_public_id).first()
    if voucher is None:
        raise UnknownCode
    refusal: Refusal | None = None
    try:
        rules.check(voucher, store=store, now=now)
    except Refusal as error:
        refusal = error
    others = Voucher.objects.filter(line=voucher.line_id, state=Voucher.State.ISSUED).exclude(pk=voucher.pk).count()
    return Look(_ticket(voucher, now=now), _first_name(voucher.line.order), others, refusal)


def ticket(voucher_public_id: str, *, now: datetime) -> Ticket:
    """
    Return a voucher as its owner sees it. Who may see it is the caller's to ask.

    :raises Voucher.DoesNotExist: there is none
    """
    return _ticket(_vouchers().get(public_id=voucher_public_id), now=now)


def of_order(order: Order, *, now: datetime) -> list[Ticket]:
    """Return an order's vouchers."""
    return _tickets(_vouchers().filter(line__order=order).order_by("line", "position"), now=now)


def of_shopper(user: User, *, now: datetime) -> list[Ticket]:
    """Return a shopper's vouchers, in the order of `of_person`."""
    return of_person(user, order_public_ids=(), now=now)


def of_person(user: User | None, *, order_public_ids: Iterable[str], now: datetime, limit: int = 200) -> list[Ticket]:
    """
    Return the vouchers of an account, if there is one, and those of the orders that the browser may see besides.

    Usable ones come first, soonest expiry first; then the rest, newest first.
    """
    theirs = Q(line__order__public_id__in=list(order_public_ids))
    if user is not None:
        theirs |= Q(line__order__shopper=user)
    rows = _vouchers().filter(theirs).order_by("-issued_at", "line", "position")[:limit]
    tickets = _tickets(rows, now=now)
    usable = sorted((one for one in tickets if one.is_usable), key=lambda one: one.valid_until_at)
    return usable + [one for one in tickets if not one.is_usable]


def order_of(voucher_public_id: str) -> Order:
    """
    Return the order that a voucher belongs to.

    :raises Order.DoesNotExist: there is no such voucher
    """
    return Order.objects.get(lines__vouchers__public_id=voucher_public_id)


def _tickets(vouchers: "QuerySet[Voucher]", *, now: datetime) -> list[Ticket]:
    serving = list(Store.objects.serving())
    return [_ticket(voucher, now=now, serving=serving) for voucher in vouchers]


def _ticket(voucher: Voucher, *, now: datetime, serving: list[Store] | None = None) -> Ticket:
    standing: list[Redemption] = voucher.standing  # type: ignore[attr-defined]
    used = standing[0] if standing else None
    line = voucher.line
    return Ticket(
        public_id=voucher.public_id,
        order_public_id=line.order.public_id,
        order_number=line.order.number,
        title=line.title,
        deal_slug=voucher.deal.slug,
        position=voucher.position,
        units=line.units,
        price_minor=voucher.price_minor,
        discount_minor=voucher.discount_minor,
        promotion_code=voucher.line.promotion_code,
        currency=voucher.currency,
        face=_face(voucher, now=now),
        valid_from_at=voucher.valid_from_at,
        valid_until_at=voucher.valid_until_at,
        stores=tuple(rules.stores_of(voucher, serving=serving)),
        contents=tuple(line.offer.get("contents") or ()),
        rules=tuple(line.offer.get("rules") or ()),
        used_at=used.redeemed_at if used else None,
        used_store=used.store.name if used else "",
        used_by=used.staff_name if used else "",
        refunded_at=voucher.refunded_at,
    )


def _face(voucher: Voucher, *, now: datetime) -> str:
    fixed = {
        Voucher.State.REDEEMED: "used",
        Voucher.State.REFUNDED: "refunded",
        Voucher.State.REFUND_PENDING: "frozen",
        Voucher.State.VOID: "frozen",
    }
    if voucher.state in fixed:
        return fixed[Voucher.State(voucher.state)]
    if voucher.disputed_at is not None:
        return "frozen"
    if voucher.is_expired(at=now):
        return "expired"
    return "early" if now < voucher.valid_from_at else "unused"


def _first_name(order: Order) -> str:
    name = order.name or (order.shopper.name if order.shopper else "")
    return name.split(" ")[0]


def redemption(redemption_public_id: str, *, now: datetime) -> RedemptionRow:
    """
    Return one redemption.

    :raises Redemption.DoesNotExist: there is none
    """
    return _row(_redemptions().get(public_id=redemption_public_id), now=now)


def recent(store: Store, *, now: datetime, limit: int = 20) -> list[RedemptionRow]:
    """Return a store's last redemptions, newest first, undone ones among them."""
    return [_row(one, now=now) for one in _redemptions().filter(store=store).order_by("-redeemed_at", "-pk")[:limit]]


def redemptions_between(
    starts_at: datetime, ends_at: datetime, *, now: datetime, limit: int = 500
) -> list[RedemptionRow]:
    """Return the redemptions of a span (its end is exclusive), newest first, undone ones among them."""
    return [_row(one, now=now) for one in _within(starts_at, ends_at).order_by("-redeemed_at", "-pk")[:limit]]


def counts_between(starts_at: datetime, ends_at: datetime) -> Counts:
    """Count the redemptions of a span that stand, and add up what they were worth."""
    found = (
        _within(starts_at, ends_at)
        .filter(undone_at__isnull=True)
        .aggregate(count=Count("pk"), price=Sum("voucher__price_minor"), commission=Sum("voucher__commission_minor"))
    )
    return Counts(found["count"], found["price"] or 0, found["commission"] or 0)


def outstanding(*, now: datetime) -> Counts:
    """Count the vouchers that may still be redeemed, and what shoppers paid for them."""
    rows = Voucher.objects.filter(state=Voucher.State.ISSUED, valid_until_at__gt=now)
    found = rows.aggregate(count=Count("pk"), price=Sum("price_minor"), commission=Sum("commission_minor"))
    return Counts(found["count"], found["price"] or 0, found["commission"] or 0)


def _redemptions() -> "QuerySet[Redemption]":
    return Redemption.objects.select_related("store", "voucher__line__order__shopper")


def _within(starts_at: datetime, ends_at: datetime) -> "QuerySet[Redemption]":
    return _redemptions().filter(redeemed_at__gte=starts_at, redeemed_at__lt=ends_at)


def _row(one: Redemption, *, now: datetime) -> RedemptionRow:
    line, until = one.voucher.line, rules.undo_until(one)
    return RedemptionRow(
        public_id=one.public_id,
        voucher_public_id=one.voucher.public_id,
        order_public_id=line.order.public_id,
        order_number=line.order.number,
        title=line.title,
        first_name=_first_name(line.order),
        price_minor=one.voucher.price_minor,
        commission_minor=one.voucher.commission_minor,
        currency=one.voucher.currency,
        store=one.store.name,
        staff=one.staff_name,
        redeemed_at=one.redeemed_at,
        undone_at=one.undone_at,
        undone_by=one.undone_by,
        undo_reason=one.undo_reason,
        can_undo_until_at=until if one.undone_at is None and now < until else None,
    )


def ended_unused(*, at: datetime) -> list[str]:
    """Return the public ids of up to 200 unused vouchers that are over and not refundable, and whose value is still noted as owed."""
    policies = [Deal.RefundPolicy.FINAL, Deal.RefundPolicy.UNTIL_EXPIRY]
    rows = Voucher.objects.filter(
        state=Voucher.State.ISSUED,
        lapsed_at__isnull=True,
        disputed_at__isnull=True,
        valid_until_at__lte=at - jurisdictions.of_currency(mall().currency).value_is_kept,
        line__offer__refund_policy__in=policies,
    )
    return list(rows.order_by("valid_until_at", "pk").values_list("public_id", flat=True)[:200])
