"""The last day of a voucher as a calendar entry (RFC 5545). The code is not in it: calendars are copied to other people's servers."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from storefront.stores import moments
from tenants.isolation.current import mall

from .queries import Ticket

_FOLD_AT = 75


def entry(ticket: Ticket, *, address: str, now: datetime) -> bytes:
    """Return an .ics file: the last day of validity, with a reminder three days before; `address` is the voucher's page."""
    day = moments.local(ticket.valid_until_at - timedelta(microseconds=1)).date()
    title = _("Last day: %(title)s (%(mall)s)") % {"title": ticket.title, "mall": mall().name}
    places = "; ".join(f"{store.name}, {store.street}, {store.city}" for store in ticket.stores)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hutong//Vouchers//EN",
        "BEGIN:VEVENT",
        f"UID:{ticket.public_id}@vouchers.hutong",
        f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(title)}",
        f"LOCATION:{_escaped(places)}",
        f"DESCRIPTION:{_escaped(_('Your voucher: %(address)s') % {'address': address})}",
        f"URL:{address}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(title)}",
        "TRIGGER:-P3D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _folded(line: str) -> bytes:
    """Write a line in pieces of at most 75 bytes, never inside a letter, each further one after a space."""
    pieces: list[bytes] = []
    piece = b""
    for letter in line:
        raw = letter.encode()
        if len(piece) + len(raw) > _FOLD_AT - bool(pieces):
            pieces.append(piece)
            piece = b""
        piece += raw
    return b"\r\n ".join([*pieces, piece]) + b"\r\n"
