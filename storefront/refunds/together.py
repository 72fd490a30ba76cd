"""
Vouchers of an order that was cheaper because it was large: part of it goes back on the buyer's word only as long as what stays would have
had the code (X9), or all of it goes back. The minimum was frozen with the order; the shop may refund any voucher all the same.
"""

from collections.abc import Iterable
from datetime import datetime

from saas.kernel.locking import locked
from saas.ui.formats import format_money
from storefront.deals.policy import holds_parts
from storefront.orders.models import Order
from storefront.vouchers.models import Voucher

from . import withdrawing
from .refusals import TooLittleStays

State = Voucher.State


def refuse_too_little(order_pk: int, going: Iterable[str], *, at: datetime) -> None:
    """
    Refuse that some vouchers of an order (public ids) go back on the buyer's word when too little would stay. Locks: Order where a code
    with a minimum was used, so that of two parts sent at once the second counts the first.

    :raises TooLittleStays: with what stays the order is under the minimum of its code
    """
    least_minor = least(order_pk)
    if not least_minor:
        return
    locked(Order.objects.filter(pk=order_pk))
    if refusal := problem(order_pk, going, at=at):
        raise refusal


def problem(order_pk: int, going: Iterable[str], *, at: datetime) -> TooLittleStays | None:
    """
    Return why some vouchers of an order cannot go back by themselves, None where they can.

    What is in its days of withdrawal, or has ended unused, goes back whatever stays, and so does all where the place's law has unused
    vouchers refunded: a code's condition does not take these away.
    """
    least_minor, wanted = least(order_pk), set(going)
    rows = [one for one in _of(order_pk) if one.line.offer.get("promotion_minimum_minor")]
    leaves = [one for one in rows if one.public_id in wanted and is_bound(one, at=at)]
    stays = [one for one in rows if one.state in (State.ISSUED, State.REDEEMED) and one.public_id not in wanted]
    stays_minor = sum(one.line.unit_price_minor for one in stays)
    if not leaves or not stays or stays_minor >= least_minor:
        return None
    currency = leaves[0].currency
    words = {"least": format_money(least_minor, currency), "stays": format_money(stays_minor, currency)}
    return TooLittleStays(str(TooLittleStays.message) % words, minimum_minor=least_minor, stays_minor=stays_minor)


def least(order_pk: int) -> int:
    """Return what an order with a code had to come to before its discount, minor units, as it was frozen; 0 where nothing was said."""
    offers = [one.line.offer for one in _of(order_pk)]
    return max((int(offer.get("promotion_minimum_minor") or 0) for offer in offers), default=0)


def _of(order_pk: int) -> list[Voucher]:
    return list(Voucher.objects.select_related("line__order").filter(line__order=order_pk).order_by("pk"))


def is_bound(voucher: Voucher, *, at: datetime) -> bool:
    """Tell whether the minimum of its order's code, where there is one, may keep a voucher from going back by itself at `at`."""
    if voucher.state != State.ISSUED or voucher.is_expired(at=at) or withdrawing.until(voucher, at=at) is not None:
        return False
    return holds_parts(voucher.currency)
