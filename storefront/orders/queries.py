"""Orders shaped for their pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from saas.accounts.models import User
from saas.audit import queries as audit
from storefront.deals.policy import goes_back, holds_parts, withdrawal_ends_at
from storefront.deals.wording import refund_words
from storefront.payments import queries as payments
from storefront.payments.models import Payment
from storefront.stores import moments

from . import spent, wording
from .models import Order, OrderLine

State = Order.State
# Orders that take units: paid ones, and those whose units are held.
TAKING = (State.PENDING, State.PAID)


@dataclass(frozen=True)
class VoucherRow:
    """A voucher's button on the order's page. `state` is the voucher's, `words` say it; `is_open` while it can be used; `refund_url`
    leads to asking for its money or to where that is, empty where the terms give none; `refund_word` names it."""

    public_id: str
    title: str
    number: int
    state: str
    words: str
    is_open: bool
    url: str
    refund_url: str = ""
    refund_word: str = ""


@dataclass(frozen=True)
class LineView:
    """
    One line, as it was bought. `refund` says what comes back and when, by the terms that were frozen; `withdraw_until` is the last day on
    which an unused voucher of it can be withdrawn from, empty where none can. `minimum_minor` is what of it has to stay for its code when a
    part goes back on the buyer's word, 0 where nothing has to.
    """

    title: str
    units: int
    unit_price_minor: int
    total_minor: int
    discount_minor: int
    promotion_code: str
    minimum_minor: int
    refund: str
    withdraw_until: str
    vouchers: tuple[VoucherRow, ...]


@dataclass(frozen=True)
class OrderView:
    """An order as its page and its receipt show it. Amounts in minor units; times are texts in the mall's zone."""

    public_id: str
    number: str
    state: str
    status: wording.Status
    currency: str
    total_minor: int
    name: str
    contact: str
    placed: str
    paid: str
    held_until: str
    can_pay: bool
    lines: tuple[LineView, ...]
    returned: tuple[wording.Returned, ...]
    timeline: tuple[wording.Happening, ...]
    url: str
    is_settled: bool
    is_with_bank: bool

    @property
    def has_vouchers(self) -> bool:
        """Whether there is anything to use."""
        return any(line.vouchers for line in self.lines)

    @property
    def can_refund_several(self) -> bool:
        """Whether more than one voucher can be refunded now."""
        return sum(one.state == "issued" and bool(one.refund_url) for line in self.lines for one in line.vouchers) > 1


@dataclass(frozen=True)
class OrderRow:
    """An order in a list."""

    public_id: str
    number: str
    title: str
    status: wording.Status
    currency: str
    total_minor: int
    placed: str
    url: str


def order_view(order: Order, *, at: datetime) -> OrderView:
    """Shape one order with its lines, vouchers, payments and trail. Five queries."""
    tries = payments.of_order(order.public_id)
    lines = tuple(
        _line(line, order.public_id, at=at) for line in order.lines.prefetch_related("vouchers").order_by("pk")
    )
    vouchers = [voucher for line in lines for voucher in line.vouchers]
    status = wording.status(
        order,
        tries,
        used=sum(not one.is_open for one in vouchers),
        vouchers=len(vouchers),
        returning=any(one.state == "refund_pending" for one in vouchers),
        at=at,
    )
    is_waiting = order.state == State.PENDING and order.held_until_at > at
    is_with_bank = any(one.state == Payment.State.PENDING for one in tries)
    is_odd = any(
        one.state in (Payment.State.RETURNING, Payment.State.RETURNED, Payment.State.QUARANTINED) for one in tries
    )
    return OrderView(
        public_id=order.public_id,
        number=order.number,
        state=order.state,
        status=status,
        currency=order.currency,
        total_minor=order.total_minor,
        name=order.name,
        contact=order.email or str(order.phone),
        placed=moments.when(order.placed_at),
        paid=moments.when(order.paid_at) if order.paid_at else "",
        held_until=moments.clock(order.held_until_at) if is_waiting else "",
        can_pay=is_waiting and not is_with_bank and not is_odd,
        lines=lines,
        returned=wording.returned(tries),
        timeline=tuple(wording.happening(entry) for entry in audit.of_subject("order", order.public_id)),
        url=f"/orders/{order.public_id}/",
        is_settled=order.state in (State.PAID, State.REFUNDED, State.CANCELLED) or is_odd,
        is_with_bank=is_with_bank,
    )


