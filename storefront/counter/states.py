"""The counter's answers: for each one word, a colour (`face`, see ui/state_panel.html), a line and a sentence."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from saas.kernel.errors import Busy, DomainError
from storefront.stores import moments
from storefront.vouchers import refusals, words
from storefront.vouchers.queries import Look, RedemptionRow

from .guard import TooManyTries


@dataclass(frozen=True)
class State:
    """What fills the counter's screen."""

    face: str
    word: str
    title: str = ""
    text: str = ""


_WORDS: dict[type[DomainError], tuple[str, Promise]] = {
    refusals.AlreadyUsed: ("warning", gettext_lazy("ALREADY USED")),
    refusals.WrongStore: ("warning", gettext_lazy("WRONG STORE")),
    refusals.NotYourStore: ("refused", gettext_lazy("NOT YOUR STORE")),
    refusals.NotYetValid: ("warning", gettext_lazy("NOT YET")),
    refusals.RequestKeyReused: ("warning", gettext_lazy("CHECK AGAIN")),
    refusals.UndoTooLate: ("warning", gettext_lazy("TOO LATE")),
    refusals.UndoLimitReached: ("warning", gettext_lazy("IT STANDS")),
    refusals.Expired: ("refused", gettext_lazy("EXPIRED")),
    refusals.UnknownCode: ("refused", gettext_lazy("NOT FOUND")),
    refusals.Refunded: ("refused", gettext_lazy("REFUNDED")),
    refusals.RefundUnderWay: ("refused", gettext_lazy("ON HOLD")),
    refusals.Void: ("refused", gettext_lazy("WITHDRAWN")),
    refusals.NotPaid: ("refused", gettext_lazy("NOT PAID")),
    refusals.StaffMayNotRedeem: ("refused", gettext_lazy("NOT ALLOWED")),
    TooManyTries: ("refused", gettext_lazy("WAIT")),
    Busy: ("warning", gettext_lazy("TRY AGAIN")),
}


def of_refusal(refusal: DomainError) -> State:
    """Say why not."""
    face, word = _WORDS.get(type(refusal), ("refused", gettext_lazy("NOT DONE")))
    return State(face, str(word), _facts(refusal), str(refusal))


def _facts(refusal: DomainError) -> str:
    data: dict[str, Any] = refusal.data
    if isinstance(refusal, refusals.AlreadyUsed):
        facts = {"when": moments.when(data["redeemed_at"]), "store": data["store"], "staff": data["staff"]}
        return _("%(when)s, %(store)s, by %(staff)s") % facts
    if isinstance(refusal, refusals.WrongStore):
        return _("Use it at: %(stores)s") % {"stores": ", ".join(data["stores"])}
    if isinstance(refusal, refusals.NotYourStore):
        return _("You redeem at: %(stores)s") % {"stores": ", ".join(data["stores"])} if data["stores"] else ""
    if isinstance(refusal, refusals.NotYetValid):
        return _("Valid from %(when)s") % {"when": moments.when(data["valid_from_at"])}
    if isinstance(refusal, refusals.Expired):
        return _("It was valid until %(end)s") % {"end": moments.end(data["valid_until_at"])}
    if isinstance(refusal, refusals.Refunded) and data.get("refunded_at"):
        return _("On %(day)s") % {"day": moments.day(data["refunded_at"])}
    if isinstance(refusal, refusals.UndoTooLate):
        return _("It could be undone until %(when)s") % {"when": moments.when(data["undo_until_at"])}
    return ""


def of_look(look: Look) -> State:
    """Say what the voucher is: valid, or why not."""
    if look.refusal is not None:
        return of_refusal(look.refusal)
    return State("valid", _("VALID"), look.ticket.title)


def of_redemption(row: RedemptionRow) -> State:
    """Say that it was redeemed, and when, so that an old page is not taken for a new one."""
    if row.undone_at is not None:
        facts = {"when": moments.when(row.undone_at), "by": row.undone_by, "reason": row.undo_reason}
        return State("warning", _("UNDONE"), row.title, _("%(when)s, by %(by)s: %(reason)s") % facts)
    facts = {"when": moments.when(row.redeemed_at), "store": row.store, "staff": row.staff}
    return State("done", _("REDEEMED"), row.title, _("%(when)s, %(store)s, by %(staff)s") % facts)


def validity(look: Look) -> str:
    """Say until when the voucher is valid."""
    ticket = look.ticket
    return _("Valid %(window)s") % {
        "window": words.window(ticket.valid_from_at, ticket.valid_until_at, now=ticket.valid_from_at)
    }
