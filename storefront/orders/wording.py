"""What an order's state says in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.audit.models import AuditEntry
from storefront.payments.models import Payment
from storefront.stores import moments

from .models import Order

State = Order.State


@dataclass(frozen=True)
class Status:
    """The status line: a word for the badge with its kind, and a sentence that says what happens to money."""

    word: str
    kind: str
    text: str


@dataclass(frozen=True)
class Returned:
    """Money that goes or went back, with the reason."""

    amount_minor: int
    currency: str
    is_done: bool
    reason: str


@dataclass(frozen=True)
class Happening:
    """One line of the timeline, for ui/timeline.html."""

    title: str
    at: str
    by: str
    kind: str
    icon: str
    text: str = ""


class AnyVoucher(Protocol):
    """What this module needs to know of a voucher."""

    state: str
    price_minor: int
    issued_at: datetime
    valid_until_at: datetime
    disputed_at: datetime | None
    charged_back_at: datetime | None

    def is_expired(self, *, at: datetime) -> bool:
        """Tell whether it can no longer be used."""


def status(
    order: Order, tries: Sequence[Payment], *, used: int, vouchers: int, returning: bool, at: datetime
) -> Status:
    """Say where an order stands; `used` of its `vouchers` cannot be used any more; `returning`: money of some goes back."""
    if order.state == State.PENDING:
        return _waiting(order, tries, at=at)
    if order.state == State.EXPIRED:
        return Status(_("Not paid in time"), "warning", _not_kept(tries))
    if order.state == State.CANCELLED:
        return Status(_("Cancelled"), "warning", _not_kept(tries))
    if order.state == State.REFUNDED:
        return Status(_("Refunded"), "info", _("The money went back the way it was paid."))
    if returning:
        return Status(_("Refund under way"), "info", _("The money goes back the way it was paid."))
    if vouchers and used == vouchers:
        return Status(_("Used"), "", _("All vouchers of this order are used, refunded or over."))
    if used:
        return Status(
            _("Partly used"),
            "success",
            _("%(left)d of %(all)d vouchers are left.") % {"left": vouchers - used, "all": vouchers},
        )
    return Status(_("Paid"), "success", _("Your vouchers are ready. Show one at the counter when you pay."))


def _waiting(order: Order, tries: Sequence[Payment], *, at: datetime) -> Status:
    if any(one.state == Payment.State.PENDING for one in tries):
        return Status(
            _("Waiting for the bank"), "info", _("Your bank is confirming the payment. We will tell you when it has.")
        )
    if any(one.state == Payment.State.QUARANTINED for one in tries):
        return Status(
            _("Being looked at"),
            "warning",
            _("The payment does not fit the order. A person is looking at it; please do not pay again."),
        )
    if order.held_until_at <= at:
        return Status(_("Not paid in time"), "warning", _not_kept(tries))
    return Status(
        _("Waiting for payment"),
        "warning",
        _("Nothing was charged yet. The units are held for you until %(time)s.")
        % {"time": moments.clock(order.held_until_at)},
    )


def _not_kept(tries: Sequence[Payment]) -> str:
    if any(one.state in (Payment.State.RETURNING, Payment.State.RETURNED) for one in tries):
        return _("A payment came too late; it goes back in full.")
    if any(one.state == Payment.State.QUARANTINED for one in tries):
        return _("A payment does not fit the order. A person is looking at it.")
    return _("Nothing was charged, and nothing is held for you any more.")


REASONS = {
    "second": gettext_lazy("The order was paid twice."),
    "late": gettext_lazy("The payment came after the units were given to others."),
    "cancelled": gettext_lazy("The payment came after the order was cancelled."),
}


def reason(detail: str) -> str:
    """Say why a payment goes back."""
    return str(REASONS.get(detail, detail))


def returned(tries: Sequence[Payment]) -> tuple[Returned, ...]:
    """Say what money goes back, and why."""
    back = (Payment.State.RETURNING, Payment.State.RETURNED)
    return tuple(
        Returned(one.amount_minor, one.currency, one.state == Payment.State.RETURNED, reason(one.detail))
        for one in tries
        if one.state in back
    )


def voucher_words(voucher: AnyVoucher, *, at: datetime) -> str:
    """Say in a few words what a voucher is good for."""
    if voucher.charged_back_at is not None:
        return _("Paid back by your bank")
    if voucher.disputed_at is not None:
        return _("On hold: your bank is looking into the payment")
    if voucher.state == "issued" and not voucher.is_expired(at=at):
        return _("Valid until %(date)s") % {"date": moments.end(voucher.valid_until_at)}
    if voucher.state == "issued":
        return _("Expired on %(date)s") % {"date": moments.end(voucher.valid_until_at)}
    return {
        "redeemed": _("Used"),
        "refund_pending": _("Refund under way"),
        "refunded": _("Refunded"),
    }.get(voucher.state, _("Not valid"))


def refund_word(state: str, *, is_withdrawal: bool = False) -> str:
    """Name the way to the page about a voucher's money; while it can be withdrawn from, by its name in law (X14)."""
    words = {
        "issued": _("Withdraw from the contract here") if is_withdrawal else _("Refund"),
        "redeemed": _("Something went wrong?"),
    }
    return words.get(state, _("Where is my money?"))


