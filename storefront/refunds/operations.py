"""Writes of refunds of unused vouchers. Lock order: deal, order, voucher. Nothing here speaks to Stripe; `paying` does."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from saas.audit import operations as audit
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked_one
from saas.kernel.tasks import enqueue
from storefront.deals.models import Deal
from storefront.deals.policy import allows_refund
from storefront.orders.models import Order
from storefront.vouchers import operations as vouchers
from storefront.vouchers import rules
from storefront.vouchers.models import Voucher
from storefront.vouchers.refusals import AlreadyUsed, Refunded, UnknownCode, Void

from .refusals import NotRefundable, ReasonMissing

State = Voucher.State
REFUSED = "voucher.refund_refused"


@transaction.atomic
def request(*, voucher_public_id: str, reason: str, by: Actor, now: datetime, beyond_policy: bool = False) -> Voucher:
    """
    Decide that an unused voucher's money goes back in full; from now on it cannot be redeemed. A task pays it back.

    The frozen policy binds, unless `beyond_policy`: the merchant may refund any unused voucher, with a reason. The caller
    has seen to it that `by` may decide so; what kind of account it is says nothing.
    Asked again while the refund is under way, it starts the task again and changes nothing. Locks: voucher.

    :raises UnknownCode: no such voucher in this mall
    :raises ReasonMissing: `reason` is empty
    :raises AlreadyUsed: it was redeemed
    :raises Refunded: the money went back already
    :raises Void: it was withdrawn
    :raises NotRefundable: the policy says no at `now`
    :raises Busy: somebody else held the voucher for too long
    """
    reason = reason.strip()[:200]
    if not reason:
        raise ReasonMissing
    voucher = _locked(voucher_public_id)
    if voucher.state != State.REFUND_PENDING:
        _check(voucher, beyond_policy=beyond_policy, now=now)
        voucher.state = State.REFUND_PENDING
        voucher.save(update_fields=["state"])
        audit.record(
            action="voucher.refund_requested",
            subject=("order", voucher.line.order.public_id),
            summary=_("Refund of voucher %(number)d: %(reason)s") % {"number": voucher.position, "reason": reason},
            by=by,
            now=now,
            voucher=voucher.public_id,
            amount_minor=voucher.price_minor,
        )
    enqueue("storefront.refunds.pay_back", voucher_public_id=voucher.public_id)
    return voucher


def _check(voucher: Voucher, *, beyond_policy: bool, now: datetime) -> None:
    if voucher.state == State.REDEEMED:
        raise AlreadyUsed(**rules.told_of(rules.standing_redemption(voucher)))
    if voucher.state == State.REFUNDED:
        raise Refunded(refunded_at=voucher.refunded_at)
    if voucher.state == State.VOID:
        raise Void
    policy = str(voucher.line.offer.get("refund_policy", ""))
    if not beyond_policy and not allows_refund(policy, is_expired=voucher.is_expired(at=now)):
        raise NotRefundable(policy=policy)


def _locked(public_id: str) -> Voucher:
    try:
        return locked_one(Voucher.objects.select_related("line__order", "deal").filter(public_id=public_id))
    except Voucher.DoesNotExist as error:
        raise UnknownCode from error


@transaction.atomic
def confirm(*, voucher_public_id: str, refund: str, now: datetime) -> Voucher:
    """
    Note that the money went back as Stripe's `refund`; the unit returns to sale (X7). Repeated it changes nothing.

    With its last voucher the order is refunded. Locks: deal, order, voucher. Outbox "voucher.refunded".

    :raises Refunded: by another refund
    """
    found = Voucher.objects.select_related("line__order").get(public_id=voucher_public_id)
    locked_one(Deal.objects.filter(pk=found.deal_id))
    order = locked_one(Order.objects.filter(pk=found.line.order_id))
    was = _locked(voucher_public_id).state
    voucher = vouchers.mark_refunded(voucher=voucher_public_id, refund=refund, by=SYSTEM, now=now)
    if was == State.REFUNDED:
        return voucher
    Deal.objects.filter(pk=found.deal_id).update(units_sold=F("units_sold") - 1)
    if not Voucher.objects.filter(line__order=order).exclude(state=State.REFUNDED).exists():
        order.state, order.closed_at = Order.State.REFUNDED, now
        order.save(update_fields=["state", "closed_at"])
        audit.record(
            action="order.refunded", subject=("order", order.public_id), summary=_("Refunded"), by=SYSTEM, now=now
        )
    return voucher


@transaction.atomic
def park(*, voucher_public_id: str, detail: str, now: datetime) -> None:
    """Note that Stripe refused; the voucher keeps waiting and a person looks at it (M18). Locks: voucher."""
    voucher = _locked(voucher_public_id)
    if voucher.state != State.REFUND_PENDING:
        return
    audit.record(
        action=REFUSED,
        subject=("voucher", voucher.public_id),
        summary=_("Stripe refused the refund; please look at it: %(detail)s") % {"detail": detail[:160]},
        by=SYSTEM,
        now=now,
    )
