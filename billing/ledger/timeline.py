"""
A voucher's money, journal by journal: the same steps for shopper, merchant, agency and platform; a shopper is told what is the shopper's.

Runs on the platform's schema and returns plain data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.ui.formats import format_money, listed

from .models import Account, Transfer
from .queries import LedgerLine, line_of

Kind = Account.Kind
# The kind of a journal's first transfer → title, icon, tone, and whether the shopper is told.
_STEPS = {
    "order_paid": (gettext_lazy("Paid"), "credit-card", "success", True),
    "voucher_redeemed": (gettext_lazy("Used"), "scan-line", "success", True),
    "commission": (gettext_lazy("Used"), "scan-line", "success", True),
    "voucher_redeemed_reversed": (gettext_lazy("Use undone"), "undo-2", "warning", True),
    "commission_reversed": (gettext_lazy("Use undone"), "undo-2", "warning", True),
    "voucher_lapsed": (gettext_lazy("Ended unused"), "clock", "warning", True),
    "voucher_refunded": (gettext_lazy("Sent back to the card"), "undo-2", "warning", True),
    "voucher_refunded_reversed": (gettext_lazy("The bank did not take it; it is sent again"), "circle-alert", "danger", True),
    "redemption_refunded": (gettext_lazy("Sent back to the card after its use"), "undo-2", "warning", True),
    "redemption_refunded_reversed": (gettext_lazy("The bank did not take it; it is sent again"), "circle-alert", "danger", True),
    "earning_released": (gettext_lazy("Available to the merchant"), "coins", "success", False),
    "earning_brought_back": (gettext_lazy("Brought back from the merchant"), "undo-2", "warning", False),
    "transfer_sent": (gettext_lazy("Sent to the merchant's account at Stripe"), "send", "success", False),
    "recovery_begun": (gettext_lazy("To be brought back from the merchant's account at Stripe"), "undo-2", "warning", False),
    "recovery_begun_reversed": (gettext_lazy("Stripe does not bring it back; the merchant owes it"), "circle-alert", "warning", False),
    "transfer_reversed": (gettext_lazy("Back from the merchant's account at Stripe"), "undo-2", "success", False),
    "discount_borne": (gettext_lazy("Used"), "scan-line", "success", True),
    "discount_borne_reversed": (gettext_lazy("Use undone"), "undo-2", "warning", True),
    "payment_unassigned": (gettext_lazy("Paid, though nothing could be sold any more"), "circle-alert", "warning", True),
    "payment_returned": (gettext_lazy("Sent back to the card"), "undo-2", "success", True),
    "dispute_opened": (gettext_lazy("Disputed at the shopper's bank"), "circle-alert", "danger", True),
    "dispute_won": (gettext_lazy("Dispute won: the payment stands"), "circle-check", "success", True),
    "dispute_lost": (gettext_lazy("Dispute lost: the payment is gone"), "circle-x", "danger", True),
}  # fmt: skip
# The same where the platform's bank paid it, or got it back.
_BY_BANK = {
    "voucher_refunded": (gettext_lazy("Paid back another way"), "undo-2", "warning", True),
    "voucher_refunded_reversed": (gettext_lazy("It did not arrive; it is paid again"), "circle-alert", "danger", True),
    "redemption_refunded": (gettext_lazy("Paid back another way after its use"), "undo-2", "warning", True),
    "redemption_refunded_reversed": (gettext_lazy("It did not arrive; it is paid again"), "circle-alert", "danger", True),
}  # fmt: skip
# What is said of a part of a journal, by the account on its other side.
_PARTS = {
    Kind.MERCHANT_PENDING: gettext_lazy("%(amount)s the merchant's"),
    Kind.COMMISSION: gettext_lazy("%(amount)s commission"),
    Kind.COMMISSION_TAX: gettext_lazy("%(amount)s tax on commission"),
    Kind.AGENCY_SHARE: gettext_lazy("%(amount)s the agency's share"),
}


@dataclass(frozen=True)
class Step:
    """One journal in words; `kind` and `icon` are those of `ui/timeline.html`, `lines` the transfers for those who keep the books."""

    title: str
    happened_at: datetime
    amount_minor: int
    currency: str
    text: str
    by: str
    kind: str
    icon: str
    for_shopper: bool
    lines: tuple[LedgerLine, ...]


def of_voucher(*, schema: str, voucher: str, order: str) -> list[Step]:
    """
    Return the journals of a voucher and of its order's payment, oldest first; empty where the mall has no such voucher in the books.

    What is about other vouchers of the order is left out: a transfer to the merchant's account that carried them and not this one, and
    what of a lost dispute the platform bears. The mall's schema is part of the question, so that another mall's id finds nothing.
    """
    of_order = Q(order_public_id=order, voucher_public_id="") if order else Q(pk__in=[])
    of_order &= ~Q(details__has_key="vouchers") | Q(details__vouchers__contains=voucher)
    of_order &= ~Q(kind="dispute_lost", debit__kind__in=[Kind.GOODWILL, Kind.GOING_BACK])
    rows = (
        Transfer.objects.select_related("debit", "credit")
        .filter(Q(voucher_public_id=voucher) | of_order, tenant_schema=schema)
        .order_by("happened_at", "pk")
    )
    journals: dict[str, list[LedgerLine]] = {}
    for row in rows:
        journals.setdefault(row.journal_id, []).append(line_of(row))
    return [_step(lines) for lines in journals.values()]


def for_shopper(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that a shopper is told of."""
    return [step for step in steps if step.for_shopper]


def _step(lines: list[LedgerLine]) -> Step:
    first = lines[0]
    known = _STEPS.get(first.kind)
    if any(Kind.BANK in (line.credit, line.debit) for line in lines):
        known = _BY_BANK.get(first.kind, known)
    title, icon, kind, told = known or (capfirst(first.kind.replace("_", " ")), "circle", "", False)
    amount_minor = sum(line.amount_minor for line in lines)
    return Step(
        title=str(title),
        happened_at=first.happened_at,
        amount_minor=amount_minor,
        currency=first.currency,
        text=_text(lines, amount_minor),
        by=first.by,
        kind=kind,
        icon=icon,
        for_shopper=told,
        lines=tuple(lines),
    )


def _text(lines: list[LedgerLine], amount_minor: int) -> str:
    """Return the journal's sum, what it is divided into, and why."""
    first = lines[0]
    amount = format_money(amount_minor, first.currency)
    parts = [
        str(word) % {"amount": format_money(line.amount_minor, line.currency)}
        for line in lines
        for word in [_PARTS.get(Kind(line.credit)) or _PARTS.get(Kind(line.debit))]
        if word is not None and len(lines) > 1
    ]
    said = _("%(sum)s: %(parts)s") % {"sum": amount, "parts": listed(parts)} if parts else amount
    return f"{said} · {first.reason}" if first.reason else said


def shopper_text(step: Step) -> str:
    """Return a step's sum for the shopper, without what others share."""
    return format_money(step.amount_minor, step.currency)
