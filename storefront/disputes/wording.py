"""What a dispute is, in words that a shop understands."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Dispute

State = Dispute.State
# Kind of badge and word, see ui/badge.html.
BADGES = {
    State.OPEN: ("warning", _("Waits for evidence")),
    State.SENT: ("info", _("With the bank")),
    State.WON: ("success", _("Won")),
    State.LOST: ("danger", _("Lost")),
    State.CLOSED: ("", _("Closed")),
}
# Why a cardholder disputes, https://docs.stripe.com/api/disputes/object#dispute_object-reason
REASONS: dict[str, Promise] = {
    "bank_cannot_process": _("The bank could not process the payment"),
    "credit_not_processed": _("The buyer says that a refund did not arrive"),
    "customer_initiated": _("The buyer took the payment back"),
    "debit_not_authorized": _("The buyer says that the debit was not allowed"),
    "duplicate": _("The buyer says that the payment was taken twice"),
    "fraudulent": _("The cardholder says that somebody else paid with the card"),
    "general": _("The bank gave no reason"),
    "incorrect_account_details": _("The account’s details were not right"),
    "insufficient_funds": _("The account did not hold the amount"),
    "product_not_received": _("The buyer says that nothing was received"),
    "product_unacceptable": _("The buyer says that it was not as described"),
    "subscription_canceled": _("The buyer says that a subscription was ended"),
    "unrecognized": _("The cardholder does not recognise the payment"),
}


def reason(name: str) -> str:
    """Say why a payment is disputed."""
    return str(REASONS.get(name) or REASONS["general"])


def state_words(dispute: Dispute) -> tuple[str, str]:
    """Return kind and word of the badge."""
    kind, word = BADGES[State(dispute.state)]
    return kind, str(word)