def _line(line: OrderLine, order_public_id: str, *, at: datetime) -> LineView:
    rows = list(line.vouchers.all())
    withdraw_until = _withdraw_until(line.offer, rows, at=at)
    return LineView(
        title=line.title,
        units=line.units,
        unit_price_minor=line.unit_price_minor,
        total_minor=line.total_minor,
        discount_minor=line.discount_minor,
        promotion_code=line.promotion_code,
        minimum_minor=_minimum_minor(line, can_withdraw=withdraw_until is not None),
        refund=refund_words(line.offer.get("refund_policy", ""), withdrawal_days=line.offer.get("withdrawal_days", 0)),
        withdraw_until=moments.end(withdraw_until) if withdraw_until else "",
        vouchers=tuple(
            VoucherRow(
                public_id=voucher.public_id,
                title=line.title,
                number=voucher.position,
                state=voucher.state,
                words=wording.voucher_words(voucher, at=at),
                is_open=_is_open(voucher, at=at),
                url=f"/vouchers/{voucher.public_id}/",
                refund_url=f"/orders/{order_public_id}/vouchers/{voucher.public_id}/refund/"
                if voucher.price_minor
                and not voucher.disputed_at
                and not voucher.charged_back_at
                and _has_refund_page(voucher, line.offer, at=at)
                else "",
                refund_word=wording.refund_word(voucher.state, is_withdrawal=withdraw_until is not None),
            )
            for voucher in rows
        ),
    )


def _minimum_minor(line: OrderLine, *, can_withdraw: bool) -> int:
    """Return what of a line has to stay for its code, 0 while it may be withdrawn from, and where the law has unused vouchers refunded."""
    is_bound = line.units > 1 and not can_withdraw and holds_parts(line.order.currency)
    return int(line.offer.get("promotion_minimum_minor") or 0) if is_bound else 0


def _withdraw_until(offer: dict[str, Any], rows: Sequence[wording.AnyVoucher], *, at: datetime) -> datetime | None:
    """Return until when (exclusive) an unused voucher of a line can be withdrawn from (X14), None where none can at `at`."""
    ends = [
        withdrawal_ends_at(offer, bought_at=one.issued_at) for one in rows if one.state == "issued" and one.price_minor
    ]
    return max((one for one in ends if one is not None and at < one), default=None)


def _is_open(voucher: wording.AnyVoucher, *, at: datetime) -> bool:
    """Tell whether a voucher can be used, now or later."""
    return voucher.state == "issued" and not voucher.disputed_at and not voucher.is_expired(at=at)


def _has_refund_page(voucher: wording.AnyVoucher, offer: dict[str, Any], *, at: datetime) -> bool:
    """Tell whether the page about a voucher's money has something to say: asking for it, asking the shop, or where it is."""
    if voucher.state == "issued":
        return goes_back(offer, bought_at=voucher.issued_at, is_expired=voucher.is_expired(at=at), at=at)
    return voucher.state in ("redeemed", "refund_pending", "refunded")


def of_shopper(shopper: User, *, at: datetime) -> tuple[OrderRow, ...]:
    """Return a shopper's latest orders, newest first. Two queries and one for their payments."""
    return rows(Order.objects.filter(shopper=shopper), at=at)


def of_public_ids(public_ids: Sequence[str], *, at: datetime) -> tuple[OrderRow, ...]:
    """Return the orders with these public ids, newest first."""
    return rows(Order.objects.filter(public_id__in=list(public_ids)), at=at)


def rows(found: QuerySet[Order], *, at: datetime, limit: int = 50) -> tuple[OrderRow, ...]:
    """Shape orders for a list, newest first."""
    orders = list(
        found.prefetch_related(Prefetch("lines", OrderLine.objects.order_by("pk")), "lines__vouchers").order_by(
            "-placed_at"
        )[:limit]
    )
    return tuple(_row(order, at=at) for order in orders)


