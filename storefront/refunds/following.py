"""How far money on its way back is, by what Stripe answers when it is asked. Forward only, any number of times, in any order."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.gateway.operations import RefundState
from saas.audit import operations as audit
from saas.audit.phrases import phrase
from saas.kernel.actors import SYSTEM, Actor
from saas.kernel.locking import locked_one
from saas.kernel.outbox import operations as outbox
from saas.kernel.tasks import enqueue
from storefront.deals.models import Deal
from storefront.orders.models import Order
from storefront.promotions import claiming as promotions
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Redemption, Voucher

from .models import Refund
from .operations import locked_voucher, new, tell_trouble

State = Refund.State
REFUSED = "voucher.refund_refused"


@transaction.atomic
def under_way(*, voucher_public_id: str, now: datetime) -> Refund | None:
    """Return the refund of a voucher whose money goes back, None when it does not. Locks: voucher."""
    voucher = locked_voucher(voucher_public_id)
    if voucher.state != Voucher.State.REFUND_PENDING:
        return None
    found = Refund.objects.filter(voucher=voucher).exclude(state=State.DECLINED).first()
    # One that was decided before refunds had rows of their own.
    return found or new(voucher, State.SENDING, reason=_("Refund"), by=SYSTEM, now=now)


@transaction.atomic
def follow(*, refund_public_id: str, told: RefundState, now: datetime) -> Refund:
    """
    Bring a refund to what Stripe says, and return it. Only `succeeded` is back; what failed afterwards is owed again.

    Locks: deal, order, voucher. Back: the voucher is refunded, the unit of an unused one returns to sale (X7), the order with its last
    voucher. Outbox "voucher.refunded", or "redemption.refunded" for a used one; "voucher.refund_failed" when it comes back to us.
    """
    refund, voucher, order = held(refund_public_id)
    is_of_this_try = told.key in ("", refund.key) or told.refund_id == refund.stripe_refund
    if refund.state in (State.ASKED, State.DECLINED) or not is_of_this_try:
        return refund  # news of a try that was given up
    refund.checked_at = now
    refund.stripe_refund = told.refund_id
    if told.is_lost:
        note_lost(refund, voucher, order, told, now=now)
    elif told.is_back:
        note_back(refund, voucher, order, by=SYSTEM, now=now)
    elif refund.state != State.BACK:
        refund.state, refund.sent_at = State.PENDING, refund.sent_at or now
        refund.save()
    return refund


def held(refund_public_id: str) -> tuple[Refund, Voucher, Order]:
    """Lock deal, order and voucher of a refund, in this order, and return it with them as they are then."""
    found = Refund.objects.select_related("voucher__line").get(public_id=refund_public_id)
    locked_one(Deal.objects.filter(pk=found.voucher.deal_id))
    order = locked_one(Order.objects.filter(pk=found.voucher.line.order_id))
    voucher = locked_voucher(found.voucher.public_id)
    return Refund.objects.select_related("voucher").get(pk=found.pk), voucher, order


def note_back(refund: Refund, voucher: Voucher, order: Order, *, by: Actor, now: datetime, elsewhere: str = "") -> None:
    """Note that the money of a held refund is back; `elsewhere` says how, where it did not go the way it came. Once."""
    if refund.state == State.BACK:
        refund.save(update_fields=["checked_at"])
        return
    refund.state, refund.back_at, refund.sent_at, refund.detail = State.BACK, now, refund.sent_at or now, elsewhere
    names = {"voucher": voucher.public_id, "refund": refund.stripe_refund, "redemption": refund.redemption}
    vouchers.mark_refunded(**names, by=by, now=now, elsewhere=elsewhere)
    if not refund.redemption and not refund.is_unit_returned:
        refund.is_unit_returned = True
        Deal.objects.filter(pk=voucher.deal_id).update(units_sold=F("units_sold") - 1)
    refund.save()
    if not Voucher.objects.filter(line__order=order).exclude(state=Voucher.State.REFUNDED).exists():
        order.state, order.closed_at = Order.State.REFUNDED, now
        order.save(update_fields=["state", "closed_at"])
        _give_promotion_back(order, now=now)
        audit.record(
            action="order.refunded",
            subject=("order", order.public_id),
            summary=gettext_lazy("Refunded"),
            by=SYSTEM,
            now=now,
        )


def _give_promotion_back(order: Order, *, now: datetime) -> None:
    """Of an order of which nothing was ever used, the promotion's use comes back (X8)."""
    if not Redemption.objects.filter(voucher__line__order=order).exists():
        promotions.give_back(order=order, now=now)


def note_lost(refund: Refund, voucher: Voucher, order: Order, told: RefundState, *, now: datetime) -> None:
    """The money of a held refund is with us again, or never left: the shopper is owed it, and a person looks at it."""
    if refund.state == State.FAILED:
        return
    was_back = refund.state == State.BACK
    refund.state, refund.detail, refund.back_at = State.FAILED, (told.failure or told.status)[:300], None
    refund.save()
    if was_back:
        voucher.state, voucher.refunded_at, voucher.refund_reference = Voucher.State.REFUND_PENDING, None, ""
        voucher.save(update_fields=["state", "refunded_at", "refund_reference"])
        if order.state == Order.State.REFUNDED:
            order.state, order.closed_at = Order.State.PAID, None
            order.save(update_fields=["state", "closed_at"])
        outbox.tell(
            kind="voucher.refund_failed",
            subject=order.public_id,
            payload={
                "voucher": voucher.public_id,
                "redemption": refund.redemption,
                "order": order.public_id,
                "order_number": order.number,
                "refund": told.refund_id,
                "amount_minor": refund.amount_minor,
                "currency": refund.currency,
                "lapsed": voucher.lapsed_at is not None,
            },
            now=now,
        )
    _trouble(refund, voucher, gettext_lazy("The refund failed at the bank: %(detail)s"), now=now)
    enqueue("storefront.refunds.tell_failed", refund_public_id=refund.public_id)


@transaction.atomic
def park(*, refund_public_id: str, detail: str, now: datetime) -> None:
    """Note that Stripe refused; the voucher keeps waiting and a person looks at it (M18). Locks: voucher."""
    found = Refund.objects.select_related("voucher").get(public_id=refund_public_id)
    voucher = locked_voucher(found.voucher.public_id)
    refund = Refund.objects.get(pk=found.pk)
    if refund.state != State.SENDING:
        return
    refund.state, refund.detail, refund.checked_at = State.REFUSED, detail[:300], now
    refund.save()
    _trouble(refund, voucher, gettext_lazy("Stripe refused the refund; please look at it: %(detail)s"), now=now)


def _trouble(refund: Refund, voucher: Voucher, text: Promise, *, now: datetime) -> None:
    audit.record(
        action=REFUSED,
        subject=("voucher", voucher.public_id),
        summary=phrase(text, detail=refund.detail[:160]),
        by=SYSTEM,
        now=now,
    )
    tell_trouble(refund, voucher, is_solved=False, now=now)
