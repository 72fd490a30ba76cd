"""
The evidence pack: what this mall's own rows know of a disputed order, as texts that a bank reads.

Made from the order as it was frozen, the redemption log, refunds and what was sent. In English, because banks read that everywhere;
instants in UTC and on the shop's clock. It never holds a voucher's code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from saas.ui.formats import format_money
from storefront.deals.wording import refund_words
from storefront.orders.models import Order, OrderLine
from storefront.payments.models import Payment
from storefront.refunds.models import Refund
from storefront.stores import moments
from storefront.vouchers.models import Redemption, Voucher
from tenants.isolation import current

from .models import Dispute

# The fields of a pack by Stripe's names, in the order in which people read them.
FIELDS = {
    "product_description": gettext_lazy("What was sold"),
    "customer_name": gettext_lazy("Buyer's name"),
    "customer_email_address": gettext_lazy("Buyer's e-mail address"),
    "customer_purchase_ip": gettext_lazy("Network address that it was bought from"),
    "service_date": gettext_lazy("When it was used"),
    "access_activity_log": gettext_lazy("What happened, step by step"),
    "refund_policy_disclosure": gettext_lazy("Refund rules that the buyer saw before paying"),
    "refund_refusal_explanation": gettext_lazy("Why no refund is due"),
    "uncategorized_text": gettext_lazy("In the shop's words"),
}

# The same as one paper: Stripe's field for the id of an uploaded file, beside the texts once the evidence goes.
PAPER = "uncategorized_file"


@dataclass(frozen=True)
class Event:
    """One line of the log."""

    at: datetime
    text: str


def made(dispute: Dispute) -> dict[str, str]:
    """Return the pack of a dispute by Stripe's field names, from what is known now; empty fields are left out."""
    order = dispute.order
    lines = list(order.lines.order_by("pk"))
    vouchers = list(Voucher.objects.filter(line__order=order).select_related("line").order_by("line", "position"))
    uses = list(
        Redemption.objects.filter(voucher__in=vouchers).select_related("voucher__line", "store").order_by("redeemed_at")
    )
    standing = [one for one in uses if one.undone_at is None]
    with override("en"):
        fields = {
            "product_description": "\n".join(_described(line, order.currency) for line in lines),
            "customer_name": order.name,
            "customer_email_address": order.email,
            "customer_purchase_ip": order.buyer_ip or "",
            "service_date": ", ".join(
                dict.fromkeys(moments.local(one.redeemed_at).date().isoformat() for one in standing)
            ),
            "access_activity_log": "\n".join(f"{_moment(one.at)}  {one.text}" for one in log(dispute)),
            "refund_policy_disclosure": _disclosed(lines),
            "refund_refusal_explanation": _why_no_refund(vouchers, standing),
            "uncategorized_text": dispute.note,
        }
    return {name: text for name, text in fields.items() if text}


def log(dispute: Dispute) -> list[Event]:
    """Return what happened to the order, oldest first: placed, paid, sent, used, undone, refunds."""
    order = dispute.order
    found = _of_sale(order, dispute)
    for use in Redemption.objects.filter(voucher__line__order=order).select_related("voucher__line", "store"):
        found += _of_use(use)
    for refund in Refund.objects.filter(voucher__line__order=order).select_related("voucher__line"):
        found += _of_refund(refund)
    return sorted(found, key=lambda one: one.at)


def _of_sale(order: Order, dispute: Dispute) -> list[Event]:
    who = " ".join(filter(None, [order.name, f"<{order.email}>" if order.email else str(order.phone)]))
    words = {"number": order.number, "who": who or "–", "amount": format_money(order.total_minor, order.currency)}
    found = [Event(order.placed_at, _("Order %(number)s placed by %(who)s, total %(amount)s.") % words)]
    payment = Payment.objects.filter(reference=dispute.payment_reference).first()
    if order.paid_at and payment:
        text = _(
            "Paid on the payment service's own page (payment %(id)s). Vouchers were issued, each with a secret code."
        )
        found.append(Event(order.paid_at, text % {"id": payment.payment_intent_id}))
    if order.told_at:
        to = order.email or str(order.phone) or "–"
        found.append(Event(order.told_at, _("Message with the vouchers sent to %(to)s.") % {"to": to}))
    return found


def _of_use(use: Redemption) -> list[Event]:
    words = {
        "number": use.voucher.position,
        "title": use.voucher.line.title,
        "store": use.store.name,
        "place": ", ".join(filter(None, [use.store.street, use.store.city])),
        "staff": use.staff_name,
        "reason": use.undo_reason,
        "by": use.undone_by,
    }
    text = _("Voucher %(number)d (%(title)s) used at %(store)s, %(place)s: code shown and confirmed by %(staff)s.")
    found = [Event(use.redeemed_at, text % words)]
    if use.undone_at:
        found.append(Event(use.undone_at, _("That use was taken back by %(by)s: %(reason)s.") % words))
    return found


def _of_refund(refund: Refund) -> list[Event]:
    words = {
        "number": refund.voucher.position,
        "amount": format_money(refund.amount_minor, refund.currency),
        "reason": refund.reason,
        "answer": refund.answer,
        "by": refund.asked_by,
    }
    found = [Event(refund.asked_at, _("Refund of voucher %(number)d asked for by %(by)s: %(reason)s.") % words)]
    if refund.state == Refund.State.DECLINED and refund.decided_at:
        found.append(Event(refund.decided_at, _("The shop declined: %(answer)s.") % words))
    if refund.back_at:
        text = _("%(amount)s for voucher %(number)d refunded.")
        if refund.is_elsewhere:  # the charge says nothing of it
            text = _("%(amount)s for voucher %(number)d paid back another way: %(way)s.")
        found.append(Event(refund.back_at, text % {**words, "way": refund.detail}))
    return found


def _described(line: OrderLine, currency: str) -> str:
    contents = ", ".join(
        f"{one.get('quantity', 1)} × {one.get('name', '')}"
        for one in line.offer.get("contents") or ()
        if one.get("name")
    )
    price = format_money(line.unit_price_minor, currency)
    words = {"units": line.units, "title": line.title, "price": price, "mall": current.mall().name}
    text = _("%(units)d × %(title)s at %(price)s each: prepaid vouchers, used at %(mall)s by showing a code.") % words
    return f"{text} ({contents})" if contents else text


def _refund_rules(line: OrderLine) -> str:
    policy = str(line.offer.get("refund_policy", ""))
    return refund_words(policy, withdrawal_days=int(line.offer.get("withdrawal_days") or 0))


def _disclosed(lines: Sequence[OrderLine]) -> str:
    """Return the refund rules as the page said them before paying; they were frozen with the order."""
    said = dict.fromkeys(f"{line.title}: {_refund_rules(line)}" for line in lines)
    rules = dict.fromkeys(
        f"{rule.get('label', '')}: {rule.get('text', '')}" for line in lines for rule in line.offer.get("rules") or ()
    )
    return "\n".join([_("Shown on the deal's page and on the page to pay:"), *said, *rules])


def _why_no_refund(vouchers: Sequence[Voucher], standing: Sequence[Redemption]) -> str:
    if not standing:
        return ""
    words = {"used": len(standing), "all": len(vouchers)}
    return _("%(used)d of %(all)d vouchers were used before the dispute: the service was given.") % words


def _moment(at: datetime) -> str:
    there, text = moments.local(at), f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{text} ({there:%Y-%m-%d %H:%M %Z})" if there.utcoffset() else text
