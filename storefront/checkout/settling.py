"""
What a payment means for its order: the one place that decides about money at the sale.

`settle` is called by the task that Stripe's webhook starts, by the page that the shopper comes back to, and by the sweep; in any
order, any number of times, at once. It takes what Stripe answered when it was asked, never what a browser or a webhook's body says.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from billing.gateway.operations import CheckoutState
from saas.audit import operations as audit
from saas.audit import queries as audits
from saas.audit.phrases import Words, phrase
from saas.kernel.actors import SYSTEM
from saas.kernel.locking import locked_one
from saas.kernel.outbox import operations as outbox
from saas.kernel.tasks import enqueue
from storefront.deals import queries as deals
from storefront.deals import validity
from storefront.deals.models import Deal
from storefront.orders import queries as orders
from storefront.orders import wording
from storefront.orders.models import Order, OrderLine
from storefront.payments import queries as payments
from storefront.payments.models import Payment
from storefront.promotions import claiming as promotions
from storefront.vouchers import operations as vouchers
from storefront.vouchers.models import Voucher
from tenants.isolation import current
from tenants.registry.models import Tenant

from .operations import hold_length, locked_order
from .refusals import OrderNotPayable

State = Payment.State
# How long units stay held while a bank makes up its mind (Alipay, WeChat Pay).
BANK_HOLD = timedelta(hours=24)
_ENDED = (State.PAID, State.RETURNING, State.RETURNED, State.QUARANTINED)


@transaction.atomic
def settle(*, payment_reference: str, checkout_state: CheckoutState, now: datetime) -> Order:
    """
    Bring a payment and its order to what Stripe says, forward only, and return the order. Repeated it changes nothing.

    Paid: the units become sold, vouchers are issued, the platform is told, the shopper gets a message. Paid twice, or after the order
    was closed and cannot be revived: the money goes back. An amount, currency or reference that does not fit: quarantined.

    Locks: Deal, Order, Payment, Promotion.

    :raises PaymentUnknown: no payment has the reference
    :raises Busy: somebody else held a lock for too long
    """
    found = payments.by_reference(payment_reference)
    held, order, lines = locked_order(found.order_public_id)
    payment = locked_one(Payment.objects.filter(pk=found.pk))
    if payment.state in _ENDED:
        return order
    if checkout_state.payment == "paid":
        _paid(order, payment, checkout_state, held, lines, now)
    elif checkout_state.payment == "pending":
        _bank_decides(order, payment, checkout_state, now=now)
    elif checkout_state.status == "complete":
        _failed(order, payment, now=now)
    elif checkout_state.status == "expired" and payment.state != State.FAILED:
        payment.state = State.EXPIRED
        payment.save(update_fields=["state"])
    return order


@transaction.atomic
def settle_free(*, order_public_id: str, now: datetime) -> Order:
    """
    Fulfil an order of which a promotion left nothing to pay, and return it. Repeated it changes nothing. Locks: Deal, Order, Promotion.

    :raises OrderNotPayable: there is something to pay, its time is up, it is closed, or sales are stopped (M19)
    """
    _deals, order, lines = locked_order(order_public_id)
    if order.state == Order.State.PAID and not order.total_minor:
        return order
    is_late = order.held_until_at <= now or current.mall().status == Tenant.Status.SUSPENDED
    if order.total_minor or order.state != Order.State.PENDING or is_late:
        raise OrderNotPayable(state=order.state)
    _fulfil(order, None, lines, now=now)
    return order


def _paid(
    order: Order, payment: Payment, told: CheckoutState, held: list[Deal], lines: list[OrderLine], now: datetime
) -> None:
    payment.payment_intent_id, payment.session_id, payment.settled_at = told.payment_intent_id, told.session_id, now
    if doubt := _doubt(order, payment, told):
        _put_aside(order, payment, told, doubt, now=now)
    elif order.state == Order.State.PENDING:
        _fulfil(order, payment, lines, now=now)
    elif order.state == Order.State.EXPIRED and _can_revive(order, held, lines, at=now):
        for line in lines:
            Deal.objects.filter(pk=line.deal_id).update(units_held=F("units_held") + line.units)
        audit.record(
            action="order.revived",
            subject=("order", order.public_id),
            summary=_("Paid late, units were left"),
            by=SYSTEM,
            now=now,
        )
        _fulfil(order, payment, lines, now=now)
    else:
        reasons = {Order.State.EXPIRED: "late", Order.State.CANCELLED: "cancelled"}
        _send_back(order, payment, reasons.get(Order.State(order.state), "second"), now=now)


def _doubt(order: Order, payment: Payment, told: CheckoutState) -> str:
    """Say why what was paid is not what was asked; empty when it fits."""
    if told.reference != payment.reference:
        return f"Stripe names the reference {told.reference or 'none'}"
    if (told.amount_minor, told.currency.lower()) != (payment.amount_minor, payment.currency.lower()):
        return f"paid {told.amount_minor} {told.currency}, asked for {payment.amount_minor} {payment.currency}"
    if (payment.amount_minor, payment.currency) != (order.total_minor, order.currency):
        return f"paid {payment.amount_minor} {payment.currency}, the order is {order.total_minor} {order.currency}"
    return ""


def _put_aside(order: Order, payment: Payment, told: CheckoutState, doubt: str, *, now: datetime) -> None:
    payment.state, payment.detail = State.QUARANTINED, doubt[:300]
    payment.save()
    _tell_unassigned(order, payment, told.amount_minor, told.currency, reason=doubt, now=now)
    _note("payment.quarantined", order, payment, doubt, now=now)


def _can_revive(order: Order, held: list[Deal], lines: list[OrderLine], *, at: datetime) -> bool:
    """Tell whether a late payment still gets its units: on sale, enough left, within the personal limit, vouchers of use."""
    by_id = {deal.pk: deal for deal in held}
    return all(_has_room(order, by_id[line.deal_id], line, at=at) for line in lines)


def _has_room(order: Order, deal: Deal, line: OrderLine, *, at: datetime) -> bool:
    if deals.sale_state(deal, at=at) != deals.SaleState.ON_SALE or deal.units_left < line.units:
        return False
    if not validity.rule_of(line.offer).leaves_time(issued_at=at, zone=current.mall().time_zone):
        return False
    taken = orders.units_taken(
        deal_id=deal.pk, email=order.email, phone=str(order.phone), shopper_id=order.shopper_id, at=at
    )
    return deal.units_per_person is None or taken + line.units <= deal.units_per_person


def _fulfil(order: Order, payment: Payment | None, lines: list[OrderLine], *, now: datetime) -> None:
    """Turn held units into sold ones and the order into vouchers. Without a payment nothing was to pay."""
    is_of_use = all(
        validity.rule_of(line.offer).leaves_time(issued_at=now, zone=current.mall().time_zone) for line in lines
    )
    if not is_of_use or not promotions.confirm(order=order, now=now):
        _over(order, payment, lines, now=now)
        return
    if payment:
        payment.state = State.PAID
        payment.save()
    order.state, order.paid_at, order.closed_at, order.tell_at = Order.State.PAID, now, None, now
    order.save(update_fields=["state", "paid_at", "closed_at", "tell_at"])
    for line in lines:
        Deal.objects.filter(pk=line.deal_id).update(
            units_held=F("units_held") - line.units, units_sold=F("units_sold") + line.units
        )
    audit.record(
        action="order.paid",
        subject=("order", order.public_id),
        summary=phrase(_("Paid %(order)s"), order=order.number),
        by=SYSTEM,
        now=now,
    )
    issued = vouchers.issue(order=order, now=now)
    outbox.tell(kind="order.paid", subject=order.public_id, payload=_told(order, payment, lines, issued), now=now)
    enqueue("storefront.checkout.tell_paid", order_public_id=order.public_id)


def _over(order: Order, payment: Payment | None, lines: list[OrderLine], *, now: datetime) -> None:
    """
    The vouchers would be over before they are issued, or the promotion's use went to others after the time to pay was up (X8):
    the units and the money go back.
    """
    order.state, order.closed_at = Order.State.EXPIRED, now
    order.save(update_fields=["state", "closed_at"])
    for line in lines:
        Deal.objects.filter(pk=line.deal_id).update(units_held=F("units_held") - line.units)
    promotions.release(order=order, now=now)
    if payment:
        _send_back(order, payment, "late", now=now)


def _told(order: Order, payment: Payment | None, lines: list[OrderLine], issued: list[Voucher]) -> dict[str, object]:
    """Return what the platform needs to know of a paid order; nothing personal."""
    return {
        "order": order.public_id,
        "order_number": order.number,
        # Where nothing was to pay, the order's own name stands for the payment.
        "payment_reference": payment.reference if payment else order.public_id,
        "payment_intent": payment.payment_intent_id if payment else "",
        "amount_minor": order.total_minor,
        "currency": order.currency,
        "lines": [_line_told(line) for line in lines],
        "vouchers": [
            {
                "voucher": voucher.public_id,
                "title": voucher.line.title,
                "price_minor": voucher.price_minor,
                "commission_minor": voucher.commission_minor,
                "agency_minor": voucher.agency_minor,
                **vouchers.parts_told(voucher),
            }
            for voucher in issued
        ],
    }


def _line_told(line: OrderLine) -> dict[str, object]:
    told: dict[str, object] = {
        "title": line.title,
        "units": line.units,
        "total_minor": line.total_minor,
        "rule": line.commission_rule,
        "rate_bp": line.commission_rate_bp,
    }
    if line.discount_minor:
        told |= {
            "discount_minor": line.discount_minor,
            "platform_discount_minor": line.platform_discount_minor,
            "promotion": line.promotion_code,
        }
    return told


def _send_back(order: Order, payment: Payment, reason: str, *, now: datetime) -> None:
    """Decide that a payment goes back in full; a task does it after the commit, and a sweep until it is done."""
    payment.state, payment.detail = State.RETURNING, reason
    payment.save()
    _tell_unassigned(order, payment, payment.amount_minor, payment.currency, reason=reason, now=now)
    _note(
        "payment.returning",
        order,
        payment,
        phrase(_("Goes back: %(reason)s"), reason=wording.REASONS.get(reason, reason)),
        now=now,
    )
    enqueue("storefront.checkout.return_payment", payment_reference=payment.reference)
    enqueue("storefront.checkout.tell_returned", payment_reference=payment.reference)


def _tell_unassigned(
    order: Order, payment: Payment, amount_minor: int, currency: str, *, reason: str, now: datetime
) -> None:
    """Tell the platform of money that came in and buys nothing."""
    payload: dict[str, object] = {
        "order": order.public_id,
        "order_number": order.number,
        "payment_reference": payment.reference,
        "payment_intent": payment.payment_intent_id,
        "amount_minor": amount_minor,
        "currency": currency.lower(),
        "reason": reason,
    }
    outbox.tell(kind="payment.unassigned", subject=order.public_id, payload=payload, now=now)


def _bank_decides(order: Order, payment: Payment, told: CheckoutState, *, now: datetime) -> None:
    """The bank has the payment: keep the units until it has decided."""
    if payment.state in (State.OPENING, State.OPEN):
        payment.state, payment.session_id = State.PENDING, told.session_id
        payment.save(update_fields=["state", "session_id"])
        _note("payment.pending", order, payment, _("The bank is confirming"), now=now)
    if (
        payment.state == State.PENDING
        and order.state == Order.State.PENDING
        and order.held_until_at < now + BANK_HOLD / 2
    ):
        order.held_until_at = now + BANK_HOLD
        order.save(update_fields=["held_until_at"])


def _failed(order: Order, payment: Payment, *, now: datetime) -> None:
    """The bank said no: the shopper may try again for as long as units are held for a page."""
    if payment.state == State.FAILED:
        return
    payment.state = State.FAILED
    payment.save(update_fields=["state"])
    if order.state == Order.State.PENDING:
        order.held_until_at = min(order.held_until_at, now + hold_length())
        order.save(update_fields=["held_until_at"])
    _note("payment.failed", order, payment, _("The bank refused"), now=now)


def _note(action: str, order: Order, payment: Payment, summary: Words, *, now: datetime, **more: str | bool) -> None:
    audit.record(
        action=action,
        subject=("order", order.public_id),
        summary=summary,
        by=SYSTEM,
        now=now,
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        **more,
    )


@transaction.atomic
def taken_by_bank(*, payment_reference: str, now: datetime) -> bool:
    """
    Note that a bank took the money of a payment that bought nothing, so that nothing more goes back; tell whether it was such a one.

    Locks: Order, Payment.
    """
    order, payment = _locked(payment_reference)
    if payment.state not in (State.RETURNING, State.QUARANTINED):
        return False
    payment.state, payment.detail = State.RETURNED, "the buyer's bank took it back"
    payment.save(update_fields=["state", "detail"])
    _note("payment.returned", order, payment, _("Went back"), now=now, refund="the bank")
    return True


def _locked(payment_reference: str) -> tuple[Order, Payment]:
    found = payments.by_reference(payment_reference)
    order = locked_one(Order.objects.filter(public_id=found.order_public_id))
    return order, locked_one(Payment.objects.filter(pk=found.pk))


def _returning_of(order: Order, payment: Payment) -> dict[str, Any]:
    """Return what the trail says of how a payment went back last."""
    told = [
        entry.data
        for entry in audits.of_subject("order", order.public_id)
        if entry.action == "payment.returned" and entry.data.get("payment") == payment.reference
    ]
    return told[-1] if told else {}


@transaction.atomic
def returned(*, payment_reference: str, refund: str, now: datetime, by_hand: bool = False) -> bool:
    """
    Note that the money of a payment went back as Stripe's `refund`; tell whether this call did it. `by_hand`: a person made the refund
    at Stripe, of a payment that was put aside. Locks: Order, Payment.
    """
    order, payment = _locked(payment_reference)
    if payment.state != (State.QUARANTINED if by_hand else State.RETURNING):
        return False
    payment.state = State.RETURNED
    payment.save(update_fields=["state"])
    _note("payment.returned", order, payment, _("Went back"), now=now, refund=refund, by_hand=by_hand)
    payload: dict[str, object] = {
        "order": order.public_id,
        "order_number": order.number,
        "payment_reference": payment.reference,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "refund": refund,
        "by_hand": by_hand,
    }
    outbox.tell(kind="payment.returned", subject=order.public_id, payload=payload, now=now)
    return True


@transaction.atomic
def return_failed(*, payment_reference: str, refund: str, detail: str, now: datetime) -> bool:
    """
    Note that the money of a payment did not get back to the shopper: a person looks at it. Repeated it changes nothing. `refund` is empty
    where Stripe made none.

    Locks: Order, Payment. Outbox "payment.return_failed" where it had been told as returned.
    """
    order, payment = _locked(payment_reference)
    if payment.state not in (State.RETURNING, State.RETURNED):
        return False
    was_told, by_hand = payment.state == State.RETURNED, False
    if was_told:
        last = _returning_of(order, payment)
        if last.get("refund", refund) != refund:  # it went back another way since, and that stands
            return False
        by_hand = bool(last.get("by_hand"))
    payment.state, payment.detail = State.QUARANTINED, f"the refund {refund} failed: {detail}".replace("  ", " ")[:300]
    payment.save(update_fields=["state", "detail"])
    _note("payment.quarantined", order, payment, payment.detail, now=now)
    if was_told:
        payload: dict[str, object] = {
            "order": order.public_id,
            "order_number": order.number,
            "payment_reference": payment.reference,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "refund": refund,
            "by_hand": by_hand,
        }
        outbox.tell(kind="payment.return_failed", subject=order.public_id, payload=payload, now=now)
    return True