def _row(order: Order, *, at: datetime) -> OrderRow:
    vouchers = [voucher for line in order.lines.all() for voucher in line.vouchers.all()]
    used = sum(not _is_open(voucher, at=at) for voucher in vouchers)
    return OrderRow(
        public_id=order.public_id,
        number=order.number,
        title=title_of(order),
        status=wording.status(
            order,
            [],
            used=used,
            vouchers=len(vouchers),
            returning=any(one.state == "refund_pending" for one in vouchers),
            at=at,
        ),
        currency=order.currency,
        total_minor=order.total_minor,
        placed=moments.when(order.placed_at),
        url=f"/orders/{order.public_id}/",
    )


def title_of(order: Order) -> str:
    """Name what was bought: "2 × Noodles for two"."""
    return ", ".join(
        _("%(units)d × %(title)s") % {"units": line.units, "title": line.title} for line in order.lines.all()
    )


def units_taken(*, deal_id: int, email: str, phone: str, shopper_id: int | None, at: datetime) -> int:
    """
    Return how many units of a deal one person has bought or is paying for: by account, e-mail or phone, ended accounts too (`spent`).

    Holds that have run out do not count, whether or not they were released (C8). Ask under the deal's lock.
    """
    person = of_person("order__", email=email, phone=phone, shopper_id=shopper_id)
    lines = OrderLine.objects.filter(person, deal_id=deal_id, order__state__in=TAKING)
    stale = Q(order__state=State.PENDING, order__held_until_at__lte=at)
    taken = int(lines.exclude(stale).aggregate(units=Sum("units"))["units"] or 0)
    return taken + spent.units(spent.Kind.UNITS, deal_id, email=email, phone=phone, shopper_id=shopper_id, at=at)


def open_holds(*, email: str, phone: str, shopper_id: int | None, at: datetime) -> int:
    """Return how many unpaid orders of one person hold units at `at`, over all deals."""
    person = of_person("", email=email, phone=phone, shopper_id=shopper_id)
    return Order.objects.filter(person, state=State.PENDING, held_until_at__gt=at).count()


def has_ordered(*, email: str, phone: str, shopper_id: int | None, at: datetime) -> bool:
    """
    Tell whether a person has paid for an order before, also one that was paid back or is an ended account's (`spent`), or is paying for
    one at `at`.
    """
    rows = Order.objects.filter(of_person("", email=email, phone=phone, shopper_id=shopper_id))
    if rows.filter(Q(paid_at__isnull=False) | Q(state=State.PENDING, held_until_at__gt=at)).exists():
        return True
    return spent.units(spent.Kind.ORDERED, 0, email=email, phone=phone, shopper_id=shopper_id, at=at) > 0


def of_person(path: str, *, email: str, phone: str, shopper_id: int | None) -> Q:
    """Return what finds a person's orders, by account, e-mail or phone, at least one of which is given; `path` leads to the order."""
    person = Q()
    if shopper_id is not None:
        person |= Q(**{f"{path}shopper_id": shopper_id})
    if email:
        person |= Q(**{f"{path}email": email})
    if phone:
        person |= Q(**{f"{path}phone": phone})
    return person


def of_buyer(buyer: User, *, emails: Sequence[str], phones: Sequence[str]) -> QuerySet[Order]:
    """Return what a person bought with their account, and as a guest with one of these addresses or numbers, newest first."""
    as_guest = Q(shopper__isnull=True) & (Q(email__in=emails) | Q(phone__in=phones, phone__gt=""))
    return Order.objects.filter(Q(shopper=buyer) | as_guest)


def unclaimed(*, emails: Sequence[str], phones: Sequence[str]) -> QuerySet[Order]:
    """Return paid guests' orders that were placed with one of these addresses or numbers."""
    return Order.objects.filter(
        Q(email__in=emails) | Q(phone__in=phones, phone__gt=""),
        shopper__isnull=True,
        state__in=[State.PAID, State.REFUNDED],
    )


def numbers(public_ids: set[str]) -> dict[str, str]:
    """Return the numbers of some orders by their public ids; asks nothing for none."""
    if not public_ids:
        return {}
    return dict(Order.objects.filter(public_id__in=public_ids).values_list("public_id", "number"))
