"""Why a voucher's money does not go back. Nothing has changed."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class NotRefundable(DomainError):
    """The policy that was agreed when it was sold does not give the money back (X1). `policy` says which."""

    code = "not_refundable"
    message = _("By the rules of this deal the voucher cannot be refunded. You can ask the shop.")


class TooLittleStays(DomainError):
    """What would stay of the order is under the minimum of the code that made it cheaper (X9); data: `minimum_minor`, `stays_minor`."""

    code = "refund_too_little_stays"
    message = _(
        "This order was cheaper by a code for orders from %(least)s, and only %(stays)s of it would stay. "
        "Refund all of it together, or ask the shop, which may refund a part."
    )


class NothingPaid(DomainError):
    """A discount left nothing to pay for the voucher."""

    code = "refund_nothing_paid"
    message = _("Nothing was paid for this voucher, so nothing can go back.")


class ReasonMissing(DomainError):
    """The merchant gave no reason."""

    code = "refund_reason_missing"
    message = _("Say why the money goes back.")


class WayMissing(DomainError):
    """Nothing says how the money was paid."""

    code = "refund_way_missing"
    message = _("Say how it was paid: the shopper reads it.")


class NotUsed(DomainError):
    """The voucher was not redeemed, so the shop has nothing to decide."""

    code = "not_used"
    message = _("This voucher was not used. If its rules allow it, you can refund it yourself.")


class AskedTooLate(DomainError):
    """It was used too long ago, or the shop has answered already."""

    code = "asked_too_late"
    message = _("The time to ask for this is over, or the shop has answered already. Please talk to the shop.")


class NotDecidable(DomainError):
    """The refund does not wait for this any more."""

    code = "not_decidable"
    message = _("This refund was decided already, or does not wait for it any more. Look at it again.")


class MallStays(DomainError):
    """Everything goes back only where a mall ends."""

    code = "mall_stays"
    message = _("This mall is not about to end, so nothing was refunded. Refund single vouchers from their orders.")


class MoreThanAgreed(DomainError):
    """More of the order went back since a second person was asked."""

    code = "more_than_agreed"
    message = _("More of this order went back since this was asked for. Decline it; it can be asked for anew.")
