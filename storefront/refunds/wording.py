"""Where the money is, in words."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storefront.stores import moments

from .models import Refund

State = Refund.State
# What a person in the shop or at the agency reads.
BADGES = {
    State.ASKED: ("warning", gettext_lazy("To decide")),
    State.DECLINED: ("", gettext_lazy("Declined")),
    State.SENDING: ("info", gettext_lazy("Being sent")),
    State.PENDING: ("info", gettext_lazy("With the bank")),
    State.BACK: ("success", gettext_lazy("Paid back")),
    State.REFUSED: ("danger", gettext_lazy("Refused by the payment service")),
    State.FAILED: ("danger", gettext_lazy("Failed at the bank")),
}


# Why a bank did not take a refund, https://docs.stripe.com/api/refunds/object#refund_object-failure_reason
FAILURES = {
    "expired_or_canceled_card": gettext_lazy("The card has expired or was cancelled"),
    "lost_or_stolen_card": gettext_lazy("The card was lost or stolen"),
    "insufficient_funds": gettext_lazy("The balance did not hold the amount"),
    "declined": gettext_lazy("The bank declined it"),
    "charge_for_pending_refund_disputed": gettext_lazy("The payment was disputed meanwhile"),
    "merchant_request": gettext_lazy("It was cancelled on request"),
    "unknown": gettext_lazy("The bank gave no reason"),
}


def trouble(refund: Refund) -> str:
    """Say why a refund did not get through; what the payment service said in its own words stays as it is."""
    return str(FAILURES.get(refund.detail, refund.detail))


@dataclass(frozen=True)
class Step:
    """One step of money on its way back, for ui/timeline.html."""

    title: str
    at: str
    text: str = ""
    kind: str = ""
    icon: str = "circle"
    by: str = ""


def steps(refund: Refund) -> tuple[Step, ...]:
    """Return the way of a refund's money, as its shopper sees it."""
    asked = _("You asked the shop") if refund.decide_until_at else _("Refund decided")
    found = [
        Step(asked, moments.when(refund.asked_at), refund.reason if refund.decide_until_at else "", "success", "check")
    ]
    if refund.decide_until_at:
        found.append(_decision(refund, refund.decide_until_at))
    if refund.state == State.DECLINED:
        return tuple(found)
    return (*found, *_journey(refund))


def _decision(refund: Refund, until: datetime) -> Step:
    if refund.state == State.ASKED:
        at = _("until %(moment)s") % {"moment": moments.when(until)}
        return Step(
            _("The shop decides"), at, _("Without an answer until then, it is decided for you."), "warning", "clock"
        )
    at = moments.when(refund.decided_at) if refund.decided_at else ""
    if refund.state == State.DECLINED:
        return Step(_("The shop declined"), at, refund.answer, "danger", "circle-x")
    return Step(_("The money goes back"), at, refund.answer, "success", "check")


def _journey(refund: Refund) -> tuple[Step, ...]:
    title, soon = _("On your statement"), _("Banks usually show it within 5 to 10 days.")
    arrives = Step(title, _("later"), soon)
    sent = moments.when(refund.sent_at) if refund.sent_at else _("next")
    if refund.state == State.BACK and refund.is_elsewhere:
        # `sent_at` may be of the try that the bank did not take.
        paid = moments.when(refund.back_at) if refund.back_at else sent
        return (Step(_("Paid back another way"), paid, refund.detail, "success", "check"),)
    if refund.state == State.BACK:
        return (
            Step(_("Sent to your bank or wallet"), sent, "", "success", "check"),
            Step(title, _("in the next days"), soon, "warning", "clock"),
        )
    if refund.state in (State.REFUSED, State.FAILED):
        text = _(
            "The money did not get through. It is still yours: somebody looks at it and sends it again, or pays it another way."
        )
        at = moments.when(refund.checked_at) if refund.checked_at else ""
        return (Step(_("Held up"), at, text, "danger", "triangle-alert"), arrives)
    if refund.state == State.PENDING:
        text = _("It confirms the money; that can take some days.")
        return (Step(_("With your bank or wallet"), sent, text, "warning", "clock"), arrives)
    return (Step(_("Sent to your bank or wallet"), sent), arrives)
