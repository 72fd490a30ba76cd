"""Why a voucher's money does not go back. Nothing has changed."""

from django.utils.translation import gettext_lazy as _

from saas.kernel.errors import DomainError


class NotRefundable(DomainError):
    """The policy that was agreed when it was sold does not give the money back (X1). `policy` says which."""

    code = "not_refundable"
    message = _("By the rules of this deal the voucher cannot be refunded. You can ask the shop.")


class ReasonMissing(DomainError):
    """The merchant gave no reason."""

    code = "refund_reason_missing"
    message = _("Say why the money goes back.")
