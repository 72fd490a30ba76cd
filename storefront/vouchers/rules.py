"""What makes a voucher redeemable, asked by the counter's look before it is shown and by the redemption once it holds the lock."""

from datetime import datetime, timedelta

from django.conf import settings

from billing.jurisdictions import rules as jurisdictions
from storefront.deals.policy import goes_back
from storefront.orders.models import Order
from storefront.stores.models import Store

from .models import Redemption, Voucher
from .refusals import (
    AlreadyUsed,
    ChargedBack,
    Disputed,
    Expired,
    NotPaid,
    NotYetValid,
    Refunded,
    RefundUnderWay,
    Void,
    WrongStore,
)

_PAID = (Order.State.PAID, Order.State.REFUNDED)


def check(voucher: Voucher, *, store: Store | None, now: datetime) -> None:
    """
    Return when the voucher may be redeemed at `now` in `store` (None: in any store); else raise why not.

    :raises Refusal: NotPaid, AlreadyUsed, RefundUnderWay, Refunded, Disputed, ChargedBack, Void, NotYetValid, Expired, WrongStore
    """
    _check_state(voucher)
    if now < voucher.valid_from_at:
        raise NotYetValid(valid_from_at=voucher.valid_from_at)
    if voucher.is_expired(at=now):
        raise Expired(valid_until_at=voucher.valid_until_at)
    if store is not None:
        stores = stores_of(voucher)
        if store.pk not in {one.pk for one in stores}:
            raise WrongStore(stores=[one.name for one in stores])


def _check_state(voucher: Voucher) -> None:
    if voucher.line.order.state not in _PAID:
        raise NotPaid
    if voucher.state == Voucher.State.REDEEMED:
        raise AlreadyUsed(**told_of(standing_redemption(voucher)))
    refuse_disputed(voucher)
    if voucher.state == Voucher.State.REFUND_PENDING:
        raise RefundUnderWay
    if voucher.state == Voucher.State.REFUNDED:
        raise Refunded(refunded_at=voucher.refunded_at)
    if voucher.state == Voucher.State.VOID:
        raise Void


def refuse_disputed(voucher: Voucher) -> None:
    """
    Refuse what a bank has taken back, for good or until it has decided (M6).

    :raises ChargedBack: for good
    :raises Disputed: it has not decided
    """
    if voucher.charged_back_at is not None:
        raise ChargedBack(charged_back_at=voucher.charged_back_at)
    if voucher.disputed_at is not None:
        raise Disputed(disputed_at=voucher.disputed_at)


def standing_redemption(voucher: Voucher) -> Redemption:
    """Return the redemption that used the voucher up."""
    return voucher.redemptions.select_related("store").get(undone_at__isnull=True)


def told_of(redemption: Redemption) -> dict[str, object]:
    """Return when, where and by whom, as a refusal's data (V6)."""
    return {
        "redemption": redemption.public_id,
        "redeemed_at": redemption.redeemed_at,
        "store": redemption.store.name,
        "staff": redemption.staff_name,
    }


def stores_of(voucher: Voucher, *, serving: list[Store] | None = None) -> list[Store]:
    """
    Return the stores that redeem the voucher: the deal's, and those of the sale that still serve, whatever the deal says since (V8).
    Where it names none, or named none then, every serving store.

    A list of vouchers passes the serving stores in, so that they are read once.
    """
    named, sold_for = list(voucher.deal.stores.all()), voucher.line.offer.get("stores")
    others = set(sold_for or ()) - {one.public_id for one in named}
    if named and sold_for != [] and not others:
        return named
    every = list(Store.objects.serving()) if serving is None else serving
    if not named or sold_for == []:
        return every
    return named + [one for one in every if one.public_id in others]


def has_lapsed(voucher: Voucher, *, at: datetime) -> bool:
    """
    Tell whether the value of a voucher that ended unused is given up at `at`: its deal does not give the money back then, and the
    place's law does not keep the paid value longer (X3).
    """
    offer = voucher.line.offer
    if not voucher.is_expired(at=at) or goes_back(offer, bought_at=voucher.issued_at, is_expired=True, at=at):
        return False
    place = jurisdictions.of_currency(voucher.currency)
    return not place.must_refund_unused and at >= voucher.valid_until_at + place.value_is_kept


def undo_until(redemption: Redemption) -> datetime:
    """Return the instant from which a redemption stands (V3)."""
    return redemption.redeemed_at + timedelta(minutes=settings.VOUCHER_UNDO_MINUTES)
