"""What is said about vouchers: their window, what happened to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from storefront.stores import moments

from .queries import Ticket

_BADGES = {"unused": "success", "early": "info", "used": "", "expired": "warning", "refunded": "", "frozen": "warning"}


def window(starts_at: datetime, ends_at: datetime, *, now: datetime) -> str:
    """Write a window of validity; its start is said only while it lies ahead."""
    if starts_at > now:
        return _("%(start)s to %(end)s") % {"start": moments.when(starts_at), "end": moments.end(ends_at)}
    return _("until %(end)s") % {"end": moments.end(ends_at)}


def happened(ticket: Ticket) -> str:
    """Say what happened to a voucher that is not usable any more; empty where nothing did."""
    if ticket.face == "used" and ticket.used_at:
        return _("%(when)s, %(store)s") % {"when": moments.when(ticket.used_at), "store": ticket.used_store}
    if ticket.face == "expired":
        return _("It could be used until %(end)s") % {"end": moments.end(ticket.valid_until_at)}
    if ticket.face == "refunded" and ticket.refunded_at:
        return _("The money went back on %(day)s") % {"day": moments.day(ticket.refunded_at)}
    if ticket.face == "frozen":
        return _("It cannot be used at the moment")
    return ""


@dataclass(frozen=True)
class Row:
    """A voucher in a list. `badge` is its kind, see ui/badge.html."""

    public_id: str
    title: str
    position: int
    units: int
    is_usable: bool
    state: str
    badge: str
    detail: str


def rows(tickets: Iterable[Ticket], *, now: datetime) -> list[Row]:
    """Shape tickets for a list: the usable ones with their window, the others with what happened."""
    names = states()
    return [
        Row(
            public_id=ticket.public_id,
            title=ticket.title,
            position=ticket.position,
            units=ticket.units,
            is_usable=ticket.is_usable,
            state=names[ticket.face],
            badge=_BADGES[ticket.face],
            detail=_("Valid %(window)s") % {"window": window(ticket.valid_from_at, ticket.valid_until_at, now=now)}
            if ticket.is_usable
            else happened(ticket),
        )
        for ticket in tickets
    ]


def states() -> dict[str, str]:
    """Return the faces' names for badges."""
    return {
        "unused": _("Ready to use"),
        "early": _("Not valid yet"),
        "used": _("Used"),
        "expired": _("Expired"),
        "refunded": _("Refunded"),
        "frozen": _("On hold"),
    }