# Acts in the trail of an order -> what its timeline says, look, icon.
_ACTS = {
    "order.placed": (gettext_lazy("Order placed"), "", "shopping-bag"),
    "order.paid": (gettext_lazy("Paid"), "success", "credit-card"),
    "voucher.issued": (gettext_lazy("Vouchers issued"), "success", "ticket"),
    "order.expired": (gettext_lazy("Not paid in time"), "warning", "clock"),
    "order.cancelled": (gettext_lazy("Cancelled"), "warning", "circle-x"),
    "order.revived": (gettext_lazy("Paid late, units were still there"), "success", "ticket"),
    "order.refunded": (gettext_lazy("Refunded"), "success", "undo-2"),
    "voucher.redemption_refused": (gettext_lazy("Tried in a store of others"), "warning", "circle-alert"),
    "voucher.undo_refused": (gettext_lazy("Tried in a store of others"), "warning", "circle-alert"),
    "voucher.withdrawn": (gettext_lazy("Withdrawal from the contract"), "warning", "undo-2"),
    "voucher.refund_requested": (gettext_lazy("Refund asked for"), "warning", "undo-2"),
    "voucher.refund_asked": (gettext_lazy("The shop was asked for a refund"), "warning", "undo-2"),
    "voucher.refund_accepted": (gettext_lazy("The shop refunds a used voucher"), "success", "undo-2"),
    "voucher.refund_declined": (gettext_lazy("The shop declined a refund"), "", "undo-2"),
    "voucher.refund_sent_again": (gettext_lazy("A refund is sent again"), "", "undo-2"),
    "voucher.refund_paid_elsewhere": (gettext_lazy("Paid back another way"), "success", "undo-2"),
    "voucher.refund_came_back": (gettext_lazy("It did not arrive"), "danger", "circle-alert"),
    "order.claimed": (gettext_lazy("Added to an account"), "", "user"),
    "payment.failed": (gettext_lazy("A payment failed"), "warning", "circle-alert"),
    "payment.pending": (gettext_lazy("The bank is confirming the payment"), "", "clock"),
    "payment.returning": (gettext_lazy("A payment goes back"), "warning", "undo-2"),
    "payment.returned": (gettext_lazy("A payment went back"), "success", "undo-2"),
    "payment.quarantined": (gettext_lazy("A payment does not fit the order"), "danger", "circle-alert"),
    "dispute.opened": (gettext_lazy("Your bank is looking into the payment"), "warning", "circle-alert"),
    "dispute.won": (gettext_lazy("The bank left the payment with the shop"), "", "check"),
    "dispute.lost": (gettext_lazy("Your bank paid the money back"), "", "undo-2"),
    "dispute.closed": (gettext_lazy("The bank closed its question"), "", "check"),
}


def happening(entry: AuditEntry) -> Happening:
    """Write one act of the trail for the shopper; acts that have no words here keep their summary."""
    title, kind, icon = _ACTS.get(entry.action, (entry.summary, "", "circle"))
    by = "" if entry.actor_kind in ("guest", "shopper", "system") else entry.actor_name
    return Happening(title=str(title), at=moments.when(entry.at), by=by, kind=kind, icon=icon)
