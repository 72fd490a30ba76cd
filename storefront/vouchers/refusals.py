"""Why a voucher is not redeemed, undone or refunded. Each says it in its own words; the data is for pages and machines."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class Refusal(DomainError):
    """A voucher's refusal; nothing has changed."""


class UnknownCode(Refusal):
    """No voucher of this mall has the code. Another mall's code gets the very same answer (A1)."""

    code = "unknown_code"
    message = _("No voucher of this shop has this code. Check it letter by letter.")


class NotPaid(Refusal):
    """The order's payment is not final (V1)."""

    code = "not_paid"
    message = _("The order of this voucher is not paid.")


class AlreadyUsed(Refusal):
    """Redeemed by another request (V6). Data: `redemption`, `redeemed_at`, `store`, `staff`."""

    code = "already_used"
    message = _("This voucher was used already. It cannot be used again.")


class RefundUnderWay(Refusal):
    """A refund was asked for and is not decided (V8)."""

    code = "refund_under_way"
    message = _("A refund of this voucher is under way, so it cannot be used.")


class Refunded(Refusal):
    """The money went back. Data: `refunded_at`."""

    code = "refunded"
    message = _("The money for this voucher was paid back.")


class Disputed(Refusal):
    """The buyer's bank has the money until it has decided (M6). Data: `disputed_at`."""

    code = "disputed"
    message = _(
        "The buyer's bank has taken the payment back and is looking into it. Until it has decided, this voucher cannot be used "
        "or refunded."
    )


class ChargedBack(Refusal):
    """The buyer's bank took the money back for good. Data: `charged_back_at`."""

    code = "charged_back"
    message = _("The buyer's bank took the payment for this voucher back, so it is not valid any more.")


class Void(Refusal):
    """Taken out of use."""

    code = "void"
    message = _("This voucher was withdrawn and is not valid any more.")


class NotYetValid(Refusal):
    """The window has not begun. Data: `valid_from_at`."""

    code = "not_yet_valid"
    message = _("This voucher is not valid yet.")


class Expired(Refusal):
    """The window is over; its end is exclusive (X11). Data: `valid_until_at`."""

    code = "expired"
    message = _("The time to use this voucher is over.")


class WrongStore(Refusal):
    """The deal does not apply to this store (V8). Data: `stores`, the names of those where it does."""

    code = "wrong_store"
    message = _("This voucher is for another store.")


class NotYourStore(Refusal):
    """The person works in other stores (V8). Data: `store` and `stores`, names; `voucher`, its public id."""

    code = "not_your_store"
    message = _("You do not redeem vouchers in this store. The owner of the shop can change that under Staff.")


class StaffMayNotRedeem(Refusal):
    """The person has no right to redeem (V8)."""

    code = "staff_may_not_redeem"
    message = _("Your account may not redeem vouchers. The owner of the shop can allow it.")


class RequestKeyReused(Refusal):
    """The key stands for another redemption (M4)."""

    code = "request_key_reused"
    message = _("This request was used for another voucher. Check the voucher again.")


class UndoTooLate(Refusal):
    """The window to take a redemption back is over (V3). Data: `undo_until_at`."""

    code = "undo_too_late"
    message = _("The time to undo this is over. The owner of the shop can refund the voucher instead.")


class UndoLimitReached(Refusal):
    """The voucher went back and forth too often (V4). Data: `limit`."""

    code = "undo_limit_reached"
    message = _("This voucher was redeemed and undone too often. This redemption stands.")


class UndoReasonMissing(Refusal):
    """An undo without a reason."""

    code = "undo_reason_missing"
    message = _("Say why the redemption is undone.")


class ValidityPassed(Refusal):
    """A voucher issued now could never be used."""

    code = "validity_passed"
    message = _("The time to use this deal's vouchers is over, so none was issued.")
